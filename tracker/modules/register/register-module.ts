import type { Log } from '../../src/log.js';
import { Database, serverAddress } from '../../src/store/database.js';
import { FeedFollower } from '../feed-follower.js';
import { listen, ModuleApi } from '../module-api.js';
import { ModuleCallers } from '../module-callers.js';
import type { RunningModule } from '../module-program.js';
import type { ModuleSettings } from '../module-settings.js';
import { ownAgency } from '../own-agency.js';
import { migrateSchema } from '../own-schema.js';
import { TrackerClient } from '../tracker-client.js';
import { handRoutes } from './hand-api.js';
import { type RegisterAgencies, readingRoutes } from './register-api.js';
import { RegisterConsumer } from './register-consumer.js';
import { registerPage } from './register-page.js';

const SCHEMA = 'register';
/** For which the register and its readers read, where they do not say. */
const PURPOSE = 'event_register';
const MIGRATIONS = new URL('./migrations/', import.meta.url);
/** A day and ten years, a town and the country are questions of one text, and need different plans. */
const PLANNED_EACH_TIME = '-c plan_cache_mode=force_custom_plan';
const POLICE = new Set(['state_police', 'municipal_police', 'port_police']);

/** Starts the register: its own schema, its API, and one follower of the feed for each police agency that it has a token of. */
export async function startRegister(settings: ModuleSettings, log: Log): Promise<RunningModule> {
  const { kind, config } = serverAddress(settings.databaseUrl);
  const database = new Database({ kind, config: { ...config, options: PLANNED_EACH_TIME } }, { connections: 4 });
  await migrateSchema(database, SCHEMA, MIGRATIONS);
  const trackers = settings.tokens.map((token) => new TrackerClient(settings.trackerUrl, token, PURPOSE));
  const followers: FeedFollower[] = [];
  const feed = () => ({
    // of the agency that is furthest behind
    readAt: Math.min(...followers.map(({ readAt }) => readAt), followers.length === trackers.length ? Date.now() : 0),
    refused: followers.reduce((sum, { refused }) => sum + refused, 0),
  });
  const api = new ModuleApi('Vanags: register of events', new ModuleCallers(trackers[0]!), PURPOSE, feed, log);
  const agencies: RegisterAgencies = { operatorId: undefined, police: new Map() };
  readingRoutes(api, database, agencies);
  handRoutes(api, database, agencies);
  registerPage(api, database, agencies, settings);
  const { server, port } = await listen(api, settings);

  const stopping = new AbortController();
  const follow = async (tracker: TrackerClient): Promise<void> => {
    const agency = await ownAgency(tracker, log, stopping.signal);
    if (agency === undefined) return;
    agencies.operatorId = agency.operatorId;
    if (!POLICE.has(agency.kind))
      return log.warn(`register: ${agency.code} is no police: nothing is registered for it`);
    agencies.police.set(agency.id, agency);
    const kept = { schema: SCHEMA, name: agency.id };
    const follower = new FeedFollower({ tracker, database, log }, kept, new RegisterConsumer(tracker, agency));
    followers.push(follower);
    follower.start();
  };
  const begun = Promise.all(trackers.map(follow));
  return {
    port,
    async stop() {
      stopping.abort();
      server.close();
      server.closeAllConnections();
      await begun;
      await Promise.all(followers.map((follower) => follower.stop()));
      await database.close();
    },
  };
}
