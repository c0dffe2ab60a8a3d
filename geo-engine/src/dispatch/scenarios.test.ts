import { describe, expect, it } from 'vitest';
import { createRunCards } from '../../../fixtures/world/run-cards.js';
import { createDispatchQuestion, createDispatchUnit, enter } from '../../test/dispatch-world.js';
import { destination } from '../geo/distance.js';
import { type LonLat, lonLat } from '../geo/lon-lat.js';
import type { Requirement } from '../run-cards/requirement.js';
import { linesUpToLevel, type Priority, RunCardSchema } from '../run-cards/run-card.js';
import type { DispatchQuestion } from './dispatch-question.js';
import { DispatchRoster } from './dispatch-roster.js';
import type { DispatchUnit } from './dispatch-unit.js';
import { decide, gatherInput, type Recommendation } from './recommend.js';
import { decideTogether, gatherTogether } from './recommend-together.js';
import { StraightWays } from './straight-ways.js';

// Four evenings that a duty officer would know, on the cards of the fixture world. Everybody stands beside one road, so many kilometres along
// it; who should go was worked out by hand.

const KM_0 = lonLat(24.35, 56.86); // the A6 at Salaspils
const atKm = (km: number): LonLat => destination(KM_0, 120, km * 1000);

type Unit = readonly [
  callsign: string,
  km: number,
  service: string,
  has: Record<string, number>,
  more?: Partial<DispatchUnit>,
];

function fleet(units: readonly Unit[]): DispatchRoster {
  const roster = new DispatchRoster();
  for (const [i, [unitId, km, service, has, more]] of units.entries()) {
    const capabilities = new Map(Object.entries(has));
    enter(roster, createDispatchUnit({ unitId, handle: i + 1, place: atKm(km), service, capabilities, ...more }));
  }
  return roster;
}

function cardLines(eventType: string, priority: Priority): readonly Requirement[] {
  const plain = createRunCards().find((card) => card.eventType === eventType && card.priority === priority);
  return linesUpToLevel(RunCardSchema.parse(plain), 1);
}

function questionAt(km: number, eventType: string, priority: Priority, more: Partial<DispatchQuestion> = {}) {
  const requirements = cardLines(eventType, priority);
  return createDispatchQuestion({ place: atKm(km), priority, requirements, ...more });
}

function ask(question: DispatchQuestion, roster: DispatchRoster): Recommendation {
  return decide(gatherInput(question, { roster, ways: new StraightWays(question.place) }));
}

type Sent = Pick<Recommendation, 'units'>;
const sent = ({ units }: Sent, need: 'must' | 'should') =>
  units.filter((unit) => unit.need === need).map(({ unitId }) => unitId);

/** What became of the line that asks for a capability. */
function lineOf({ lines }: Pick<Recommendation, 'lines'>, asked: readonly Requirement[], capability: string) {
  return lines.find(({ requirements }) => {
    const line = asked[requirements[0]!.line]!;
    return line.kind === 'capability' && line.capability === capability;
  })!;
}

describe('who goes on evenings that are hard', () => {
  it('G89 a crash on the A6: four services, and one truck that cuts and extinguishes before two that do one each', () => {
    const roster = fleet([
      ['tanker', 2, 'VUGD', { extinguish: 1, water: 3000 }, { headCount: 4 }],
      ['cutter', 4, 'VUGD', { extrication: 1 }, { headCount: 2 }],
      ['rescue', 5, 'VUGD', { extrication: 1, extinguish: 1 }, { headCount: 5, equipment: new Map([['spreader', 2]]) }],
      ['heavy', 30, 'VUGD', { heavy_rescue: 1 }, { headCount: null }],
      ['patrol', 3, 'VP', { patrol: 1 }, { headCount: 2 }],
      ['traffic', 4, 'VP', { patrol: 1, traffic: 1 }, { headCount: 2 }],
      ['ambulance', 6, 'NMPD', { medical: 1 }],
      ['doctor', 9, 'NMPD', { medical: 1, als: 1 }],
    ]);
    const answer = ask(questionAt(0, 'rescue.road_crash', 'P1'), roster);
    // 5 km of the rescue truck are less than 2 + 4 km
    expect(sent(answer, 'must').sort()).toEqual(['ambulance', 'patrol', 'rescue']);
    expect(sent(answer, 'should').sort()).toEqual(['doctor', 'heavy', 'traffic']);
    expect(answer.lines.every(({ shortfall }) => shortfall === null)).toBe(true);
    // services, people, equipment
    expect(answer.sums.services).toEqual([
      { service: 'NMPD', units: 2, people: 6 },
      { service: 'VP', units: 2, people: 4 },
      { service: 'VUGD', units: 2, people: 5 },
    ]);
    expect(answer.sums.people).toEqual({ known: 15, unitsOfUnknownCrew: 1 });
    expect(answer.sums.equipment).toEqual({ spreader: 2 });
  });

  it('G89 a large fire: pumps and litres add up over units, and what nobody has stays visible', () => {
    const pump = { extinguish: 1, water: 3000 };
    const roster = fleet([
      ...[1, 2, 3, 4, 5, 6].map((km): Unit => [`tanker ${km}`, km, 'VUGD', pump]),
      ['bulk', 7, 'VUGD', { water_bulk: 10_000 }],
      ['ladder 2', 2, 'VUGD', { height_rescue: 1 }],
      ['ladder 8', 8, 'VUGD', { height_rescue: 1 }],
      ['command', 3, 'VUGD', { command: 1 }],
      ['drone', 20, 'VUGD', { recon: 1 }],
      ['patrol 1', 1, 'VP', { patrol: 1 }],
      ['patrol 9', 9, 'VP', { patrol: 1 }],
      ['ambulance 4', 4, 'NMPD', { medical: 1 }],
      ['ambulance 5', 5, 'NMPD', { medical: 1 }],
      ['doctor', 7, 'NMPD', { medical: 1, als: 1 }],
    ]);
    const question = questionAt(0, 'fire.building.high_hazard', 'P1');
    const answer = ask(question, roster);
    // four pumps bring 12 000 of the 14 000 litres; the doctor is needed, and counts as the second ambulance
    expect(sent(answer, 'must').sort()).toEqual(
      [
        ...[1, 2, 3, 4, 5].map((km) => `tanker ${km}`),
        ...['ladder 2', 'ladder 8', 'command', 'patrol 1', 'patrol 9', 'ambulance 4', 'doctor'],
      ].sort(),
    );
    expect(sent(answer, 'should').sort()).toEqual(['bulk', 'drone']);
    expect(lineOf(answer, question.requirements, 'water_bulk').shortfall?.missing).toBe(6000);
    expect(lineOf(answer, question.requirements, 'logistics').shortfall).toEqual({ missing: 1, next: null });
    expect(lineOf(answer, question.requirements, 'medical').notChosen).toMatchObject([{ unitId: 'ambulance 5' }]);
  });

  it('G98 three incidents want the one ladder: the most urgent gets it, and the others say who has it', () => {
    const roster = fleet([
      ['ladder', 1, 'VUGD', { height_rescue: 1 }],
      ...[0, 10, 20].map((km): Unit => [`rescue ${km}`, km, 'VUGD', { basic_rescue: 1 }]),
    ]);
    const incidents = [
      ['P3', 0],
      ['P1', 20],
      ['P2', 10],
    ] as const;
    const asked = incidents.map(([priority, km]) => {
      const question = questionAt(km, 'rescue.height', priority, { vekId: priority });
      return { vekId: priority, question, surroundings: { roster, ways: new StraightWays(question.place) } };
    });
    const { veks } = decideTogether(gatherTogether(asked, 20_000));
    expect(veks.map((vek) => sent(vek, 'must').sort())).toEqual([['rescue 0'], ['ladder', 'rescue 20'], ['rescue 10']]);
    for (const [i, vek] of veks.entries()) {
      if (vek.vekId === 'P1') continue;
      const line = lineOf(vek, asked[i]!.question.requirements, 'height_rescue');
      expect(line.shortfall).toMatchObject({
        missing: 1,
        next: { unitId: 'ladder', reason: { code: 'sent_elsewhere', vekId: 'P1' } },
      });
    }
  });

  it('G85 beside a border: the nearer pump comes from over there, the municipal police only from here', () => {
    const roster = fleet([
      ['pump here', -12, 'VUGD', { extinguish: 1, water: 3000 }, { agencyId: 'VUGD' }],
      ['pump there', 2, 'VUGD', { extinguish: 1, water: 3000 }, { agencyId: 'VUGD' }],
      ['police here', -6, 'PP', { public_order: 1 }, { agencyId: 'PP here' }],
      ['police there', 1, 'PP', { public_order: 1 }, { agencyId: 'PP there' }],
    ]);
    const agencyIds = ['VUGD', 'PP here']; // whose ground it is
    expect(sent(ask(questionAt(0, 'fire.vehicle', 'P2', { agencyIds }), roster), 'must')).toEqual(['pump there']);
    const disorder = ask(questionAt(0, 'police.public_order', 'P2', { agencyIds }), roster);
    expect(sent(disorder, 'must')).toEqual(['police here']);
    expect(disorder.lines[0]!.notChosen).toMatchObject([
      { unitId: 'police there', reason: { code: 'agency_not_allowed' } },
    ]);
  });
});
