import type { TestProject } from 'vitest/node';
import { startPostgres } from '../../../fixtures/servers/index.js';
import { Database, serverAddress } from '../../src/store/database.js';
import { migrate } from '../../src/store/migrate.js';

const TEMPLATE = 'vanags_template';

/** Starts a PostgreSQL with PostGIS and migrates one database, to be the template of each test's own. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startPostgres();
  if ('missing' in server) {
    console.warn(`\n!!! the tests on a real PostgreSQL are SKIPPED: ${server.missing}\n`);
    project.provide('database', { kind: 'missing', why: server.missing });
    return async () => {};
  }
  await server.createDatabase(TEMPLATE);
  const database = new Database(serverAddress(server.url(TEMPLATE)));
  await migrate(database, 'test-setup', () => {});
  await database.close();
  project.provide('database', { kind: 'postgres', url: server.url('postgres'), template: TEMPLATE });
  return () => server.stop();
}
