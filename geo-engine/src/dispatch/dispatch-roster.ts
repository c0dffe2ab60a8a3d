import { VEC_STRIDE, writeUnitVector } from '../geo/unit-vector.js';
import type { DispatchUnit, StandingUnit, UnitFix } from './dispatch-unit.js';
import { FixColumns } from './fix-columns.js';
import { RosterCubes } from './roster-cubes.js';
import { SlotRing } from './slot-ring.js';
import { UnitClasses } from './unit-classes.js';
import { UnitGroups } from './unit-groups.js';
import { type WayStart, wayStartOf } from './ways.js';

const FIRST_CAPACITY = 64;
/** Stands for a slot without a unit, and for a unit in a state of its own. */
export const NONE = -1;

/**
 * The fleet, made ready for being asked as a whole. Kept up to date by whoever keeps the live picture: one writer, one thread, and
 * nothing is changed while a question is answered. One slot a unit; what questions look at of many units stands in flat arrays. Most
 * units are counted by group and looked at only where they are near: those with a place are in cubes, except for the few in a state of
 * their own.
 */
export class DispatchRoster {
  readonly classes = new UnitClasses();
  /**
   * States that most units are in, each as a unit in it without an id and an end of shift: status, agency, on duty, and nothing
   * else about them. Statuses and agencies are few.
   */
  readonly commonStates: StandingUnit[] = [];
  readonly profiles: string[] = [];
  #slots = 0; // slots ever used; those in #freeSlots are empty
  readonly standing: (StandingUnit | undefined)[] = []; //   [slots]
  readonly #fixes = new FixColumns(FIRST_CAPACITY);
  handleOf = new Float64Array(FIRST_CAPACITY); //            [slots]
  classOf = new Int32Array(FIRST_CAPACITY); //               [slots] number in classes, NONE: empty
  stateOf = new Int32Array(FIRST_CAPACITY); //               [slots] index of commonStates, NONE: a state of its own
  profileOf = new Int32Array(FIRST_CAPACITY); //             [slots] index of profiles
  fixedAt = new Float64Array(FIRST_CAPACITY); //             [slots] the older clock of the fix, epoch ms; NaN: no place
  vec = new Float64Array(FIRST_CAPACITY * VEC_STRIDE); //    [slots × VEC_STRIDE] from where it is counted, on the unit sphere
  turnoutMs = new Float64Array(FIRST_CAPACITY); //           [slots]
  shiftEndsAt = new Float64Array(FIRST_CAPACITY); //         [slots] epoch ms; Infinity: unknown
  readonly groups = new UnitGroups();
  /** Those of a group that have a place. */
  readonly cubes = new RosterCubes(FIRST_CAPACITY);
  /** Slots of units in a state of their own. */
  readonly inOwnState = new Set<number>();
  groupOf = new Int32Array(FIRST_CAPACITY).fill(NONE); //    [slots] NONE: in a state of its own, or empty
  /** Slots of units that start elsewhere than when they were last taken out of it, each once, the longest waiting first. */
  readonly moved = new SlotRing(FIRST_CAPACITY);
  readonly #slotOf = new Map<number, number>();
  readonly #slotOfId = new Map<string, number>();
  readonly #freeSlots: number[] = [];
  readonly #stateNumbers = new Map<string, number>();

  /** Slots that a pass over the fleet looks at; some may be empty. */
  get slots(): number {
    return this.#slots;
  }

  get size(): number {
    return this.#slotOf.size;
  }

  /** How a unit stands from now on. */
  upsert(unit: StandingUnit): void {
    const slot = this.#slotOf.get(unit.handle) ?? this.#takeSlot(unit.handle);
    // the new class first: a class that is left and entered again keeps its number
    const number = this.classes.enter(unit);
    if (this.classOf[slot] !== NONE) this.classes.leave(this.classOf[slot]!);
    this.handleOf[slot] = unit.handle;
    this.classOf[slot] = number;
    const { unitId: idBefore, freePlace: before = null } = this.standing[slot] ?? {};
    if (idBefore !== unit.unitId) {
      if (idBefore !== undefined) this.#slotOfId.delete(idBefore);
      this.#slotOfId.set(unit.unitId, slot);
    }
    this.standing[slot] = unit;
    if (unit.freePlace !== before) this.#placeStart(slot);
    this.stateOf[slot] = this.#stateNumber(unit);
    this.profileOf[slot] = this.#profileNumber(unit.profile);
    this.turnoutMs[slot] = unit.turnoutMs;
    this.shiftEndsAt[slot] = unit.shiftEndsAt ?? Number.POSITIVE_INFINITY;
    this.#leaveGroup(slot);
    this.#enterGroup(slot);
  }

  /** A unit's newest fix. Units that are not here are passed over. */
  move(handle: number, fix: UnitFix): void {
    const slot = this.#slotOf.get(handle);
    if (slot === undefined) return;
    this.#fixes.put(slot, fix);
    this.fixedAt[slot] = Math.min(fix.fixTime, fix.receivedAt);
    if (this.standing[slot]!.freePlace === null) {
      writeUnitVector(this.vec, slot, fix.place[0], fix.place[1]);
      this.moved.add(slot);
    }
    this.#enterCube(slot);
  }

  /** The ground has changed: everybody starts elsewhere. */
  allMoved(): void {
    for (const slot of this.#slotOf.values()) this.moved.add(slot);
  }

  /** Nobody knows where a unit is any more. */
  unplace(handle: number): void {
    const slot = this.#slotOf.get(handle);
    if (slot === undefined) return;
    this.#leaveCube(slot);
    this.#fixes.clear(slot);
    this.fixedAt[slot] = Number.NaN;
  }

  remove(handle: number): void {
    const slot = this.#slotOf.get(handle);
    if (slot === undefined) return;
    this.unplace(handle);
    this.#leaveGroup(slot);
    this.classes.leave(this.classOf[slot]!);
    this.classOf[slot] = NONE;
    this.#slotOfId.delete(this.standing[slot]!.unitId);
    this.standing[slot] = undefined;
    this.#slotOf.delete(handle);
    this.#freeSlots.push(slot);
  }

  /** A unit as it is now; undefined: it is not here. */
  unit(handle: number): DispatchUnit | undefined {
    const slot = this.#slotOf.get(handle);
    return slot === undefined ? undefined : this.unitAt(slot);
  }

  /** The slot of a unit by its id, NONE: it is not here. */
  slotOfId(unitId: string): number {
    return this.#slotOfId.get(unitId) ?? NONE;
  }

  /** The unit of a slot that has one. Every field by name: spreading two objects takes ten times as long. */
  unitAt(slot: number): DispatchUnit {
    const unit = this.standing[slot]!;
    const fix = this.#fixes.at(slot) ?? NO_FIX;
    return {
      handle: unit.handle,
      unitId: unit.unitId,
      callsign: unit.callsign,
      agencyId: unit.agencyId,
      kind: unit.kind,
      status: unit.status,
      capabilities: unit.capabilities,
      held: unit.held,
      vekId: unit.vekId,
      onShift: unit.onShift,
      headCount: unit.headCount,
      service: unit.service,
      profile: unit.profile,
      qualifications: unit.qualifications,
      equipment: unit.equipment,
      crewId: unit.crewId,
      crewOutWith: unit.crewOutWith,
      shiftEndsAt: unit.shiftEndsAt,
      restUntil: unit.restUntil,
      idleSince: unit.idleSince,
      reservedFor: unit.reservedFor,
      freeAt: unit.freeAt,
      freePlace: unit.freePlace,
      workPriority: unit.workPriority,
      turnoutMs: unit.turnoutMs,
      place: fix.place,
      fixTime: fix.fixTime,
      receivedAt: fix.receivedAt,
      accuracyM: fix.accuracyM,
      speedMps: fix.speedMps,
      headingDeg: fix.headingDeg,
      suspect: fix.suspect,
    };
  }

  /** Whether a slot has a unit of which a place is known. */
  isPlaced(slot: number): boolean {
    return this.standing[slot] !== undefined && !Number.isNaN(this.fixedAt[slot]!);
  }

  /** From where the unit of a slot starts; its place is known. */
  startAt(slot: number): WayStart {
    const { handle, profile, freePlace } = this.standing[slot]!;
    const { place, headingDeg, speedMps } = this.#fixes.at(slot)!;
    return wayStartOf({ handle, profile, freePlace, place, headingDeg, speedMps });
  }

  /** All units as they are now. */
  *units(): Generator<DispatchUnit> {
    for (const slot of this.#slotOf.values()) yield this.unitAt(slot);
  }

  /** Who frees up elsewhere is counted from there, whatever its fixes say; who does not any more from the last of them. */
  #placeStart(slot: number): void {
    const start = this.standing[slot]!.freePlace?.at ?? this.#fixes.at(slot)?.place;
    if (start === undefined) return;
    writeUnitVector(this.vec, slot, start[0], start[1]);
    this.moved.add(slot);
  }

  #enterGroup(slot: number): void {
    const state = this.stateOf[slot]!;
    if (state === NONE) {
      this.inOwnState.add(slot);
      return;
    }
    const group = this.groups.of(this.classOf[slot]!, state, this.profileOf[slot]!);
    this.groupOf[slot] = group;
    this.groups.size[group]!++;
    if (!Number.isNaN(this.fixedAt[slot]!)) this.#enterCube(slot);
  }

  #leaveGroup(slot: number): void {
    const group = this.groupOf[slot]!;
    this.inOwnState.delete(slot);
    if (group === NONE) return;
    this.#leaveCube(slot);
    this.groups.size[group]!--;
    this.groupOf[slot] = NONE;
  }

  /** Into the cube of its place, if it is of a group. */
  #enterCube(slot: number): void {
    const group = this.groupOf[slot]!;
    if (group === NONE) return;
    if (this.cubes.cubeOf[slot] === NONE) this.groups.placed[group]!++;
    this.cubes.put(slot, this.vec, this.fixedAt[slot]!, this.shiftEndsAt[slot]!);
  }

  #leaveCube(slot: number): void {
    if (this.cubes.cubeOf[slot] === NONE) return;
    this.cubes.takeOut(slot);
    this.groups.placed[this.groupOf[slot]!]!--;
  }

  #stateNumber(unit: StandingUnit): number {
    const { status, agencyId, held, onShift } = unit;
    const { vekId, crewOutWith, reservedFor, freeAt, workPriority } = unit;
    if (held) return NONE; // to the desk that holds it, it is not
    if ([vekId, crewOutWith, reservedFor, freeAt, workPriority].some((own) => own !== null)) return NONE;
    const offDuty = onShift === false;
    const key = JSON.stringify([status, agencyId, offDuty]);
    let number = this.#stateNumbers.get(key);
    if (number === undefined) {
      number = this.commonStates.length;
      this.commonStates.push({ ...unit, unitId: '', shiftEndsAt: null });
      this.#stateNumbers.set(key, number);
    }
    return number;
  }

  #profileNumber(profile: string): number {
    const known = this.profiles.indexOf(profile);
    return known >= 0 ? known : this.profiles.push(profile) - 1;
  }

  #takeSlot(handle: number): number {
    const slot = this.#freeSlots.pop() ?? this.#slots++;
    if (slot === this.classOf.length) this.#grow();
    this.#slotOf.set(handle, slot);
    this.classOf[slot] = NONE;
    this.groupOf[slot] = NONE;
    this.#fixes.clear(slot);
    this.fixedAt[slot] = Number.NaN;
    return slot;
  }

  #grow(): void {
    const room = 2 * this.classOf.length;
    this.#fixes.grow(room);
    this.moved.grow(room);
    this.cubes.grow(room);
    this.handleOf = wider(this.handleOf, new Float64Array(room));
    this.classOf = wider(this.classOf, new Int32Array(room));
    this.stateOf = wider(this.stateOf, new Int32Array(room));
    this.groupOf = wider(this.groupOf, new Int32Array(room));
    this.profileOf = wider(this.profileOf, new Int32Array(room));
    this.fixedAt = wider(this.fixedAt, new Float64Array(room));
    this.vec = wider(this.vec, new Float64Array(room * VEC_STRIDE));
    this.turnoutMs = wider(this.turnoutMs, new Float64Array(room));
    this.shiftEndsAt = wider(this.shiftEndsAt, new Float64Array(room));
  }
}

const NO_FIX = {
  place: null,
  fixTime: null,
  receivedAt: null,
  accuracyM: null,
  speedMps: null,
  headingDeg: null,
  suspect: [],
} as const;

function wider<A extends Int32Array | Float64Array>(old: A, room: A): A {
  room.set(old);
  return room;
}
