import { type CellTable, type LiveIndex, type LonLat, lonLat } from '../../../geo-engine/src/index.js';
import { FIX_FLAG, type FixItem } from '../protocol/crew.js';
import { UNIT_FLAG } from '../protocol/live-frame.js';
import { areApart, isFresh, isPrompt, OtherSources, type SourceSighting } from './other-sources.js';

const NO_CELL = -1;
/** In the place of a device: somebody entered where the unit is. Every device outranks it. */
const BY_HAND: FixSource = { deviceHandle: 0, priority: -32_768, reportIntervalS: 10 };

/** Who reports: the freshest source of the highest priority is live. */
export interface FixSource {
  readonly deviceHandle: number;
  readonly priority: number;
  readonly reportIntervalS: number;
}

/**
 * The live state of every unit: one slot a unit, one array a quantity, each [slots]. Positions are also kept in the geo-engine's
 * index, which answers who is where; here stands how fresh they are and what the unit shows.
 */
export class LiveTable {
  readonly cells: CellTable;
  readonly index: LiveIndex;
  #count = 0;
  handle = new Uint32Array(1024);
  agencyNo = new Int32Array(1024);
  lonE7 = new Int32Array(1024);
  latE7 = new Int32Array(1024);
  fixTime = new Float64Array(1024); //       device's clock, epoch ms; 0: no position yet
  receivedAt = new Float64Array(1024); //    ours
  speedCmps = new Uint16Array(1024); //      0xffff unknown
  headingCdeg = new Uint16Array(1024); //    0xffff unknown
  accuracyDm = new Uint16Array(1024); //     0xffff unknown
  status = new Uint8Array(1024); //          index of UNIT_STATUSES
  flags = new Uint8Array(1024); //           UNIT_FLAG
  intervalS = new Uint16Array(1024); //      of the live source
  cell = new Int32Array(1024).fill(NO_CELL); // res-7 cell, number of CellTable
  sourceHandle = new Int32Array(1024); //    device that gave the live position
  sourcePriority = new Int16Array(1024);
  /** What the units' other devices say, those that did not give the live position. */
  readonly others = new OtherSources();
  readonly #changed: ((slot: number) => void)[] = [];

  constructor(cells: CellTable, index: LiveIndex) {
    this.cells = cells;
    this.index = index;
  }

  get slots(): number {
    return this.#count;
  }

  /** Called with the slot of every unit whose live state changed. */
  onChanged(listener: (slot: number) => void): void {
    this.#changed.push(listener);
  }

  #tell(slot: number): void {
    for (const listener of this.#changed) listener(slot);
  }

  add(handle: number, agencyNo: number, statusCode: number, intervalS: number): number {
    if (this.#count === this.handle.length) this.#grow();
    const slot = this.#count++;
    this.handle[slot] = handle;
    this.agencyNo[slot] = agencyNo;
    this.status[slot] = statusCode;
    this.intervalS[slot] = intervalS;
    return slot;
  }

  #grow(): void {
    const columns = [
      'handle',
      'agencyNo',
      'lonE7',
      'latE7',
      'fixTime',
      'receivedAt',
      'speedCmps',
      'headingCdeg',
      'accuracyDm',
      'status',
      'flags',
      'intervalS',
      'cell',
      'sourceHandle',
      'sourcePriority',
    ] as const;
    for (const name of columns) {
      const old = this[name];
      const wider = new (old.constructor as new (length: number) => typeof old)(old.length * 2);
      wider.set(old as never);
      (this as Record<string, unknown>)[name] = wider;
    }
    this.cell.fill(NO_CELL, this.#count);
  }

  setStatus(slot: number, statusCode: number): void {
    if (this.status[slot] === statusCode) return;
    this.status[slot] = statusCode;
    this.#tell(slot);
  }

  setAgency(slot: number, agencyNo: number): void {
    if (this.agencyNo[slot] === agencyNo) return;
    this.agencyNo[slot] = agencyNo;
    this.#tell(slot);
  }

  /** Takes a unit that was retired off the picture; its slot stays its own. */
  remove(slot: number): void {
    if (this.cell[slot] === NO_CELL) return;
    this.index.remove(this.handle[slot]);
    this.cell[slot] = NO_CELL;
    this.fixTime[slot] = 0;
    this.others.clear(slot);
    this.#tell(slot);
  }

  hasPosition(slot: number): boolean {
    return this.cell[slot] !== NO_CELL;
  }

  lonLat(slot: number): LonLat {
    return lonLat(this.lonE7[slot] / 1e7, this.latE7[slot] / 1e7);
  }

  /** A suspect fix came: the unit is marked until the next good one. */
  markSetAside(slot: number): void {
    if (this.flags[slot] & UNIT_FLAG.setAside) return;
    this.flags[slot] |= UNIT_FLAG.setAside;
    if (this.hasPosition(slot)) this.#tell(slot);
  }

  /**
   * Moves the live position to a good fix, unless what is live is newer or its source outranks this one and is fresh. A late fix
   * moves nothing; one that came at once does so from a source that this one outranks, however that one's clock goes. Returns whether it moved.
   */
  move(slot: number, source: FixSource, fix: FixItem, receivedAt: number): boolean {
    if (this.hasPosition(slot) && source.deviceHandle !== this.sourceHandle[slot]) {
      const [live, other] = [this.sighting(slot), sightingOf(source, fix, receivedAt)];
      if (
        !this.#takesOver(slot, other, live) &&
        (fix.fixTime <= live.fixTime || isOutranked(other, live, receivedAt))
      ) {
        this.#keepBeside(slot, other, receivedAt);
        return false;
      }
      if (!this.isByHand(slot)) this.others.put(slot, live);
      this.others.remove(slot, source.deviceHandle);
    } else if (fix.fixTime <= this.fixTime[slot]) return false;
    this.#show(slot, source, fix, receivedAt);
    return true;
  }

  /**
   * Of more weight than what is live, and no backlog. It need not be newer: else a phone whose clock runs ahead, or whose network is the faster
   * one, would keep its vehicle off the picture for ever.
   */
  #takesOver(slot: number, other: SourceSighting, live: SourceSighting): boolean {
    if (other.priority <= live.priority || this.isByHand(slot) || !isPrompt(other)) return false;
    const before = this.others.get(slot, other.deviceHandle);
    return before === undefined || other.fixTime > before.fixTime;
  }

  /** Whether the live position is one that somebody entered. */
  isByHand(slot: number): boolean {
    return this.hasPosition(slot) && this.sourceHandle[slot] === BY_HAND.deviceHandle;
  }

  /**
   * Shows a unit where somebody says that it was at an instant, unless what is live is newer, or is a device's fix that was still fresh when
   * it was entered. The first newer good fix of a device takes its place.
   */
  placeByHand(slot: number, lonE7: number, latE7: number, at: number, enteredAt: number): void {
    if (this.hasPosition(slot)) {
      if (at < this.fixTime[slot]) return;
      if (!this.isByHand(slot)) {
        const live = this.sighting(slot);
        if (at === live.fixTime || isFresh(live, enteredAt)) return;
        this.others.put(slot, live);
      }
    }
    const unknown = { speedCmps: null, headingCdeg: null, accuracyDm: null, altitudeM: null };
    this.#show(slot, BY_HAND, { fixTime: at, lonE7, latE7, ...unknown, flags: FIX_FLAG.enteredByHand }, enteredAt);
  }

  #show(slot: number, source: FixSource, fix: FixItem, receivedAt: number): void {
    this.lonE7[slot] = fix.lonE7;
    this.latE7[slot] = fix.latE7;
    this.fixTime[slot] = fix.fixTime;
    this.receivedAt[slot] = receivedAt;
    this.speedCmps[slot] = fix.speedCmps ?? 0xffff;
    this.headingCdeg[slot] = fix.headingCdeg ?? 0xffff;
    this.accuracyDm[slot] = fix.accuracyDm ?? 0xffff;
    this.flags[slot] =
      (fix.flags & FIX_FLAG.moving ? UNIT_FLAG.moving : 0) |
      (fix.flags & FIX_FLAG.enteredByHand ? UNIT_FLAG.enteredByHand : 0);
    this.intervalS[slot] = source.reportIntervalS;
    this.sourceHandle[slot] = source.deviceHandle;
    this.sourcePriority[slot] = source.priority;
    this.flags[slot] |= this.#apartFlag(slot, receivedAt);
    const lon = fix.lonE7 / 1e7;
    const lat = fix.latE7 / 1e7;
    const cell = this.cells.cellAt(lon, lat, this.cell[slot] === NO_CELL ? undefined : this.cell[slot]);
    this.cell[slot] = cell;
    this.index.upsert(this.handle[slot], lon, lat, cell);
    this.#tell(slot);
  }

  /** What another device says is kept beside the live position: where both report and are far apart, the unit is marked. */
  #keepBeside(slot: number, other: SourceSighting, now: number): void {
    this.others.put(slot, other);
    const before = this.flags[slot];
    this.flags[slot] = (before & ~UNIT_FLAG.sourcesApart) | this.#apartFlag(slot, now);
    if (this.flags[slot] !== before) this.#tell(slot);
  }

  #apartFlag(slot: number, now: number): number {
    if (!this.others.has(slot) || this.isByHand(slot)) return 0;
    const live = this.sighting(slot);
    for (const other of this.others.of(slot)) if (areApart(live, other, now)) return UNIT_FLAG.sourcesApart;
    return 0;
  }

  /** The live position as its device gave it; of a unit that has one. */
  sighting(slot: number): SourceSighting {
    return {
      deviceHandle: this.sourceHandle[slot],
      priority: this.sourcePriority[slot],
      intervalS: this.intervalS[slot],
      lonE7: this.lonE7[slot],
      latE7: this.latE7[slot],
      accuracyDm: this.accuracyDm[slot],
      fixTime: this.fixTime[slot],
      receivedAt: this.receivedAt[slot],
    };
  }
}

function sightingOf(source: FixSource, fix: FixItem, receivedAt: number): SourceSighting {
  return {
    deviceHandle: source.deviceHandle,
    priority: source.priority,
    intervalS: source.reportIntervalS,
    lonE7: fix.lonE7,
    latE7: fix.latE7,
    accuracyDm: fix.accuracyDm ?? 0xffff,
    fixTime: fix.fixTime,
    receivedAt,
  };
}

/**
 * True while the live source reports, and either has the higher priority, or the same and is somewhere else: of two that disagree
 * the one that is shown stays, so that the unit does not jump to and fro between them.
 */
function isOutranked(other: SourceSighting, live: SourceSighting, now: number): boolean {
  if (!isFresh(live, now)) return false;
  return other.priority < live.priority || (other.priority === live.priority && areApart(other, live, now));
}
