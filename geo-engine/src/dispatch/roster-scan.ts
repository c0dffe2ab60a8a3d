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
/** Of an agency that the question knows nothing of. */
const NOT_THERE = 255;

/**
 * A pass over a whole roster for one question: how many units of each class stand how, and a queue of those that some line is about, by
 * the least time in which they can be there. Reused from question to question, and allocates nothing per unit.
 */
export class RosterScan {
  /** Units that are waiting to be looked at closer, least response time first. */
  readonly queue = new StagedQueue();
  /** Those that were, by a closer bound, and wait on. */
  readonly closer = new BoundQueue();
  /** [classes × CODE_NUMBERS] units of a class by the number of what their state is refused for. */
  counts = new Uint32Array(0);
  /** [classes] units of it that were put into the queue. */
  waiting = new Uint32Array(0);
  /** [slots] that number, for units in the queue. */
  stateOf = new Uint8Array(0);
  /** [classes] lines that are about it, as bits. */
  aboutOf = new Uint32Array(0);
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
    const { slots, classOf, stateOf, profileOf, fixedAt, vec, turnoutMs, shiftEndsAt, standing } = roster;
    const { counts, waiting, aboutOf, queue } = this;
    const { now, maxFixAgeS, policy, skipped } = question;
    const isThere = (agencyId: string) => agencies === undefined || agencies.has(agencyId);
    const common = Uint8Array.from(roster.commonStates, (example) =>
      isThere(example.agencyId) ? standingNumber(example, question) : NOT_THERE,
    );
    const anySkipped = Object.keys(skipped).length > 0;
    const factor = Math.min(MOST_CORRECTION, correction ?? 1);
    const paces = roster.profiles.map((profile): WayPace => {
      const { freeM, topMps } = ways.topPace(profile);
      return { startMs: 0, freeM: freeM + BOUND_SLACK_M, msPerM: (factor * 1000) / topMps, factor };
    });
    const farthestM = Float64Array.from(
      roster.profiles,
      (profile) => ways.farthestStartM?.(profile) ?? Number.POSITIVE_INFINITY,
    );
    const freeM = Float64Array.from(paces, (pace) => pace.freeM);
    const msPerM = Float64Array.from(paces, (pace) => pace.msPerM);
    this.#paces = paces;
    this.#now = now;
    this.#target = unitVector(ways.place);
    const [x, y, z] = this.#target;
    for (let slot = 0; slot < slots; slot++) {
      const number = classOf[slot]!;
      if (number === NONE) continue;
      const state = stateOf[slot]!;
      let code = 0;
      let waitedMs = 0;
      if (state === NONE) {
        const unit = standing[slot]!;
        if (!isThere(unit.agencyId)) continue;
        waitedMs = waitMs(unit, now);
        code = standingNumber(unit, question);
      } else {
        code = common[state]!;
        if (code === NOT_THERE) continue;
        // filters ask in the order of the numbers
        if ((shiftEndsAt[slot]! - now) / 1000 <= policy.leastShiftLeftS && (code === 0 || code > END_OF_SHIFT))
          code = END_OF_SHIFT;
        if (anySkipped && code === 0 && Object.hasOwn(skipped, standing[slot]!.unitId)) code = SKIPPED;
      }
      const fixed = fixedAt[slot]!;
      const isPlaced = !Number.isNaN(fixed);
      if (!isPlaced) code = NO_POSITION;
      else if ((now - fixed) / 1000 > maxFixAgeS) code = FIX_TOO_OLD;
      if (!isPlaced || aboutOf[number] === 0) {
        counts[number * CODE_NUMBERS + code]!++;
        continue;
      }
      const dx = vec[slot * VEC_STRIDE + X]! - x;
      const dy = vec[slot * VEC_STRIDE + Y]! - y;
      const dz = vec[slot * VEC_STRIDE + Z]! - z;
      const straightM = lowerBoundM(Math.sqrt(dx * dx + dy * dy + dz * dz));
      const profile = profileOf[slot]!;
      if (straightM > farthestM[profile]!) {
        counts[number * CODE_NUMBERS + (code || NO_ROUTE)]!++;
        continue;
      }
      counts[number * CODE_NUMBERS + code]!++;
      waiting[number]!++;
      const travelMs = Math.max(0, Math.floor((straightM - freeM[profile]!) * msPerM[profile]!));
      this.stateOf[slot] = code;
      queue.append(slot, waitedMs + turnoutMs[slot]! + travelMs);
    }
    queue.order();
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

  #begin({ classes, slots }: DispatchRoster, marks: readonly LineMarks[]): void {
    const { count } = classes;
    if (this.aboutOf.length < count) {
      this.counts = new Uint32Array(2 * count * CODE_NUMBERS);
      this.waiting = new Uint32Array(2 * count);
      this.aboutOf = new Uint32Array(2 * count);
    }
    if (this.stateOf.length < slots) this.stateOf = new Uint8Array(2 * slots);
    this.queue.clear();
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

/** A chord may be above the distance by its rounding, CHORD_SLACK_M; a millimetre costs nothing. */
const BOUND_SLACK_M = 1e-3;

function unitVector([lon, lat]: LonLat): readonly [number, number, number] {
  const vector = new Float64Array(VEC_STRIDE);
  writeUnitVector(vector, 0, lon, lat);
  return [vector[X]!, vector[Y]!, vector[Z]!];
}
