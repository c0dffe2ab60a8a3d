import type { GeoStore } from '../../geo-engine/src/index.js';
import type { Adapters } from './adapters/index.js';
import type { Dispatch } from './dispatch/dispatch.js';
import type { Feed } from './feed/feed.js';
import type { Changes } from './feed/record.js';
import type { Sequencer } from './feed/sequencer.js';
import type { TrackUpkeep } from './history/index.js';
import type { Intake } from './ingest/crew-session.js';
import type { LiveTable } from './live/live-table.js';
import type { Picture } from './live/picture.js';
import type { Access } from './rights/access.js';
import type { DemoIssuer } from './rights/demo-issuer.js';
import type { TokenVerifier } from './rights/tokens.js';
import type { Closures } from './roads/closures.js';
import type { RoadService } from './roads/road-service.js';
import type { Settings } from './settings.js';
import type { Database } from './store/database.js';
import type { Directory } from './units/directory.js';
import type { CrewEvents } from './veks/crew-events.js';
import type { WebhookCommands, WebhookSender } from './webhooks/index.js';

/** The parts of a running tracker, put together once in tracker.ts and handed to what answers people: API and sockets. */
export interface Core {
  readonly settings: Settings;
  readonly startedAt: number;
  readonly database: Database;
  readonly geoStore: GeoStore;
  readonly roads: RoadService;
  readonly closures: Closures;
  readonly changes: Changes;
  readonly sequencer: Sequencer;
  readonly feed: Feed;
  readonly live: LiveTable;
  readonly directory: Directory;
  readonly picture: Picture;
  readonly intake: Intake;
  readonly adapters: Adapters;
  readonly trackUpkeep: TrackUpkeep;
  readonly crewEvents: CrewEvents;
  readonly webhooks: WebhookCommands;
  readonly webhookSender: WebhookSender;
  readonly dispatch: Dispatch;
  readonly access: Access;
  readonly tokens: TokenVerifier;
  readonly demoIssuer: DemoIssuer | undefined;
}
