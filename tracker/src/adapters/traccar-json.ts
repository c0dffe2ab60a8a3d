/**
 * The two JSON bodies of the Traccar family: that of the Traccar Client (its location library's template), and that of a Traccar server that
 * forwards positions.
 * Source: traccar/traccar, OsmAndProtocolDecoder (JSON), PositionForwarderJson; the wire as noted from both.
 */
import {
  alarmEvents,
  type ForeignFix,
  fixPosition,
  flagOf,
  instantOf,
  isObject,
  type JsonObject,
  jsonText,
  mpsFrom,
  nameOf,
  numberOf,
  objectOf,
  percentOf,
  saidAgain,
} from './foreign-values.js';
import { type Decoded, MAX_MESSAGES, type Message, rejected, unreadable } from './message.js';

export function decodeTraccarJson(root: unknown, receivedAt: number): Decoded {
  if (!isObject(root)) return unreadable(jsonText(root));
  if (isObject(root.position)) {
    const name = nameOf(objectOf(root.device).uniqueId);
    return {
      kind: 'messages',
      names: name === undefined ? [] : [name],
      messages: [forwardedMessage(root.position, receivedAt)],
    };
  }
  const name = nameOf(root.device_id);
  const locations = Array.isArray(root.location) ? root.location : [root.location];
  if (locations.length > MAX_MESSAGES) return { kind: 'too_many', count: locations.length };
  return {
    kind: 'messages',
    names: name === undefined ? [] : [name],
    messages: locations.map((location) => clientMessage(location, receivedAt)),
  };
}

function clientMessage(location: unknown, receivedAt: number): Message {
  if (!isObject(location)) return { position: rejected('item_malformed', jsonText(location ?? null)), events: [] };
  const raw = () => jsonText(location);
  const coords = isObject(location.coords) ? location.coords : undefined;
  const battery = objectOf(location.battery);
  const level = numberOf(battery.level);
  const time = location.timestamp === undefined ? receivedAt : instantOf(location.timestamp);
  const fix: ForeignFix = {
    time,
    lon: numberOf(coords?.longitude),
    lat: numberOf(coords?.latitude),
    speedMps: numberOf(coords?.speed),
    headingDeg: numberOf(coords?.heading),
    accuracyM: numberOf(coords?.accuracy),
    altitudeM: numberOf(coords?.altitude),
    moving: flagOf(location.is_moving),
    estimated: flagOf(location.mock) === true,
  };
  const heartbeat = coords === undefined && time !== null;
  return {
    position: heartbeat ? { kind: 'heartbeat', time } : fixPosition(fix, raw),
    events: alarmEvents(location.alarm ?? objectOf(location.extras).alarm, fix, receivedAt),
    battery: { percent: percentOf(level === null ? null : level * 100), charging: flagOf(battery.is_charging) },
  };
}

/** Speed in knots, as everywhere inside Traccar. */
function forwardedMessage(position: JsonObject, receivedAt: number): Message {
  const attributes = objectOf(position.attributes);
  const timeGiven = position.fixTime ?? position.deviceTime;
  const fix: ForeignFix = {
    time: timeGiven === undefined ? receivedAt : instantOf(timeGiven),
    lon: numberOf(position.longitude),
    lat: numberOf(position.latitude),
    speedMps: mpsFrom('kn', numberOf(position.speed)),
    headingDeg: numberOf(position.course),
    accuracyM: numberOf(position.accuracy),
    altitudeM: numberOf(position.altitude),
    moving: flagOf(attributes.motion),
    ignition: flagOf(attributes.ignition),
    estimated: flagOf(position.valid) === false,
  };
  return {
    ...saidAgain(fix.time, position.deviceTime),
    position: fixPosition(fix, () => jsonText(position)),
    events: alarmEvents(attributes.alarm, fix, receivedAt),
    battery: { percent: percentOf(numberOf(attributes.batteryLevel)), charging: flagOf(attributes.charge) },
  };
}
