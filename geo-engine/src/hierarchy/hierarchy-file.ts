import { z } from 'zod';
import type { RoadGraph } from '../graph/road-graph.js';
import { RoadsError } from '../roads/errors.js';
import { readSealed, type SealedKind, writeSealed } from '../roads/sealed-file.js';
import { sharedUint32 } from '../roads/shared-array.js';
import type { VehicleProfile } from '../roads/vehicle-profile.js';
import { allocateHierarchy, type Hierarchy } from './hierarchy.js';

// One profile's roads on disk, ready to be searched: the graph and its hierarchy in one file, so that neither can be there without the
// other, and a start need not build either.

const HIERARCHY_FILE: SealedKind = {
  magic: 'VNHIERA\n',
  version: 1,
  code: 'hierarchy',
  what: "profile's hierarchy of roads",
};

/** A graph with its hierarchy. */
export interface PreparedRoads {
  readonly graph: RoadGraph;
  readonly hierarchy: Hierarchy;
}

/** What a file must have been made from to be of use. */
export interface PreparedFor {
  readonly networkId: string;
  readonly profile: VehicleProfile;
}

const Count = z
  .int()
  .min(0)
  .max(2 ** 31);
const Header = z.object({
  networkId: z.string(),
  /** As JSON, compared as text: whatever is set otherwise makes other weights. */
  profile: z.string(),
  sizes: z.object({
    nodes: Count,
    networkNodes: Count,
    arcs: Count,
    directed: Count,
    components: Count,
    upArcs: Count,
    downArcs: Count,
  }),
});
type Sizes = z.infer<typeof Header>['sizes'];

/** Writes a graph and its hierarchy. Throws RoadsError `disk_full` or `directory_unwritable`; then what was there before still is. */
export function writeHierarchy(path: string, { graph, hierarchy }: PreparedRoads, profile: VehicleProfile): void {
  const sizes: Sizes = {
    nodes: graph.nodeCount,
    networkNodes: graph.networkNodeCount,
    arcs: graph.arcHead.length,
    directed: graph.directedMs.length,
    components: graph.componentSize.length,
    upArcs: hierarchy.up.end.length,
    downArcs: hierarchy.down.end.length,
  };
  const header = { networkId: graph.networkId, profile: JSON.stringify(profile), sizes };
  writeSealed(path, HIERARCHY_FILE, header, bytesOf({ graph, hierarchy }));
}

/**
 * Reads a graph and its hierarchy into shared memory. Throws RoadsError with a `hierarchy_…` code or `not_a_hierarchy`; `hierarchy_stale`
 * when it was made from another network or for a profile that drives otherwise.
 */
export function readHierarchy(path: string, { networkId, profile }: PreparedFor): PreparedRoads {
  return readSealed(path, HIERARCHY_FILE, (untrusted) => {
    const header = Header.parse(untrusted);
    if (header.networkId !== networkId)
      throw new RoadsError('hierarchy_stale', `${path} was made from another network: import the map again`);
    if (header.profile !== JSON.stringify(profile))
      throw new RoadsError('hierarchy_stale', `${path} was made for another ${profile.code}: import the map again`);
    const { sizes } = header;
    return {
      byteLength: 4 * wordsOf(sizes),
      allocate() {
        const prepared = { graph: allocateGraph(sizes, networkId, profile.code), hierarchy: allocateHierarchy(sizes) };
        return { contents: prepared, arrays: bytesOf(prepared) };
      },
    };
  });
}

/** All arrays in the order of the file; each of 32 bits a value. */
function bytesOf({ graph, hierarchy }: PreparedRoads): Uint8Array[] {
  const { up, down } = hierarchy;
  return [
    graph.nodeOf,
    graph.firstArc,
    graph.arcHead,
    graph.arcMs,
    graph.arcDirected,
    graph.directedMs,
    graph.directedHead,
    graph.firstTail,
    graph.tails,
    graph.component,
    graph.componentSize,
    hierarchy.rankOf,
    hierarchy.nodeAt,
    ...[up, down].flatMap(({ first, end, ms, via }) => [first, end, ms, via]),
  ].map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength));
}

/** Length of all of them together. */
function wordsOf({ nodes, arcs, directed, components, upArcs, downArcs }: Sizes): number {
  const graph = nodes + (nodes + 1) + 3 * arcs + 2 * directed + (directed + 1) + arcs + nodes + components;
  return graph + 2 * nodes + 2 * (nodes + 1) + 3 * (upArcs + downArcs);
}

function allocateGraph(sizes: Sizes, networkId: string, profile: string): RoadGraph {
  const { nodes, networkNodes, arcs, directed, components } = sizes;
  return {
    profile,
    networkId,
    nodeCount: nodes,
    networkNodeCount: networkNodes,
    nodeOf: sharedUint32(nodes),
    firstArc: sharedUint32(nodes + 1),
    arcHead: sharedUint32(arcs),
    arcMs: sharedUint32(arcs),
    arcDirected: sharedUint32(arcs),
    directedMs: sharedUint32(directed),
    directedHead: sharedUint32(directed),
    firstTail: sharedUint32(directed + 1),
    tails: sharedUint32(arcs),
    component: sharedUint32(nodes),
    componentSize: sharedUint32(components),
  };
}
