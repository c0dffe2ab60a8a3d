import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../../fixtures/world/seeded-random.js';
import { DispatchRoster, lonLat, type StandingUnit } from '../../../../geo-engine/src/index.js';
import { createStandingUnit } from '../../../test/harness/standing-unit.js';
import { Engine } from './engine.js';
import { FIX_STRIDE, FIX_TIME, HANDLE, HEADING_DEG, LAT, LON, RECEIVED_AT } from './fleet-order.js';
import { rehearsalQuestion } from './rehearsal.js';

const NOW = Date.UTC(2026, 5, 1, 12);
const PLACE = lonLat(24.1, 56.95);
const SEED = 70;
const CAPABILITIES = ['water', 'ladder', 'medical'];
const TURNS = 30;

const standing = (handle: number, codes: readonly string[]) =>
  createStandingUnit(handle, { capabilities: new Map(codes.map((code) => [code, 1])) });

/** [units × FIX_STRIDE] all about one town. */
function fixes(units: number): Float64Array {
  const random = createRandom(SEED, 'town');
  const rows = new Float64Array(units * FIX_STRIDE);
  for (let i = 0; i < units; i++) {
    const row = rows.subarray(i * FIX_STRIDE, (i + 1) * FIX_STRIDE);
    row[HANDLE] = i + 1;
    row[LON] = random.between(24, 24.2);
    row[LAT] = random.between(56.9, 57);
    row[FIX_TIME] = NOW;
    row[RECEIVED_AT] = NOW;
    row[HEADING_DEG] = Number.NaN;
  }
  return rows;
}

/** A roster of which one unit has a place. */
function withOnePlaced(units: readonly StandingUnit[]): DispatchRoster {
  const roster = new DispatchRoster();
  for (const unit of units) roster.upsert(unit);
  const unknown = { accuracyM: null, speedMps: null, headingDeg: null, suspect: [] };
  roster.move(units[4]!.handle, { place: PLACE, fixTime: NOW, receivedAt: NOW, ...unknown });
  return roster;
}

describe('what the engine asks itself', () => {
  const units = Array.from({ length: 40 }, (_, i) => standing(i + 1, [CAPABILITIES[i % CAPABILITIES.length]!]));

  it('D70 changes no answer', () => {
    const [rehearsed, fresh] = [new Engine(), new Engine()];
    for (const engine of [rehearsed, fresh]) engine.take({ gone: [], standing: units, fixes: fixes(units.length) });
    for (let turn = 0; turn < TURNS; turn++) expect(rehearsed.rehearse(turn, NOW)).toBe(true);
    const roster = withOnePlaced(units);
    for (const turn of [0, 3, 7]) {
      const asked = rehearsalQuestion(roster, turn, NOW)!;
      const [one, other] = [rehearsed.recommend(asked), fresh.recommend(asked)];
      expect(JSON.stringify(one.answer), `turn ${turn}`).toBe(JSON.stringify(other.answer));
      expect(one.written(), `turn ${turn}`).toEqual(other.written());
    }
  });

  it('D70 is a place, a circle or ten places, for what units there can do', () => {
    const roster = withOnePlaced(units);
    const asked = Array.from({ length: 10 }, (_, turn) => rehearsalQuestion(roster, turn, NOW)!);
    expect(asked.map(({ incidents }) => incidents.length)).toEqual([1, 1, 1, 1, 1, 1, 1, 10, 1, 1]);
    expect(asked.map(({ incidents }) => incidents[0]!.radiusM !== null).indexOf(true)).toBe(3);
    const { place, requirements } = asked[0]!.incidents[0]!.question;
    expect(place).toEqual(PLACE);
    expect(requirements.map((line) => line.kind === 'capability' && line.capability).sort()).toEqual(
      [...CAPABILITIES].sort(),
    );
  });

  it('D70 nobody to ask about: nothing is asked', () => {
    const engine = new Engine();
    expect(engine.rehearse(0, NOW)).toBe(false);
    engine.take({ gone: [], standing: units, fixes: new Float64Array() });
    expect(engine.rehearse(0, NOW)).toBe(false);
    const unable = new Engine();
    unable.take({ gone: [], standing: [standing(1, [])], fixes: fixes(1) });
    expect(unable.rehearse(0, NOW)).toBe(false);
  });
});
