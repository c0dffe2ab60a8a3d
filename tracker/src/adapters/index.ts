// What the hub's HTTP side uses

export type { AdapterSender, DeviceReport, Taken } from './adapter-intake.js';
export { Adapters } from './adapters.js';
export { JoinRefusal, type JoinRefusalCode, NOT_STORED_CODES, type NotStoredCode } from './errors.js';
export { NAME_UNITS } from './foreign-values.js';
// The protocols, one decoder each
export { geoPos } from './geo-pos.js';
export { gpslogger } from './gpslogger.js';
export {
  type Adapter,
  type AdapterRequest,
  MAX_MESSAGES,
  MAX_REQUEST_BYTES,
  type Message,
  PROTOCOLS,
} from './message.js';
export { osmand } from './osmand.js';
export { overland } from './overland.js';
export { owntracks } from './owntracks.js';
