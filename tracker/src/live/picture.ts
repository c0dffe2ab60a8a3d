import { type Box, cellsOverBox, type Level } from '../../../geo-engine/src/index.js';
import {
  DELTA,
  DIGEST_MS,
  digestOf,
  LIVE_LEVELS,
  SNAPSHOT,
  TICK_MS,
  type ViewAnswer,
  type ViewRequest,
} from '../protocol/live-frame.js';
import type { Audience } from './audiences.js';
import { writeBlock, writeBundle } from './frame-writer.js';
import type { LiveTable } from './live-table.js';

/** The hub's tick; every level's interval is a multiple of it. */
export const PICTURE_TICK_MS = Math.min(...TICK_MS);
const LEVEL_EVERY = TICK_MS.map((ms) => ms / PICTURE_TICK_MS);
export const MAX_VIEW_CELLS = 4096;
/** Bytes the network has not taken yet: above it a console is conflated, it gets nothing until it has read. */
const CONFLATE_ABOVE_BYTES = 256 * 1024;
/** A console that has not caught up for this long is dropped, and told why. */
const DROP_AFTER_MS = 30_000;
const NOWHERE = -1;
const NEVER = -1;

/** A console's connection, as the picture needs it. */
export interface Viewer {
  /** Bytes sent and not yet taken by the network. */
  backlogBytes(): number;
  send(bundle: Buffer): void;
  drop(code: 'slow_consumer'): void;
}

/** One cell as one audience sees it. It exists while a console watches it. */
interface Room {
  readonly cell: number;
  readonly h3: bigint;
  /** Tick of the last change, and of the one before: the chain that lets a console notice a missing link. */
  tick: number;
  prevTick: number;
  readonly watches: Map<Watch, number>; // → the room's place in the watch's arrays
  slots: number[];
  leaves: number[];
  delta: Buffer | undefined;
  snapshot: Buffer | undefined; // as of tick
}

/** What one console watches, and up to which tick of each cell it was sent. */
interface Watch {
  readonly viewer: Viewer;
  audience: Audience;
  level: Level;
  view: number;
  rooms: Room[];
  sent: number[];
  /** Rooms with something new in this tick; undefined: look at all. */
  pending: number[] | undefined;
  digestAt: number;
  behindSince: number | undefined;
}

export interface PictureCounters {
  bundles: number;
  bundleBytes: number;
  blocksEncoded: number;
  conflated: number;
  dropped: number;
}

/**
 * The live picture: who watches which cells, and what each is sent every tick. What changes in a cell is encoded once per audience
 * and tick; a bundle lays those blocks one after another. A console that cannot read fast enough is skipped and later gets
 * snapshots of what it missed: nothing is queued for it.
 */
export class Picture {
  readonly #table: LiveTable;
  readonly counters: PictureCounters = { bundles: 0, bundleBytes: 0, blocksEncoded: 0, conflated: 0, dropped: 0 };
  readonly #watches = new Map<Viewer, Watch>();
  /** Rooms by level and audience, then by cell. */
  readonly #rooms: Map<Audience, Map<number, Room>>[] = LIVE_LEVELS.map(() => new Map());
  readonly #dirty: number[][] = LIVE_LEVELS.map(() => []);
  readonly #isDirty: Uint8Array[] = LIVE_LEVELS.map(() => new Uint8Array(1024));
  /** Cell in which each unit is shown, per level; it changes at ticks only, so that snapshots and deltas agree. */
  readonly #shownCell: Int32Array[] = LIVE_LEVELS.map(() => new Int32Array(1024).fill(NOWHERE));
  readonly #shownIn: Map<number, Set<number>>[] = LIVE_LEVELS.map(() => new Map());
  readonly #shownAgency: Int32Array[] = LIVE_LEVELS.map(() => new Int32Array(1024));
  #tick = 0;

  constructor(table: LiveTable) {
    this.#table = table;
    table.onChanged((slot) => this.#mark(slot));
  }

  get viewers(): number {
    return this.#watches.size;
  }

  #mark(slot: number): void {
    for (let level = 0; level < LIVE_LEVELS.length; level++) {
      if (slot >= this.#isDirty[level].length) this.#grow(level, slot);
      if (this.#isDirty[level][slot]) continue;
      this.#isDirty[level][slot] = 1;
      this.#dirty[level].push(slot);
    }
  }

  #grow(level: number, slot: number): void {
    const length = Math.max(slot + 1, this.#isDirty[level].length * 2);
    const isDirty = new Uint8Array(length);
    isDirty.set(this.#isDirty[level]);
    this.#isDirty[level] = isDirty;
    const shownCell = new Int32Array(length).fill(NOWHERE);
    shownCell.set(this.#shownCell[level]);
    this.#shownCell[level] = shownCell;
    const shownAgency = new Int32Array(length);
    shownAgency.set(this.#shownAgency[level]);
    this.#shownAgency[level] = shownAgency;
  }

  /**
   * Sets what a console sees. Cells it watched already go on where they were; new ones come as snapshots, at once.
   */
  watch(viewer: Viewer, audience: Audience, request: ViewRequest, now: number): ViewAnswer {
    const level = LIVE_LEVELS.indexOf(request.level) as Level;
    const found = cellsOverBox(this.#table.cells, request.box as Box, level, MAX_VIEW_CELLS);
    if (!found.ok)
      return {
        ok: false,
        code: 'too_many_cells',
        detail: `the box covers more than ${MAX_VIEW_CELLS} cells of level ${request.level}`,
      };
    const old = this.#watches.get(viewer);
    const keeps = old !== undefined && old.level === level && old.audience === audience;
    const watch: Watch = old ?? {
      viewer,
      audience,
      level,
      view: request.view,
      rooms: [],
      sent: [],
      pending: undefined,
      digestAt: 0,
      behindSince: undefined,
    };
    const sentBefore = new Map<number, number>();
    if (keeps) for (const [i, room] of watch.rooms.entries()) sentBefore.set(room.cell, watch.sent[i]);
    const rooms = found.cells.map((cell) => this.#room(audience, level, cell));
    this.#leaveRooms(watch, new Set(rooms));
    watch.audience = audience;
    watch.level = level;
    watch.view = request.view;
    watch.rooms = rooms;
    watch.sent = rooms.map((room) => sentBefore.get(room.cell) ?? NEVER);
    for (const [i, room] of rooms.entries()) room.watches.set(watch, i);
    watch.pending = undefined;
    watch.digestAt = now + DIGEST_MS;
    this.#watches.set(viewer, watch);
    this.#send(watch, now, false);
    return {
      ok: true,
      view: request.view,
      cells: rooms.length,
      h3: rooms.map((room) => room.h3.toString(16)),
      tickMs: TICK_MS[level],
    };
  }

  /** The rights behind a console changed: from now on it is sent what the new audience sees, and nothing else. */
  setAudience(viewer: Viewer, audience: Audience, now: number): void {
    const watch = this.#watches.get(viewer);
    if (watch === undefined || watch.audience === audience) return;
    const rooms = watch.rooms.map((room) => this.#room(audience, watch.level, room.cell));
    this.#leaveRooms(watch, new Set(rooms));
    watch.audience = audience;
    watch.rooms = rooms;
    watch.sent.fill(NEVER);
    for (const [i, room] of rooms.entries()) room.watches.set(watch, i);
    watch.pending = undefined;
    this.#send(watch, now, false);
  }

  /** The console noticed that it missed something: everything it watches comes again as snapshots. */
  resync(viewer: Viewer, now: number): void {
    const watch = this.#watches.get(viewer);
    if (watch === undefined) return;
    watch.sent.fill(NEVER);
    watch.pending = undefined;
    this.#send(watch, now, false);
  }

  leave(viewer: Viewer): void {
    const watch = this.#watches.get(viewer);
    if (watch === undefined) return;
    this.#leaveRooms(watch, new Set());
    this.#watches.delete(viewer);
  }

  #room(audience: Audience, level: Level, cell: number): Room {
    let rooms = this.#rooms[level].get(audience);
    if (rooms === undefined) {
      rooms = new Map();
      this.#rooms[level].set(audience, rooms);
    }
    let room = rooms.get(cell);
    if (room === undefined) {
      const h3 = this.#table.cells.h3Index(level, cell);
      room = {
        cell,
        h3,
        tick: this.#tick,
        prevTick: this.#tick,
        watches: new Map(),
        slots: [],
        leaves: [],
        delta: undefined,
        snapshot: undefined,
      };
      rooms.set(cell, room);
    }
    return room;
  }

  #leaveRooms(watch: Watch, keep: ReadonlySet<Room>): void {
    const rooms = this.#rooms[watch.level].get(watch.audience);
    for (const room of watch.rooms) {
      if (keep.has(room)) continue;
      room.watches.delete(watch);
      if (room.watches.size === 0) rooms?.delete(room.cell);
    }
    if (rooms?.size === 0) this.#rooms[watch.level].delete(watch.audience);
  }

  /** One tick of PICTURE_TICK_MS: encodes what changed and sends each console its bundle. */
  tick(now: number): void {
    this.#tick++;
    const touched: Room[] = [];
    for (let level = 0; level < LIVE_LEVELS.length; level++) {
      if (this.#tick % LEVEL_EVERY[level] === 0) this.#collect(level as Level, touched);
    }
    for (const room of touched) {
      room.prevTick = room.tick;
      room.tick = this.#tick;
      room.snapshot = undefined;
      room.delta = undefined; // encoded when the first console needs it
      for (const [watch, i] of room.watches) watch.pending?.push(i);
    }
    for (const watch of this.#watches.values()) {
      const digestDue = now >= watch.digestAt;
      if (watch.pending === undefined || watch.pending.length > 0 || digestDue) this.#send(watch, now, digestDue);
    }
    for (const room of touched) {
      room.slots = [];
      room.leaves = [];
      room.delta = undefined;
    }
  }

  /** Moves the dirty units of a level to where they are now, and notes in each watched cell who is new, changed or gone. */
  #collect(level: Level, touched: Room[]): void {
    const { cell: cellNow, agencyNo, handle, cells } = this.#table;
    const shownCell = this.#shownCell[level];
    const shownAgency = this.#shownAgency[level];
    const shownIn = this.#shownIn[level];
    const note = (room: Room | undefined): Room | undefined => {
      if (room !== undefined && room.slots.length === 0 && room.leaves.length === 0) touched.push(room);
      return room;
    };
    for (const slot of this.#dirty[level]) {
      this.#isDirty[level][slot] = 0;
      const from = shownCell[slot];
      const to = cellNow[slot] === NOWHERE ? NOWHERE : cells.parent(cellNow[slot], level);
      const agencyBefore = shownAgency[slot];
      if (from !== to) {
        if (from !== NOWHERE) shownIn.get(from)?.delete(slot);
        if (to !== NOWHERE) {
          const members = shownIn.get(to);
          if (members === undefined) shownIn.set(to, new Set([slot]));
          else members.add(slot);
        }
        shownCell[slot] = to;
      }
      shownAgency[slot] = agencyNo[slot];
      for (const [audience, rooms] of this.#rooms[level]) {
        const sees = audience.sees(agencyNo[slot]);
        const saw = from !== NOWHERE && audience.sees(agencyBefore);
        if (saw && (from !== to || !sees)) note(rooms.get(from))?.leaves.push(handle[slot]);
        if (sees && to !== NOWHERE) note(rooms.get(to))?.slots.push(slot);
      }
    }
    this.#dirty[level].length = 0;
  }

  #send(watch: Watch, now: number, digestDue: boolean): void {
    const { viewer, rooms, sent } = watch;
    if (viewer.backlogBytes() > CONFLATE_ABOVE_BYTES) {
      this.counters.conflated++;
      watch.pending = undefined;
      watch.behindSince ??= now;
      if (now - watch.behindSince > DROP_AFTER_MS) {
        this.counters.dropped++;
        this.leave(viewer);
        viewer.drop('slow_consumer');
      }
      return;
    }
    watch.behindSince = undefined;
    const blocks: Buffer[] = [];
    const add = (i: number) => {
      const room = rooms[i];
      if (sent[i] === room.tick) return;
      // the delta of this very tick fits only who has the one before
      if (sent[i] === room.prevTick && room.tick === this.#tick && room.slots.length + room.leaves.length > 0)
        blocks.push(this.#delta(room));
      else blocks.push(this.#snapshot(watch, room));
      sent[i] = room.tick;
    };
    if (watch.pending === undefined) for (let i = 0; i < rooms.length; i++) add(i);
    else for (const i of watch.pending) add(i);
    watch.pending = [];
    let digest: number | undefined;
    if (digestDue) {
      watch.digestAt = now + DIGEST_MS;
      digest = 0;
      for (const room of rooms)
        digest = (digest + digestOf(Number(room.h3 & 0xffff_ffffn), Number(room.h3 >> 32n), room.tick)) >>> 0;
    }
    if (blocks.length === 0 && digest === undefined) return;
    const bundle = writeBundle(watch.level, watch.view, now, blocks, digest);
    this.counters.bundles++;
    this.counters.bundleBytes += bundle.length;
    viewer.send(bundle);
  }

  #delta(room: Room): Buffer {
    if (room.delta === undefined) {
      this.counters.blocksEncoded++;
      room.delta = writeBlock(DELTA, room.h3, room.prevTick, room.tick, this.#table, room.slots, room.leaves);
    }
    return room.delta;
  }

  #snapshot(watch: Watch, room: Room): Buffer {
    if (room.snapshot === undefined) {
      this.counters.blocksEncoded++;
      const slots: number[] = [];
      for (const slot of this.#shownIn[watch.level].get(room.cell) ?? []) {
        if (watch.audience.sees(this.#shownAgency[watch.level][slot]) && this.#table.hasPosition(slot))
          slots.push(slot);
      }
      room.snapshot = writeBlock(SNAPSHOT, room.h3, room.tick, room.tick, this.#table, slots, []);
    }
    return room.snapshot;
  }
}
