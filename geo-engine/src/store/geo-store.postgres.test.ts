import pg from 'pg';
import { afterAll, describe } from 'vitest';
import { startPostgres } from '../../../fixtures/servers/index.js';
import { describeGeoStore } from '../../test/geo-store.contract.js';

const server = await startPostgres();
const missing = 'missing' in server;
if (missing) console.warn(`\n!!! GeoStore on a real PostGIS is SKIPPED: ${server.missing}\n`);

describe.skipIf(missing)('a real PostGIS', () => {
  if ('missing' in server) return;
  afterAll(() => server.stop());
  describeGeoStore('PostgreSQL with PostGIS', async () => {
    await server.createDatabase('contract');
    const client = new pg.Client({ connectionString: server.url('contract') });
    await client.connect();
    return {
      query: (text, values) => client.query(text, values),
      exec: (script) => client.query(script),
      close: () => client.end(),
    };
  });
});
