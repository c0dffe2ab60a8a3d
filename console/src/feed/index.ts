// the picture of where everybody is

// the connection that keeps it right
export {
  type Box,
  type ConnectionState,
  ConsoleClient,
  type ConsoleClientEvents,
  type ConsoleClientOptions,
  type FeedEvent,
  levelForZoom,
  type Present,
} from './console-client.js';
export { type Applied, LivePicture, type ResyncReason } from './live-picture.js';
