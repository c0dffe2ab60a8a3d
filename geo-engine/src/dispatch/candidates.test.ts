import { describe, expect, it } from 'vitest';
import {
  asCounted,
  createDispatchQuestion,
  createDispatchUnit,
  createFleetWorld,
  createLine,
  createWays,
  enter,
  type FleetWorld,
  NOW,
  PLACE,
} from '../../test/dispatch-world.js';
import { createRoads } from '../../test/prepared-roads.js';
import { createPlaceNear, createRandom, pick } from '../../test/random.js';
import { createRoadWorld } from '../../test/road-worlds.js';
import { INELIGIBLE_CODES } from '../errors.js';
import { destination, distanceM } from '../geo/distance.js';
import { lonLat } from '../geo/lon-lat.js';
import { standardProfiles } from '../roads/standard-profiles.js';
import { compileDemand } from '../run-cards/demand.js';
import { shortlist } from './candidates.js';
import { DEFAULT_POLICY } from './dispatch-question.js';
import { DispatchRoster } from './dispatch-roster.js';
import type { DispatchUnit } from './dispatch-unit.js';
import { Eligibility, Judgement } from './eligibility.js';
import { type DecisionInput, decide, gatherInput, type Recommendation } from './recommend.js';
import { RoadWays } from './road-ways.js';
import { StraightWays } from './straight-ways.js';

const ROAD_PROFILES = standardProfiles.filter(({ code }) => code === 'car' || code === 'heavy-emergency');

/** Every unit of the roster with its way, and nobody left to count. */
function fullScan({ question, units, ways, correction, coverageLoss }: FleetWorld): DecisionInput {
  const placed = units.filter(({ place }) => place !== null);
  const table = new Map(ways.table(placed.map(asCounted)).map((travel, i) => [placed[i]!, travel]));
  const considered = units.map((unit) => ({
    unit,
    travel: table.get(unit) ?? null,
    coverageLoss: coverageLoss(unit),
  }));
  const others = compileDemand(question.requirements).lines.map(() => ({}));
  return { question, basis: ways.basis, closures: ways.closures, correction, considered, others };
}

/** All that an answer says but for how it was found. Who was not asked for a way counts as farther: ways may not be there at all. */
function told({ units, lines, sums, proof }: Recommendation) {
  return {
    units,
    sums,
    lines: lines.map(({ restByReason, ...line }) => {
      const { farther = 0, no_route: noRoute = 0, ...rest } = restByReason;
      return { ...line, rest, fartherOrNoRoute: farther + noRoute };
    }),
    proof: [proof.must, proof.should].map(({ short, costMs, kept }) => ({ short, costMs, kept })),
  };
}

describe('shortlist', () => {
  it('G82, G123 the answer equals that of all units: who goes, who is named, the counts by reason', () => {
    let asked = 0;
    let placed = 0;
    for (let seed = 1; seed <= 250; seed++) {
      const world = createFleetWorld(createRandom(seed), 20 + ((seed * 37) % 300));
      const full = decide(fullScan(world));
      if (![full.proof.must, full.proof.should].every(({ proven }) => proven)) continue;
      const { question, roster, ways, correction, coverageLoss } = world;
      const answer = decide(gatherInput(question, { roster, ways, correction, coverageLoss }));
      expect(told(answer), `seed ${seed}`).toEqual(told(full));
      const list = shortlist(roster, compileDemand(question.requirements), question, ways, correction);
      asked += list.units.length;
      placed += world.units.filter(({ place }) => place !== null).length;
    }
    expect(asked).toBeLessThan(placed / 2); // or nothing was passed over
  });

  it('G121, G122, G123 the answer equals that of all units also where rings, and how far units were off the road, spare asking most of them', () => {
    let rings = 0;
    let spared = 0;
    for (let seed = 1; seed <= 8; seed++) {
      const random = createRandom(seed);
      const network = createRoadWorld(seed, pick(random, ['grid with one-ways', 'ring roads', 'islands']), 500);
      const roads = createRoads(network, ...ROAD_PROFILES);
      const near = () => {
        const p = Math.floor(random() * (network.pointLonLat.length / 2));
        const point = lonLat(network.pointLonLat[2 * p]! / 1e7, network.pointLonLat[2 * p + 1]! / 1e7);
        return createPlaceNear(random, point, 0.001);
      };
      const fleet = createFleetWorld(random, 600);
      const roster = new DispatchRoster();
      const units = fleet.units.map((unit) => {
        const { code } = pick(random, ROAD_PROFILES);
        const freePlace = unit.freePlace && { ...unit.freePlace, at: near() };
        const placed =
          unit.place === null ? unit : { ...unit, place: near(), freePlace, profile: code, headingDeg: random() * 360 };
        enter(roster, placed);
        return placed;
      });
      const question = { ...fleet.question, place: near() };
      let asked = 0;
      class CountedWays extends RoadWays {
        override ringBound(profile: string, radiusM: number) {
          rings++;
          return super.ringBound(profile, radiusM);
        }
        override table(starts: Parameters<RoadWays['table']>[0]) {
          asked += starts.length;
          return super.table(starts);
        }
      }
      const { correction, coverageLoss } = fleet;
      for (let turn = 0; turn < 2; turn++) {
        const ways = new CountedWays(roads, question.place);
        asked = 0;
        const answer = decide(gatherInput(question, { roster, ways, correction, coverageLoss }));
        spared += units.length - asked;
        const full = decide(fullScan({ ...fleet, question, roster, units, ways }));
        if ([full.proof.must, full.proof.should].every(({ proven }) => proven))
          expect(told(answer), `seed ${seed}, turn ${turn}`).toEqual(told(full));
        // by the next turn everybody has moved from where they were asked about
        for (const [i, unit] of units.entries()) {
          if (unit.place === null) continue;
          units[i] = { ...unit, place: createPlaceNear(random, unit.place, 0.002) };
          enter(roster, units[i]);
        }
      }
    }
    expect(rings).toBeGreaterThan(0);
    expect(spared).toBeGreaterThan(0);
  });

  it('G126 at a place that is cut off only those are asked who may have a way, and the answer equals that of all units', () => {
    let spared = 0;
    let reached = 0;
    for (let seed = 1; seed <= 12; seed++) {
      const random = createRandom(seed);
      const network = createRoadWorld(seed, 'islands', 120);
      const roads = createRoads(network, ...ROAD_PROFILES);
      const point = () => {
        const p = Math.floor(random() * (network.pointLonLat.length / 2));
        return lonLat(network.pointLonLat[2 * p]! / 1e7, network.pointLonLat[2 * p + 1]! / 1e7);
      };
      const fleet = createFleetWorld(random, 300);
      const roster = new DispatchRoster();
      const units = fleet.units.map((unit) => {
        const { code: profile } = pick(random, ROAD_PROFILES);
        const placed = { ...unit, place: unit.place && point(), freePlace: null, profile };
        enter(roster, placed);
        return placed;
      });
      for (let turn = 0; turn < 6; turn++) {
        const question = { ...fleet.question, place: point() };
        const ways = new RoadWays(roads, question.place);
        const isBeyond = ({ place, profile }: DispatchUnit) =>
          place !== null && distanceM(place, question.place) > ways.farthestStartM(profile);
        const asked: number[] = [];
        class HeardWays extends RoadWays {
          override table(starts: Parameters<RoadWays['table']>[0]) {
            asked.push(...starts.map(({ handle }) => handle));
            return super.table(starts);
          }
        }
        const heard = new HeardWays(roads, question.place);
        const answer = decide(gatherInput(question, { ...fleet, roster, ways: heard }));
        const beyond = units.filter(isBeyond);
        expect(asked.filter((handle) => beyond.some((unit) => unit.handle === handle))).toEqual([]);
        spared += beyond.length;
        if (beyond.length > 0) reached += answer.units.length;
        const full = decide(fullScan({ ...fleet, question, roster, units, ways }));
        if ([full.proof.must, full.proof.should].every(({ proven }) => proven))
          expect(told(answer), `seed ${seed}, turn ${turn}`).toEqual(told(full));
      }
    }
    expect(spared).toBeGreaterThan(1000);
    expect(reached).toBeGreaterThan(10);
  });

  it('G123 a unit with a place where it frees up is counted from there, and from its fix again when it has none any more', () => {
    const roster = new DispatchRoster();
    const capabilities = new Map([['pump', 1]]);
    const hospital = { at: destination(PLACE, 90, 1000), name: 'hospital' };
    const station = { at: destination(PLACE, 0, 30_000), name: null };
    const far = createDispatchUnit({ unitId: 'far', handle: 1, capabilities, place: destination(PLACE, 90, 30_000) });
    const near = createDispatchUnit({ unitId: 'near', handle: 2, capabilities, place: destination(PLACE, 180, 2000) });
    const question = createDispatchQuestion({
      requirements: [createLine({ capability: 'pump' })],
      policy: { ...DEFAULT_POLICY, soonFreeWithinS: 600 },
    });
    const goes = () => {
      const { units, lines } = decide(gatherInput(question, { roster, ways: new StraightWays(PLACE) }));
      return [...units, ...lines[0]!.notChosen].map(({ unitId }) => unitId);
    };
    const busy = { ...far, status: 'at_destination', workPriority: 'P3' as const, freeAt: NOW + 60_000 };
    enter(roster, busy);
    enter(roster, near);
    expect(goes()).toEqual(['near', 'far']);
    enter(roster, { ...busy, freePlace: hospital });
    expect(goes()).toEqual(['far', 'near']);
    // it drives on meanwhile
    enter(roster, { ...busy, freePlace: hospital, place: destination(PLACE, 90, 29_000) });
    expect(goes()).toEqual(['far', 'near']);
    enter(roster, { ...busy, freePlace: station, place: PLACE });
    expect(goes()).toEqual(['near', 'far']);
    // from its last fix, which came while it was counted from elsewhere
    enter(roster, { ...busy, place: PLACE });
    expect(goes()).toEqual(['far', 'near']);
  });

  it('G123 the way to where it frees up is not asked how old or inexact its fix is', () => {
    let counted = 0;
    for (let seed = 1; seed <= 40; seed++) {
      const { question, roster, ways } = createFleetWorld(createRandom(seed), 200);
      const input = gatherInput(
        { ...question, policy: { ...question.policy, soonFreeWithinS: 1200 } },
        { roster, ways },
      );
      const freePlaceOf = new Map(input.considered.map(({ unit }) => [unit.unitId, unit.freePlace]));
      const { units, lines } = decide(input);
      for (const { unitId, response, why } of units) {
        const place = freePlaceOf.get(unitId)!;
        const told = place && { code: 'from_free_place', lon: place.at[0], lat: place.at[1], name: place.name };
        expect(why.find(({ code }) => code === 'from_free_place') ?? null, `seed ${seed}`).toEqual(told);
        if (place === null) continue;
        expect(response.intervalMs, `seed ${seed}`).toEqual([response.responseMs, response.responseMs]);
        counted++;
      }
      for (const { unitId, response } of lines.flatMap(({ notChosen }) => notChosen)) {
        if (freePlaceOf.get(unitId) === null) continue;
        expect(response.intervalMs, `seed ${seed}`).toEqual([response.responseMs, response.responseMs]);
        counted++;
      }
    }
    expect(counted).toBeGreaterThan(10);
  });

  it('G82 chosen, named and counted together are the roster, line by line', () => {
    for (let seed = 1; seed <= 60; seed++) {
      const { question, roster, ways, units } = createFleetWorld(createRandom(seed), 150);
      const { lines, units: sent } = decide(gatherInput(question, { roster, ways }));
      for (const { notChosen, restByReason } of lines) {
        const rest = Object.values(restByReason).reduce((sum, count) => sum + count, 0);
        expect(sent.length + notChosen.length + rest, `seed ${seed}`).toBe(units.length);
      }
    }
  });

  it('G84 units of agencies that the asker may not see are neither counted nor named', () => {
    for (let seed = 1; seed <= 60; seed++) {
      const random = createRandom(seed);
      const world = createFleetWorld(random, 120);
      const { question, roster, ways } = world;
      const seen = decide(gatherInput(question, { roster, ways, agencies: new Set(['agency']) }));
      const units = world.units.filter(({ agencyId }) => agencyId === 'agency');
      const full = decide(fullScan({ ...world, units, correction: null, coverageLoss: () => 0 }));
      if (full.proof.must.proven && full.proof.should.proven) expect(told(seen), `seed ${seed}`).toEqual(told(full));
    }
  });

  it('G85 the pass over the roster counts what the filters say of every unit', () => {
    for (let seed = 1; seed <= 80; seed++) {
      const { question, roster, units, ways } = createFleetWorld(createRandom(seed), 200);
      const demand = compileDemand(question.requirements);
      const eligibility = new Eligibility(demand, question);
      const judgement = new Judgement(demand.lines.length);
      const { units: considered, others } = shortlist(roster, demand, question, ways);
      const left = units.filter(({ unitId }) => !considered.some((one) => one.unitId === unitId));
      for (const [line, counted] of others.entries()) {
        const expected: Record<string, number> = {};
        for (const unit of left) {
          eligibility.judge(unit, judgement);
          const number = judgement.codes[line]!;
          const code = number === 0 ? 'farther' : INELIGIBLE_CODES[number - 1]!;
          expected[code] = (expected[code] ?? 0) + 1;
          expect(eligibility.refusal(unit, line)?.code ?? 'farther', `seed ${seed}`).toBe(code);
        }
        // who has no way and whose way was not asked for counts as farther
        const { no_route: noRoute = 0, ...others } = counted;
        if (noRoute > 0) others.farther = (others.farther ?? 0) + noRoute;
        expect(others, `seed ${seed}`).toEqual(expected);
      }
    }
  });

  it('G82 who is missed least is found behind a hundred that are nearer, within the regret', () => {
    const roster = new DispatchRoster();
    const capabilities = new Map([['pump', 1]]);
    for (let i = 1; i <= 150; i++) {
      const place = destination(PLACE, 90, 1000 + 2 * i); // each a fifth of a second farther
      enter(roster, createDispatchUnit({ unitId: `u${i}`, handle: i, capabilities, place }));
    }
    const question = createDispatchQuestion({
      requirements: [createLine({ capability: 'pump' })],
      policy: { ...DEFAULT_POLICY, regretS: { P1: 0, P2: 60, P3: 0, P4: 0 } },
    });
    const coverageLoss = ({ handle }: DispatchUnit) => (handle === 140 ? 0 : 1);
    const answer = decide(gatherInput(question, { roster, ways: new StraightWays(PLACE), coverageLoss }));
    expect(answer.units.map(({ unitId }) => unitId)).toEqual(['u140']);
  });

  it('G82 asks for few ways in a large fleet', () => {
    const random = createRandom(7);
    const { question, roster } = createFleetWorld(random, 5000);
    const ways = createWays(random, 1);
    gatherInput(question, { roster, ways });
    expect(ways.asked).toBeLessThan(1000);
  });

  it('G84 a roster that was changed again and again answers as one made anew', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = createRandom(seed);
      const before = createFleetWorld(random, 80);
      const after = createFleetWorld(random, 80);
      const { roster } = before;
      // what lines make of units is known by now
      gatherInput(after.question, { roster, ways: after.ways });
      const kept = new Map<number, DispatchUnit>();
      for (const unit of after.units) if (random() < 0.7) kept.set(unit.handle, unit);
      for (const { handle } of before.units) if (!kept.has(handle)) roster.remove(handle);
      for (const unit of kept.values()) enter(roster, unit);
      const { question, ways } = after;
      const fresh = decide(fullScan({ ...after, units: [...kept.values()], correction: null, coverageLoss: () => 0 }));
      if (!fresh.proof.must.proven || !fresh.proof.should.proven) continue;
      expect(told(decide(gatherInput(question, { roster, ways }))), `seed ${seed}`).toEqual(told(fresh));
    }
  });
});
