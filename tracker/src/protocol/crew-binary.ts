/**
 * Binary frames of the crew protocol (PROTOCOL.md, "Binary frames"), little-endian, read by hand-written bounds.
 * Upstream head, 8 bytes: u8 type, u8 lane, u16 count, u32 first seq. Item i of a frame has seq first + i.
 */
import {
  type CrewEvent,
  DEVICE_FLAGS,
  type FixItem,
  type FrameError,
  type FrameHead,
  type ItemSink,
  LANE_COUNT,
  LIMITS,
  TEXT_UNITS,
} from './crew.js';
import { UNIT_STATUSES, type UnitStatus } from './status.js';

export const FRAME_FIXES = 0x01;
export const FRAME_EVENTS = 0x02;
export const FRAME_ACK = 0x81;

const HEAD_BYTES = 8;
const LANE = 1;
const COUNT = 2;
const FIRST_SEQ = 4;

/** One fix: 24 bytes. */
const FIX_STRIDE = 24;
const FIX_TIME = 0; //      u48 epoch milliseconds
const FIX_LON = 6; //       i32 degrees × 10⁷
const FIX_LAT = 10; //      i32
const FIX_SPEED = 14; //    u16 cm/s, 0xffff unknown
const FIX_HEADING = 16; //  u16 hundredths of a degree, 0xffff unknown
const FIX_ACCURACY = 18; // u16 decimetres, 0xffff unknown
const FIX_ALTITUDE = 20; // i16 metres, −32768 unknown
const FIX_FLAGS = 22; //    u8; the last byte is reserved

/** One event: u16 bytes that follow, u8 kind, u8 flags, u48 time, [i32 lon, i32 lat], [16 bytes id], UTF-8 text. */
const EVENT_KINDS = ['status', 'sos', 'message', 'receipt'] as const; // wire number − 1
const EVENT_HAS_PLACE = 1;
const EVENT_HAS_ID = 2;
const EVENT_FIXED_BYTES = 8;

const U16_UNKNOWN = 0xffff;
const I16_UNKNOWN = -0x8000;
const ACK_STRIDE = 8;

export function readU48(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint16(at + 4, true) * 0x1_0000_0000;
}

/** Reads the head and checks the frame's length against it. */
export function readHead(view: DataView): FrameHead | FrameError {
  const { byteLength } = view; // a call each time it is asked
  if (byteLength < HEAD_BYTES) return malformed(`${byteLength} bytes are less than a head`);
  const type = view.getUint8(0);
  if (type !== FRAME_FIXES && type !== FRAME_EVENTS)
    return { kind: 'error', code: 'frame_unknown', detail: `frame type ${type}` };
  const lane = view.getUint8(LANE);
  const count = view.getUint16(COUNT, true);
  const firstSeq = view.getUint32(FIRST_SEQ, true);
  if (lane >= LANE_COUNT) return malformed(`lane ${lane}`);
  if (count === 0 || count > LIMITS.frameItems)
    return malformed(`${count} items; 1 to ${LIMITS.frameItems} are allowed`);
  if (firstSeq === 0) return malformed('seq 0; the first is 1');
  if (type === FRAME_FIXES && byteLength !== HEAD_BYTES + count * FIX_STRIDE) {
    return malformed(`${byteLength} bytes for ${count} fixes; ${HEAD_BYTES + count * FIX_STRIDE} expected`);
  }
  if (type === FRAME_EVENTS && !eventsFit(view, count))
    return malformed(`the lengths of ${count} events do not add up to the frame`);
  return { lane, firstSeq, count };
}

function malformed(detail: string): FrameError {
  return { kind: 'error', code: 'frame_malformed', detail };
}

function eventsFit(view: DataView, count: number): boolean {
  let at = HEAD_BYTES;
  for (let i = 0; i < count; i++) {
    if (at + 2 > view.byteLength) return false;
    at += 2 + view.getUint16(at, true);
  }
  return at === view.byteLength;
}

const scratch: FixItem = {
  fixTime: 0,
  lonE7: 0,
  latE7: 0,
  speedCmps: null,
  headingCdeg: null,
  accuracyDm: null,
  altitudeM: null,
  flags: 0,
};

/** Gives the items of a frame whose head was read to the sink, those from seq fromSeq on. */
export function readItems(view: DataView, head: FrameHead, fromSeq: number, sink: ItemSink): void {
  if (view.getUint8(0) === FRAME_FIXES) readFixes(view, head, fromSeq, sink);
  else readEvents(view, head, fromSeq, sink);
}

function readFixes(view: DataView, { firstSeq, count }: FrameHead, fromSeq: number, sink: ItemSink): void {
  for (let i = Math.max(0, fromSeq - firstSeq); i < count; i++) {
    const at = HEAD_BYTES + i * FIX_STRIDE;
    const lonE7 = view.getInt32(at + FIX_LON, true);
    const latE7 = view.getInt32(at + FIX_LAT, true);
    const heading = view.getUint16(at + FIX_HEADING, true);
    if (!inWorld(lonE7, latE7) || (heading > 36_000 && heading !== U16_UNKNOWN)) {
      sink.rejected(firstSeq + i, { kind: 'rejected', code: 'item_out_of_range', raw: bytes(view, at, FIX_STRIDE) });
      continue;
    }
    const speed = view.getUint16(at + FIX_SPEED, true);
    const accuracy = view.getUint16(at + FIX_ACCURACY, true);
    const altitude = view.getInt16(at + FIX_ALTITUDE, true);
    scratch.fixTime = readU48(view, at + FIX_TIME);
    scratch.lonE7 = lonE7;
    scratch.latE7 = latE7;
    scratch.speedCmps = speed === U16_UNKNOWN ? null : speed;
    scratch.headingCdeg = heading === U16_UNKNOWN ? null : heading % 36_000;
    scratch.accuracyDm = accuracy === U16_UNKNOWN ? null : accuracy;
    scratch.altitudeM = altitude === I16_UNKNOWN ? null : altitude;
    scratch.flags = view.getUint8(at + FIX_FLAGS) & DEVICE_FLAGS;
    sink.fix(firstSeq + i, scratch);
  }
}

function readEvents(view: DataView, { firstSeq, count }: FrameHead, fromSeq: number, sink: ItemSink): void {
  let at = HEAD_BYTES;
  for (let i = 0; i < count; i++) {
    const length = view.getUint16(at, true);
    if (firstSeq + i >= fromSeq) {
      const event = readEvent(view, at + 2, length);
      if (typeof event === 'string')
        sink.rejected(firstSeq + i, { kind: 'rejected', code: event, raw: bytes(view, at, 2 + length) });
      else sink.event(firstSeq + i, event);
    }
    at += 2 + length;
  }
}

const utf8 = new TextDecoder(); // bad bytes become U+FFFD: they must not cost an alarm

interface EventPlace {
  readonly lonE7: number | null;
  readonly latE7: number | null;
}
const NO_PLACE: EventPlace = { lonE7: null, latE7: null };

/** Where an event happened; no place if it is outside the world (or NaN), because an alarm counts without one too. */
export function eventPlace(lonE7: number, latE7: number): EventPlace {
  return inWorld(lonE7, latE7) ? { lonE7, latE7 } : NO_PLACE;
}

/** One event of length bytes at start, or the code of what is wrong with it. */
function readEvent(
  view: DataView,
  start: number,
  length: number,
): CrewEvent | 'item_malformed' | 'status_unknown' | 'kind_unknown' {
  if (length < EVENT_FIXED_BYTES) return 'item_malformed';
  const end = start + length;
  const kind = EVENT_KINDS[view.getUint8(start) - 1];
  const flags = view.getUint8(start + 1);
  const time = readU48(view, start + 2);
  let at = start + EVENT_FIXED_BYTES;
  let place = NO_PLACE;
  if (flags & EVENT_HAS_PLACE) {
    if (at + 8 > end) return 'item_malformed';
    place = eventPlace(view.getInt32(at, true), view.getInt32(at + 4, true));
    at += 8;
  }
  let id: string | null = null;
  if (flags & EVENT_HAS_ID) {
    if (at + 16 > end) return 'item_malformed';
    id = uuidText(bytes(view, at, 16));
    at += 16;
  }
  return crewEvent(kind, { time, ...place }, utf8.decode(bytes(view, at, end - at)), id);
}

/** Puts an event together from its parts, for both encodings; text is the status of a status event. */
export function crewEvent(
  kind: string | undefined,
  base: { time: number; lonE7: number | null; latE7: number | null },
  text: string,
  id: string | null,
): CrewEvent | 'item_malformed' | 'status_unknown' | 'kind_unknown' {
  switch (kind) {
    case 'status':
      if (!(UNIT_STATUSES as readonly string[]).includes(text)) return 'status_unknown';
      return { kind, ...base, status: text as UnitStatus, assignmentId: id };
    case 'sos':
    case 'message':
      // what no database text may hold goes, so that an SOS is stored whatever it says
      return { kind, ...base, text: text.slice(0, TEXT_UNITS).replaceAll('\0', '').toWellFormed() };
    case 'receipt':
      return id === null ? 'item_malformed' : { kind, ...base, assignmentId: id };
    default:
      return 'kind_unknown';
  }
}

export function inWorld(lonE7: number, latE7: number): boolean {
  // written so that NaN fails too
  return Math.abs(lonE7) <= 1_800_000_000 && Math.abs(latE7) <= 900_000_000;
}

function bytes(view: DataView, at: number, length: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + at, length);
}

function uuidText(id: Uint8Array): string {
  let text = '';
  for (let i = 0; i < 16; i++)
    text += (i === 4 || i === 6 || i === 8 || i === 10 ? '-' : '') + id[i].toString(16).padStart(2, '0');
  return text;
}

/** A message for each number of lanes; all sessions share them, as a socket copies what it is given. */
const ACKS = Array.from({ length: LANE_COUNT }, (_, i) => {
  const view = new DataView(new ArrayBuffer((i + 1) * ACK_STRIDE));
  for (let lane = 0; lane <= i; lane++) view.setUint8(lane * ACK_STRIDE, FRAME_ACK);
  return view;
});

/**
 * Acks of the lanes named, at least one: 8 bytes each: u8 type, u8 lane, u16 reserved, u32 durable seq. Valid until the next call: a buffer
 * of its own for each ack took ten times as long as writing it.
 */
export function writeAck(lanes: readonly { readonly lane: number; readonly durable: number }[]): ArrayBuffer {
  const view = ACKS[lanes.length - 1];
  for (let i = 0; i < lanes.length; i++) {
    view.setUint8(i * ACK_STRIDE + LANE, lanes[i].lane);
    view.setUint32(i * ACK_STRIDE + FIRST_SEQ, lanes[i].durable, true);
  }
  return view.buffer as ArrayBuffer;
}
