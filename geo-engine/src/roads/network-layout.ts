import { createHash } from 'node:crypto';
import type { RoadNetwork } from './road-network.js';
import { sharedFloat64, sharedInt32, sharedUint8, sharedUint16, sharedUint32 } from './shared-array.js';

/** How many of everything a network has: enough to know the length of each of its arrays. */
export interface NetworkSizes {
  readonly nodes: number;
  readonly segments: number;
  readonly points: number;
  readonly restrictions: number;
  readonly restrictionSteps: number;
}

/** The arrays of a network in the order in which files and the id take them: name, kind, length. */
const LAYOUT = {
  nodeLonLat: [sharedInt32, ({ nodes }) => 2 * nodes],
  nodeBarrier: [sharedUint8, ({ nodes }) => nodes],
  segmentFrom: [sharedUint32, ({ segments }) => segments],
  segmentTo: [sharedUint32, ({ segments }) => segments],
  firstPoint: [sharedUint32, ({ segments }) => segments + 1],
  pointLonLat: [sharedInt32, ({ points }) => 2 * points],
  segmentCm: [sharedUint32, ({ segments }) => segments],
  segmentClass: [sharedUint8, ({ segments }) => segments],
  segmentSurface: [sharedUint8, ({ segments }) => segments],
  segmentTrack: [sharedUint8, ({ segments }) => segments],
  segmentFlags: [sharedUint16, ({ segments }) => segments],
  segmentAccess: [sharedUint8, ({ segments }) => segments],
  segmentKmh: [sharedUint8, ({ segments }) => 2 * segments],
  segmentMaxWeight: [sharedUint8, ({ segments }) => segments],
  segmentMaxHeight: [sharedUint8, ({ segments }) => segments],
  segmentWay: [sharedFloat64, ({ segments }) => segments],
  segmentName: [sharedUint32, ({ segments }) => segments],
  segmentRef: [sharedUint32, ({ segments }) => segments],
  firstRestrictionStep: [sharedUint32, ({ restrictions }) => restrictions + 1],
  restrictionSteps: [sharedUint32, ({ restrictionSteps }) => restrictionSteps],
  restrictionKind: [sharedUint8, ({ restrictions }) => restrictions],
} as const satisfies Partial<
  Record<keyof RoadNetwork, readonly [(length: number) => unknown, (s: NetworkSizes) => number]>
>;

type ArrayName = keyof typeof LAYOUT;
export type NetworkArrays = { readonly [Name in ArrayName]: ReturnType<(typeof LAYOUT)[Name][0]> };

const ARRAY_NAMES = Object.keys(LAYOUT) as ArrayName[];

/** Zeroed arrays for a network of these sizes. */
export function allocateNetwork(sizes: NetworkSizes): NetworkArrays {
  return Object.fromEntries(
    ARRAY_NAMES.map((name) => [name, LAYOUT[name][0](LAYOUT[name][1](sizes))]),
  ) as unknown as NetworkArrays;
}

/** Bytes that the arrays of a network of these sizes take. */
export function layoutBytes(sizes: NetworkSizes): number {
  return ARRAY_NAMES.reduce((sum, name) => sum + LAYOUT[name][1](sizes) * LAYOUT[name][0](0).BYTES_PER_ELEMENT, 0);
}

/** The arrays as bytes, in the order of the layout. */
export function networkBytes(arrays: NetworkArrays): Uint8Array[] {
  return ARRAY_NAMES.map((name) => {
    const { buffer, byteOffset, byteLength } = arrays[name];
    return new Uint8Array(buffer, byteOffset, byteLength);
  });
}

/** Hex SHA-256 over everything that a driver can notice: equal for equal roads, whoever built the network and when. */
export function networkId(arrays: NetworkArrays, names: readonly string[]): string {
  const hash = createHash('sha256');
  for (const bytes of networkBytes(arrays)) hash.update(String(bytes.length)).update(bytes);
  return hash.update(JSON.stringify(names)).digest('hex');
}
