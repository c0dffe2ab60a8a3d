/**
 * Positions in named parameters, as in a URL: the vocabulary of the OsmAnd protocol, with the names that loggers with a free URL template
 * use for the same things.
 * Source: Traccar's protocol page "OsmAnd" and OsmAndProtocolDecoder; GPSLogger's page "Logging to a custom URL".
 */
import {
  alarmEvents,
  type ForeignFix,
  fixPosition,
  flagOf,
  instantOf,
  mpsFrom,
  nameOf,
  numberOf,
  percentOf,
  SPEED_UNITS,
  type SpeedUnit,
} from './foreign-values.js';
import { type Message, type Position, rejected } from './message.js';

/** More than any client's template holds; a megabyte of `&` would become a million entries. */
const MAX_UNITS = 16_384;
const NAMES = ['id', 'deviceid'];
/** Not for storing or showing: who is asking. */
const SECRETS = new Set([...NAMES, 'token', 'notificationtoken']);

export type Parameters = ReadonlyMap<string, string>;

/** The first value of each name, names in lower case; undefined when the text is longer than anything a client means. */
export function readParameters(text: string): Parameters | undefined {
  if (text.length > MAX_UNITS) return undefined;
  const parameters = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(text)) {
    const key = name.toLowerCase();
    if (!parameters.has(key)) parameters.set(key, value);
  }
  return parameters;
}

export function namesIn(parameters: Parameters): string[] {
  return NAMES.map((name) => nameOf(parameters.get(name))).filter((name) => name !== undefined);
}

function first(parameters: Parameters, ...names: string[]): string | undefined {
  for (const name of names) {
    const value = parameters.get(name);
    if (value !== undefined) return value;
  }
  return undefined;
}

/**
 * One message. Its speed is in the unit that the parameter `speedUnit` names, so that each template can say its own, else in defaultUnit.
 * Without both coordinates it is a heartbeat; without a time it is of now.
 */
export function parameterMessage(parameters: Parameters, defaultUnit: SpeedUnit, receivedAt: number): Message {
  const get = (...names: string[]) => first(parameters, ...names);
  const number = (...names: string[]) => numberOf(get(...names));
  const raw = () => new URLSearchParams([...parameters].filter(([name]) => !SECRETS.has(name))).toString();

  const [pairLat, pairLon] = (get('location') ?? '').split(',');
  const latText = get('lat', 'latitude') ?? (pairLon === undefined ? undefined : pairLat);
  const lonText = get('lon', 'lng', 'long', 'longitude') ?? pairLon;
  const timeText = get('timestamp', 'time');
  const time = timeText === undefined ? receivedAt : instantOf(timeText);
  const namedUnit = get('speedunit')?.toLowerCase();
  const unit = SPEED_UNITS.find((known) => known === namedUnit) ?? defaultUnit;
  const fix: ForeignFix = {
    time,
    lon: numberOf(lonText),
    lat: numberOf(latText),
    speedMps: mpsFrom(unit, number('speed', 'spd')),
    headingDeg: number('bearing', 'heading', 'direction', 'dir', 'course'),
    accuracyM: number('accuracy', 'acc'),
    altitudeM: number('altitude', 'alt'),
    moving: flagOf(get('motion', 'moving')),
    ignition: flagOf(get('ignition')),
    estimated: flagOf(get('valid')) === false || flagOf(get('mock')) === true,
  };
  return {
    position:
      latText === undefined && lonText === undefined ? heartbeat(time, get('location'), raw) : fixPosition(fix, raw),
    events: alarmEvents(get('alarm'), fix, receivedAt),
    battery: {
      percent: percentOf(number('batt', 'battery', 'batterylevel')),
      charging: flagOf(get('charge', 'charging', 'ischarging')),
    },
  };
}

function heartbeat(time: number | null, location: string | undefined, raw: () => string): Position {
  return time === null || location !== undefined ? rejected('item_malformed', raw()) : { kind: 'heartbeat', time };
}
