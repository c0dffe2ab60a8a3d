/**
 * Overland: GeoJSON features in batches; `current` holds the newest fix while older ones still queue.
 * Source: aaronpk/Overland-iOS, README, section "API".
 */
import {
  type ForeignFix,
  fixPosition,
  instantOf,
  isObject,
  jsonText,
  nameOf,
  numberOf,
  objectOf,
  parseJson,
  percentOf,
} from './foreign-values.js';
import {
  type Adapter,
  type AdapterRequest,
  type Decoded,
  MAX_MESSAGES,
  type Message,
  rejected,
  unreadable,
} from './message.js';

function decode({ body, receivedAt }: AdapterRequest): Decoded {
  const root = parseJson(body);
  if (!isObject(root) || !Array.isArray(root.locations)) return unreadable(body);
  const { locations, current } = root;
  if (locations.length > MAX_MESSAGES) return { kind: 'too_many', count: locations.length };
  const messages = locations.map((feature) => message(feature, receivedAt));
  const names = new Set<string>();
  for (const feature of [...locations, current]) {
    const name = nameOf(objectOf(objectOf(feature).properties).device_id);
    if (name !== undefined) names.add(name);
  }
  // the newest comes first, so that it is live before its past; it comes again in a later batch, and is then known
  if (isObject(current) && isObject(current.geometry)) messages.unshift(message(current, receivedAt));
  // a batch is one device's: names that differ name nobody
  return { kind: 'messages', names: names.size === 1 ? [...names] : [], messages };
}

function message(feature: unknown, receivedAt: number): Message {
  if (!isObject(feature)) return { position: rejected('item_malformed', jsonText(feature)), events: [] };
  const properties = objectOf(feature.properties);
  // the summary of a trip is a feature too
  if (properties.type === 'trip') return { position: { kind: 'none' }, events: [] };
  const raw = () => jsonText(feature);
  const geometry = objectOf(feature.geometry);
  const place = geometry.type === 'Point' && Array.isArray(geometry.coordinates) ? geometry.coordinates : [];
  const level = numberOf(properties.battery_level);
  const fix: ForeignFix = {
    time: properties.timestamp === undefined ? receivedAt : instantOf(properties.timestamp),
    lon: numberOf(place[0]),
    lat: numberOf(place[1]),
    speedMps: numberOf(properties.speed),
    headingDeg: numberOf(properties.course),
    accuracyM: numberOf(properties.horizontal_accuracy),
    altitudeM: numberOf(properties.altitude),
    moving: Array.isArray(properties.motion) && properties.motion.some((word) => MOVING.has(word)),
  };
  return {
    position: fixPosition(fix, raw),
    events: [],
    battery: {
      percent: percentOf(level === null ? null : level * 100),
      charging: CHARGING.get(properties.battery_state) ?? null,
    },
  };
}

const MOVING = new Set<unknown>(['driving', 'walking', 'running', 'cycling']);
const CHARGING = new Map<unknown, boolean>([
  ['charging', true],
  ['full', true],
  ['unplugged', false],
]);

/** Anything but `ok` is sent again. */
export const overland: Adapter = {
  protocol: 'overland',
  decode,
  answer: (verdicts) => ({ contentType: 'application/json', body: JSON.stringify({ result: 'ok', verdicts }) }),
};
