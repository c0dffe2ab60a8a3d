/**
 * OwnTracks over HTTP: a message a request, told apart by `_type`.
 * Source: OwnTracks booklet, chapters "JSON" and "HTTP".
 */
import {
  type ForeignFix,
  fixPosition,
  instantOf,
  isObject,
  type JsonObject,
  jsonText,
  mpsFrom,
  nameOf,
  numberOf,
  parseJson,
  percentOf,
  saidAgain,
} from './foreign-values.js';
import {
  type Adapter,
  type AdapterRequest,
  type Battery,
  type Decoded,
  MAX_MESSAGES,
  type Message,
  type Position,
  rejected,
  unreadable,
} from './message.js';
import { readParameters } from './parameters.js';

function decode({ query, header, body, receivedAt }: AdapterRequest): Decoded {
  const parameters = readParameters(query);
  if (parameters === undefined) return unreadable(body);
  const ofRequest = userAndDevice(
    parameters.get('u') ?? header('x-limit-u'),
    parameters.get('d') ?? header('x-limit-d'),
  );
  // the app sends empty payloads to clear a retained message: nothing is said, and nothing is wrong
  if (body.trim() === '') return { kind: 'messages', names: ofRequest, messages: [SAYS_NOTHING] };
  const root = parseJson(body);
  const items = Array.isArray(root) ? root : [root];
  if (items.length > MAX_MESSAGES) return { kind: 'too_many', count: items.length };
  const ofMessage = items.length === 1 && isObject(items[0]) ? namesOf(items[0]) : [];
  return {
    kind: 'messages',
    names: [...ofMessage.slice(0, 1), ...ofRequest, ...ofMessage.slice(1)],
    messages: items.map((item) => message(item, body, receivedAt)),
  };
}

const NOTHING: Position = { kind: 'none' };
const SAYS_NOTHING: Message = { position: NOTHING, events: [] };

/** The topic, then the two letters that the app draws on its map. */
function namesOf({ topic, tid }: JsonObject): string[] {
  return [nameOf(topic), nameOf(tid)].filter((name) => name !== undefined);
}

function userAndDevice(user: string | undefined, device: string | undefined): string[] {
  if (user === undefined || device === undefined) return [];
  return [nameOf(`${user}/${device}`)].filter((name) => name !== undefined);
}

function message(item: unknown, body: string, receivedAt: number): Message {
  if (!isObject(item)) return { position: rejected('item_malformed', body), events: [] };
  switch (item._type) {
    case 'location':
    case 'transition': // into or out of a region: told with the place where that was noticed
      return placed(item, receivedAt);
    case 'encrypted':
      return { position: rejected('item_encrypted', jsonText(item)), events: [] };
    // a waypoint's coordinates are those of a region, not of the phone; a last will says that the connection broke, nothing of where
    case 'waypoint':
    case 'waypoints':
    case 'lwt':
    case 'status':
    case 'steps':
    case 'card':
    case 'cmd':
    case 'beacon':
    case 'request':
    case 'configuration':
    case 'dump':
      return SAYS_NOTHING;
    default:
      return { position: rejected('item_malformed', jsonText(item)), events: [] };
  }
}

function placed(item: JsonObject, receivedAt: number): Message {
  const fix: ForeignFix = {
    time: item.tst === undefined ? receivedAt : instantOf(item.tst),
    lon: numberOf(item.lon),
    lat: numberOf(item.lat),
    speedMps: mpsFrom('kmh', numberOf(item.vel)),
    headingDeg: numberOf(item.cog),
    accuracyM: numberOf(item.acc),
    altitudeM: numberOf(item.alt),
    ignition: item.ign === true || item.ign === 1,
  };
  const placeless = item.lon === undefined && item.lat === undefined;
  return {
    ...saidAgain(fix.time, item.created_at),
    position: placeless && item._type === 'transition' ? NOTHING : fixPosition(fix, () => jsonText(item)),
    events: [],
    battery: batteryOf(item),
  };
}

/** `bs`: 0 unknown, 1 unplugged, 2 charging, 3 full. */
function batteryOf({ batt, bs }: JsonObject): Battery {
  return { percent: percentOf(numberOf(batt)), charging: bs === 2 || bs === 3 ? true : bs === 1 ? false : null };
}

/** The app waits for an array; an empty body leaves the message in its queue. */
export const owntracks: Adapter = {
  protocol: 'owntracks',
  decode,
  answer: () => ({ contentType: 'application/json', body: '[]' }),
};
