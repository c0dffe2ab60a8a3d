/** What crosses the wire, in its JSON form (tracker/PROTOCOL.md): this page is one of the simple clients. */
import type { HubMessage, Lane } from '../../../../tracker/src/protocol/crew.js';
import type { UnitStatus } from '../../../../tracker/src/protocol/status.js';

export type { DurableSeqs, HubMessage, Lane } from '../../../../tracker/src/protocol/crew.js';
export {
  CLOSE_CODES,
  CREW_PROTOCOL_VERSION,
  LANES,
  LIMITS,
  TEXT_UNITS,
} from '../../../../tracker/src/protocol/crew.js';
export {
  ALLOWED_MOVES,
  isAssignmentStatus,
  UNIT_STATUSES,
  type UnitStatus,
} from '../../../../tracker/src/protocol/status.js';

export type HubHello = Extract<HubMessage, { type: 'hello' }>;
export type HubAssignment = Extract<HubMessage, { type: 'assignment' }>;
export type HubText = Extract<HubMessage, { type: 'message' }>;
export type HubOutcome = Extract<HubMessage, { type: 'outcome' }>;

/** One position in SI units and degrees; what the sensor does not know is left out. */
export interface Fix {
  /** The sensor's clock, epoch milliseconds. */
  readonly time: number;
  readonly lon: number;
  readonly lat: number;
  readonly speedMps?: number;
  readonly headingDeg?: number;
  /** Radius of the 68 % circle. */
  readonly accuracyM?: number;
  readonly altitudeM?: number;
  readonly moving?: boolean;
}

interface EventBase {
  /** When it was pressed by the phone's clock, epoch milliseconds. */
  readonly time: number;
  /** Where; both or neither. */
  readonly lon?: number;
  readonly lat?: number;
}

export type CrewEvent =
  | (EventBase & { readonly kind: 'status'; readonly status: UnitStatus; readonly assignmentId?: string })
  | (EventBase & { readonly kind: 'sos'; readonly text: string })
  | (EventBase & { readonly kind: 'message'; readonly text: string })
  | (EventBase & { readonly kind: 'receipt'; readonly assignmentId: string });

export type HeldItem = Fix | CrewEvent;

export interface ItemFrame {
  readonly type: 'fixes' | 'events';
  readonly lane: Lane;
  /** Of the first item; item i has seq + i. */
  readonly seq: number;
  readonly items: readonly HeldItem[];
}

const KNOWN: readonly string[] = [
  'hello',
  'resume',
  'ack',
  'assignment',
  'cancel',
  'message',
  'config',
  'outcome',
  'error',
] satisfies HubMessage['type'][];

/** The hub's message, or undefined for what this page does not know. The hub is trusted for the fields of a type. */
export function readHubMessage(text: string): HubMessage | undefined {
  try {
    const value = JSON.parse(text) as { readonly type?: string } | null;
    return value?.type !== undefined && KNOWN.includes(value.type) ? (value as HubMessage) : undefined;
  } catch {
    return undefined;
  }
}

const encoder = new TextEncoder();

/** How many of the items, from the first, make a frame of at most maxBytes; at least 1. */
export function fittingItems(items: readonly HeldItem[], maxBytes: number): number {
  let bytes = 100; // the frame's own head
  for (let i = 0; i < items.length; i++) {
    bytes += encoder.encode(JSON.stringify(items[i])).length + 1;
    if (bytes > maxBytes) return Math.max(1, i);
  }
  return items.length;
}

/** What a browser's sensor says, as a fix that the wire can carry; undefined when it is no place or no instant. */
export function fixOfSensor({
  timestamp,
  coords,
}: {
  readonly timestamp: number;
  readonly coords: {
    readonly longitude: number;
    readonly latitude: number;
    readonly speed: number | null;
    readonly heading: number | null;
    readonly accuracy: number;
    readonly altitude: number | null;
  };
}): Fix | undefined {
  const { longitude, latitude, speed, heading, accuracy, altitude } = coords;
  const time = Math.round(timestamp);
  // written so that NaN fails too
  if (!(Math.abs(longitude) <= 180) || !(Math.abs(latitude) <= 90) || !(time > 0 && time < 2 ** 48)) return undefined;
  const fix: { -readonly [K in keyof Fix]: Fix[K] } = { time, lon: round(longitude, 7), lat: round(latitude, 7) };
  if (known(speed) && speed >= 0) {
    fix.speedMps = round(Math.min(speed, 655), 2);
    fix.moving = speed > 0.5; // m/s; below it a receiver that stands still drifts
  }
  // sensors say a heading of 0 or NaN when they stand; it means nothing without a speed
  if (known(heading) && fix.moving) fix.headingDeg = round(((heading % 360) + 360) % 360, 2) % 360;
  if (known(accuracy) && accuracy >= 0) fix.accuracyM = round(Math.min(accuracy, 6553), 1);
  if (known(altitude)) fix.altitudeM = Math.round(Math.max(-32_767, Math.min(altitude, 32_767)));
  return fix;
}

function known(value: number | null): value is number {
  return value !== null && Number.isFinite(value);
}

function round(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}
