// the picture of where everybody is
export { type Applied, LivePicture, type ResyncReason } from './live-picture.js';
// the connection that keeps it right
export {
  type Box,
  type ConnectionState,
  ConsoleClient,
  type ConsoleClientEvents,
  type ConsoleClientOptions,
  type FeedEvent,
  levelForZoom,
} from './console-client.js';
