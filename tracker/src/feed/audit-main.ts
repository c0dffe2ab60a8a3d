/**
 * `npm run audit -- verify [--head POSITION:HASH]`: works the audit log's chain out again on the database that the settings name, and
 * says which entry is broken. It ends with 0 if none is, else with 1. The head it prints is to be kept somewhere else: given to a later
 * run, it tells whether somebody who can write the whole database has made another chain up to there.
 */
import { parseArgs } from 'node:util';
import { readSettings } from '../settings.js';
import { Database, embeddedAddress, serverAddress } from '../store/database.js';
import { EmbeddedDatabase, embeddedSocketDir } from '../store/embedded/embedded-database.js';
import { type AuditFault, type AuditHead, verifyAudit } from './audit-verify.js';

const USAGE = 'usage: npm run audit -- verify [--head POSITION:HASH]';
/** A sequencer chains within a second; what waits for longer waits for one that does not come. */
const CHAINED_WITHIN_MS = 60_000;

function readHead(text: string): AuditHead {
  const [, position, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (position === undefined || hash === undefined) throw new Error(USAGE);
  return { position: Number(position), hash };
}

function explain(fault: AuditFault): string {
  switch (fault.kind) {
    case 'changed':
      return `entry ${fault.position} (id ${fault.id}) is not what was written, or does not follow the one before it`;
    case 'missing':
      return fault.position === fault.to
        ? `entry ${fault.position} is missing`
        : `entries ${fault.position} to ${fault.to} are missing`;
    case 'end':
      return `at ${fault.position} the chain should be at ${fault.expected}, and is at ${fault.found}`;
  }
}

/** The database: a server, the embedded one of a tracker that runs, or that of one that does not, started for this. */
async function open(): Promise<{ database: Database; close: () => Promise<void> }> {
  const { databaseUrl, dataDir } = readSettings(process.env);
  if (databaseUrl !== undefined) {
    const database = new Database(serverAddress(databaseUrl));
    return { database, close: () => database.close() };
  }
  const running = new Database(embeddedAddress(embeddedSocketDir(dataDir)));
  try {
    await running.query('SELECT 1');
    return { database: running, close: () => running.close() };
  } catch {
    await running.close();
  }
  const silent = () => {};
  const embedded = await EmbeddedDatabase.start(dataDir, { progress: silent, restarted: silent });
  const database = new Database(embeddedAddress(embedded.socketDir));
  return {
    database,
    async close() {
      await database.close();
      await embedded.stop();
    },
  };
}

try {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { head: { type: 'string' } } });
  if (positionals.length !== 1 || positionals[0] !== 'verify') throw new Error(USAGE);
  const witness = values.head === undefined ? undefined : readHead(values.head);
  const { database, close } = await open();
  const startedAt = performance.now();
  let tookMs = 0;
  const { faults, head, unchainedSince } = await verifyAudit(database, witness).finally(() => {
    tookMs = performance.now() - startedAt;
    return close();
  });
  const checkedIn = `checked in ${(tookMs / 1000).toFixed(1)} s`;
  for (const fault of faults) console.error(`audit: ${explain(fault)}`);
  if (unchainedSince !== null && Date.now() - unchainedSince > CHAINED_WITHIN_MS)
    console.error(
      `audit: entries since ${new Date(unchainedSince).toISOString()} are not chained yet: no tracker runs`,
    );
  console.log(
    faults.length === 0
      ? `${head.position} entries, each as it was written, ${checkedIn}; head ${head.position}:${head.hash}`
      : `${faults.length} faults among ${head.position} entries, ${checkedIn}`,
  );
  process.exitCode = faults.length === 0 ? 0 : 1;
} catch (error) {
  console.error(`audit: ${(error as Error).message}`);
  process.exitCode = 2;
}
