import { type LonLat, lonLat } from '../src/geo/lon-lat.js';
import type { RoadMeaning } from '../src/roads/map-road.js';
import { RoadNetworkBuilder } from '../src/roads/network-builder.js';
import { ACCESS, BARRIER, ROAD_CLASS, type RoadNetwork, SEGMENT_FLAG } from '../src/roads/road-network.js';

/** A street through lettered places: 'A-B-C' both ways, 'A>B>C' one way. What is not said is a plain residential street. */
export interface DrawnStreet extends Partial<RoadMeaning> {
  readonly way: string;
  readonly name?: string;
  readonly ref?: string;
}

/** A small network with places and names, drawn in metres east and north of an origin. */
export interface DrawnTown {
  readonly network: RoadNetwork;
  /** A lettered place. */
  at(letter: string): LonLat;
  /** The place so many metres east and north of the origin. */
  place(eastM: number, northM: number): LonLat;
  /** Directed segment of a street between two neighbouring ends of segments, such as 'AB'. */
  directed(letters: string): number;
  /** What was driven, by letters: 'ABC'. */
  letters(drive: readonly number[]): string;
}

const M_PER_DEG = (6_371_008.8 * Math.PI) / 180;

const PLAIN: RoadMeaning = {
  roadClass: ROAD_CLASS.residential,
  surface: 0,
  track: 0,
  flags: 0,
  accessForward: ACCESS.yes,
  accessBackward: ACCESS.yes,
  forwardKmh: 0,
  backwardKmh: 0,
  maxWeight: 0,
  maxHeight: 0,
  durationS: 0,
};

/** Ways get the ids 1, 2, 3 … in the order of the streets. A letter of `closed` has a bollard. */
export function drawTown(
  origin: LonLat,
  places: Readonly<Record<string, readonly [eastM: number, northM: number]>>,
  streets: readonly DrawnStreet[],
  closed = '',
): DrawnTown {
  const place = (eastM: number, northM: number): LonLat => {
    const lon = origin[0] + eastM / M_PER_DEG / Math.cos((origin[1] * Math.PI) / 180);
    return lonLat(lon - 360 * Math.round(lon / 360), origin[1] + northM / M_PER_DEG);
  };
  const builder = new RoadNetworkBuilder();
  const letterAt = new Map<string, string>();
  Object.entries(places).forEach(([letter, [eastM, northM]]) => {
    const [lon, lat] = place(eastM, northM).map((degrees) => Math.round(degrees * 1e7));
    letterAt.set(`${lon} ${lat}`, letter);
    builder.addNode(letter.charCodeAt(0), lon, lat, closed.includes(letter) ? BARRIER.closed : BARRIER.none);
  });
  streets.forEach(({ way, name = '', ref = '', ...meaning }, i) => {
    const isOneway = way.includes('>');
    const oneway = isOneway ? { accessBackward: ACCESS.contraflow } : {};
    const flags = (meaning.flags ?? 0) | (isOneway ? SEGMENT_FLAG.oneway : 0);
    builder.addWay({
      id: i + 1,
      nodeIds: way.split(/[->]/).map((letter) => letter.charCodeAt(0)),
      meaning: { ...PLAIN, ...oneway, ...meaning, flags },
      name,
      ref,
    });
  });
  const network = builder.freeze({ source: 'drawn', mapTime: null, builtAt: 0 });
  const letter = (node: number) => letterAt.get(`${network.nodeLonLat[2 * node]} ${network.nodeLonLat[2 * node + 1]}`)!;
  const ends = (directed: number) => {
    const pair = letter(network.segmentFrom[directed >> 1]) + letter(network.segmentTo[directed >> 1]);
    return directed & 1 ? pair[1] + pair[0] : pair;
  };
  return {
    network,
    place,
    at: (name) => place(...places[name]),
    directed: (letters) => {
      for (let d = 0; d < 2 * network.segmentCount; d++) if (ends(d) === letters) return d;
      throw new Error(`no segment ${letters}`);
    },
    letters: (drive) => drive.map((d, i) => (i === 0 ? ends(d) : ends(d)[1])).join(''),
  };
}
