import { allocateNetwork, networkId } from '../src/roads/network-layout.js';
import { ACCESS, BARRIER, RESTRICTION, ROAD_CLASS, type RoadNetwork } from '../src/roads/road-network.js';
import { sharedUint8, sharedUint32 } from '../src/roads/shared-array.js';
import { standardProfiles } from '../src/roads/standard-profiles.js';
import type { VehicleProfile } from '../src/roads/vehicle-profile.js';

/** Forbidden or only allowed sequence of directed segments. */
export interface TurnRestriction {
  readonly steps: readonly number[];
  /** RESTRICTION bits. */
  readonly kind: number;
}

/** A network small enough to be drawn above its test. Nodes are letters. */
export interface DrawnRoads {
  readonly network: RoadNetwork;
  node(letter: string): number;
  /** Directed segment of a road such as 'AB'; of several between the same letters, the first. */
  directed(road: string): number;
  /** 'ABCB' → the directed segments AB, BC, CB. */
  drive(letters: string): number[];
  /** The other way round: what was driven, by letters. */
  letters(drive: readonly number[]): string;
}

/** Drives 100 ms a metre on every road and heeds everything, so that times of drawn roads are read off their lengths. */
export const STEADY: VehicleProfile = steady('steady');

/** The same with lights and siren: every right, no faster. */
export const STEADY_EMERGENCY: VehicleProfile = {
  ...steady('steady-emergency'),
  emergency: { contraflowShare: 0.5, restrictedAccess: true, forbiddenTurns: true, speedFactor: 1 },
};

function steady(code: string): VehicleProfile {
  const [car] = standardProfiles;
  const fallbackKmh = { ...car.fallbackKmh };
  for (const roadClass of Object.keys(ROAD_CLASS) as (keyof typeof ROAD_CLASS)[]) fallbackKmh[roadClass] = 36;
  return { ...car, code, fallbackKmh, destinationFactor: 1, emergency: null };
}

const ROAD = /^([A-Z])(>?)([A-Z]) (\d+)$/;
const SIGN = /^(no|only|gate|closed) ([A-Z]+)(!?)$/;

/**
 * Roads written as 'AB 100' (both ways, metres) or 'A>B 100' (one way); turns as 'no ABC', 'only ABC', with '!' behind when emergency
 * vehicles are excepted; barriers as 'gate B', 'closed B'.
 */
export function drawRoads(...lines: readonly string[]): DrawnRoads {
  const roads = lines.flatMap((line) => {
    const [, from, oneway, to, metres] = ROAD.exec(line) ?? [];
    return from === undefined ? [] : [{ from, to, oneway: oneway === '>', metres: Number(metres) }];
  });
  const names = [...new Set(roads.flatMap(({ from, to }) => [from, to]))].sort();
  const arrays = allocateNetwork({
    nodes: names.length,
    segments: roads.length,
    points: 2 * roads.length,
    restrictions: 0,
    restrictionSteps: 0,
  });
  roads.forEach(({ from, to, oneway, metres }, segment) => {
    arrays.segmentFrom[segment] = names.indexOf(from);
    arrays.segmentTo[segment] = names.indexOf(to);
    arrays.firstPoint[segment + 1] = 2 * segment + 2;
    arrays.segmentCm[segment] = metres * 100;
    arrays.segmentClass[segment] = ROAD_CLASS.residential;
    arrays.segmentAccess[segment] = ACCESS.yes | ((oneway ? ACCESS.contraflow : ACCESS.yes) << 4);
    arrays.segmentWay[segment] = segment + 1;
  });

  const directed = (road: string): number => {
    for (let segment = 0; segment < roads.length; segment++) {
      if (road === roads[segment].from + roads[segment].to) return 2 * segment;
      if (road === roads[segment].to + roads[segment].from) return 2 * segment + 1;
    }
    throw new Error(`no road ${road} is drawn`);
  };
  const drive = (letters: string): number[] =>
    Array.from({ length: letters.length - 1 }, (_, i) => directed(letters.slice(i, i + 2)));

  const restrictions: TurnRestriction[] = [];
  for (const line of lines) {
    const [, word, letters, excepted] = SIGN.exec(line) ?? [];
    if (word === 'gate' || word === 'closed') arrays.nodeBarrier[names.indexOf(letters)] = BARRIER[word];
    else if (word !== undefined) {
      const kind = (word === 'only' ? RESTRICTION.only : 0) | (excepted ? RESTRICTION.exceptEmergency : 0);
      restrictions.push({ steps: drive(letters), kind });
    } else if (!ROAD.test(line)) throw new Error(`cannot read "${line}"`);
  }
  const network: RoadNetwork = {
    ...arrays,
    nodeCount: names.length,
    segmentCount: roads.length,
    restrictionCount: 0,
    names: [''],
    info: {
      id: networkId(arrays, ['']),
      source: 'drawn',
      mapTime: null,
      builtAt: 0,
      generated: true,
      bounds: [0, 0, 0, 0],
      counts: {
        nodes: names.length,
        segments: roads.length,
        points: 2 * roads.length,
        lengthKm: 0,
        restrictions: 0,
        leftOut: {},
      },
      attribution: '',
    },
  };
  return {
    network: withRestrictions(network, restrictions),
    node: (letter) => names.indexOf(letter),
    directed,
    drive,
    letters: (steps) => {
      const ends = (d: number) =>
        d & 1 ? [roads[d >> 1].to, roads[d >> 1].from] : [roads[d >> 1].from, roads[d >> 1].to];
      return steps.map((d, i) => (i === 0 ? ends(d).join('') : ends(d)[1])).join('');
    },
  };
}

/** The same network with these restrictions besides its own. */
export function withRestrictions(network: RoadNetwork, more: readonly TurnRestriction[]): RoadNetwork {
  const restrictionCount = network.restrictionCount + more.length;
  const known = network.firstRestrictionStep[network.restrictionCount];
  const firstRestrictionStep = sharedUint32(restrictionCount + 1);
  const restrictionSteps = sharedUint32(more.reduce((sum, { steps }) => sum + steps.length, known));
  const restrictionKind = sharedUint8(restrictionCount);
  firstRestrictionStep.set(network.firstRestrictionStep);
  restrictionSteps.set(network.restrictionSteps);
  restrictionKind.set(network.restrictionKind);
  more.forEach(({ steps, kind }, i) => {
    const r = network.restrictionCount + i;
    restrictionSteps.set(steps, firstRestrictionStep[r]);
    firstRestrictionStep[r + 1] = firstRestrictionStep[r] + steps.length;
    restrictionKind[r] = kind;
  });
  const arrays = { ...network, firstRestrictionStep, restrictionSteps, restrictionKind };
  return { ...arrays, restrictionCount, info: { ...network.info, id: networkId(arrays, network.names) } };
}
