/** `npm run migrate`: brings the database named by the settings up to date, and ends. */
import { consoleLog as log } from '../log.js';
import { readSettings } from '../settings.js';
import { Database, embeddedAddress, serverAddress } from './database.js';
import { EmbeddedDatabase } from './embedded/embedded-database.js';
import { migrate } from './migrate.js';

try {
  const { databaseUrl, dataDir, nodeId } = readSettings(process.env);
  const embedded =
    databaseUrl === undefined
      ? await EmbeddedDatabase.start(dataDir, { progress: log.info, restarted: log.warn })
      : undefined;
  const database = new Database(
    embedded === undefined ? serverAddress(databaseUrl!) : embeddedAddress(embedded.socketDir),
  );
  await migrate(database, nodeId, log.info);
  log.info('the schema is up to date');
  await database.close();
  await embedded?.stop();
} catch (error) {
  console.error(`vanags: ${(error as Error).message}`);
  process.exit(1);
}
