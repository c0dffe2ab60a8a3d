import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { PbfWriter } from 'pbf';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type OsmContent,
  type OsmFormat,
  type OsmNode,
  type OsmRelation,
  type OsmWay,
  osmBlob,
  osmBlock,
  osmFile,
  osmHeader,
} from '../../../test/osm-file.js';
import { createRandom } from '../../../test/random.js';
import { ROADS_ERROR_CODES, RoadsError } from '../errors.js';
import { BARRIER, type RoadNetwork } from '../road-network.js';
import { importOsm } from './import-osm.js';

let dir: string;
let path: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'import-osm-'));
  path = join(dir, 'map.osm.pbf');
});
afterAll(() => rmSync(dir, { recursive: true }));

function imported(file: Uint8Array): RoadNetwork {
  writeFileSync(path, file);
  return importOsm(path, { now: 0 });
}

function refusal(file: Uint8Array): RoadsError {
  try {
    imported(file);
  } catch (error) {
    if (error instanceof RoadsError) return error;
    throw error;
  }
  throw new Error('was accepted');
}

const BIG = 2 ** 33; // ids have passed 32 bits
const NODES: readonly OsmNode[] = [
  { id: BIG + 5, lon: 24.1, lat: 56.95 },
  { id: 3, lon: -24.1234567, lat: -56.9512345, tags: { barrier: 'gate', locked: 'yes' } },
  { id: -7, lon: 24.102, lat: 56.951 }, // of an editor's unsaved file
  { id: BIG, lon: 24.103, lat: 56.952, tags: { highway: 'crossing' } },
  { id: 9, lon: 24.104, lat: 56.953, tags: { barrier: 'bollard' } }, // on no road
];
const WAYS: readonly OsmWay[] = [
  { id: BIG + 1, nodeIds: [BIG + 5, 3, -7], tags: { highway: 'residential', name: 'Ķīšezera iela', ref: '' } },
  { id: 20, nodeIds: [-7, BIG], tags: { highway: 'primary', ref: 'P1', maxspeed: '70' } },
  { id: 21, nodeIds: [3, 9], tags: { building: 'yes' } },
  { id: 22, nodeIds: [9], tags: {} },
];
const RELATIONS: readonly OsmRelation[] = [
  {
    id: 1,
    members: [
      { kind: 'way', id: BIG + 1, role: 'from' },
      { kind: 'node', id: -7, role: 'via' },
      { kind: 'way', id: 20, role: 'to' },
    ],
    tags: { type: 'restriction', restriction: 'no_left_turn' },
  },
  { id: 2, members: [{ kind: 'relation', id: 1, role: '' }], tags: { type: 'multipolygon' } },
];
const WHOLE: OsmContent = { nodes: NODES, ways: WAYS, relations: RELATIONS };

describe('importOsm', () => {
  test('G21 reads what stands in the file', () => {
    const network = imported(osmFile([WHOLE]));
    expect(network.info.counts).toEqual({
      nodes: 4,
      segments: 3,
      points: 6,
      lengthKm: expect.any(Number),
      restrictions: 1,
      leftOut: {},
    });
    expect(network.info).toMatchObject({ source: 'map.osm.pbf', mapTime: null, builtAt: 0 });
    expect(network.info.bounds).toEqual([-24.1234567, -56.9512345, 24.103, 56.952]);
    expect([...network.segmentWay].sort()).toEqual([20, BIG + 1, BIG + 1].sort());
    expect([...network.nodeBarrier].filter((barrier) => barrier === BARRIER.gate)).toHaveLength(1);
    expect(network.names).toEqual(expect.arrayContaining(['', 'Ķīšezera iela', 'P1']));
    expect(network.segmentKmh).toContain(70);
  });

  const formats: [string, readonly OsmContent[], OsmFormat][] = [
    ['nodes one by one', [WHOLE], { plainNodes: true }],
    ['blobs as they are', [WHOLE], { raw: true }],
    ['another scale', [WHOLE], { granularity: 10, lonOffset: 5_000_000_000, latOffset: -3_000_000_000 }],
    ['a block for each kind', [{ nodes: NODES }, { ways: WAYS }, { relations: RELATIONS }], {}],
    ['the wrong order', [{ relations: RELATIONS }, { ways: WAYS }, { nodes: NODES }], {}],
    [
      'everything backwards, one by one',
      [
        ...RELATIONS.map((one) => ({ relations: [one] })),
        ...WAYS.map((one) => ({ ways: [one] })),
        ...NODES.map((one) => ({ nodes: [one] })),
      ].reverse(),
      {},
    ],
    [
      'nodes on both sides of the ways',
      [{ nodes: NODES.slice(0, 2) }, { ways: WAYS }, { nodes: NODES.slice(2) }, { relations: RELATIONS }],
      {},
    ],
    ['an empty block', [{}, WHOLE, {}], {}],
  ];
  test.each(formats)('G22 the same map written with %s is the same network', (_, contents, format) => {
    expect(imported(osmFile(contents, format))).toEqual(imported(osmFile([WHOLE])));
  });

  test('G21 blocks of other types, and fields of later versions, are passed over', () => {
    const later = new PbfWriter();
    later.writeVarintField(99, 7);
    later.writeStringField(98, 'later');
    const index = osmBlob('Index', Uint8Array.of(1, 2, 3));
    const block = osmBlob('OSMData', Buffer.concat([osmBlock(WHOLE), later.finish()]));
    expect(imported(Buffer.concat([osmHeader(), index, block, index]))).toEqual(imported(osmFile([WHOLE])));
  });

  test('the time of the data is told when the file states it', () => {
    const file = Buffer.concat([
      osmHeader(undefined, { mapTimeS: 1_700_000_000 }),
      osmBlob('OSMData', osmBlock(WHOLE)),
    ]);
    expect(imported(file).info.mapTime).toBe(1_700_000_000_000);
  });

  test('progress runs from the ways to the network', () => {
    writeFileSync(path, osmFile([{ nodes: NODES }, { ways: WAYS }]));
    const told: string[] = [];
    importOsm(path, { progress: (phase, share) => told.push(`${phase} ${share}`) });
    expect(told.at(-1)).toBe('network 0');
    expect(told).toContain('ways 1');
    expect(told).toContain('nodes 1');
  });

  test('G23 a node that the extract does not hold cuts its way', () => {
    const network = imported(osmFile([{ nodes: NODES.filter(({ id }) => id !== 3), ways: WAYS }]));
    expect(network.info.counts).toMatchObject({ segments: 1, leftOut: { missing_node: 1, short_way: 2 } });
  });
});

const packed = (field: number, data: Uint8Array, rawSize: number) =>
  Buffer.concat([osmHeader(), osmBlob('OSMData', osmBlock(WHOLE), { packed: { field, data, rawSize } })]);
const CONTENT = osmBlock(WHOLE);
const beheaded = (length: number) => {
  const prefix = Buffer.alloc(4);
  prefix.writeUInt32BE(length);
  return prefix;
};
/** A header that claims a blob of so many bytes. */
function claiming(bytes: number, type = 'OSMHeader'): Buffer {
  const header = new PbfWriter();
  header.writeStringField(1, type);
  header.writeVarintField(3, bytes);
  const content = header.finish();
  return Buffer.concat([beheaded(content.length), content]);
}

describe('files that are refused', () => {
  test.each<[string, Uint8Array, string]>([
    ['nothing', Buffer.alloc(0), 'map_empty'],
    ['XML', Buffer.from('<?xml version="1.0"?><osm version="0.6">'), 'not_a_pbf'],
    ['a few letters', Buffer.from('osm'), 'not_a_pbf'],
    ['zeros', Buffer.alloc(5000), 'not_a_pbf'],
    ['a compressed file', deflateSync(Buffer.alloc(5000)), 'not_a_pbf'],
    ['a file without header', osmBlob('OSMData', CONTENT), 'not_a_pbf'],
    ['a first header of 2 GiB', beheaded(2 ** 31), 'not_a_pbf'],
    ['a first blob of a terabyte', claiming(2 ** 40), 'not_a_pbf'],
    ['a later blob of a terabyte', Buffer.concat([osmHeader(), claiming(2 ** 40, 'OSMData')]), 'map_malformed'],
    [
      'a later blob of 30 MiB that is not there',
      Buffer.concat([osmHeader(), claiming(30 * 2 ** 20, 'OSMData')]),
      'map_truncated',
    ],
    [
      'rubbish behind the header',
      Buffer.concat([osmHeader(), Buffer.from('rubbish rubbish rubbish')]),
      'map_malformed',
    ],
    ['a feature from the future', osmHeader(['OsmSchema-V0.6', 'Teleporters']), 'unsupported_feature'],
    ['the history of all objects', osmHeader(['OsmSchema-V0.6', 'HistoricalInformation']), 'unsupported_feature'],
    ['LZMA', packed(4, CONTENT, CONTENT.length), 'unsupported_compression'],
    ['bzip2', packed(5, CONTENT, CONTENT.length), 'unsupported_compression'],
    ['LZ4', packed(6, CONTENT, CONTENT.length), 'unsupported_compression'],
    ['Zstandard', packed(7, CONTENT, CONTENT.length), 'unsupported_compression'],
    ['zlib that is none', packed(3, CONTENT, CONTENT.length), 'map_malformed'],
    ['a wrong unpacked size', packed(3, deflateSync(CONTENT), CONTENT.length + 1), 'map_malformed'],
    [
      'a block that unpacks to more than it says',
      packed(3, deflateSync(Buffer.alloc(2 ** 25 - 1)), 1000),
      'map_malformed',
    ],
    ['a block that claims to unpack to a terabyte', packed(3, deflateSync(CONTENT), 2 ** 40), 'map_malformed'],
    ['a blob without data', Buffer.concat([osmHeader(), claiming(0, 'OSMData')]), 'map_malformed'],
    ['a map of nothing', osmFile([]), 'map_without_roads'],
    ['a map of houses', osmFile([{ nodes: NODES, ways: WAYS.slice(2) }]), 'map_without_roads'],
    ['roads without nodes', osmFile([{ ways: WAYS }]), 'map_without_roads'],
  ])('G21 %s', (_, file, code) => {
    expect(refusal(file).code).toBe(code);
  });

  test('G21 a file that is not there, and a directory', () => {
    expect(() => importOsm(join(dir, 'missing.pbf'))).toThrow(expect.objectContaining({ code: 'map_missing' }));
    expect(() => importOsm(dir)).toThrow(expect.objectContaining({ code: 'map_unreadable' }));
  });

  test('G21 cut off anywhere: a code, or the part that is whole', () => {
    const file = osmFile([{ nodes: NODES }, { ways: WAYS }, { relations: RELATIONS }]);
    const codes = new Set<string>();
    for (let length = 0; length < file.length; length++) {
      writeFileSync(path, file.subarray(0, length));
      try {
        importOsm(path);
        codes.add('accepted');
      } catch (error) {
        expect(error, `${length} bytes`).toBeInstanceOf(RoadsError);
        codes.add((error as RoadsError).code);
      }
    }
    // cut between two blocks it is a smaller map: roads without restrictions, or no roads
    expect([...codes].sort()).toEqual(['accepted', 'map_empty', 'map_truncated', 'map_without_roads', 'not_a_pbf']);
  });

  test.each([1, 2, 3, 4])(
    'G21 with bits turned or bytes replaced: a network or a code, nothing else (seed %i)',
    (seed) => {
      const random = createRandom(seed);
      // as they are: so that damage reaches the messages, not only the packing
      const format: OsmFormat = { raw: seed % 3 !== 0, plainNodes: seed % 2 === 0 };
      const sound = osmFile([{ nodes: NODES }, { ways: WAYS }, { relations: RELATIONS }], format);
      const codes = new Map<string, number>();
      for (let trial = 0; trial < 400; trial++) {
        const file = Buffer.from(sound);
        for (let damage = Math.floor(random() * 4); damage >= 0; damage--) {
          const at = Math.floor(random() * file.length);
          if (random() < 0.7) file[at] ^= 1 << Math.floor(random() * 8);
          else file[at] = random() < 0.5 ? 0xff : Math.floor(random() * 256);
        }
        writeFileSync(path, file);
        let outcome = 'accepted';
        try {
          const { segmentCount, nodeCount, segmentFrom, segmentTo } = importOsm(path);
          expect(segmentCount).toBeGreaterThan(0);
          for (const node of [...segmentFrom, ...segmentTo]) expect(node).toBeLessThan(nodeCount);
        } catch (error) {
          expect(error, `seed ${seed}, trial ${trial}: ${(error as Error).stack}`).toBeInstanceOf(RoadsError);
          outcome = (error as RoadsError).code;
          expect(ROADS_ERROR_CODES).toContain(outcome);
          // a fault of ours in the disguise of a bad file
          const { cause } = error as RoadsError;
          expect(cause, `seed ${seed}, trial ${trial}`).not.toBeInstanceOf(TypeError);
        }
        codes.set(outcome, (codes.get(outcome) ?? 0) + 1);
      }
      expect(codes.get('map_malformed'), `seed ${seed}: ${JSON.stringify([...codes])}`).toBeGreaterThan(0);
    },
  );
});
