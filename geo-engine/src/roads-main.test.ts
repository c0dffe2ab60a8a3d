import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { osmFile } from '../test/osm-file.js';
import { buildGraph } from './graph/build-graph.js';
import { readHierarchy } from './hierarchy/hierarchy-file.js';
import { currentRoads, hierarchyPath, networkPath } from './roads/generations.js';
import { readNetwork } from './roads/network-file.js';
import { standardProfiles } from './roads/standard-profiles.js';

const MAIN = fileURLToPath(new URL('./roads-main.ts', import.meta.url));
/** A start of Node and of the TypeScript loader, on a machine that does other things too. */
const PATIENCE = 120_000;

let folder: string;
let dir: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'roads-main-'));
  dir = join(folder, 'roads');
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly errors: string;
}

/** `npm run roads -- …` into the directory of these tests. */
function run(...args: string[]): Promise<Outcome> {
  const node = ['--import', import.meta.resolve('tsx'), MAIN, ...args];
  return new Promise((ended) => {
    const child = execFile(process.execPath, node, { env: { ...process.env, ROADS_DIR: dir } }, (_, out, errors) =>
      ended({ code: child.exitCode ?? -1, out, errors }),
    );
  });
}

function file(name: string, content: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const town = (highway: string): Uint8Array =>
  osmFile([
    {
      nodes: [1, 2, 3, 4].map((id) => ({ id, lon: 24 + id / 1000, lat: 57 })),
      ways: [
        { id: 1, nodeIds: [1, 2, 3], tags: { highway } },
        { id: 2, nodeIds: [2, 4], tags: { highway: 'residential', oneway: 'yes' } },
      ],
    },
  ]);

describe('npm run roads', () => {
  test(
    'G34 a map becomes a network and a hierarchy for each profile, in use when all is there',
    async () => {
      const { code, out, errors } = await run(
        file('town.osm.pbf', town('primary')),
        '--profiles',
        'car,heavy-emergency',
      );
      expect({ code, errors }).toEqual({ code: 0, errors: '' });
      expect(out).toContain('4 nodes, 3 segments');
      const current = currentRoads(dir)!;
      expect(current).toMatchObject({ source: 'town.osm.pbf', previous: null });
      expect(current.profiles.map((profile) => profile.code)).toEqual(['car', 'heavy-emergency']);
      const network = readNetwork(networkPath(dir, current.generation));
      for (const profile of current.profiles) {
        const path = hierarchyPath(dir, current.generation, profile.code);
        const { graph } = readHierarchy(path, { networkId: network.info.id, profile });
        expect(graph).toEqual(buildGraph(network, profile));
      }
      expect(readdirSync(join(dir, current.generation)).sort()).toEqual([
        'car.hierarchy.bin',
        'heavy-emergency.hierarchy.bin',
        'network.bin',
      ]);
    },
    PATIENCE,
  );

  test(
    'G34 whatever is wrong is said in one line, and the roads in use stay',
    async () => {
      const before = readFileSync(join(dir, 'current.json'), 'utf8');
      const folders = readdirSync(dir).sort();
      const whole = Buffer.from(town('primary'));
      const wrong: [string[], string][] = [
        [[join(folder, 'missing.osm.pbf')], 'map_missing'],
        [[file('empty.osm.pbf', '')], 'map_empty'],
        [[file('text.osm.pbf', 'this is not a map at all')], 'not_a_pbf'],
        [[file('cut.osm.pbf', whole.subarray(0, whole.length - 5))], 'map_truncated'],
        [
          [file('houses.osm.pbf', osmFile([{ ways: [{ id: 1, nodeIds: [1, 2], tags: { building: 'yes' } }] }]))],
          'map_without_roads',
        ],
        [[file('town.osm.pbf', whole), '--profiles', 'car,hovercraft'], 'profile_unknown'],
        [[join(folder, 'town.osm.pbf'), '--profile-file', file('own.json', '[{"code":"own"}]')], 'profile_invalid'],
        [[join(folder, 'town.osm.pbf'), '--dir', join(folder, 'own.json')], 'directory_unwritable'],
      ];
      for (const [args, expected] of wrong) {
        const { code, errors } = await run(...args);
        expect(code, expected).toBe(1);
        expect(errors.trimEnd().split('\n'), expected).toHaveLength(1);
        expect(errors).toMatch(new RegExp(`^roads: ${expected}: `));
      }
      expect(readFileSync(join(dir, 'current.json'), 'utf8')).toBe(before);
      expect(readdirSync(dir).sort()).toEqual(folders);
    },
    8 * PATIENCE,
  );

  test(
    'G34 a disk that is full at the last step: the roads in use stay, the new ones leave nothing behind',
    async () => {
      const before = readFileSync(join(dir, 'current.json'), 'utf8');
      const folders = readdirSync(dir).sort();
      symlinkSync('/dev/full', join(dir, 'current.json.part'));
      const { code, errors } = await run(file('other.osm.pbf', town('secondary')), '--profiles', 'car');
      expect(code).toBe(1);
      expect(errors).toMatch(/^roads: disk_full: /);
      expect(readFileSync(join(dir, 'current.json'), 'utf8')).toBe(before);
      expect(readdirSync(dir).sort()).toEqual(folders);
    },
    PATIENCE,
  );

  test(
    'G32 a profile file brings its own vehicles',
    async () => {
      const own = { ...standardProfiles[0], code: 'patrol', topKmh: 60 };
      const map = file('other.osm.pbf', town('secondary'));
      const { code } = await run(map, '--profile-file', file('own.json', JSON.stringify([own])));
      expect(code).toBe(0);
      const current = currentRoads(dir)!;
      expect(current.profiles).toEqual([own]);
      expect(current.previous).not.toBeNull();
      expect(existsSync(hierarchyPath(dir, current.generation, 'patrol'))).toBe(true);
    },
    PATIENCE,
  );

  test(
    'without a map it says how it is used',
    async () => {
      for (const args of [[], ['a', 'b'], ['--wings']]) {
        const { code, errors } = await run(...args);
        expect(code).toBe(2);
        expect(errors).toContain('usage: npm run roads -- FILE.osm.pbf');
      }
    },
    3 * PATIENCE,
  );
});
