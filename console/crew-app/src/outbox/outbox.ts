import { type CrewEvent, type Fix, type HeldItem, LANES, type Lane, type UnitStatus } from '../protocol-client/wire.js';
import {
  type HeldRow,
  heldKey,
  MemoryStore,
  type PressRow,
  pressKey,
  type Row,
  type Store,
  type WaitingRow,
  waitingKey,
} from './store.js';

export type FixLane = 'live' | 'backlog';

/** Fixes kept at most: more than five hours at one a second. Events are not counted and never given up. */
const MAX_FIXES = 20_000;
/** Numbered fixes are given up so many at a time: each gap costs a connection. */
const GIVE_UP = 1000;
/** Presses shown after they were acknowledged. */
const KEPT_PRESSES = 100;

interface LaneItems {
  /** Held items without gaps; the first has seq `first`. */
  items: HeldItem[];
  first: number;
}

/**
 * What this phone has to say and has not been told to be safe.
 *
 * A change is kept in the store first and becomes visible here after: what was never kept is never sent, so a killed tab cannot use a
 * seq twice for different items. Changes run one after another in the order of their calls.
 * A fix waits without a seq until it is about to be sent; an event has its seq at once.
 */
export class Outbox {
  #store: Store;
  #epoch: string;
  readonly #lanes: Record<Lane, LaneItems>;
  readonly #waiting: Record<FixLane, WaitingRow[]>;
  #presses: PressRow[];
  #nextOrder: number;
  #dropped = 0;
  #volatile = false;
  #last: Promise<unknown> = Promise.resolve();
  readonly #maxFixes: number;

  private constructor(store: Store, rows: readonly Row[], maxFixes: number) {
    this.#store = store;
    this.#maxFixes = maxFixes;
    const streams = rows.find((row) => row.kind === 'streams');
    this.#epoch = streams?.epoch ?? newEpoch();
    const held = rows.filter((row) => row.kind === 'held');
    const lane = (name: Lane): LaneItems => {
      const own = held.filter((row) => row.lane === name);
      return { items: own.map((row) => row.item), first: own[0]?.seq ?? streams?.next[name] ?? 1 };
    };
    this.#lanes = { live: lane('live'), backlog: lane('backlog'), alarm: lane('alarm') };
    // what waited when the page ended was made before this connection
    this.#waiting = { live: [], backlog: rows.filter((row) => row.kind === 'waiting') };
    this.#presses = rows.filter((row) => row.kind === 'press');
    this.#nextOrder = 1 + Math.max(0, ...[...this.#waiting.backlog, ...this.#presses].map((row) => row.order));
  }

  static async open(store: Store, rows: readonly Row[], { maxFixes = MAX_FIXES } = {}): Promise<Outbox> {
    const outbox = new Outbox(store, rows, maxFixes);
    if (!rows.some((row) => row.kind === 'streams')) await outbox.#change(() => ({ put: [] }));
    return outbox;
  }

  get epoch(): string {
    return this.#epoch;
  }

  /** Newest last. */
  get presses(): readonly PressRow[] {
    return this.#presses;
  }

  /** Fixes without a seq, by the lane they will go into. */
  get waiting(): Readonly<Record<FixLane, number>> {
    return { live: this.#waiting.live.length, backlog: this.#waiting.backlog.length };
  }

  /** Fixes not acknowledged, with or without a seq. */
  get fixes(): number {
    const { live, backlog } = this.#lanes;
    return live.items.length + backlog.items.length + this.#waiting.live.length + this.#waiting.backlog.length;
  }

  /** Items with a seq that were not acknowledged. */
  get held(): number {
    return LANES.reduce((sum, lane) => sum + this.#lanes[lane].items.length, 0);
  }

  /** Fixes given up since the page was opened. */
  get dropped(): number {
    return this.#dropped;
  }

  /** True once the phone could not keep something: what is held now ends with the page. */
  get volatile(): boolean {
    return this.#volatile;
  }

  nextSeq(lane: Lane): number {
    const { first, items } = this.#lanes[lane];
    return first + items.length;
  }

  firstHeld(lane: Lane): number {
    return this.#lanes[lane].first;
  }

  /** Items from seq on, in order, at most max. */
  read(lane: Lane, seq: number, max: number): readonly HeldItem[] {
    const { first, items } = this.#lanes[lane];
    if (seq < first || seq > first + items.length)
      throw new RangeError(`${lane} ${seq} is not held; ${first} to ${first + items.length - 1} are`);
    return items.slice(seq - first, seq - first + max);
  }

  /** Keeps a fix. laneNow is asked once it is kept. Resolves true if items with a seq were given up for it: a gap. */
  addFix(fix: Fix, laneNow: () => FixLane): Promise<boolean> {
    let gap = false;
    return this.#change(() => {
      const row: WaitingRow = { kind: 'waiting', order: this.#nextOrder++, fix };
      const removed: string[] = [];
      if (this.fixes >= this.#maxFixes) {
        const { live, backlog } = this.#waiting;
        const oldest = backlog.length > 0 ? backlog : live;
        if (oldest.length > 0) {
          removed.push(waitingKey(oldest.shift()!.order));
          this.#dropped++;
        } else {
          removed.push(...this.#giveUpNumbered());
          gap = true;
        }
      }
      return { put: [row], removed, show: () => void this.#waiting[laneNow()].push(row) };
    }).then(() => gap);
  }

  #giveUpNumbered(): string[] {
    const lane: FixLane = this.#lanes.backlog.items.length > 0 ? 'backlog' : 'live';
    const state = this.#lanes[lane];
    const count = Math.min(GIVE_UP, state.items.length);
    const keys = Array.from({ length: count }, (_, i) => heldKey(lane, state.first + i));
    state.items.splice(0, count);
    state.first += count;
    this.#dropped += count;
    return keys;
  }

  /** Keeps an event under the next seq of the alarm lane. Resolves with its press once it is kept. */
  addEvent(event: CrewEvent): Promise<PressRow> {
    let press: PressRow | undefined;
    return this.#change(() => {
      const seq = this.nextSeq('alarm');
      const order = this.#nextOrder++;
      // read at commit: the epoch changes if the store fails under it
      press = { kind: 'press', order, event, epoch: this.#epoch, seq };
      const settledPresses = this.#presses.filter((each) => each.ackedAt !== undefined);
      const old = settledPresses.slice(0, Math.max(0, settledPresses.length - KEPT_PRESSES));
      return {
        put: [{ kind: 'held', lane: 'alarm', seq, item: event }, press],
        removed: old.map((each) => pressKey(each.order)),
        next: { alarm: seq + 1 },
        show: () => {
          this.#lanes.alarm.items.push(event);
          this.#presses = [...this.#presses.filter((each) => !old.includes(each)), press!];
        },
      };
    }).then(() => this.#presses.find((each) => each.order === press!.order)!);
  }

  /** Gives the lane's oldest waiting fixes, at most max, their seqs. */
  number(lane: FixLane, max: number): Promise<void> {
    return this.#change(() => {
      const taken = this.#waiting[lane].splice(0, max);
      const from = this.nextSeq(lane);
      return {
        put: taken.map(({ fix }, i): HeldRow => ({ kind: 'held', lane, seq: from + i, item: fix })),
        removed: taken.map(({ order }) => waitingKey(order)),
        next: { [lane]: from + taken.length },
        show: () => void this.#lanes[lane].items.push(...taken.map(({ fix }) => fix)),
      };
    });
  }

  /** The hub has committed everything up to seq at that time: it need not be held any longer. */
  release(lane: Lane, seq: number, at: number): Promise<void> {
    const { epoch } = this;
    return this.#change(() => {
      const state = this.#lanes[lane];
      const count = Math.min(seq - state.first + 1, state.items.length);
      if (count <= 0 || epoch !== this.#epoch) return undefined;
      const first = state.first;
      const acked =
        lane === 'alarm'
          ? this.#presses
              .filter((press) => press.epoch === epoch && press.seq < first + count && press.ackedAt === undefined)
              .map((press) => ({ ...press, ackedAt: at }))
          : [];
      return {
        put: acked,
        removed: Array.from({ length: count }, (_, i) => heldKey(lane, first + i)),
        show: () => {
          state.items.splice(0, count);
          state.first += count;
          this.#replacePresses(acked);
        },
      };
    });
  }

  /** How the hub took the event with this seq. */
  settle(seq: number, outcome: string, allowed: readonly UnitStatus[] | undefined): Promise<PressRow | undefined> {
    const { epoch } = this;
    return this.#changePress(
      (press) => press.epoch === epoch && press.seq === seq,
      (press) => ({ ...press, outcome, ...(allowed === undefined ? {} : { allowed }) }),
    );
  }

  /** The person has seen how it ended. */
  dismiss(order: number): Promise<PressRow | undefined> {
    return this.#changePress(
      (press) => press.order === order,
      (press) => ({ ...press, dismissed: true }),
    );
  }

  async #changePress(
    which: (press: PressRow) => boolean,
    how: (press: PressRow) => PressRow,
  ): Promise<PressRow | undefined> {
    let changed: PressRow | undefined;
    await this.#change(() => {
      const press = this.#presses.find(which);
      if (press === undefined) return undefined;
      changed = how(press);
      return { put: [changed], show: () => this.#replacePresses([changed!]) };
    });
    return changed;
  }

  #replacePresses(changed: readonly PressRow[]): void {
    const byOrder = new Map(changed.map((press) => [press.order, press]));
    this.#presses = this.#presses.map((press) => byOrder.get(press.order) ?? press);
  }

  /** The connection is gone: fixes that wait for the live lane join the backlog. */
  waitInBacklog(): void {
    this.#waiting.backlog.push(...this.#waiting.live.splice(0));
  }

  /** The connection is back: the newest fix of the backlog, if it still waits, goes ahead in the live lane. */
  newestFirst(): void {
    const { live, backlog } = this.#waiting;
    if (live.length === 0 && backlog.length > 0) live.push(backlog.pop()!);
  }

  /** Draws a new epoch and numbers all held items anew from 1: for an outbox that is older than what it sent. */
  restart(): Promise<void> {
    return this.#change(() => {
      const removed = LANES.flatMap((lane) =>
        this.#lanes[lane].items.map((_, i) => heldKey(lane, this.#lanes[lane].first + i)),
      );
      this.#renumber();
      return { put: this.#everythingHeld(), removed };
    });
  }

  #renumber(): void {
    const old = this.#epoch;
    const firstAlarm = this.#lanes.alarm.first;
    this.#epoch = newEpoch();
    this.#presses = this.#presses.map((press) =>
      press.epoch === old && press.ackedAt === undefined
        ? { ...press, epoch: this.#epoch, seq: press.seq - firstAlarm + 1 }
        : press,
    );
    for (const lane of LANES) this.#lanes[lane].first = 1;
  }

  #everythingHeld(): Row[] {
    const held = LANES.flatMap((lane) =>
      this.#lanes[lane].items.map((item, i): Row => ({ kind: 'held', lane, seq: this.#lanes[lane].first + i, item })),
    );
    return [...held, ...this.#presses.filter((press) => press.ackedAt === undefined)];
  }

  /**
   * Runs one change: plan, keep, show. When the phone cannot keep it, the outbox goes on in memory under an epoch of its own, because
   * what is on the disk would otherwise use the same seqs again after a reload.
   */
  #change(plan: () => Change | undefined): Promise<void> {
    const run = async () => {
      const change = plan();
      if (change === undefined) return;
      const { put, removed = [], next = {}, show } = change;
      try {
        await this.#store.commit([...put, this.#streams(next)], removed);
        show?.();
      } catch {
        this.#store = new MemoryStore();
        this.#volatile = true;
        show?.();
        this.#renumber();
        this.onRestart();
      }
    };
    const done = this.#last.then(run);
    this.#last = done.catch(() => {});
    return done;
  }

  /** Called when the epoch has changed by itself: the connection must begin anew. */
  onRestart: () => void = () => {};

  #streams(next: Partial<Record<Lane, number>>): Row {
    const now = { live: this.nextSeq('live'), backlog: this.nextSeq('backlog'), alarm: this.nextSeq('alarm') };
    return { kind: 'streams', epoch: this.#epoch, next: { ...now, ...next } };
  }
}

interface Change {
  readonly put: readonly Row[];
  readonly removed?: readonly string[];
  /** Counters after the change, where it moves them. */
  readonly next?: Partial<Record<Lane, number>>;
  /** Makes it visible, once it is kept. */
  readonly show?: () => void;
}

function newEpoch(): string {
  return [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
