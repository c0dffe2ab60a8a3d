/**
 * GEO-POS of the SAMU hub: positions and states of ambulances' resources, sent by another system.
 * Source: ansforge/SAMU-Hub-Modeles, GEO-POS schema; states as in the crosswalk of EMSI (ISO/TR 22351) and GEO-POS.
 */
import type { UnitStatus } from '../protocol/status.js';
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
  objectOf,
  parseJson,
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

/** FIN_MED (care has ended) says nothing of where the crew is in its work: it leaves the status as it is. */
const ENGAGED: ReadonlyMap<unknown, UnitStatus> = new Map<unknown, UnitStatus>([
  ['ALERTEE', 'dispatched'],
  ['PARTIE', 'en_route'],
  ['ARRIVEE_LIEU', 'on_scene'],
  ['TRANSPORT_DESTINATION', 'transporting'],
  ['ARRIVEE_DESTINATION', 'at_destination'],
  ['QUITTE_DESTINATION', 'returning'],
  ['RETOUR_DISPONIBLE', 'available'],
  ['RETOUR_INDISPONIBLE', 'out_of_service'],
  ['ARRIVEE_CENTRE', 'available_at_station'],
]);
/** Of a resource that is engaged in nothing. INCONNU leaves the status as it is. */
const AT_REST: ReadonlyMap<unknown, UnitStatus> = new Map<unknown, UnitStatus>([
  ['DISPONIBLE', 'available'],
  ['INDISPONIBLE', 'out_of_service'],
]);
const RESOURCE_ID = /^([a-zA-Z0-9_-]+\.){3,8}resource(\.[a-zA-Z0-9_-]+){1,2}$/;

function decode({ body, receivedAt }: AdapterRequest): Decoded {
  const positions = positionsIn(parseJson(body));
  if (positions === undefined) return unreadable(body);
  if (positions.length > MAX_MESSAGES) return { kind: 'too_many', count: positions.length };
  return { kind: 'messages', names: [], messages: positions.map((position) => message(position, receivedAt)) };
}

/** The message alone, inside `message`, or inside the EDXL envelope in which the hub sends it. */
function positionsIn(root: unknown): readonly unknown[] | undefined {
  const content = objectOf(root).content;
  const enveloped = objectOf(
    objectOf(objectOf(Array.isArray(content) ? content[0] : undefined).jsonContent).embeddedJsonContent,
  );
  for (const place of [root, objectOf(root).message, enveloped.message]) {
    const { position } = objectOf(objectOf(place).geoPositionsUpdate);
    if (Array.isArray(position)) return position;
  }
  return undefined;
}

function message(item: unknown, receivedAt: number): Message {
  const raw = () => jsonText(item);
  if (!isObject(item)) return { position: rejected('item_malformed', raw()), events: [] };
  const name = nameOf(item.resourceId);
  const named = name !== undefined && RESOURCE_ID.test(name) ? { name } : {};
  const time = hasOffset(item.datetime) ? instantOf(item.datetime) : null;
  const coord = isObject(item.coord) ? item.coord : undefined;
  const fix: ForeignFix = {
    time,
    lon: numberOf(coord?.lon),
    lat: numberOf(coord?.lat),
    speedMps: mpsFrom('kmh', numberOf(item.speed)),
    headingDeg: numberOf(item.cap),
    altitudeM: numberOf(coord?.height),
    moving: item.move === 'MOBILE',
    ignition: item.engineOn === true,
  };
  const status = statusOf(item);
  return {
    ...named,
    position: coord === undefined && time !== null ? { kind: 'none' } : fixPosition(fix, raw),
    events: [],
    ...(status === undefined ? {} : { status: { status, time: time ?? receivedAt } }),
  };
}

/** Other countries' clocks: an instant without its offset would be hours off. */
function hasOffset(datetime: unknown): boolean {
  return typeof datetime === 'string' && /(Z|[-+]\d\d:?\d\d)$/i.test(datetime.slice(-6));
}

function statusOf({ engagedStatus, status }: JsonObject): UnitStatus | undefined {
  return engagedStatus === undefined ? AT_REST.get(status) : ENGAGED.get(engagedStatus);
}

export const geoPos: Adapter = {
  protocol: 'geo_pos',
  decode,
  answer: (verdicts) => ({ contentType: 'application/json', body: JSON.stringify({ verdicts }) }),
};
