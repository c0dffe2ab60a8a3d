import { haversineM } from '../../../geo-engine/src/index.js';
import type { Intake } from '../ingest/crew-session.js';
import { DRIFT_M, VERDICTS, type Verdict } from '../ingest/filters.js';
import { FrameBudgets } from '../ingest/frame-budget.js';
import { type CrewEvent, FIX_FLAG, type FixItem } from '../protocol/crew.js';
import type { UnitStatus } from '../protocol/status.js';
import type { Database } from '../store/database.js';
import { isAway } from '../store/errors.js';
import type { CrewDevice } from '../units/directory.js';
import { AdapterStreams, type HeldLane, type HeldStreams, StreamsLost } from './adapter-streams.js';
import { adaptersSql as sql } from './adapters-sql.js';
import type { MessageVerdict, NotStoredCode } from './errors.js';
import type { Battery, Message, Protocol, RejectedCode } from './message.js';

/** What one message became, in the order of the request; or why nothing of it counts as stored. */
export type Taken =
  | { readonly kind: 'stored'; readonly verdicts: readonly string[] }
  | { readonly kind: 'not_stored'; readonly code: NotStoredCode };

type AnyVerdict = Verdict | MessageVerdict | RejectedCode;

/** What is known of a device that reports through an adapter, since the start. */
export interface DeviceReport {
  readonly protocol: Protocol;
  /** False: it only named itself, from an address that nobody vouches for. */
  readonly trusted: boolean;
  readonly receivedAt: number;
  readonly lastFixTime: number | null;
  readonly battery: Battery | null;
  readonly verdicts: Readonly<Record<string, number>>;
}

/** Who sends, and how far that is believed. */
export interface AdapterSender {
  readonly device: CrewDevice;
  readonly trusted: boolean;
  readonly protocol: Protocol;
}

/** A commit takes some ten milliseconds, a database that hangs says nothing: after so long the device is asked to come again. */
const PATIENCE_MS = 5000;
/** Streams may be lost to another node while we write; after so many times the device is asked to come again. */
const ATTEMPTS = 3;
/** Requests of one device that wait for each other: such as call for help have some places to themselves. */
const MAX_QUEUED = { any: 20, alarm: 30 };
/** As the filter of implied speeds has it: after such a gap the last position says nothing about where a unit may be. */
const MAX_STILL_MS = 15 * 60_000;
const DAY_MS = 86_400_000;

/** A request on its way: what is judged already is not judged again when it has to be written anew. */
interface Delivery extends AdapterSender {
  readonly messages: readonly Message[];
  readonly receivedAt: number;
  /** Of each message; undefined: not looked at yet. */
  readonly judged: (AnyVerdict | undefined)[];
  /** The fix of each message, once a heartbeat has become one; null: none. */
  readonly fixes: (FixItem | null)[];
  /** Of each message: it says no more than that its device is where it was. */
  readonly still: boolean[];
}

/**
 * Where all adapters end: the same filters, live table and group commit as a crew's socket. The hub holds the outbox that the client does not
 * have (adapter-streams.ts), and recognises what comes again by device, fix time and content. A request is answered once all of it is committed.
 */
export class AdapterIntake {
  readonly #database: Database;
  readonly #intake: Intake;
  readonly #streams: AdapterStreams;
  /** What a stranger sends in a device's name leaves the device all of its own. */
  readonly #budgets = { own: new FrameBudgets(), strangers: new FrameBudgets() };
  readonly #turns = new Map<string, Turn>(); // by device id
  readonly #reports = new Map<string, DeviceReport & { readonly verdicts: Record<string, number> }>();
  /** What each device last said it was doing, and when. */
  readonly #said = new Map<string, { readonly status: UnitStatus; readonly time: number }>();
  /** Requests that were not stored, since the start. */
  readonly counters: Record<NotStoredCode, number> = { database_unavailable: 0, intake_busy: 0, too_many_requests: 0 };

  constructor(database: Database, intake: Intake) {
    this.#database = database;
    this.#intake = intake;
    this.#streams = new AdapterStreams(database);
  }

  get devices(): number {
    return this.#streams.size;
  }

  /** What the device last told through an adapter, if it did so here. */
  reportOf(deviceId: string): DeviceReport | undefined {
    return this.#reports.get(deviceId);
  }

  /** Takes a request's messages: live at once, and answered when they are committed. Never throws for what a sender or the database does. */
  async take(sender: AdapterSender, messages: readonly Message[], receivedAt: number): Promise<Taken> {
    const { device } = sender;
    const isAlarm = messages.some(({ events }) => events.some(({ kind }) => kind === 'sos'));
    const budgets = sender.trusted ? this.#budgets.own : this.#budgets.strangers;
    const allowed = budgets.of(device).maySend(receivedAt);
    if (allowed === 'none' || (allowed === 'alarm' && !isAlarm)) return this.#not('too_many_requests');
    const fixes = messages.map(({ position }) => (position.kind === 'fix' ? position.fix : null));
    // what a stranger says in its name tells nothing of the device's clock
    if (sender.trusted)
      for (const fix of fixes) if (fix !== null) this.#intake.clocks.correct(device.handle, fix, receivedAt);
    const delivery: Delivery = {
      ...sender,
      messages,
      receivedAt,
      judged: messages.map(() => undefined),
      fixes,
      still: messages.map(({ position }) => position.kind === 'heartbeat'),
    };
    const taken = await this.#deliver(delivery, isAlarm ? MAX_QUEUED.alarm : MAX_QUEUED.any);
    if (taken.kind === 'stored') this.#note(delivery, taken.verdicts);
    return taken;
  }

  #not(code: NotStoredCode): Taken {
    this.counters[code]++;
    return { kind: 'not_stored', code };
  }

  async #deliver(delivery: Delivery, maxQueued: number): Promise<Taken> {
    const { writer } = this.#intake;
    const until = Date.now() + PATIENCE_MS;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (writer.awaySince !== undefined || !writer.hasRoom) {
        this.#liveOnly(delivery);
        return this.#not(writer.awaySince === undefined ? 'intake_busy' : 'database_unavailable');
      }
      try {
        const written = await inTime(
          until,
          this.#inTurn(delivery, maxQueued, () => this.#write(delivery)),
        );
        if (written === undefined) return this.#not('too_many_requests');
        if (written !== LATE) {
          const { held, fixSeq, eventSeq } = written;
          const verdicts = delivery.judged.map((verdict) => verdict!);
          if ((await inTime(until, held.whenDurable(fixSeq, eventSeq))) !== LATE) return { kind: 'stored', verdicts };
        }
        // what is still on its way may arrive: sent again, it is known then
        this.#liveOnly(delivery);
        return this.#not('database_unavailable');
      } catch (error) {
        if (error instanceof StreamsLost) continue;
        this.#liveOnly(delivery);
        if (isAway(error)) return this.#not('database_unavailable');
        throw error;
      }
    }
    return this.#not('intake_busy');
  }

  /** One request of a device after another: what one writes, the next one must find. Undefined: too many wait already. */
  async #inTurn<T>({ device, trusted }: Delivery, maxQueued: number, work: () => Promise<T>): Promise<T | undefined> {
    const turn = this.#turns.get(device.id) ?? { last: Promise.resolve(), own: 0, strangers: 0 };
    const who = trusted ? 'own' : 'strangers';
    if (turn[who] >= maxQueued) return undefined;
    turn[who]++;
    this.#turns.set(device.id, turn);
    const done = turn.last.then(work);
    turn.last = done.catch(() => {});
    try {
      return await done;
    } finally {
      turn[who]--;
      if (turn.own + turn.strangers === 0) this.#turns.delete(device.id);
    }
  }

  /** Puts what is new into the batch that is filling. Returns up to where it must become durable. @throws StoreError, StreamsLost */
  async #write(delivery: Delivery): Promise<{ held: HeldStreams; fixSeq: number; eventSeq: number }> {
    const { device, trusted, messages, receivedAt, judged, fixes } = delivery;
    const held = await this.#streams.hold(device);
    // what was judged in an attempt before is in fixes as it will be stored: heartbeats too
    messages.forEach((message, i) => {
      if (judged[i] === undefined) this.#readHeartbeat(delivery, message, i);
    });
    this.#showNew(delivery, held.newestFixMs);
    const events = messages.map((message) => [
      ...message.events.map((event) => marked(event, trusted)),
      ...this.#statusEvents(device, message),
    ]);
    // what becomes durable while the database is asked is missing in its answer, and no longer under way when that comes
    const underWay = new Map([...held.fixes.underWay, ...held.events.underWay]);
    const known = await this.#knownIn(held, device, receivedAt, fixes, events.flat());
    // from here on nothing waits: what is found, numbered and written belongs together
    if (held.lost) throw new StreamsLost();
    const { writer, counters } = this.#intake;
    const { batch } = writer;
    let [fixSeq, eventSeq] = [0, 0];
    const entry = (lane: HeldLane) => batch.entry(lane.stream, device.sender, lane.nextSeq);
    messages.forEach((message, i) => {
      const fix = fixes[i]!;
      const { position } = message;
      if (position.kind === 'rejected') {
        counters.rejected++;
        judged[i] = position.code;
        batch.rejected(
          entry(held.fixes),
          held.fixes.nextSeq,
          device.sender,
          position.code,
          Buffer.from(position.raw),
          receivedAt,
        );
        fixSeq = held.fixes.nextSeq++;
      } else if (fix === null) judged[i] ??= 'no_position';
      else {
        const content = fixContent(fix);
        const seq = underWay.get(content);
        if (seq !== undefined || known.has(content)) {
          counters.duplicates++;
          judged[i] ??= 'duplicate';
          fixSeq = Math.max(fixSeq, seq ?? 0);
        } else {
          const verdict = this.#judge(delivery, i, fix);
          counters.fixes++;
          batch.fix(entry(held.fixes), held.fixes.nextSeq, fix, receivedAt, VERDICTS[verdict]);
          held.fixes.underWay.set(content, held.fixes.nextSeq);
          underWay.set(content, held.fixes.nextSeq);
          held.newestFixMs = Math.max(held.newestFixMs, fix.fixTime);
          fixSeq = held.fixes.nextSeq++;
        }
      }
      for (const event of events[i]!) {
        const content = eventContent(event);
        const seq = underWay.get(content);
        if (seq === undefined && !known.has(content)) {
          counters.events++;
          const timed = this.#intake.clocks.corrected(device.handle, event, receivedAt);
          batch.event(entry(held.events), held.events.nextSeq, device.sender, timed, receivedAt);
          held.events.underWay.set(content, held.events.nextSeq);
          underWay.set(content, held.events.nextSeq);
          eventSeq = held.events.nextSeq++;
        } else eventSeq = Math.max(eventSeq, seq ?? 0);
      }
      if (message.status !== undefined) this.#remember(device, message.status);
    });
    if (fixSeq > 0 || eventSeq > 0) writer.written();
    return { held, fixSeq, eventSeq };
  }

  /** Live before anything is asked of the database: what is later than all that is stored cannot be known already. */
  #showNew(delivery: Delivery, newestFixMs: number): void {
    const seen = new Set<string>();
    delivery.fixes.forEach((fix, i) => {
      if (fix === null || fix.fixTime <= newestFixMs || seen.has(fixContent(fix))) return;
      seen.add(fixContent(fix));
      this.#judge(delivery, i, fix);
    });
  }

  /** Contents of the items that the database has. It is asked only about those that can be there. */
  async #knownIn(
    held: HeldStreams,
    device: CrewDevice,
    receivedAt: number,
    fixes: readonly (FixItem | null)[],
    events: readonly CrewEvent[],
  ): Promise<ReadonlySet<string>> {
    const known = new Set<string>();
    const old = fixes.filter((fix) => fix !== null && fix.fixTime <= held.newestFixMs) as FixItem[];
    if (old.length > 0) {
      const times = [...new Set(old.map((fix) => fix.fixTime))];
      // a fix is not received before it is made; a day covers clocks that run ahead
      const since = Math.min(receivedAt, ...times) - DAY_MS;
      const { rows } = await this.#database.query<StoredFix>(sql.stored_fixes, [device.id, times, since]);
      for (const row of rows) known.add(fixContent(asFix(row)));
    }
    if (events.length > 0) {
      const times = [...new Set(events.map((event) => event.time))];
      const { rows } = await this.#database.query<{ event_time: number; kind: string; body: object }>(
        sql.stored_events,
        [held.events.stream.streamId, times],
      );
      for (const { event_time, kind, body } of rows)
        known.add(eventContent({ kind, time: event_time, ...body } as CrewEvent));
    }
    return known;
  }

  /** Makes a fix of a message that says no more than that its device is where it was: a heartbeat, or its last place told again, later. */
  #readHeartbeat({ device, receivedAt, fixes, still }: Delivery, { position, saidAt }: Message, i: number): void {
    const time = position.kind === 'heartbeat' ? position.time : saidAt;
    if (time === undefined) return;
    const last = this.#lastPlace(device, this.#intake.clocks.trueTime(device.handle, time, receivedAt));
    if (position.kind === 'heartbeat') fixes[i] = last;
    else if (position.kind === 'fix' && last !== null) {
      if (!isTheSame(fixes[i]!, last, this.#intake.live.fixTime[device.unit!.slot]!)) return;
      fixes[i] = last;
      still[i] = true;
    }
  }

  /**
   * A heartbeat repeats the live place, if it was this device that gave it: where it is still, not where another one is. One that comes late says
   * nothing of now, and after a long silence nobody knows where the device has been meanwhile.
   */
  #lastPlace({ unit, handle }: CrewDevice, time: number): FixItem | null {
    const { live } = this.#intake;
    if (unit === undefined || !live.hasPosition(unit.slot) || live.sourceHandle[unit.slot] !== handle) return null;
    const silentMs = time - live.fixTime[unit.slot]!;
    if (!(silentMs > 0 && silentMs <= MAX_STILL_MS)) return null;
    const accuracyDm = live.accuracyDm[unit.slot]!;
    return {
      fixTime: time,
      lonE7: live.lonE7[unit.slot]!,
      latE7: live.latE7[unit.slot]!,
      speedCmps: null,
      headingCdeg: null,
      accuracyDm: accuracyDm === 0xffff ? null : accuracyDm,
      altitudeM: null,
      flags: FIX_FLAG.estimated,
    };
  }

  /** The verdict for history, and the live picture moved if it is a good one; once a message, however often it has to be written. */
  #judge(delivery: Delivery, i: number, fix: FixItem): Verdict {
    const { device, trusted, receivedAt, judged, still } = delivery;
    const before = judged[i];
    if (before !== undefined) return before in VERDICTS ? (before as Verdict) : 'good';
    const { unit, fixSource } = device;
    if (unit === undefined) {
      judged[i] = 'unbound';
      return 'good';
    }
    const verdict = this.#intake.judge.take(unit.slot, fixSource, fix, receivedAt, trusted ? 'shown' : 'untrusted');
    judged[i] = verdict === 'good' && still[i] ? 'heartbeat' : verdict;
    return verdict;
  }

  /** Without the database the picture still moves; the device is told that nothing is stored. */
  #liveOnly(delivery: Delivery): void {
    delivery.fixes.forEach((fix, i) => {
      if (fix !== null) this.#judge(delivery, i, fix);
    });
  }

  /** A status is sent with every position; it counts when it is another one, or an earlier one that comes late. */
  #statusEvents(device: CrewDevice, { status, position }: Message): CrewEvent[] {
    if (status === undefined) return [];
    const said = this.#said.get(device.id);
    if (said?.status === status.status && said.time <= status.time) return [];
    const fix = position.kind === 'fix' ? position.fix : undefined;
    return [
      {
        kind: 'status',
        time: status.time,
        lonE7: fix?.lonE7 ?? null,
        latE7: fix?.latE7 ?? null,
        status: status.status,
        assignmentId: null,
      },
    ];
  }

  #remember(device: CrewDevice, status: NonNullable<Message['status']>): void {
    const said = this.#said.get(device.id);
    if (said === undefined || said.time <= status.time) this.#said.set(device.id, status);
  }

  #note({ device, protocol, trusted, receivedAt, messages, fixes }: Delivery, verdicts: readonly string[]): void {
    const before = this.#reports.get(device.id);
    const counts = before?.verdicts ?? {};
    for (const verdict of verdicts) counts[verdict] = (counts[verdict] ?? 0) + 1;
    const times = fixes.flatMap((fix) => (fix === null ? [] : [fix.fixTime]));
    const lastFixTime = Math.max(before?.lastFixTime ?? Number.NEGATIVE_INFINITY, ...times);
    this.#reports.set(device.id, {
      protocol,
      trusted,
      receivedAt,
      lastFixTime: Number.isFinite(lastFixTime) ? lastFixTime : null,
      battery: messages.findLast(({ battery }) => battery !== undefined)?.battery ?? before?.battery ?? null,
      verdicts: counts,
    });
  }
}

/** A call for help counts whoever sends it; who answers it should know. */
function marked(event: CrewEvent, trusted: boolean): CrewEvent {
  if (trusted || event.kind !== 'sos') return event;
  return { ...event, text: [event.text, '(untrusted source)'].filter((part) => part !== '').join(' ') };
}

/** A device's requests: the last of them, and how many wait; those of strangers in its name do not take its places. */
interface Turn {
  last: Promise<unknown>;
  own: number;
  strangers: number;
}

/** A fix that is no later than what is live (epoch ms), and no farther from it than a place wanders. */
function isTheSame(fix: FixItem, last: FixItem, liveFixTime: number): boolean {
  if (fix.fixTime > liveFixTime) return false;
  return haversineM(fix.lonE7 / 1e7, fix.latE7 / 1e7, last.lonE7 / 1e7, last.latE7 / 1e7) <= DRIFT_M;
}

interface StoredFix {
  readonly fix_time: number;
  readonly lon_e7: number;
  readonly lat_e7: number;
  readonly speed_cmps: number | null;
  readonly heading_cdeg: number | null;
  readonly accuracy_dm: number | null;
  readonly altitude_m: number | null;
  readonly flags: number;
}

function asFix(row: StoredFix): FixItem {
  return {
    fixTime: row.fix_time,
    lonE7: row.lon_e7,
    latE7: row.lat_e7,
    speedCmps: row.speed_cmps,
    headingCdeg: row.heading_cdeg,
    accuracyDm: row.accuracy_dm,
    altitudeM: row.altitude_m,
    flags: row.flags,
  };
}

/** All that is stored of a fix, in one order: equal for equal content, whether it comes from a device or from the table. */
function fixContent(fix: FixItem): string {
  const { fixTime, lonE7, latE7, speedCmps, headingCdeg, accuracyDm, altitudeM, flags } = fix;
  return `${fixTime} ${lonE7} ${latE7} ${speedCmps} ${headingCdeg} ${accuracyDm} ${altitudeM} ${flags}`;
}

/** As fixContent, as it came. A jsonb column keeps its keys in an order of its own, so they are sorted. */
function eventContent({ correctedTime: _, ...event }: CrewEvent): string {
  return JSON.stringify(Object.entries(event).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const LATE = Symbol('late');

/** What it resolves to, or LATE once it is too late (epoch ms); how it ends then is nobody's concern. */
async function inTime<T>(until: number, promise: Promise<T>): Promise<T | typeof LATE> {
  promise.catch(() => {});
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<typeof LATE>((resolve) => {
    timer = setTimeout(() => resolve(LATE), Math.max(0, until - Date.now()));
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
