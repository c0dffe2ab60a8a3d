/**
 * The crew protocol as types: what a device sends and what the hub answers. PROTOCOL.md is the document; the two
 * encodings are crew-binary.ts and crew-json.ts.
 */
import type { UnitStatus } from './status.js';

export const CREW_PROTOCOL_VERSION = 1;

/** Each lane has its own seq, so that the newest fixes and an SOS never wait behind a backlog. The index is the wire number. */
export const LANES = ['live', 'backlog', 'alarm'] as const;
export type Lane = (typeof LANES)[number];
export const LANE_COUNT = LANES.length;

export const LIMITS = {
  /** Bytes of one upstream frame. */
  frameBytes: 64 * 1024,
  /** Items of one upstream frame. */
  frameItems: 1000,
  /** Frames a second, averaged over the burst. */
  framesPerS: 20,
  /** Frames that may come at once, as after a reconnect. */
  frameBurst: 200,
  /** Items sent and not yet acknowledged, in each lane. */
  window: 20_000,
  /** Milliseconds from the upgrade to the device's hello. */
  helloMs: 10_000,
  /** Silence after which a socket is closed, seconds. Either side's pings count. */
  idleS: 60,
} as const;

/** Longest text of an SOS or message, UTF-16 code units; what is longer is cut, not refused. */
export const TEXT_UNITS = 4000;

/** One position. Quantities are null where the device does not know. */
export interface FixItem {
  /** The device's GNSS clock, epoch milliseconds. */
  fixTime: number;
  /** Degrees × 10⁷, WGS84. */
  lonE7: number;
  latE7: number;
  /** Centimetres a second. */
  speedCmps: number | null;
  /** Hundredths of a degree clockwise from true north, 0 up to 36000. */
  headingCdeg: number | null;
  /** Decimetres, radius of the 68 % circle. */
  accuracyDm: number | null;
  /** Metres above the ellipsoid. */
  altitudeM: number | null;
  /** FIX_FLAG bits. */
  flags: number;
}

export const FIX_FLAG = {
  moving: 1,
  ignition: 2,
  enteredByHand: 4,
  estimated: 8,
  /** The hub's own: the device's clock was wrong, and the time is what it must have been (ingest/device-clocks.ts). */
  timeCorrected: 16,
} as const;
/** Those that a device may set. */
export const DEVICE_FLAGS = 15;

interface CrewEventBase {
  /** The device's clock, epoch milliseconds. */
  readonly time: number;
  /** Where it happened, if the device knew. */
  readonly lonE7: number | null;
  readonly latE7: number | null;
  /** The hub's own: when it must have been, where the device's clock is known to be wrong (ingest/device-clocks.ts). */
  readonly correctedTime?: number;
}

export type CrewEvent =
  | (CrewEventBase & { readonly kind: 'status'; readonly status: UnitStatus; readonly assignmentId: string | null })
  | (CrewEventBase & { readonly kind: 'sos'; readonly text: string })
  | (CrewEventBase & { readonly kind: 'message'; readonly text: string })
  /** The crew has the assignment: milestone `acknowledged`, and the hub stops repeating it. */
  | (CrewEventBase & { readonly kind: 'receipt'; readonly assignmentId: string });

/** An item that has a seq but no meaning: stored as it came, and acknowledged, so that it blocks nothing. */
export interface RejectedItem {
  readonly kind: 'rejected';
  readonly code: ItemErrorCode;
  readonly raw: Uint8Array;
}

/** Why an item was set aside at decoding. */
export type ItemErrorCode = 'item_malformed' | 'item_out_of_range' | 'status_unknown' | 'kind_unknown';

/** Why a frame cannot be read, or is refused. The socket is closed with the code in CLOSE_CODES. */
export type FrameErrorCode =
  | 'frame_malformed'
  | 'frame_too_large'
  | 'frame_unknown'
  | 'hello_expected'
  | 'hello_timeout'
  | 'version_unsupported'
  | 'fenced'
  | 'seq_gap'
  | 'too_many_frames'
  | 'window_exceeded'
  | 'device_revoked'
  | 'shutting_down';

/** WebSocket close codes of our own range (RFC 6455, section 7.4.2). */
export const CLOSE_CODES: Readonly<Record<FrameErrorCode, number>> = {
  frame_malformed: 4400,
  device_revoked: 4401,
  version_unsupported: 4402,
  frame_unknown: 4404,
  hello_timeout: 4408,
  fenced: 4409,
  seq_gap: 4410,
  frame_too_large: 4413,
  hello_expected: 4422,
  too_many_frames: 4429,
  window_exceeded: 4430,
  shutting_down: 4503,
};

/** The device's first message. */
export interface CrewHello {
  readonly version: number;
  /** 16 hexadecimal digits, drawn at random when the device's outbox was created. */
  readonly epoch: string;
  readonly encoding: 'binary' | 'json';
  /** Oldest seq the device still holds in each lane, or the next it will use: what lies before is gone for good. */
  readonly firstHeld: readonly [live: number, backlog: number, alarm: number];
}

/** Last durable seq of each lane; 0: none yet. */
export type DurableSeqs = Readonly<Record<Lane, number>>;

/** What the hub says. Rare, so JSON text in both encodings; `ack` alone has a binary form. */
export type HubMessage =
  | {
      readonly type: 'hello';
      readonly version: number;
      readonly serverTime: number;
      readonly unit: { readonly id: string; readonly callsign: string; readonly status: UnitStatus } | null;
      readonly config: { readonly reportIntervalS: number };
      readonly limits: typeof LIMITS;
    }
  /** Send from here on: everything after these seqs, in every lane. Follows hello, and comes again after an outage of the database. */
  | { readonly type: 'resume'; readonly durable: DurableSeqs }
  | { readonly type: 'ack'; readonly durable: Partial<DurableSeqs> }
  | {
      readonly type: 'assignment';
      readonly assignmentId: string;
      readonly vekId: string;
      readonly vekNumber: number;
      readonly vekType: string | null;
      readonly priority: string | null;
      readonly address: string | null;
      readonly summary: string | null;
      readonly lon: number | null;
      readonly lat: number | null;
      readonly dispatchedAt: number;
    }
  | { readonly type: 'cancel'; readonly assignmentId: string; readonly reason: string | null }
  | { readonly type: 'message'; readonly id: string; readonly from: string; readonly text: string; readonly at: number }
  | { readonly type: 'config'; readonly reportIntervalS: number }
  /** An answer to one event: how the hub took it. */
  | {
      readonly type: 'outcome';
      readonly lane: Lane;
      readonly seq: number;
      readonly outcome: string;
      readonly allowed?: readonly UnitStatus[];
    }
  | { readonly type: 'error'; readonly code: FrameErrorCode; readonly detail: string };

/** Where decoded items go, one call an item, in order of seq. Objects are reused: take what you need before you return. */
export interface ItemSink {
  fix(seq: number, item: FixItem): void;
  event(seq: number, item: CrewEvent): void;
  rejected(seq: number, item: RejectedItem): void;
}

export interface FrameHead {
  readonly lane: number;
  readonly firstSeq: number;
  readonly count: number;
}

export type FrameError = { readonly kind: 'error'; readonly code: FrameErrorCode; readonly detail: string };
