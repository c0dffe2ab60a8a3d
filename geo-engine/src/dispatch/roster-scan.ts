import { INELIGIBLE_CODES } from '../errors.js';
import type { LonLat } from '../geo/lon-lat.js';
import { lowerBoundM, VEC_STRIDE, writeUnitVector, X, Y, Z } from '../geo/unit-vector.js';
import { BoundQueue } from '../live-index/bound-queue.js';
import type { RingBound } from '../routing/ring-bound.js';
import { paceOffRoad, type WayPace } from '../routing/way-pace.js';
import type { DispatchQuestion } from './dispatch-question.js';
import { type DispatchRoster, NONE } from './dispatch-roster.js';
import { codeNumber, standingNumber } from './eligibility.js';
import { MOST_CORRECTION, type TravelCorrection, waitMs } from './eta.js';
import { CUBE_SIDE } from './roster-cubes.js';
import { StagedQueue } from './staged-queue.js';
import type { LineMarks } from './unit-classes.js';
import type { Ways } from './ways.js';

/** Numbers of codes, and 0 for none. */
export const CODE_NUMBERS = INELIGIBLE_CODES.length + 1;
const NO_POSITION = codeNumber('no_position');
const NO_ROUTE = codeNumber('no_route');
const FIX_TOO_OLD = codeNumber('fix_too_old');
const END_OF_SHIFT = codeNumber('end_of_shift');
const SKIPPED = codeNumber('skipped_by_dispatcher');
/** Instead of a number: of an agency that the question knows nothing of. */
const NOT_THERE = 255;
/** Instead of a number: units of the group do not wait. */
const NOT_WAITING = 254;
/** Of a larger share of the roster it is faster to look at all slots in their order than cube by cube: memory is read ten times as fast. */
const MOST_BY_CUBE = 1 / 16;

/**
 * A question's look at a whole roster: how many units of each class stand how, and those that some line is about by the least time in which
 * they can be there. Units of a group stand alike as long as their fixes are fresh and their shifts go on: they are counted by group, and
 * their cubes opened when nobody who waits is nearer. The others are looked at one by one. Reused from question to question, and allocates
 * nothing per unit.
 */
export class RosterScan {
  /** Units that were looked at closer, by a closer bound, and wait on. */
  readonly closer = new BoundQueue();
  /** [classes × CODE_NUMBERS] units of a class by the number of what their state is refused for. */
  counts = new Uint32Array(0);
  /** [classes] units of it that wait to be looked at, or did. */
  waiting = new Uint32Array(0);
  /** [slots] that number, for units that were taken out. */
  stateOf = new Uint8Array(0);
  /** [classes] lines that are about it, as bits. */
  aboutOf = new Uint32Array(0);
  /** Units by the least response time, and cubes by that of anybody in them. */
  readonly #units = new BoundQueue();
  readonly #cubes = new StagedQueue();
  #roster: DispatchRoster | undefined;
  #codeOfGroup = new Uint8Array(0); // [groups]
  #countedAs = new Uint8Array(0); //   [groups] the same where its units wait to be looked at, else NOT_WAITING
  #isApart = new Uint8Array(0); //     [cubes] 1: some do not stand as their group
  #farthestM: readonly number[] = []; // [profiles of the roster]
  #target: readonly [x: number, y: number, z: number] = [0, 0, 0];
  #paces: readonly WayPace[] = []; // [profiles of the roster]
  #now = 0;

  run(
    roster: DispatchRoster,
    marks: readonly LineMarks[],
    question: DispatchQuestion,
    ways: Ways,
    correction: TravelCorrection,
    agencies: ReadonlySet<string> | undefined,
  ): void {
    this.#begin(roster, marks);
    const factor = Math.min(MOST_CORRECTION, correction ?? 1);
    this.#paces = roster.profiles.map((profile): WayPace => {
      const { freeM, topMps } = ways.topPace(profile);
      return { startMs: 0, freeM: freeM + BOUND_SLACK_M, msPerM: (factor * 1000) / topMps, factor };
    });
    this.#now = question.now;
    this.#target = unitVector(ways.place);
    this.#farthestM = roster.profiles.map((profile) => ways.farthestStartM(profile));
    const isThere = (agencyId: string) => agencies === undefined || agencies.has(agencyId);
    this.#countGroups(question, isThere);
    this.#lookAtOwnStates(question, isThere);
    this.#lookAtCubes(question);
  }

  /** Least bound of whoever waits, as far as it is at most `limitMs`; otherwise something above that, Infinity where nobody waits. */
  leastMs(limitMs: number): number {
    const units = this.#units;
    const cubes = this.#cubes;
    while (cubes.length > 0) {
      const cubeMs = cubes.peekBound();
      if (units.length > 0 && units.peekBound() < cubeMs) break;
      if (cubeMs > limitMs) return cubeMs;
      this.#open(cubes.pop());
    }
    return units.length > 0 ? units.peekBound() : Number.POSITIVE_INFINITY;
  }

  /** Takes out the unit that leastMs told of. */
  take(): number {
    return this.#units.pop();
  }

  /** Roughly how many wait by a bound of at most `limitMs`: of cubes all that are in them. */
  countUpTo(limitMs: number): number {
    return this.#units.countUpTo(limitMs) + this.#cubes.sumUpTo(limitMs, this.#roster!.cubes.size);
  }

  /** Counts units of groups as if each were fresh and stayed on duty, and where its profile has a farthest start beyond that. */
  #countGroups(question: DispatchQuestion, isThere: (agencyId: string) => boolean): void {
    const { groups, commonStates } = this.#roster!;
    const { counts, waiting, aboutOf } = this;
    if (this.#codeOfGroup.length < groups.count) {
      this.#codeOfGroup = new Uint8Array(2 * groups.count);
      this.#countedAs = new Uint8Array(2 * groups.count);
    }
    const common = Uint8Array.from(commonStates, (example) =>
      isThere(example.agencyId) ? standingNumber(example, question) : NOT_THERE,
    );
    for (let group = 0; group < groups.count; group++) {
      const code = common[groups.stateOf[group]!]!;
      const size = groups.size[group]!;
      this.#codeOfGroup[group] = code;
      this.#countedAs[group] = NOT_WAITING;
      if (code === NOT_THERE || size === 0) continue; // the number of its class may be another's by now
      const number = groups.classOf[group]!;
      const placed = groups.placed[group]!;
      const isCutOff = this.#farthestM[groups.profileOf[group]!]! < Number.POSITIVE_INFINITY;
      counts[number * CODE_NUMBERS + NO_POSITION]! += size - placed;
      if (aboutOf[number] === 0) counts[number * CODE_NUMBERS + code]! += placed;
      else if (isCutOff) counts[number * CODE_NUMBERS + (code || NO_ROUTE)]! += placed;
      else {
        this.#countedAs[group] = code;
        counts[number * CODE_NUMBERS + code]! += placed;
        waiting[number]! += placed;
      }
    }
  }

  #lookAtOwnStates(question: DispatchQuestion, isThere: (agencyId: string) => boolean): void {
    const roster = this.#roster!;
    const { classOf, profileOf, fixedAt, turnoutMs, standing } = roster;
    const { counts, waiting, aboutOf } = this;
    const { now, maxFixAgeS } = question;
    for (const slot of roster.inOwnState) {
      const unit = standing[slot]!;
      if (!isThere(unit.agencyId)) continue;
      const number = classOf[slot]!;
      const isPlaced = roster.isPlaced(slot);
      let code = NO_POSITION;
      if (isPlaced) code = isTooOld(fixedAt[slot]!, now, maxFixAgeS) ? FIX_TOO_OLD : standingNumber(unit, question);
      const straightM = this.straightM(roster, slot);
      if (isPlaced && aboutOf[number] !== 0) {
        if (straightM > this.#farthestM[profileOf[slot]!]!) code ||= NO_ROUTE;
        else {
          waiting[number]!++;
          this.#append(slot, code, waitMs(unit, now) + turnoutMs[slot]! + this.#leastTravelMs(slot, straightM));
        }
      }
      counts[number * CODE_NUMBERS + code]!++;
    }
  }

  /** Queues the cubes in which everybody stands as was counted, and looks at everybody in the others. */
  #lookAtCubes(question: DispatchQuestion): void {
    const roster = this.#roster!;
    const { cubes } = roster;
    const { low, size, oldestFix, firstShiftEnd } = cubes;
    const { now, maxFixAgeS, policy } = question;
    const [x, y, z] = this.#target;
    if (this.#isApart.length < cubes.count) this.#isApart = new Uint8Array(2 * cubes.count);
    const isApart = this.#isApart.fill(0, 0, cubes.count);
    for (const unitId of Object.keys(question.skipped)) {
      const slot = roster.slotOfId(unitId);
      if (slot !== NONE && cubes.cubeOf[slot] !== NONE) isApart[cubes.cubeOf[slot]!] = 1;
    }
    const reachM = Math.max(-1, ...this.#farthestM.filter(Number.isFinite));
    // who drives the fastest, with the most metres free
    const freeM = Math.max(0, ...this.#paces.map((pace) => pace.freeM));
    const msPerM = Math.min(...this.#paces.map((pace) => pace.msPerM));
    let apart = 0;
    for (let cube = 0; cube < cubes.count; cube++) {
      if (size[cube] === 0) continue;
      const dx = beside(low[cube * VEC_STRIDE + X]! - x);
      const dy = beside(low[cube * VEC_STRIDE + Y]! - y);
      const dz = beside(low[cube * VEC_STRIDE + Z]! - z);
      const leastM = lowerBoundM(Math.sqrt(dx * dx + dy * dy + dz * dz));
      if (
        isApart[cube] === 0 &&
        leastM > reachM &&
        !isTooOld(oldestFix[cube]!, now, maxFixAgeS) &&
        !isOver(firstShiftEnd[cube]!, now, policy.leastShiftLeftS)
      ) {
        this.#cubes.append(cube, Math.max(0, Math.floor((leastM - freeM) * msPerM)));
        continue;
      }
      isApart[cube] = 1;
      apart += size[cube]!;
      oldestFix[cube] = Number.POSITIVE_INFINITY; // noted anew
      firstShiftEnd[cube] = Number.POSITIVE_INFINITY;
    }
    this.#cubes.order();
    if (apart > 0) this.#lookAtApart(question, apart);
  }

  /** Looks at everybody in the cubes that were set apart. */
  #lookAtApart(question: DispatchQuestion, count: number): void {
    const { cubes, slots } = this.#roster!;
    const { cubeOf } = cubes;
    const { next } = cubes.slots;
    const isApart = this.#isApart;
    if (count > slots * MOST_BY_CUBE) {
      for (let slot = 0; slot < slots; slot++)
        if (cubeOf[slot] !== NONE && isApart[cubeOf[slot]!] === 1) this.#lookAt(slot, question);
      return;
    }
    for (let cube = 0; cube < cubes.count; cube++) {
      if (isApart[cube] === 0) continue;
      for (let slot = cubes.slots.firstOf(cube); slot !== NONE; slot = next[slot]!) this.#lookAt(slot, question);
    }
  }

  /** Counts a unit as it stands instead of as its group does, and lets it wait if a line is about it. */
  #lookAt(slot: number, { now, maxFixAgeS, policy, skipped }: DispatchQuestion): void {
    const roster = this.#roster!;
    const { cubes, classOf, groupOf, profileOf, turnoutMs, standing } = roster;
    const { counts, waiting, aboutOf } = this;
    const fixedAt = roster.fixedAt[slot]!;
    const shiftEndsAt = roster.shiftEndsAt[slot]!;
    const cube = cubes.cubeOf[slot]!;
    if (fixedAt < cubes.oldestFix[cube]!) cubes.oldestFix[cube] = fixedAt;
    if (shiftEndsAt < cubes.firstShiftEnd[cube]!) cubes.firstShiftEnd[cube] = shiftEndsAt;
    const group = groupOf[slot]!;
    const ofGroup = this.#codeOfGroup[group]!;
    if (ofGroup === NOT_THERE) return;
    let code = ofGroup;
    // filters ask in the order of the numbers
    if (isOver(shiftEndsAt, now, policy.leastShiftLeftS) && (code === 0 || code > END_OF_SHIFT)) code = END_OF_SHIFT;
    if (code === 0 && Object.hasOwn(skipped, standing[slot]!.unitId)) code = SKIPPED;
    if (isTooOld(fixedAt, now, maxFixAgeS)) code = FIX_TOO_OLD;
    const number = classOf[slot]!;
    const wasWaiting = this.#countedAs[group] !== NOT_WAITING;
    if (aboutOf[number] === 0) {
      counts[number * CODE_NUMBERS + ofGroup]!--;
      counts[number * CODE_NUMBERS + code]!++;
      return;
    }
    counts[number * CODE_NUMBERS + (wasWaiting ? ofGroup : ofGroup || NO_ROUTE)]!--;
    const straightM = this.straightM(roster, slot);
    if (straightM > this.#farthestM[profileOf[slot]!]!) {
      counts[number * CODE_NUMBERS + (code || NO_ROUTE)]!++;
      return;
    }
    counts[number * CODE_NUMBERS + code]!++;
    if (!wasWaiting) waiting[number]!++;
    this.#append(slot, code, turnoutMs[slot]! + this.#leastTravelMs(slot, straightM));
  }

  /** Lets those in a cube that were counted as waiting wait by their own bounds. */
  #open(cube: number): void {
    const roster = this.#roster!;
    const { cubes, groupOf, turnoutMs } = roster;
    const { next } = cubes.slots;
    for (let slot = cubes.slots.firstOf(cube); slot !== NONE; slot = next[slot]!) {
      const code = this.#countedAs[groupOf[slot]!]!;
      if (code === NOT_WAITING) continue;
      this.#append(slot, code, turnoutMs[slot]! + this.#leastTravelMs(slot, this.straightM(roster, slot)));
    }
  }

  #append(slot: number, code: number, leastMs: number): void {
    this.stateOf[slot] = code;
    this.#units.push(slot, leastMs);
  }

  #leastTravelMs(slot: number, straightM: number): number {
    const { freeM, msPerM } = this.#paces[this.#roster!.profileOf[slot]!]!;
    return Math.max(0, Math.floor((straightM - freeM) * msPerM));
  }

  /** How far a unit is from the place by the straight line, metres; never more than it is. */
  straightM({ vec }: DispatchRoster, slot: number): number {
    const [x, y, z] = this.#target;
    const dx = vec[slot * VEC_STRIDE + X]! - x;
    const dy = vec[slot * VEC_STRIDE + Y]! - y;
    const dz = vec[slot * VEC_STRIDE + Z]! - z;
    return lowerBoundM(Math.sqrt(dx * dx + dy * dy + dz * dz));
  }

  /** The pace of a unit that is off the road by `offRoadM` or more. */
  pace({ profileOf }: DispatchRoster, slot: number, offRoadM: number): WayPace {
    return paceOffRoad(this.#paces[profileOf[slot]!]!, offRoadM);
  }

  /** The bound of a unit by the straight line, at its pace. */
  byLineMs(roster: DispatchRoster, slot: number, { startMs, freeM, msPerM }: WayPace): number {
    const straightMs = Math.max(0, this.straightM(roster, slot) - freeM) * msPerM;
    return this.#beforeMs(roster, slot) + Math.floor(startMs + straightMs);
  }

  /** The bound of a unit by what a ring around the place knows of the ways that enter it. */
  byRingMs(roster: DispatchRoster, slot: number, pace: WayPace, ring: RingBound): number {
    return this.#beforeMs(roster, slot) + ring.leastMs(roster.vec, slot, this.straightM(roster, slot), pace);
  }

  /** Until a unit's wheels roll. */
  #beforeMs({ standing, stateOf, turnoutMs }: DispatchRoster, slot: number): number {
    const waitedMs = stateOf[slot] === NONE ? waitMs(standing[slot]!, this.#now) : 0;
    return waitedMs + turnoutMs[slot]!;
  }

  #begin(roster: DispatchRoster, marks: readonly LineMarks[]): void {
    const { classes, slots } = roster;
    const { count } = classes;
    this.#roster = roster;
    if (this.aboutOf.length < count) {
      this.counts = new Uint32Array(2 * count * CODE_NUMBERS);
      this.waiting = new Uint32Array(2 * count);
      this.aboutOf = new Uint32Array(2 * count);
    }
    if (this.stateOf.length < slots) this.stateOf = new Uint8Array(2 * slots);
    this.#units.clear();
    this.#cubes.clear();
    this.closer.clear();
    this.counts.fill(0, 0, count * CODE_NUMBERS);
    this.waiting.fill(0, 0, count);
    this.aboutOf.fill(0, 0, count);
    for (const [line, { isAbout }] of marks.entries()) {
      for (let number = 0; number < count; number++) this.aboutOf[number]! |= isAbout[number]! << line;
    }
  }
}

/** Kept with their roster: they have the room that one pass needs each. */
const scans = new WeakMap<DispatchRoster, RosterScan[]>();

/** `turn`: 0, or the number of scans that are in use meanwhile. */
export function scanOf(roster: DispatchRoster, turn: number): RosterScan {
  let ofRoster = scans.get(roster);
  if (ofRoster === undefined) {
    ofRoster = [];
    scans.set(roster, ofRoster);
  }
  ofRoster[turn] ??= new RosterScan();
  return ofRoster[turn];
}

/** How far a place lies beside a stretch of CUBE_SIDE that begins `low` after it. */
function beside(low: number): number {
  return low > 0 ? low : Math.max(0, -low - CUBE_SIDE);
}

function isTooOld(fixedAt: number, now: number, maxFixAgeS: number): boolean {
  return (now - fixedAt) / 1000 > maxFixAgeS;
}

function isOver(shiftEndsAt: number, now: number, leastShiftLeftS: number): boolean {
  return (shiftEndsAt - now) / 1000 <= leastShiftLeftS;
}

/** A chord may be above the distance by its rounding, CHORD_SLACK_M; a millimetre costs nothing. */
const BOUND_SLACK_M = 1e-3;

function unitVector([lon, lat]: LonLat): readonly [number, number, number] {
  const vector = new Float64Array(VEC_STRIDE);
  writeUnitVector(vector, 0, lon, lat);
  return [vector[X]!, vector[Y]!, vector[Z]!];
}
