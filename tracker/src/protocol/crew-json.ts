/** JSON text of the crew protocol (PROTOCOL.md, "JSON messages"): the same schema in SI units and degrees, for simple clients. */
import { z } from 'zod';
import {
  type CrewHello,
  FIX_FLAG,
  type FixItem,
  type FrameError,
  type FrameHead,
  type ItemSink,
  LANES,
  LIMITS,
} from './crew.js';
import { crewEvent, eventPlace, inWorld } from './crew-binary.js';

const seq = z.number().int().min(1).max(0xffff_ffff);
const Hello = z.object({
  type: z.literal('hello'),
  version: z.number().int(),
  epoch: z.string().regex(/^[0-9a-f]{16}$/),
  encoding: z.enum(['binary', 'json']),
  firstHeld: z.object({ live: seq, backlog: seq, alarm: seq }).partial().default({}),
});
const Items = z.object({
  type: z.enum(['fixes', 'events']),
  lane: z.enum(LANES),
  seq,
  items: z.array(z.unknown()).min(1).max(LIMITS.frameItems),
});

const instant = z.number().min(0).max(0xffff_ffff_ffff);
const Fix = z.object({
  time: instant,
  lon: z.number(),
  lat: z.number(),
  speedMps: z.number().min(0).max(655).nullish(),
  headingDeg: z.number().min(0).max(360).nullish(),
  accuracyM: z.number().min(0).max(6553).nullish(),
  altitudeM: z.number().min(-32_767).max(32_767).nullish(),
  moving: z.boolean().optional(),
  ignition: z.boolean().optional(),
  enteredByHand: z.boolean().optional(),
  estimated: z.boolean().optional(),
});
const Event = z.object({
  kind: z.string(),
  time: instant,
  // a place that cannot be read must not cost an alarm: the event is taken without it
  lon: z.number().nullish().catch(null),
  lat: z.number().nullish().catch(null),
  status: z.string().nullish(),
  text: z.string().nullish(),
  assignmentId: z.uuid().nullish(),
});

/** A text frame that could be read: hello, or items waiting to be given to a sink. */
export type JsonFrame =
  | { readonly kind: 'hello'; readonly hello: CrewHello }
  | {
      readonly kind: 'items';
      readonly head: FrameHead;
      readonly type: 'fixes' | 'events';
      readonly items: readonly unknown[];
    };

export function readJson(text: string): JsonFrame | FrameError {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { kind: 'error', code: 'frame_malformed', detail: (error as Error).message };
  }
  const type = (value as { type?: unknown } | null)?.type;
  const schema = type === 'hello' ? Hello : type === 'fixes' || type === 'events' ? Items : undefined;
  if (schema === undefined)
    return {
      kind: 'error',
      code: 'frame_unknown',
      detail: `type ${typeof type === 'string' ? type.slice(0, 40) : typeof type}`,
    };
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    return { kind: 'error', code: 'frame_malformed', detail: `${issue.path.join('.')}: ${issue.message}` };
  }
  const frame = parsed.data;
  if (frame.type === 'hello') {
    const { version, epoch, encoding, firstHeld } = frame;
    return {
      kind: 'hello',
      hello: {
        version,
        epoch,
        encoding,
        firstHeld: [firstHeld.live ?? 1, firstHeld.backlog ?? 1, firstHeld.alarm ?? 1],
      },
    };
  }
  return {
    kind: 'items',
    head: { lane: LANES.indexOf(frame.lane), firstSeq: frame.seq, count: frame.items.length },
    type: frame.type,
    items: frame.items,
  };
}

/** Gives the items from seq fromSeq on to the sink. */
export function readJsonItems(frame: Extract<JsonFrame, { kind: 'items' }>, fromSeq: number, sink: ItemSink): void {
  const { head, type, items } = frame;
  for (let i = Math.max(0, fromSeq - head.firstSeq); i < items.length; i++) {
    if (type === 'fixes') jsonFix(head.firstSeq + i, items[i], sink);
    else jsonEvent(head.firstSeq + i, items[i], sink);
  }
}

function reject(
  itemSeq: number,
  item: unknown,
  code: 'item_malformed' | 'item_out_of_range' | 'status_unknown' | 'kind_unknown',
  sink: ItemSink,
): void {
  sink.rejected(itemSeq, { kind: 'rejected', code, raw: new TextEncoder().encode(jsonText(item)) });
}

/** JSON.parse reads any depth, but JSON.stringify runs out of stack at some thousand levels: what a device sends may not throw. */
function jsonText(item: unknown): string {
  try {
    return JSON.stringify(item);
  } catch {
    return '"nested too deeply to be kept"';
  }
}

function jsonFix(itemSeq: number, item: unknown, sink: ItemSink): void {
  const parsed = Fix.safeParse(item);
  if (!parsed.success) return reject(itemSeq, item, 'item_malformed', sink);
  const fix = parsed.data;
  const lonE7 = Math.round(fix.lon * 1e7);
  const latE7 = Math.round(fix.lat * 1e7);
  if (!inWorld(lonE7, latE7)) return reject(itemSeq, item, 'item_out_of_range', sink);
  const scaled = (value: number | null | undefined, factor: number) =>
    value === null || value === undefined ? null : Math.round(value * factor);
  const decoded: FixItem = {
    fixTime: Math.round(fix.time),
    lonE7,
    latE7,
    speedCmps: scaled(fix.speedMps, 100),
    headingCdeg:
      fix.headingDeg === null || fix.headingDeg === undefined ? null : Math.round(fix.headingDeg * 100) % 36_000,
    accuracyDm: scaled(fix.accuracyM, 10),
    altitudeM: scaled(fix.altitudeM, 1),
    flags:
      (fix.moving ? FIX_FLAG.moving : 0) |
      (fix.ignition ? FIX_FLAG.ignition : 0) |
      (fix.enteredByHand ? FIX_FLAG.enteredByHand : 0) |
      (fix.estimated ? FIX_FLAG.estimated : 0),
  };
  sink.fix(itemSeq, decoded);
}

function jsonEvent(itemSeq: number, item: unknown, sink: ItemSink): void {
  const parsed = Event.safeParse(item);
  if (!parsed.success) return reject(itemSeq, item, 'item_malformed', sink);
  const { kind, time, lon, lat, status, text, assignmentId } = parsed.data;
  const place = eventPlace(Math.round((lon ?? Number.NaN) * 1e7), Math.round((lat ?? Number.NaN) * 1e7));
  const event = crewEvent(
    kind,
    { time: Math.round(time), ...place },
    kind === 'status' ? (status ?? '') : (text ?? ''),
    assignmentId?.toLowerCase() ?? null, // as in binary: ids are compared
  );
  if (typeof event === 'string') reject(itemSeq, item, event, sink);
  else sink.event(itemSeq, event);
}
