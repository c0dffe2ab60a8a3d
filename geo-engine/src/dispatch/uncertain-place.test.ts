import { describe, expect, it } from 'vitest';
import {
  createDispatchQuestion,
  createDispatchUnit,
  createLine,
  enter,
  NOW,
  PLACE,
} from '../../test/dispatch-world.js';
import { destination, distanceM } from '../geo/distance.js';
import { DispatchRoster } from './dispatch-roster.js';
import { decide, gatherInput } from './recommend.js';
import { StraightWays } from './straight-ways.js';
import { decideForCircle } from './uncertain-place.js';

const question = createDispatchQuestion({ requirements: [createLine({ capability: 'pump' })] });
const waysTo = (place: typeof PLACE) => new StraightWays(place);

function rosterOf(...units: readonly [unitId: string, bearingDeg: number, awayM: number][]): DispatchRoster {
  const roster = new DispatchRoster();
  for (const [i, [unitId, bearingDeg, awayM]] of units.entries()) {
    const place = destination(PLACE, bearingDeg, awayM);
    const capabilities = new Map([['pump', 1]]);
    enter(roster, createDispatchUnit({ unitId, handle: i + 1, place, capabilities, accuracyM: 0, fixTime: NOW }));
  }
  return roster;
}

describe('decideForCircle', () => {
  it('G105 says who would go instead at another place of the circle, and how late the worst place is served', () => {
    const roster = rosterOf(['west', 270, 1000], ['east', 90, 1400]);
    const { centre, worst, changes } = decideForCircle(question, 800, { roster }, waysTo);
    expect(centre.output.units.map(({ unitId }) => unitId)).toEqual(['west']);
    const byBearing = new Map(changes.map((change) => [change.bearingDeg, change]));
    expect(byBearing.size).toBe(8);
    expect(byBearing.get(90)).toMatchObject({ sentBesides: ['east'], notSent: ['west'], moreShort: 0 });
    expect(byBearing.get(270)).toMatchObject({ sentBesides: [], notSent: [] });
    expect(byBearing.get(270)!.laterMs).toBeLessThan(0);
    for (const { place, latestMs } of changes) {
      expect(distanceM(PLACE, place)).toBeCloseTo(800, 3);
      expect(latestMs).toBeLessThanOrEqual(worst.latestMs);
    }
    // what is said of a place is what is decided there
    const there = { ...question, place: worst.place };
    expect(worst.output).toEqual(decide(gatherInput(there, { roster, ways: waysTo(worst.place) })));
  });

  it('G105 where nobody can go anywhere, the centre is as bad as any', () => {
    const { centre, worst } = decideForCircle(question, 800, { roster: rosterOf() }, waysTo);
    expect(worst).toBe(centre);
    expect(centre).toMatchObject({ bearingDeg: null, short: 1, latestMs: 0 });
  });
});
