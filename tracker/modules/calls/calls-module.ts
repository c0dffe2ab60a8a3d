import { z } from 'zod';
import type { Log } from '../../src/log.js';
import { Database, serverAddress } from '../../src/store/database.js';
import { FeedFollower } from '../feed-follower.js';
import { listen, ModuleApi } from '../module-api.js';
import { ModuleCallers } from '../module-callers.js';
import type { RunningModule } from '../module-program.js';
import { type ModuleSettings, SettingError } from '../module-settings.js';
import { ownAgency } from '../own-agency.js';
import { migrateSchema } from '../own-schema.js';
import { TrackerClient } from '../tracker-client.js';
import { CallIntake } from './call-intake.js';
import { callsRoutes } from './calls-api.js';
import { CallsConsumer } from './calls-consumer.js';
import { callsSql as sql } from './calls-sql.js';
import { VekSender } from './vek-sender.js';

const SCHEMA = 'calls';
const MIGRATIONS = new URL('./migrations/', import.meta.url);
const UPKEEP_MS = 3_600_000;
const FORGET_AT_ONCE = 500;

const CallsEnvironment = z.object({
  AML_HMAC_KEY: z.string().min(1).optional(),
  CALL_RETENTION_DAYS: z.coerce.number().int().min(1).max(36_500).default(90),
});

/** What this module is told besides (all by environment variable). */
export interface CallsSettings extends ModuleSettings {
  readonly amlKey: string | undefined;
  readonly retentionDays: number;
}

/** @throws SettingError */
export function callsSettings(
  settings: ModuleSettings,
  env: Readonly<Record<string, string | undefined>>,
): CallsSettings {
  const parsed = CallsEnvironment.safeParse(
    Object.fromEntries(Object.entries(env).filter(([, value]) => value !== '')),
  );
  if (!parsed.success)
    throw new SettingError(`${String(parsed.error.issues[0]!.path[0])}: ${parsed.error.issues[0]!.message}`);
  if (settings.tokens.length > 1) throw new SettingError('TRACKER_TOKEN: calls are taken by one agency');
  const { AML_HMAC_KEY, CALL_RETENTION_DAYS } = parsed.data;
  return { ...settings, amlKey: AML_HMAC_KEY, retentionDays: CALL_RETENTION_DAYS };
}

/** Starts the taking of calls: its own schema, its API, what is told to the tracker, and what the feed tells of it. */
export async function startCalls(settings: CallsSettings, log: Log): Promise<RunningModule> {
  const database = new Database(serverAddress(settings.databaseUrl), { connections: 4 });
  await migrateSchema(database, SCHEMA, MIGRATIONS);
  const tracker = new TrackerClient(settings.trackerUrl, settings.tokens[0]!, 'call_handling');
  const sender = new VekSender(database, tracker, log);
  const intake = new CallIntake(database, () => sender.kick());
  const follower = new FeedFollower(
    { tracker, database, log },
    { table: `${SCHEMA}.follower`, name: 'calls' },
    new CallsConsumer(tracker, database),
  );
  const api = new ModuleApi('Vanags: calls', new ModuleCallers(tracker), () => follower.readAt, log);
  let agencyId: string | undefined;
  callsRoutes(api, { database, intake, tracker, agencyId: () => agencyId, amlKey: settings.amlKey });
  const stopping = new AbortController();
  /** Calls are taken as soon as it is known for whom. */
  const known = ownAgency(tracker, log, stopping.signal).then((agency) => {
    if (agency === undefined) return;
    agencyId = agency.id;
    follower.start();
    sender.start();
  });
  const { server, port } = await listen(api, settings.host, settings.port);
  const forget = async () => {
    for (;;) {
      const { gone } = (await database.query<{ gone: number }>(sql.forget, [settings.retentionDays, FORGET_AT_ONCE]))
        .rows[0]!;
      if (gone < FORGET_AT_ONCE) return;
    }
  };
  const upkeep = setInterval(() => {
    forget().catch((error) => log.error('calls: old calls could not be removed; the next hour tries again', error));
  }, UPKEEP_MS);
  return {
    port,
    async stop() {
      stopping.abort();
      clearInterval(upkeep);
      server.close();
      server.closeAllConnections();
      await known;
      await follower.stop();
      await sender.stop();
      await database.close();
    },
  };
}
