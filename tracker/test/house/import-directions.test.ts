import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const CONFIG = path.join(ROOT, '.dependency-cruiser.cjs');
const FOLDERS = ['geo-engine', 'tracker', 'console', 'fixtures', 'bench'];
const CRUISE_MS = 120_000; // a cruise of the whole tree shares two cores with the other test files

/** Files of a small tree in the shape of this repository, path to content. */
type Tree = Readonly<Record<string, string>>;

/** A tree that breaks nothing: every kind of import the rules allow. */
const ALLOWED: Tree = {
  'geo-engine/src/index.ts': `
    export { cellAt } from './cells/h3.js';
    export { type Place, rows } from './geo/place.js';`,
  'geo-engine/src/geo/place.ts': `export interface Place { lon: number }; export const rows = 1;`,
  'geo-engine/src/cells/h3.ts': `import { latLngToCell } from 'h3-js'; export const cellAt = latLngToCell;`,
  'geo-engine/src/cells/h3.test.ts': `
    import { cellAt } from './h3.js';
    import { city } from '../../../fixtures/city.js';
    export const checked = [cellAt, city];`,
  'tracker/src/main.ts': `import '../modules/calls/calls.js'; import './hub/hub.js'; import './store/store.js';`,
  'tracker/src/protocol/wire.ts': `import type { Place } from '../../../geo-engine/src/index.js'; export type W = Place;`,
  'tracker/src/hub/hub.ts': `
    import { App } from 'uWebSockets.js';
    import { Server } from 'socket.io';
    import { rows } from '../../../geo-engine/src/index.js';
    import type { W } from '../protocol/wire.js';
    export const hub: W = [App, Server, rows];`,
  'tracker/src/store/store.ts': `import pg from 'pg'; import { readFileSync } from 'node:fs'; export { pg, readFileSync };`,
  'tracker/modules/client.ts': `import type { W } from '../src/protocol/wire.js'; export type Client = W;`,
  'tracker/modules/calls/calls.ts': `import type { Client } from '../client.js'; export type Calls = Client;`,
  'tracker/test/whole.test.ts': `
    import pg from 'pg';
    import { test } from 'vitest';
    import { steps } from './steps.js';
    export const all = [pg, test, steps];`,
  'tracker/test/steps.ts': `export const steps = 1;`,
  'console/src/main.ts': `
    import type { W } from '../../tracker/src/protocol/wire.js';
    import url from 'some-map/worker.mjs?url';
    export const w: W = url;`,
  'fixtures/city.ts': `import { rows } from '../geo-engine/src/index.js'; export const city = rows;`,
  'bench/main.ts': `import { city } from '../fixtures/city.js'; import '../geo-engine/src/index.js'; export { city };`,
};

interface Breach {
  readonly rule: string;
  readonly case: string;
  readonly files: Tree;
  /** What must be reported, `from -> to`; for a file as such `from -> from`. */
  readonly reported: readonly string[];
}

/** One file, imported by a test so that it is no orphan, with one import that a rule forbids. */
function breach(rule: string, from: string, specifier: string, to: string, statement = 'import'): Breach {
  const line = statement === 'import' ? `import '${specifier}';` : `${statement} from '${specifier}';`;
  return {
    rule,
    case: `${from} -> ${to}`,
    files: { [from]: `${line}\nexport const x = 1;` },
    reported: [`${from} -> ${to}`],
  };
}

const FACE = '../../../geo-engine/src/index.js';
/** The tracker's folders as its README has them: each may import those before it. */
const LAYERS = [
  'store',
  'feed',
  'roads',
  'live',
  'units',
  'ingest',
  'history',
  'rights',
  'webhooks',
  'amqp',
  'adapters',
  'veks',
  'dispatch',
  'api',
  'hub',
];
const upwards = LAYERS.slice(0, -1).map((layer, i): Breach => {
  const above = LAYERS[i + 1]!;
  const [from, to] = [`tracker/src/${layer}/lower.ts`, `tracker/src/${above}/upper.ts`];
  return {
    rule: `${layer}-flows-down`,
    case: `${from} -> ${to}`,
    files: {
      [`tracker/src/${layer}/lower.ts`]: `import { u } from '../${above}/upper.js';\nexport const l = u;`,
      [`tracker/src/${above}/upper.ts`]: 'export const u = 1;',
    },
    reported: [`${from} -> ${to}`],
  };
});
const BREACHES: readonly Breach[] = [
  ...upwards,
  breach(
    'geo-engine-stands-alone',
    'geo-engine/src/eta.ts',
    '../../tracker/src/protocol/wire.js',
    'tracker/src/protocol/wire.ts',
    'import type { W }',
  ),
  breach('geo-engine-stands-alone', 'geo-engine/src/map.ts', '../../console/src/main.js', 'console/src/main.ts'),
  breach(
    'tracker-uses-the-face',
    'tracker/src/units/unit.ts',
    '../../../geo-engine/src/geo/place.js',
    'geo-engine/src/geo/place.ts',
  ),
  breach('tracker-uses-the-face', 'tracker/src/units/page.ts', '../../../console/src/main.js', 'console/src/main.ts'),
  breach(
    'console-uses-the-wire',
    'console/src/state.ts',
    '../../tracker/src/hub/hub.js',
    'tracker/src/hub/hub.ts',
    'import type { hub }',
  ),
  breach('console-uses-the-wire', 'console/src/near.ts', '../../geo-engine/src/index.js', 'geo-engine/src/index.ts'),
  breach(
    'outsiders-use-the-face',
    'fixtures/sim.ts',
    '../tracker/src/protocol/wire.js',
    'tracker/src/protocol/wire.ts',
  ),
  breach(
    'outsiders-use-the-face',
    'bench/reach.bench.ts',
    '../geo-engine/src/geo/place.js',
    'geo-engine/src/geo/place.ts',
  ),
  breach('fixtures-not-bench', 'fixtures/load.ts', '../bench/main.js', 'bench/main.ts'),
  breach('product-without-fixtures', 'tracker/src/units/demo.ts', '../../../fixtures/city.js', 'fixtures/city.ts'),
  breach('product-without-fixtures', 'geo-engine/src/fast.ts', '../../bench/main.js', 'bench/main.ts'),
  breach('geo-imports-nothing', 'geo-engine/src/geo/cell.ts', '../cells/h3.js', 'geo-engine/src/cells/h3.ts'),
  breach('wire-runs-anywhere', 'tracker/src/protocol/read.ts', 'node:fs', 'fs'),
  breach('wire-stands-alone', 'tracker/src/protocol/deep.ts', '../store/store.js', 'tracker/src/store/store.ts'),
  breach('wire-takes-types-only', 'tracker/src/protocol/value.ts', FACE, 'geo-engine/src/index.ts', 'import { rows }'),
  breach(
    'module-uses-the-feed',
    'tracker/modules/register/core.ts',
    '../../src/store/store.js',
    'tracker/src/store/store.ts',
  ),
  breach(
    'module-uses-the-feed',
    'tracker/modules/register/peer.ts',
    '../calls/calls.js',
    'tracker/modules/calls/calls.ts',
  ),
  breach('modules-share-no-core', 'tracker/modules/follower.ts', '../src/hub/hub.js', 'tracker/src/hub/hub.ts'),
  breach(
    'core-without-modules',
    'tracker/src/units/call.ts',
    '../../modules/calls/calls.js',
    'tracker/modules/calls/calls.ts',
  ),
  breach('main-is-imported-by-nothing', 'tracker/test/start.test.ts', '../src/main.js', 'tracker/src/main.ts'),
  breach('tests-are-imported-by-tests', 'tracker/src/units/step.ts', '../../test/steps.js', 'tracker/test/steps.ts'),
  breach(
    'tests-are-imported-by-tests',
    'geo-engine/src/again.ts',
    './cells/h3.test.js',
    'geo-engine/src/cells/h3.test.ts',
  ),
  breach(
    'bench-takes-the-oracle-alone',
    'bench/again.bench.ts',
    '../geo-engine/src/cells/h3.test.js',
    'geo-engine/src/cells/h3.test.ts',
  ),
  breach('h3-behind-one-file', 'geo-engine/src/cells/ring.ts', 'h3-js', 'node_modules/h3-js/index.js'),
  breach('h3-behind-one-file', 'geo-engine/src/cells/ring.test.ts', 'h3-js', 'node_modules/h3-js/index.js'),
  breach('uws-in-the-hub', 'tracker/src/units/socket.ts', 'uWebSockets.js', 'node_modules/uWebSockets.js/index.js'),
  breach('socket-io-in-the-hub', 'tracker/src/units/push.ts', 'socket.io', 'node_modules/socket.io/index.js'),
  breach('pg-in-the-store', 'tracker/src/units/query.ts', 'pg', 'node_modules/pg/index.js'),
  breach('pg-in-the-store', 'geo-engine/src/query.ts', 'pg', 'node_modules/pg/index.js', 'import type { Pool }'),
  breach('amqplib-in-the-outlet', 'tracker/src/units/bus.ts', 'amqplib', 'node_modules/amqplib/index.js'),
  breach('product-without-dev-packages', 'tracker/src/units/spy.ts', 'vitest', 'node_modules/vitest/index.js'),
  breach('no-unresolved', 'tracker/src/units/lost.ts', './gone.js', './gone.js'),
  {
    rule: 'no-circles',
    case: 'two files that import each other',
    files: {
      'tracker/src/units/egg.ts': `import type { Hen } from './hen.js'; export type Egg = Hen;`,
      'tracker/src/units/hen.ts': `import type { Egg } from './egg.js'; export type Hen = Egg;`,
    },
    reported: ['tracker/src/units/egg.ts -> tracker/src/units/hen.ts'], // a circle is reported once
  },
  {
    rule: 'no-orphans',
    case: 'a file that imports and is not imported',
    files: { 'tracker/src/units/dead.ts': `import '../protocol/wire.js'; export const x = 1;` },
    reported: ['tracker/src/units/dead.ts -> tracker/src/units/dead.ts'],
  },
];

const Report = z.object({
  summary: z.object({
    violations: z.array(z.object({ from: z.string(), to: z.string(), rule: z.object({ name: z.string() }) })),
    totalCruised: z.number(),
  }),
});

/** Runs dependency-cruiser with the project's configuration on the five folders under `dir`. */
function cruise(dir: string) {
  const bin = path.join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const run = spawnSync(process.execPath, [bin, '--config', CONFIG, '--output-type', 'json', ...FOLDERS], {
    cwd: dir,
    encoding: 'utf8',
    maxBuffer: 1 << 28, // bytes; the report of the whole tree is some megabytes
  });
  if (!run.stdout.startsWith('{')) throw new Error(`dependency-cruiser gave no report: ${run.stderr}${run.stdout}`);
  const { summary } = Report.parse(JSON.parse(run.stdout));
  return {
    filesSeen: summary.totalCruised,
    faults: summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`).sort(),
  };
}

/** Lays a tree out in a new folder, with stand-ins for the packages that the rules speak of. */
function layOut(tree: Tree): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'import-directions-'));
  const write = (file: string, content: string) => {
    mkdirSync(path.dirname(path.join(dir, file)), { recursive: true });
    writeFileSync(path.join(dir, file), content);
  };
  for (const [file, content] of Object.entries(tree)) write(file, content);
  for (const name of ['h3-js', 'uWebSockets.js', 'socket.io', 'pg', 'amqplib', 'vitest']) {
    write(`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', main: 'index.js' }));
    write(`node_modules/${name}/index.js`, 'module.exports = {};');
  }
  for (const file of ['package.json', 'tsconfig.json']) cpSync(path.join(ROOT, file), path.join(dir, file));
  return dir;
}

/** A test file that imports every file given, so that none of them is an orphan. */
function importerOf(files: readonly string[]): Tree {
  const lines = files.map((file) => `import '../../${file.replace(/\.ts$/, '.js')}';`);
  // it lies in the tracker and imports from all folders, so only the rules on folders may speak of it
  return { 'tracker/test/every.test.ts': `${lines.join('\n')}\nexport const all = 1;` };
}

describe('import directions', () => {
  const dirs: string[] = [];
  const laidOut = (tree: Tree) => {
    dirs.push(layOut(tree));
    return dirs.at(-1)!;
  };
  afterAll(() => {
    for (const dir of dirs) rmSync(dir, { recursive: true, force: true });
  });

  test('this repository keeps all of them', { timeout: CRUISE_MS }, () => {
    const { filesSeen, faults } = cruise(ROOT);
    expect(filesSeen).toBeGreaterThan(20); // an empty cruise keeps every rule
    expect(faults).toEqual([]);
  });

  test('`npm run imports` cruises the same folders with the same rules', () => {
    const { scripts } = z
      .object({ scripts: z.object({ imports: z.string() }) })
      .parse(JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')));
    expect(scripts.imports).toBe(`depcruise --config .dependency-cruiser.cjs ${FOLDERS.join(' ')}`);
  });

  test('what is allowed is not reported', { timeout: CRUISE_MS }, () => {
    expect(cruise(laidOut(ALLOWED)).faults).toEqual([]);
  });

  describe('each rule reports what breaks it', () => {
    let faults: readonly string[] = [];
    // one tree with all the breaches: a cruise takes a second, and the rules do not hide each other
    beforeAll(() => {
      const broken: Tree = Object.assign({}, ...BREACHES.map(({ files }) => files));
      const needsAnImporter = BREACHES.filter(({ rule }) => rule !== 'no-orphans')
        .flatMap(({ files }) => Object.keys(files))
        .filter((file) => !file.includes('.test.'));
      faults = cruise(laidOut({ ...ALLOWED, ...broken, ...importerOf(needsAnImporter) })).faults;
    }, CRUISE_MS);

    test.each(BREACHES)('$rule: $case', ({ rule, reported }) => {
      for (const line of reported) expect(faults).toContain(`${rule}: ${line}`);
    });

    test('and no rule is left without such a case', () => {
      const config: unknown = createRequire(import.meta.url)(CONFIG);
      const { forbidden } = z
        .object({ forbidden: z.array(z.object({ name: z.string(), severity: z.literal('error') })) })
        .parse(config);
      const proven = new Set(BREACHES.map(({ rule }) => rule));
      expect(forbidden.map(({ name }) => name).sort()).toEqual([...proven].sort());
    });
  });
});
