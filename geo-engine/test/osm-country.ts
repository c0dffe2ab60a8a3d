import { closeSync, openSync, writeSync } from 'node:fs';
import {
  type OsmMember,
  type OsmNode,
  type OsmRelation,
  type OsmWay,
  osmBlob,
  osmBlock,
  osmHeader,
} from './osm-file.js';
import { createRandom, pick } from './random.js';

const ENTITIES_A_BLOCK = 8000;
/** Ids leave gaps, as where nodes were deleted or belong to houses. */
const ID_STEP = 7;
const FIRST_NODE_ID = 2 ** 32; // ids have long passed 32 bits

const CLASSES = ['primary', 'secondary', 'tertiary', 'unclassified', 'residential', 'residential', 'service', 'track'];

export interface OsmCountry {
  /** Crossings along a side of the grid. */
  readonly side: number;
  readonly ways: number;
  readonly gates: number;
  readonly restrictions: number;
}

/**
 * Writes a map of about `nodeCount` nodes of roads, streaming: a crooked grid of streets with `bends` bends between two
 * crossings, one-way streets, names, limits, surfaces, gates and turn restrictions, and half as many nodes again that
 * belong to no road. The same seed gives the same file. Returns what was written.
 */
export function writeOsmCountry(path: string, nodeCount: number, seed: number, bends = 2): OsmCountry {
  const random = createRandom(seed);
  const side = Math.ceil(Math.sqrt(nodeCount / (1 + 2 * bends)));
  const file = openSync(path, 'w');
  const put = (bytes: Uint8Array): number => writeSync(file, bytes);
  put(osmHeader());

  // nodes: at each crossing, the crossing, bends eastwards, bends northwards, houses
  const perCrossing = 1 + 2 * bends + Math.ceil((1 + 2 * bends) / 2);
  const idOf = (x: number, y: number, which: number): number =>
    FIRST_NODE_ID + ((y * side + x) * perCrossing + which) * ID_STEP;
  let gates = 0;
  let nodes: OsmNode[] = [];
  let ways: OsmWay[] = [];
  let relations: OsmRelation[] = [];
  const flush = (least: number): void => {
    if (nodes.length >= least && nodes.length > 0) {
      put(osmBlob('OSMData', osmBlock({ nodes })));
      nodes = [];
    }
    if (ways.length >= least && ways.length > 0) {
      put(osmBlob('OSMData', osmBlock({ ways })));
      ways = [];
    }
    if (relations.length >= least && relations.length > 0) {
      put(osmBlob('OSMData', osmBlock({ relations })));
      relations = [];
    }
  };
  const step = 4 / side;
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const at = (dx: number, dy: number) => ({
        lon: 22 + (x + dx + random() * 0.2) * step,
        lat: 56 + ((y + dy + random() * 0.2) * step) / 2,
      });
      nodes.push({ id: idOf(x, y, 0), ...at(0, 0) });
      for (let bend = 1; bend <= bends; bend++) {
        const tags = random() < 0.01 && x < side - 1 ? { barrier: 'gate' } : undefined;
        if (tags) gates++;
        nodes.push({ id: idOf(x, y, bend), ...at(bend / (bends + 1), 0), tags });
      }
      for (let bend = 1; bend <= bends; bend++) {
        nodes.push({ id: idOf(x, y, bends + bend), ...at(0, bend / (bends + 1)) });
      }
      for (let house = 1 + 2 * bends; house < perCrossing; house++) {
        nodes.push({ id: idOf(x, y, house), ...at(0.5, 0.5), tags: { 'addr:housenumber': String(house) } });
      }
      flush(ENTITIES_A_BLOCK);
    }
  }
  flush(1);

  // ways: each street is a few ways of several crossings
  let wayId = 1000;
  const turnings: { from: number; via: number; to: number }[] = [];
  const street = (line: number, eastwards: boolean): void => {
    const [highway, name] = [pick(random, CLASSES), `${eastwards ? 'Austrumu' : 'Ziemeļu'} iela ${line}`];
    for (let from = 0; from < side - 1; ) {
      const to = Math.min(side - 1, from + 1 + Math.floor(random() * 8));
      const nodeIds: number[] = [];
      for (let i = from; i < to; i++) {
        const [x, y] = eastwards ? [i, line] : [line, i];
        for (let which = 0; which <= bends; which++) {
          nodeIds.push(idOf(x, y, which === 0 ? 0 : eastwards ? which : bends + which));
        }
      }
      nodeIds.push(eastwards ? idOf(to, line, 0) : idOf(line, to, 0));
      const tags = {
        highway,
        name,
        surface: pick(random, ['asphalt', 'asphalt', 'gravel']),
        ...(random() < 0.18 ? { maxspeed: pick(random, ['30', '50', '70', '90', 'LV:urban', 'LV:rural']) } : {}),
        ...(random() < 0.15 ? { oneway: pick(random, ['yes', '-1']) } : {}),
        ...(random() < 0.05 ? { access: pick(random, ['private', 'destination', 'customers']) } : {}),
        'source:geometry': 'generated',
        lit: 'yes',
      };
      if (from > 0 && random() < 0.02) turnings.push({ from: wayId - 1, via: nodeIds[0], to: wayId });
      ways.push({ id: wayId++, nodeIds, tags });
      from = to;
    }
    flush(ENTITIES_A_BLOCK);
  };
  for (let line = 0; line < side; line++) street(line, true);
  for (let line = 0; line < side; line++) street(line, false);
  flush(1);

  // a road that may not be followed straight on, or only so, where one way of its street ends and the next begins
  turnings.forEach(({ from, via, to }, i) => {
    const members: OsmMember[] = [
      { kind: 'way', id: from, role: 'from' },
      { kind: 'node', id: via, role: 'via' },
      { kind: 'way', id: to, role: 'to' },
    ];
    const restriction = pick(random, ['no_straight_on', 'only_straight_on']);
    relations.push({ id: i + 1, members, tags: { type: 'restriction', restriction } });
    flush(ENTITIES_A_BLOCK);
  });
  flush(1);
  closeSync(file);
  return { side, ways: wayId - 1000, gates, restrictions: turnings.length };
}
