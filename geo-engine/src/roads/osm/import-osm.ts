import { basename } from 'node:path';
import { RoadNetworkBuilder } from '../network-builder.js';
import type { RoadNetwork } from '../road-network.js';
import { BlobFile, type BlobPlace, reading } from './blob-file.js';
import { type OsmHeader, type OsmReader, readBlock, readHeader } from './osm-blocks.js';
import { barrierOf } from './tags/barrier.js';
import { isRestriction, restrictionOf } from './tags/restriction.js';
import { roadMeaning } from './tags/road.js';

export interface ImportOptions {
  /** Line of attribution, where it is neither OpenStreetMap's nor a generated map. */
  readonly attribution?: string;
  /** When the network is said to be built; milliseconds. */
  readonly now?: number;
  /** Called now and then with what is being read and the share of it that is done, 0 to 1. */
  readonly progress?: (phase: ImportPhase, share: number) => void;
}

export type ImportPhase = 'ways' | 'nodes' | 'network';

/**
 * The roads of an OpenStreetMap PBF file, read in two passes: ways and restrictions first, then the nodes that they use.
 * Memory follows the roads, not the file: about 150 bytes a node of a road at the peak, and two blocks of the file.
 * Throws RoadsError; every `map_…` code and `not_a_pbf`, `unsupported_…` can come.
 */
export function importOsm(path: string, { attribution, now = Date.now(), progress }: ImportOptions = {}): RoadNetwork {
  const file = new BlobFile(path);
  try {
    const builder = new RoadNetworkBuilder();
    const { header, nodeBlocks } = readWays(file, builder, (share) => progress?.('ways', share));
    readNodes(file, nodeBlocks, builder, (share) => progress?.('nodes', share));
    progress?.('network', 0);
    return builder.freeze({ source: basename(path), mapTime: header.mapTime, builtAt: now, attribution });
  } finally {
    file.close();
  }
}

/** First pass: ways that are roads, restrictions, and which blocks hold nodes. */
function readWays(
  file: BlobFile,
  builder: RoadNetworkBuilder,
  progress: (share: number) => void,
): { header: OsmHeader; nodeBlocks: BlobPlace[] } {
  const { leaveOut } = builder;
  const entities: OsmReader = {
    wantsWay: (tags) => tags.get('highway') !== undefined || tags.get('route') === 'ferry',
    way: (id, nodeIds, entityTags) => {
      const tags = entityTags.all();
      const meaning = roadMeaning(tags, leaveOut);
      if (meaning) builder.addWay({ id, nodeIds, meaning, name: tags.get('name') ?? '', ref: tags.get('ref') ?? '' });
    },
    wantsRelation: (tags) => isRestriction(tags.get('type')),
    relation: (_id, members, tags) => {
      const restriction = restrictionOf(tags.all(), members, leaveOut);
      if (restriction) builder.addRestriction(restriction);
    },
  };
  let header: OsmHeader | undefined;
  const nodeBlocks: BlobPlace[] = [];
  for (const place of file.places()) {
    if (place.type === 'OSMHeader') {
      const block = file.content(place);
      const { optionalFeatures, mapTime } = reading('the header block', () => readHeader(block));
      header ??= { optionalFeatures, mapTime };
    } else if (place.type === 'OSMData') {
      const block = file.content(place);
      const { nodes } = reading(`the block at byte ${place.offset}`, () => readBlock(block, entities));
      if (nodes) nodeBlocks.push(place);
    } // other types belong to somebody else
    progress((place.offset + place.length) / file.byteLength);
  }
  return { header: header!, nodeBlocks };
}

/** Second pass: the nodes of the roads, and what stands on them. */
function readNodes(
  file: BlobFile,
  nodeBlocks: readonly BlobPlace[],
  builder: RoadNetworkBuilder,
  progress: (share: number) => void,
): void {
  const entities: OsmReader = {
    wantsNode: (id) => builder.wants(id),
    node: (id, lonE7, latE7, tags) => {
      const barrier = tags.get('barrier') === undefined ? undefined : barrierOf(tags.all());
      builder.addNode(id, lonE7, latE7, barrier);
    },
  };
  nodeBlocks.forEach((place, i) => {
    const block = file.content(place);
    reading(`the block at byte ${place.offset}`, () => readBlock(block, entities));
    progress((i + 1) / nodeBlocks.length);
  });
}
