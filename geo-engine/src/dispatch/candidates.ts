import { FARTHER, INELIGIBLE_CODES, type IneligibleCode } from '../errors.js';
import type { Demand } from '../run-cards/demand.js';
import { leastCostMs } from './candidate.js';
import type { DispatchQuestion } from './dispatch-question.js';
import type { DispatchRoster } from './dispatch-roster.js';
import type { DispatchUnit } from './dispatch-unit.js';
import { codeNumber } from './eligibility.js';
import { responseTime, type TravelCorrection } from './eta.js';
import { CODE_NUMBERS, type RosterScan, scanOf } from './roster-scan.js';
import type { LineMarks } from './unit-classes.js';
import type { Travel, Ways } from './ways.js';

/** Units that a line names although they do not go; the others are counted. */
export const NAMED_NOT_CHOSEN = 10;
/** Ways asked for in one go: first, and each time after. */
const FIRST_BATCH = 64;
const NEXT_BATCH = 32;

/** Why units were not looked at any closer, by how many. */
export type ReasonCounts = Readonly<Partial<Record<IneligibleCode | typeof FARTHER, number>>>;

export interface Shortlist {
  /** Every unit that can be part of the answer: chosen, or named for a line. In the order in which they were met. */
  readonly units: readonly DispatchUnit[];
  /** The way of each of them. */
  readonly travel: readonly (Travel | null)[];
  /** By line of the demand: all other units. */
  readonly others: readonly ReasonCounts[];
  /** No best choice takes more units. */
  readonly mostTaken: number;
}

/**
 * The units worth asking the road network about. Exact: choosing among them, and naming the nearest that are not chosen,
 * gives what all units would give.
 *
 * Units come nearest first by the lower bound of their response time. One is passed over when, whatever its way, it could
 * neither be chosen nor named. Not chosen: a best choice takes at most M units, since each is needed for some line; where M
 * of other crews bring at least as much to every line, in the same manner, and each costs less than this one at its lower
 * bound, one of them is always left over for its place (with a regret of δ: costs less by more than δ). Not named: each line
 * it is about has as many nearer ones as can be chosen and named together. M is counted over the lines that such units serve. With
 * `spare` both stay true of a choice from which others have taken so many units away.
 */
export function shortlist(
  roster: DispatchRoster,
  demand: Demand,
  question: DispatchQuestion,
  ways: Ways,
  correction: TravelCorrection = null,
  agencies?: ReadonlySet<string>,
  spare = 0,
): Shortlist {
  const marks = roster.classes.marks(demand, question.policy);
  scanOf(roster).run(roster, marks, question, ways, correction, agencies);
  return new Shortlisting(roster, demand, marks, question, ways, correction, spare).run();
}

class Shortlisting {
  readonly #roster: DispatchRoster;
  readonly #marks: readonly LineMarks[];
  readonly #scan: RosterScan;
  readonly #question: DispatchQuestion;
  readonly #ways: Ways;
  readonly #correction: TravelCorrection;
  readonly #profileOf: Int32Array; //     [classes] what an eligible unit of it brings; -1: it counts for no line
  readonly #profiles: Profiles;
  readonly #inProfile: Uint32Array; //    [profiles] eligible units still waiting
  readonly #aboutLine: Uint32Array; //    [lines] units still waiting
  readonly #nearest: readonly LeastHeld[]; // [lines] response times of those considered
  readonly #regretMs: number;
  readonly #units: DispatchUnit[] = [];
  readonly #travel: (Travel | null)[] = [];

  constructor(
    roster: DispatchRoster,
    demand: Demand,
    marks: readonly LineMarks[],
    question: DispatchQuestion,
    ways: Ways,
    correction: TravelCorrection,
    spare: number,
  ) {
    const scan = scanOf(roster);
    this.#roster = roster;
    this.#marks = marks;
    this.#scan = scan;
    this.#question = question;
    this.#ways = ways;
    this.#correction = correction;
    this.#profiles = new Profiles(demand);
    const lines = demand.lines.length;
    const classes = roster.classes.count;
    this.#profileOf = new Int32Array(classes).fill(-1);
    this.#aboutLine = new Uint32Array(lines);
    const eligible: number[] = []; // [profiles]
    for (let number = 0; number < classes; number++) {
      if (scan.aboutOf[number] === 0) continue;
      const ofClass = scan.counts.subarray(number * CODE_NUMBERS, (number + 1) * CODE_NUMBERS);
      const placed = sum(ofClass) - ofClass[NO_POSITION]!;
      for (let line = 0; line < lines; line++) {
        if ((scan.aboutOf[number]! & (1 << line)) !== 0) this.#aboutLine[line]! += placed;
      }
      const profile = ofClass[0]! > 0 ? this.#profiles.of(marks, number) : -1;
      this.#profileOf[number] = profile;
      if (profile >= 0) eligible[profile] = (eligible[profile] ?? 0) + ofClass[0]!;
    }
    this.#inProfile = Uint32Array.from(eligible);
    // whole milliseconds are compared: what a choice counts besides them is less than one
    this.#regretMs = question.policy.regretS[question.priority] * 1000;
    this.#profiles.hold(spare);
    this.#nearest = demand.lines.map((_, line) => new LeastHeld(this.#mostAbout(line) + spare + NAMED_NOT_CHOSEN));
  }

  /** How many units that a line is about any best choice can take. */
  #mostAbout(line: number): number {
    const about: number[] = [];
    for (let number = 0; number < this.#profileOf.length; number++) {
      const profile = this.#profileOf[number]!;
      if (profile >= 0 && (this.#scan.aboutOf[number]! & (1 << line)) !== 0) about.push(profile);
    }
    return this.#profiles.mostTaken(about);
  }

  run(): Shortlist {
    const { queue } = this.#scan;
    let batch: number[] = [];
    let limit = FIRST_BATCH;
    let farthestMs = this.#farthestMs();
    while (queue.length > 0) {
      const leastMs = queue.peekBound();
      if (leastMs > farthestMs) break;
      const slot = queue.pop();
      if (this.#leaves(slot)) farthestMs = this.#farthestMs();
      if (!this.#canMatter(slot, leastMs)) continue;
      batch.push(slot);
      if (batch.length < limit) continue;
      this.#consider(batch);
      farthestMs = this.#farthestMs();
      batch = [];
      limit = NEXT_BATCH;
    }
    this.#consider(batch);
    return {
      units: this.#units,
      travel: this.#travel,
      others: this.#others(),
      mostTaken: this.#profiles.mostTakenOfAll,
    };
  }

  /** Number of the profile of an eligible unit; -1: it can only be named. */
  #profileAt(slot: number): number {
    return this.#scan.stateOf[slot] === 0 ? this.#profileOf[this.#roster.classOf[slot]!]! : -1;
  }

  #aboutAt(slot: number): number {
    return this.#scan.aboutOf[this.#roster.classOf[slot]!]!;
  }

  /** Takes a unit off those that wait. Returns whether it was the last of its profile or of those about a line. */
  #leaves(slot: number): boolean {
    const profile = this.#profileAt(slot);
    const about = this.#aboutAt(slot);
    let wasLast = profile >= 0 && --this.#inProfile[profile]! === 0;
    for (let line = 0; line < this.#aboutLine.length; line++) {
      if ((about & (1 << line)) !== 0 && --this.#aboutLine[line]! === 0) wasLast = true;
    }
    return wasLast;
  }

  #canMatter(slot: number, leastMs: number): boolean {
    const profile = this.#profileAt(slot);
    if (profile >= 0) {
      const leastMsWithPenalties = leastCostMs(this.#roster.standing[slot]!, leastMs, this.#question);
      if (leastMsWithPenalties <= this.#profiles.enoughMs(profile) + this.#regretMs) return true;
    }
    const about = this.#aboutAt(slot);
    for (let line = 0; line < this.#nearest.length; line++) {
      if ((about & (1 << line)) !== 0 && leastMs <= this.#nearest[line]!.worst) return true;
    }
    return false;
  }

  /** Beyond this bound nobody who waits can matter. */
  #farthestMs(): number {
    let farthest = Number.NEGATIVE_INFINITY;
    for (let profile = 0; profile < this.#inProfile.length; profile++) {
      if (this.#inProfile[profile]! > 0)
        farthest = Math.max(farthest, this.#profiles.enoughMs(profile) + this.#regretMs);
    }
    for (let line = 0; line < this.#nearest.length; line++) {
      if (this.#aboutLine[line]! > 0) farthest = Math.max(farthest, this.#nearest[line]!.worst);
    }
    return farthest;
  }

  /** Asks for the ways of a batch and learns from them. */
  #consider(batch: readonly number[]): void {
    if (batch.length === 0) return;
    const { now, policy } = this.#question;
    const units = batch.map((slot) => this.#roster.unitAt(slot));
    const table = this.#ways.table(units);
    for (const [i, slot] of batch.entries()) {
      const unit = units[i]!;
      const travel = table[i] ?? null;
      this.#units.push(unit);
      this.#travel.push(travel);
      this.#scan.counts[this.#roster.classOf[slot]! * CODE_NUMBERS + this.#scan.stateOf[slot]!]!--;
      if (travel === null) continue;
      const { responseMs } = responseTime(unit, travel, now, this.#correction);
      const about = this.#aboutAt(slot);
      for (let line = 0; line < this.#nearest.length; line++) {
        if ((about & (1 << line)) !== 0) this.#nearest[line]!.offer(responseMs);
      }
      // who is too far for should lines, or shares its crew, may not be at hand where another one is
      const isTooFar = policy.shouldWithinS !== null && responseMs > policy.shouldWithinS * 1000;
      const profile = this.#profileAt(slot);
      if (profile < 0 || isTooFar || unit.crewId !== null) continue;
      this.#profiles.offer(profile, leastCostMs(unit, responseMs, this.#question));
    }
  }

  /** By line: units that were not considered, by what it refuses them for. */
  #others(): ReasonCounts[] {
    const { counts } = this.#scan;
    const byCode = this.#marks.map(() => new Uint32Array(CODE_NUMBERS));
    for (let at = 0; at < this.#profileOf.length * CODE_NUMBERS; at++) {
      const count = counts[at]!;
      if (count === 0) continue;
      const state = at % CODE_NUMBERS;
      const number = (at - state) / CODE_NUMBERS;
      for (let line = 0; line < byCode.length; line++) {
        const { before, after } = this.#marks[line]!;
        byCode[line]![before[number]! || state || after[number]!]! += count;
      }
    }
    return byCode.map(reasonCounts);
  }
}

const NO_POSITION = codeNumber('no_position');

function reasonCounts(counts: Uint32Array): ReasonCounts {
  const reasons: Partial<Record<IneligibleCode | typeof FARTHER, number>> = {};
  for (const [number, count] of counts.entries()) {
    if (count > 0) reasons[number === 0 ? FARTHER : INELIGIBLE_CODES[number - 1]!] = count;
  }
  return reasons;
}

function sum(values: Uint32Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

/** The least of many numbers, at most so many. */
class LeastHeld {
  readonly #held: number[] = [];
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The greatest one held once there are enough, else Infinity. */
  get worst(): number {
    return this.#held.length < this.#limit ? Number.POSITIVE_INFINITY : this.#held.at(-1)!;
  }

  offer(value: number): void {
    if (value >= this.worst) return;
    let at = this.#held.length;
    while (at > 0 && this.#held[at - 1]! > value) at--;
    this.#held.splice(at, 0, value);
    if (this.#held.length > this.#limit) this.#held.pop();
  }
}

/** What units bring, and in which manner: units that bring the same to every line are of one profile. */
class Profiles {
  readonly #demand: Demand;
  readonly #amounts: Float64Array[] = []; // [profiles][lines]
  readonly #ways: Uint8Array[] = []; //      [profiles][lines]
  readonly #byKey = new Map<string, number>();
  readonly #weaker: number[][] = []; //      [profiles] those that one can always stand for
  #mostOfBlock: number[] = []; //            [blocks] units needed for it at the most
  #enough: LeastHeld[] = []; //              [profiles] costs of those that can stand for it

  constructor(demand: Demand) {
    this.#demand = demand;
  }

  /** Number of the profile of a class, -1 if it counts for no line. */
  of(marks: readonly LineMarks[], unitClass: number): number {
    let key = '';
    for (const { amount, way } of marks) key += `${amount[unitClass]} ${way[unitClass]} `;
    let profile = this.#byKey.get(key);
    if (profile === undefined) {
      const amounts = Float64Array.from(marks, ({ amount }) => amount[unitClass]!);
      profile = amounts.some((amount) => amount > 0) ? this.#amounts.length : -1;
      this.#byKey.set(key, profile);
      if (profile < 0) return profile;
      this.#amounts.push(amounts);
      this.#ways.push(Uint8Array.from(marks, ({ way }) => way[unitClass]!));
    }
    return profile;
  }

  /**
   * How many units of some profiles any best choice can take: each is needed for a set of lines that compete, out of what it brings to
   * them, and so many fill such a set at the most.
   */
  mostTaken(profiles: readonly number[]): number {
    let most = 0;
    this.#demand.blocks.forEach((block, i) => {
      const serves = (profile: number) => block.some((line) => this.#amounts[profile]![line]! > 0);
      if (profiles.some(serves)) most += this.#mostOfBlock[i]!;
    });
    return most;
  }

  /** How many units any best choice can take. */
  get mostTakenOfAll(): number {
    return this.#mostOfBlock.reduce((sum, most) => sum + most, 0);
  }

  /** All profiles are known: from now on offers are held, `spare` more than one choice could take. */
  hold(spare: number): void {
    const { lines, blocks } = this.#demand;
    this.#mostOfBlock = blocks.map((block) => {
      let most = 0;
      for (let set = 1; set < 1 << block.length; set++) {
        const members = block.filter((_, i) => (set & (1 << i)) !== 0);
        const quantity = members.reduce((sum, line) => sum + lines[line]!.quantity, 0);
        let least = quantity;
        for (const amounts of this.#amounts) {
          for (const line of members) if (amounts[line]! > 0) least = Math.min(least, amounts[line]!);
        }
        most += Math.ceil(quantity / least);
      }
      return most;
    });
    const stronger: number[][] = this.#amounts.map(() => []);
    for (let strong = 0; strong < this.#amounts.length; strong++) {
      this.#weaker[strong] = [];
      for (let weak = 0; weak < this.#amounts.length; weak++) {
        if (!this.#canStandFor(strong, weak)) continue;
        this.#weaker[strong]!.push(weak);
        stronger[weak]!.push(strong);
      }
    }
    this.#enough = stronger.map((profiles) => new LeastHeld(this.mostTaken(profiles) + spare));
  }

  /** Cost of the last that is needed so that enough can stand for the profile; Infinity while there are too few. */
  enoughMs(profile: number): number {
    return this.#enough[profile]!.worst;
  }

  /** A unit of the profile can be had at this cost. */
  offer(profile: number, costMs: number): void {
    for (const weaker of this.#weaker[profile]!) this.#enough[weaker]!.offer(costMs);
  }

  /** At least as much to every line, out of the same resources and at no greater penalty. */
  #canStandFor(strong: number, weak: number): boolean {
    for (let line = 0; line < this.#demand.lines.length; line++) {
      const wanted = this.#amounts[weak]![line]!;
      if (wanted === 0) continue;
      if (this.#amounts[strong]![line]! < wanted || this.#ways[strong]![line] !== this.#ways[weak]![line]) return false;
    }
    return true;
  }
}
