import { defineConfig } from 'vitest/config';
import { findPostgres } from './fixtures/servers/index.js';

/** Of these the database is the smaller part: where there is a PostgreSQL they run on that alone, which starts ten times as fast. */
const ON_ONE_DATABASE = [
  'adapters',
  'amqp',
  'bundled-modules',
  'client-faults',
  'consoles',
  'consumers',
  'downstream',
  'plain-client',
  'rights',
  'roads',
  'run-cards',
  'webhooks',
].map((suite) => `tracker/test/integration/${suite}.test.ts`);

/** What runs processes, sockets, timers and databases on a busy machine is tried again in CI, which names at its end what needed it. */
const SECOND_TRY = process.env.CI === undefined ? 0 : 1;

/** Bounds for what hangs, milliseconds: an embedded database with PostGIS has taken 55 s to begin where a machine was shared by ten. */
const PATIENCE = { testTimeout: 90_000, hookTimeout: 240_000 };

/** The suites that need a database run once for each kind of it, with the same files. */
const integration = (database: 'embedded' | 'postgres') => ({
  test: {
    name: database,
    include: ['tracker/test/integration/**/*.test.ts'],
    exclude: database === 'embedded' && !('missing' in findPostgres()) ? ON_ONE_DATABASE : [],
    globalSetup: [`tracker/test/harness/${database}-database.ts`],
    ...PATIENCE,
    retry: SECOND_TRY,
  },
});

export default defineConfig({
  test: {
    pool: 'forks', // uWebSockets.js is a native addon of the process
    maxWorkers: 3, // much of what they do is waiting for processes, databases and sockets
    projects: [
      {
        test: {
          name: 'unit',
          include: ['**/*.test.ts', '**/*.test.tsx'],
          exclude: ['**/node_modules/**', 'tracker/test/integration/**', '**/*.browser.test.ts', 'fixtures/demo/**'],
          ...PATIENCE,
          retry: SECOND_TRY,
        },
      },
      integration('embedded'),
      integration('postgres'),
      {
        // whole systems: a browser, a simulator
        test: {
          name: 'system',
          include: ['**/*.browser.test.ts', 'fixtures/demo/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 120_000,
          retry: SECOND_TRY,
        },
      },
    ],
  },
});
