/**
 * What a decoder is: a pure function from a request to messages. It knows one protocol, holds nothing, waits for nothing and never throws;
 * who the sender is, what is stored and what is live is decided behind it, in one place for all (adapter-intake.ts).
 */
import type { CrewEvent, FixItem } from '../protocol/crew.js';
import type { UnitStatus } from '../protocol/status.js';

export const PROTOCOLS = ['osmand', 'gpslogger', 'owntracks', 'overland', 'geo_pos'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** A request as a decoder sees it. Bytes that are no UTF-8 have become U+FFFD. */
export interface AdapterRequest {
  /** Without the question mark, percent-encoded as it came. */
  readonly query: string;
  /** `''` where there is none. */
  readonly contentType: string;
  /** A header's value by its lower-case name. */
  readonly header: (name: string) => string | undefined;
  readonly body: string;
  /** Our clock, epoch ms: the time of a message that has none. */
  readonly receivedAt: number;
}

/** Where a message says its sender is. */
export type Position =
  | { readonly kind: 'fix'; readonly fix: FixItem }
  /** Still where it was: the client is there, and has no new place. */
  | { readonly kind: 'heartbeat'; readonly time: number }
  /** Understood, and it holds no place: a region, a card, a command's echo. */
  | { readonly kind: 'none' }
  /** Kept as it came, for whoever looks into it. */
  | { readonly kind: 'rejected'; readonly code: RejectedCode; readonly raw: string };

export type RejectedCode = 'item_malformed' | 'item_out_of_range' | 'item_encrypted';

export interface Battery {
  /** 0 to 100. */
  readonly percent: number | null;
  readonly charging: boolean | null;
}

/** One thing a client told; it gets one verdict. */
export interface Message {
  /** Whose, where one request speaks of several devices. */
  readonly name?: string;
  readonly position: Position;
  /** For the alarm lane: they count whatever becomes of the position. */
  readonly events: readonly CrewEvent[];
  /** What its sender says it is doing. It becomes an event only when it is not what was said before. */
  readonly status?: { readonly status: UnitStatus; readonly time: number };
  readonly battery?: Battery;
  /** When its client said so, epoch ms, where that is later than its fix: a phone that stands tells the place again that it found before. */
  readonly saidAt?: number;
}

export type Decoded =
  | {
      readonly kind: 'messages';
      /** Who the request says it is from, best first: a device's token where the client has no other field for it, or a public name. */
      readonly names: readonly string[];
      readonly messages: readonly Message[];
    }
  | { readonly kind: 'too_many'; readonly count: number };

/** No client known sends more at once; a batch above it is refused before it is taken apart. */
export const MAX_MESSAGES = 1000;
/** A thousand fixes in the most talkative format, with room. Anybody may send these, so little is read before it is known from whom. */
export const MAX_REQUEST_BYTES = 1024 * 1024;

export type Decoder = (request: AdapterRequest) => Decoded;

/** What a client wants to read once all of its request is stored. */
export interface AdapterAnswer {
  readonly contentType: string;
  readonly body: string;
}

export interface Adapter {
  readonly protocol: Protocol;
  readonly decode: Decoder;
  readonly answer: (verdicts: readonly string[]) => AdapterAnswer;
}

/** Longest piece of a rejected message that is kept, UTF-16 code units. */
const RAW_UNITS = 2000;

export function rejected(code: RejectedCode, raw: string): Position {
  return { kind: 'rejected', code, raw: raw.slice(0, RAW_UNITS) };
}

/** A request that cannot be taken apart at all: one message, kept. */
export function unreadable(raw: string): Decoded {
  return { kind: 'messages', names: [], messages: [{ position: rejected('item_malformed', raw), events: [] }] };
}
