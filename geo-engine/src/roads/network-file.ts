import { z } from 'zod';
import { allocateNetwork, layoutBytes, networkBytes } from './network-layout.js';
import type { RoadNetwork } from './road-network.js';
import { readSealed, type SealedKind, writeSealed } from './sealed-file.js';

// A network on disk: its arrays in the order of the layout, then the names (JSON).

const NETWORK_FILE: SealedKind = { magic: 'VNROADS\n', version: 1, code: 'network', what: 'road network' };

const Count = z
  .int()
  .min(0)
  .max(2 ** 32);
const Header = z.object({
  info: z.object({
    id: z.string().regex(/^[0-9a-f]{64}$/),
    source: z.string(),
    mapTime: z.number().nullable(),
    builtAt: z.number(),
    generated: z.boolean(),
    bounds: z.tuple([z.number(), z.number(), z.number(), z.number()]),
    counts: z.object({
      nodes: Count,
      segments: Count,
      points: Count,
      lengthKm: z.number(),
      restrictions: Count,
      leftOut: z.record(z.string(), Count),
    }),
    attribution: z.string(),
  }),
  restrictionSteps: Count,
  nameBytes: Count,
});

/** Writes a network. Throws RoadsError `disk_full` or `directory_unwritable`; then what was there before still is. */
export function writeNetwork(path: string, network: RoadNetwork): void {
  const names = Buffer.from(JSON.stringify(network.names));
  const header = { info: network.info, restrictionSteps: network.restrictionSteps.length, nameBytes: names.length };
  writeSealed(path, NETWORK_FILE, header, [...networkBytes(network), names]);
}

/** Reads a network into shared memory. Throws RoadsError with a `network_…` code or `not_a_network`. */
export function readNetwork(path: string): RoadNetwork {
  const read = readSealed(path, NETWORK_FILE, (untrusted) => {
    const { info, restrictionSteps, nameBytes } = Header.parse(untrusted);
    const sizes = { ...info.counts, restrictionSteps };
    return {
      byteLength: layoutBytes(sizes) + nameBytes,
      allocate() {
        const arrays = allocateNetwork(sizes);
        const names = new Uint8Array(nameBytes);
        return { contents: { info, sizes, arrays, names }, arrays: [...networkBytes(arrays), names] };
      },
    };
  });
  const { info, sizes, arrays, names } = read;
  return {
    info,
    nodeCount: sizes.nodes,
    segmentCount: sizes.segments,
    ...arrays,
    names: JSON.parse(Buffer.from(names).toString()) as string[],
    restrictionCount: sizes.restrictions,
  };
}
