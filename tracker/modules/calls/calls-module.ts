import { z } from 'zod';
import type { Log } from '../../src/log.js';
import { Database, serverAddress } from '../../src/store/database.js';
import { FeedFollower } from '../feed-follower.js';
import { listen, ModuleApi, ModuleProblem } from '../module-api.js';
import { type ModuleCaller, ModuleCallers } from '../module-callers.js';
import type { RunningModule } from '../module-program.js';
import { type ModuleSettings, SettingError } from '../module-settings.js';
import { ownAgency } from '../own-agency.js';
import { migrateSchema } from '../own-schema.js';
import { TrackerAway, TrackerClient } from '../tracker-client.js';
import { CallIntake } from './call-intake.js';
import { callsRoutes, readCall } from './calls-api.js';
import { CallsConsumer } from './calls-consumer.js';
import { type CallsPageParts, callsPage } from './calls-page.js';
import { callsSql as sql } from './calls-sql.js';
import { Conversations } from './conversations.js';
import { conversationRoutes } from './conversations-api.js';
import { VekSender } from './vek-sender.js';

const SCHEMA = 'calls';
/** For which it and its people read, where they do not say. */
const PURPOSE = 'call_handling';
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
  const tracker = new TrackerClient(settings.trackerUrl, settings.tokens[0]!, PURPOSE);
  const sender = new VekSender(database, tracker, log);
  const intake = new CallIntake(database, () => sender.kick());
  const follower = new FeedFollower(
    { tracker, database, log },
    { schema: SCHEMA, name: 'calls' },
    new CallsConsumer(tracker, database),
  );
  const conversations = new Conversations(database, intake, () => sender.kick());
  const api = new ModuleApi('Vanags: calls', new ModuleCallers(tracker), PURPOSE, () => follower, log);
  let agencyId: string | undefined;
  const mustBeOurs = (caller: ModuleCaller): void => {
    if (agencyId === undefined) throw new TrackerAway('whose calls these are is not known yet');
    if (caller.agencyId !== agencyId)
      throw new ModuleProblem(403, 'agency_not_allowed', 'calls are of the agency that takes them');
  };
  callsRoutes(api, { database, intake, tracker, mustBeOurs, amlKey: settings.amlKey });
  conversationRoutes(api, database, conversations, mustBeOurs);
  const read: CallsPageParts['readCall'] = (id, by) => readCall(database, tracker, id, by);
  callsPage(api, { database, conversations, mustBeOurs, readCall: read }, settings);
  const stopping = new AbortController();
  /** Calls are taken as soon as it is known for whom. */
  const known = ownAgency(tracker, log, stopping.signal).then((agency) => {
    if (agency === undefined) return;
    agencyId = agency.id;
    follower.start();
    sender.start();
  });
  const { server, port } = await listen(api, settings);
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
      conversations.stop();
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
