import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { CellTable, GeoStore, LiveIndex } from '../../geo-engine/src/index.js';
import { Adapters, MAX_REQUEST_BYTES } from './adapters/index.js';
import { AmqpOutlet } from './amqp/amqp-outlet.js';
import { createApi } from './api/api.js';
import { pruneKeys } from './api/idempotency.js';
import { createIngestApi } from './api/ingest-port.js';
import type { Core } from './core.js';
import { Dispatch } from './dispatch/dispatch.js';
import { pruneDecided } from './dispatch/retention.js';
import { Feed } from './feed/feed.js';
import { Changes } from './feed/record.js';
import { Sequencer } from './feed/sequencer.js';
import { TrackUpkeep } from './history/index.js';
import { createApp, type Listening, listen } from './hub/app.js';
import { Consoles } from './hub/consoles.js';
import { CrewSockets } from './hub/crew-sockets.js';
import { attachHttp } from './hub/http.js';
import { Intake } from './ingest/crew-session.js';
import { ensurePartitions } from './ingest/partitions.js';
import { Networks } from './ip-network.js';
import { LiveTable } from './live/live-table.js';
import { Picture } from './live/picture.js';
import type { Log } from './log.js';
import { runInRealTime } from './real-time-thread.js';
import { Access } from './rights/access.js';
import { DemoIssuer } from './rights/demo-issuer.js';
import { TokenVerifier } from './rights/tokens.js';
import { Closures } from './roads/closures.js';
import { RoadService } from './roads/road-service.js';
import type { Settings } from './settings.js';
import { Database, embeddedAddress, serverAddress } from './store/database.js';
import { EmbeddedDatabase } from './store/embedded/embedded-database.js';
import { isAway } from './store/errors.js';
import { Lease, leaseHolder } from './store/leases.js';
import { migrate } from './store/migrate.js';
import { Directory } from './units/directory.js';
import { followFeed } from './units/follow-feed.js';
import { PositionsByHand } from './units/position-by-hand.js';
import { AlarmRepeater } from './veks/alarms.js';
import { AttentionWatch } from './veks/attention-watch.js';
import { CrewEvents } from './veks/crew-events.js';
import { LocalPresence } from './veks/presence.js';
import { Poster, WebhookCommands, WebhookSender } from './webhooks/index.js';

const DEFAULT_AUDIENCE = 'vanags';
/** For reading the feed and what follows it, crews' events, alarms, decisions of its own. */
const OWN_CONNECTIONS = 6;
/** A process with more to do than it can needs seconds for the turns of its loop that a connection takes: the usual patience would never do. */
const STAMPING_CONNECT_MS = 20_000;
const UPKEEP_MS = 3_600_000;
const DATABASE_WAIT_MS = 20_000;
const DATABASE_RETRY_MS = 500;
/** An embedded database that has not answered for this long is started again. */
const EMBEDDED_PATIENCE_MS = 20_000;
const CONSOLE_DIR = new URL('../../console/dist/', import.meta.url);
export const VERSION: string = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;

/** A running tracker. */
export interface Tracker {
  readonly port: number;
  /** Undefined: `INGEST_PORT` is not set. */
  readonly ingestPort: number | undefined;
  readonly core: Core;
  /** Process of the embedded database, if it is one. */
  readonly databasePid: number | undefined;
  /** Says goodbye to crews and consoles, commits what waits, and ends the database it started. */
  stop(): Promise<void>;
}

/**
 * Starts a tracker: database, schema, who exists, the last known picture, then the port.
 * @throws StoreError, ListenError, with the one line that the person who started it needs
 */
export async function startTracker(settings: Settings, log: Log): Promise<Tracker> {
  await mkdir(settings.dataDir, { recursive: true, mode: 0o700 }).catch(() => {}); // the database says it better, if it is needed
  const embedded = settings.databaseUrl === undefined ? await startEmbedded(settings, log) : undefined;
  const address = embedded === undefined ? serverAddress(settings.databaseUrl!) : embeddedAddress(embedded.socketDir);
  const outage = { since: undefined };
  const pools: Pools = {
    asked: new Database(address, { outage }),
    own: new Database(address, { connections: OWN_CONNECTIONS, outage }),
    stamping: new Database(address, { connections: 1, connectTimeoutMs: STAMPING_CONNECT_MS, outage }),
  };
  const close = async () => {
    for (const pool of Object.values(pools)) await pool.close();
    await embedded?.stop();
  };
  try {
    await whenThere(pools.asked, log);
    await pools.stamping.query('SELECT 1'); // before anybody asks for anything
    await migrate(pools.asked, settings.nodeId, (text) => log.info(text));
    await ensurePartitions(pools.asked);
    return await run(settings, log, pools, embedded, close);
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * One database, through connections that do not wait for each other. More questions and commands than it can take fill the pool that they
 * share (`asked`); what the tracker does of itself (`own`) must not wait behind them, and stamping, which everything waits for, behind nothing.
 */
interface Pools {
  readonly asked: Database;
  readonly own: Database;
  readonly stamping: Database;
}

/** A database that is being started beside us is waited for. @throws StoreError `database_unavailable` after a while */
async function whenThere(database: Database, log: Log): Promise<void> {
  const until = Date.now() + DATABASE_WAIT_MS;
  for (let first = true; ; first = false) {
    try {
      await database.query('SELECT 1');
      return;
    } catch (error) {
      if (!isAway(error) || Date.now() > until) throw error;
      if (first) log.info(`waiting for the database: ${(error as Error).message}`);
      await sleep(DATABASE_RETRY_MS);
    }
  }
}

async function startEmbedded({ dataDir, production }: Settings, log: Log): Promise<EmbeddedDatabase> {
  log.info(`starting the embedded database in ${dataDir} (the first time takes about 15 s)`);
  const embedded = await EmbeddedDatabase.start(dataDir, {
    progress: (text) => log.info(text),
    restarted: (detail) => log.warn(`${detail}; starting it again`),
  });
  const caution =
    'the embedded database survives kill -9, but not a power cut; DATABASE_URL names a PostgreSQL that does';
  if (production) log.warn(caution);
  else log.info(caution);
  return embedded;
}

async function run(
  settings: Settings,
  log: Log,
  { asked: database, own, stamping }: Pools,
  embedded: EmbeddedDatabase | undefined,
  close: () => Promise<void>,
): Promise<Tracker> {
  const holder = leaseHolder(settings.nodeId);
  const cells = new CellTable();
  const live = new LiveTable(cells, new LiveIndex(cells));
  const picture = new Picture(live);
  const onError = (text: string, error: unknown) => log.error(text, error);
  const directory = new Directory(own, live);
  const feed = new Feed(own, onError);
  const sequencer = new Sequencer(stamping, holder, () => feed.poll(), onError);
  const changes = new Changes(database, () => sequencer.kick());
  const ownChanges = new Changes(own, () => sequencer.kick());
  const crewEvents: CrewEvents = new CrewEvents(
    own,
    ownChanges,
    async (outcome) => {
      // who asks after the answer must find what the answer says
      const unit = directory.devices.get(outcome.deviceId)?.unit;
      if (unit !== undefined) await directory.reloadUnits([unit.id]);
      crews.outcome(outcome);
    },
    onError,
  );
  const alarmRepeater = new AlarmRepeater(own, ownChanges, settings.alarmRepeatS * 1000, onError);
  const attentionWatch = new AttentionWatch(own, ownChanges, holder, onError);
  const presence = new LocalPresence();
  const intake = new Intake(database, live, settings.flush, () => crewEvents.kick(), onError);

  followFeed(feed, directory);
  const positionsByHand = new PositionsByHand(own, feed, directory, live);
  const closures = new Closures(own, feed);
  const roads = new RoadService(settings, closures, log);
  const access = new Access(directory);
  const dispatch = new Dispatch({
    database: own,
    feed,
    changes: ownChanges,
    directory,
    live,
    roads,
    access,
    holder,
    realTime: settings.realTime,
    onError,
  });
  await feed.start();
  await directory.ensureOperator();
  await directory.load();
  await positionsByHand.load();
  await closures.reload(null);
  await dispatch.load();
  const adapters = new Adapters(database, changes, directory, intake, onError);
  await adapters.load();
  const { retentionDays, tracks } = settings;
  const trackUpkeep = new TrackUpkeep(
    database,
    { ...tracks, fixDays: retentionDays.fixes, trackDays: retentionDays.tracks },
    holder,
    onError,
  );
  const demoIssuer = settings.demo ? await DemoIssuer.open(settings.dataDir) : undefined;
  const tokens = new TokenVerifier(settings.oidc, demoIssuer, directory, settings.oidc?.audience ?? DEFAULT_AUDIENCE);
  const webhooks = new WebhookCommands(changes);
  const poster = new Poster(new Networks(settings.webhooks.allowedNetworks));
  const webhookSender = new WebhookSender(
    { database, feed, access, directory, commands: webhooks, poster },
    holder,
    settings.webhooks.tries,
    ({ id, agencyId }, code, detail) =>
      log.warn(`webhook ${id} of ${directory.agenciesById.get(agencyId)?.code} is parked: ${code}, ${detail}`),
    onError,
  );
  const amqpOutlet =
    settings.amqp === undefined
      ? undefined
      : new AmqpOutlet(
          { database, feed, operatorId: () => directory.operator.id },
          settings.amqp,
          holder,
          (text) => log.info(`AMQP_URL: ${text}`),
          onError,
        );
  const core: Core = {
    settings,
    startedAt: Date.now(),
    database,
    geoStore: new GeoStore(database),
    roads,
    closures,
    changes,
    sequencer,
    feed,
    live,
    directory,
    picture,
    intake,
    adapters,
    trackUpkeep,
    crewEvents,
    attentionWatch,
    presence,
    positionsByHand,
    dispatch,
    webhooks,
    webhookSender,
    amqpOutlet,
    access,
    tokens,
    demoIssuer,
  };

  const app = createApp(settings);
  const crews = new CrewSockets(core);
  const consoles = new Consoles(core, log);
  crews.attach(app);
  consoles.attach(app);
  attachHttp(app, createApi(core, log, VERSION, CONSOLE_DIR), settings, log);
  const ingestApp = settings.ingestPort === undefined ? undefined : createApp(settings);
  const listening: Listening[] = [];
  try {
    listening.push(await listen(app, settings));
    if (ingestApp !== undefined) {
      attachHttp(ingestApp, createIngestApi(core, log), settings, log, () => MAX_REQUEST_BYTES);
      listening.push(await listen(ingestApp, { host: settings.host, port: settings.ingestPort! }, 'INGEST_PORT'));
    }
  } catch (error) {
    for (const open of listening) open.close();
    crews.close();
    await consoles.close();
    await feed.stop();
    throw error;
  }
  sequencer.start();
  crewEvents.start();
  alarmRepeater.start();
  attentionWatch.start();
  presence.start();
  webhookSender.start();
  amqpOutlet?.start();
  roads.start();
  dispatch.start();
  trackUpkeep.start();
  const upkeepLease = new Lease('upkeep', holder, UPKEEP_MS / 2);
  const upkeep = setInterval(() => void keepUp(core, upkeepLease, log), UPKEEP_MS);
  const guard =
    embedded === undefined
      ? undefined
      : setInterval(() => guardEmbedded(database, embedded, log), EMBEDDED_PATIENCE_MS / 4);

  if (settings.realTime) await comeFirst(log);

  let stopping: Promise<void> | undefined;
  const stop = async () => {
    clearInterval(upkeep);
    clearInterval(guard);
    for (const open of listening) open.close();
    crews.close();
    await roads.stop();
    await dispatch.stop();
    await intake.claims.stop();
    await intake.writer.stop();
    await crewEvents.stop();
    await alarmRepeater.stop();
    await attentionWatch.stop();
    presence.stop();
    await webhookSender.stop();
    await amqpOutlet?.stop();
    await trackUpkeep.stop();
    await sequencer.stop();
    await feed.stop();
    await consoles.close();
    app.close();
    ingestApp?.close();
    await close();
  };
  return {
    port: listening[0]!.port,
    ingestPort: listening[1]?.port,
    core,
    get databasePid() {
      return embedded?.pid;
    },
    stop() {
      stopping ??= stop();
      return stopping;
    },
  };
}

/** Of the hub's thread. The engine's does it by itself, each time that it begins. */
async function comeFirst(log: Log): Promise<void> {
  try {
    await runInRealTime();
    log.info('REAL_TIME: hub and engine run before other threads of this machine');
  } catch (error) {
    const why = (error as Error).message.split('\n').filter(Boolean).at(-1);
    log.warn(`REAL_TIME: hub and engine share the cores with everybody, for they may not come first: ${why}`);
  }
}

/** Hourly, on one node: partitions for the days to come; events, decisions, commands' keys and what waited once go when they have outlived their time. Fixes are TrackUpkeep's. */
async function keepUp({ database, feed, attentionWatch, settings }: Core, lease: Lease, log: Log): Promise<void> {
  try {
    if ((await lease.take(database)) === undefined) return;
    await ensurePartitions(database);
    await feed.prune(settings.retentionDays.feed);
    await pruneDecided(database, settings.retentionDays.decisions);
    await attentionWatch.prune(settings.retentionDays.feed);
    await pruneKeys(database);
  } catch (error) {
    log.error('the hourly upkeep failed; the next hour tries again', error);
  }
}

/** A WebAssembly database can hang without ending: one that is silent for long is ended, and so started again. */
function guardEmbedded(database: Database, embedded: EmbeddedDatabase, log: Log): void {
  const silence = setTimeout(() => {
    log.warn(`the embedded database has not answered for ${EMBEDDED_PATIENCE_MS / 1000} s; ending it`);
    embedded.kill();
  }, EMBEDDED_PATIENCE_MS);
  database
    .query('SELECT 1')
    .catch(() => {})
    .finally(() => clearTimeout(silence));
}
