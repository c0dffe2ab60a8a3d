import { FARTHER, INELIGIBLE_CODES, type IneligibleCode } from '../errors.js';
import type { RingBound } from '../routing/ring-bound.js';
import type { Demand } from '../run-cards/demand.js';
import { leastCostMs } from './candidate.js';
import type { DispatchQuestion } from './dispatch-question.js';
import type { DispatchRoster } from './dispatch-roster.js';
import type { DispatchUnit } from './dispatch-unit.js';
import { codeNumber } from './eligibility.js';
import { responseMsOf, type TravelCorrection } from './eta.js';
import { CODE_NUMBERS, type RosterScan, scanOf } from './roster-scan.js';
import type { LineMarks } from './unit-classes.js';
import { LeastHeld, UnitProfiles } from './unit-profiles.js';
import type { Travel, Ways } from './ways.js';

/** Units that a line names although they do not go; the others are counted. */
export const NAMED_NOT_CHOSEN = 10;
/** Ways asked for in one go: few, for each may show that the next need not be asked for. */
const BATCH = 4;

/** So many are asked before a ring around the place is drawn, then thrice as many before a wider one, if so many wait still. */
const ASKED_BEFORE_RING = 48;
const WAITING_FOR_RING = 32;
const NO_RING = 'none';

/** Why units were not looked at any closer, by how many. */
export type ReasonCounts = Readonly<Partial<Record<IneligibleCode | typeof FARTHER, number>>>;

export interface Shortlist {
  /** Every unit that can be part of the answer: chosen, or named for a line. In the order in which they were met. */
  readonly units: readonly DispatchUnit[];
  /** The way of each of them. */
  readonly travel: readonly (Travel | null)[];
  /** By line of the demand: all other units. */
  readonly others: readonly ReasonCounts[];
}

/** What is asked of a roster for one incident. */
export interface ShortlistQuestion {
  readonly roster: DispatchRoster;
  readonly demand: Demand;
  readonly question: DispatchQuestion;
  readonly ways: Ways;
  readonly correction: TravelCorrection;
  /** undefined: all. */
  readonly agencies: ReadonlySet<string> | undefined;
}

/** What a best choice may take for lines that compete. */
interface BlockTaking {
  readonly roster: DispatchRoster;
  /** So many units at the most. */
  readonly most: number;
  readonly isOfClass: Uint8Array; // [classes] 1: units of it may be among them
}

/**
 * The units worth asking the road network about. Exact: choosing among them, and naming the nearest that are not chosen,
 * gives what all units would give.
 *
 * Units come nearest first by the lower bound of their response time. One is passed over when, whatever its way, it could
 * neither be chosen nor named. Not chosen: a best choice takes at most M units, since each is needed for some line; where M
 * of other crews bring at least as much to every line, in the same manner, and each costs less than this one at its lower
 * bound, one of them is always left over for its place (with a regret of δ: costs less by more than δ). Not named: each line
 * it is about has as many nearer ones as can be chosen and named together. M is counted over the lines that such units serve.
 */
export function shortlist(
  roster: DispatchRoster,
  demand: Demand,
  question: DispatchQuestion,
  ways: Ways,
  correction: TravelCorrection = null,
  agencies?: ReadonlySet<string>,
): Shortlist {
  return new Shortlisting({ roster, demand, question, ways, correction, agencies }, 0).run([]);
}

/**
 * The shortlists of several incidents that share units, in their order: as `shortlist`, and also true where each of the others takes
 * as many of the units as it ever could. What it could take is counted over the units that serve it, by lines that compete.
 */
export function shortlistsTogether(questions: readonly ShortlistQuestion[]): Shortlist[] {
  const listings = questions.map((question, turn) => new Shortlisting(question, turn));
  const takings = listings.map((listing) => listing.takings());
  return listings.map((listing, i) => listing.run(takings.flatMap((ofOther, j) => (j === i ? [] : ofOther))));
}

/** A unit whose way was asked for, and leads there. */
interface AskedUnit {
  readonly slot: number;
  readonly travel: Travel;
  readonly responseMs: number;
}

class Shortlisting {
  readonly #roster: DispatchRoster;
  readonly #demand: Demand;
  readonly #marks: readonly LineMarks[];
  readonly #scan: RosterScan;
  readonly #question: DispatchQuestion;
  readonly #ways: Ways;
  readonly #correction: TravelCorrection;
  readonly #profileOf: Int32Array; //     [classes] what an eligible unit of it brings; -1: it counts for no line
  readonly #profiles: UnitProfiles;
  readonly #inProfile: Uint32Array; //    [profiles] eligible units still waiting
  readonly #aboutLine: Uint32Array; //    [lines] units still waiting
  #nearest: readonly LeastHeld[] = []; // [lines] response times of those asked about
  readonly #namedMs: Float64Array; //     [lines] who is later is not named
  #chosenMs = new Float64Array(); //      [profiles] who costs more is not chosen
  readonly #regretMs: number;
  readonly #asked: AskedUnit[] = [];
  #askedBeforeRing = ASKED_BEFORE_RING;
  #ringM = 0; // radius of the rings around the place; 0: none yet
  readonly #rings: (RingBound | typeof NO_RING | undefined)[] = []; // [profiles of the roster] undefined: not drawn yet

  /** `turn`: those that are under way at a time need a scan each. */
  constructor({ roster, demand, question, ways, correction, agencies }: ShortlistQuestion, turn: number) {
    const marks = roster.classes.marks(demand, question.policy);
    const scan = scanOf(roster, turn);
    scan.run(roster, marks, question, ways, correction, agencies);
    this.#roster = roster;
    this.#demand = demand;
    this.#marks = marks;
    this.#scan = scan;
    this.#question = question;
    this.#ways = ways;
    this.#correction = correction;
    this.#profiles = new UnitProfiles(demand);
    const lines = demand.lines.length;
    const classes = roster.classes.count;
    this.#profileOf = new Int32Array(classes).fill(-1);
    this.#aboutLine = new Uint32Array(lines);
    this.#namedMs = new Float64Array(lines);
    const eligible: number[] = []; // [profiles]
    for (let number = 0; number < classes; number++) {
      if (scan.aboutOf[number] === 0) continue;
      const ofClass = scan.counts.subarray(number * CODE_NUMBERS, (number + 1) * CODE_NUMBERS);
      for (let line = 0; line < lines; line++) {
        if ((scan.aboutOf[number]! & (1 << line)) !== 0) this.#aboutLine[line]! += scan.waiting[number]!;
      }
      const profile = ofClass[0]! > 0 ? this.#profiles.of(marks, number) : -1;
      this.#profileOf[number] = profile;
      if (profile >= 0) eligible[profile] = (eligible[profile] ?? 0) + ofClass[0]!;
    }
    this.#inProfile = Uint32Array.from(eligible);
    this.#chosenMs = new Float64Array(eligible.length);
    // whole milliseconds are compared: what a choice counts besides them is less than one
    this.#regretMs = question.policy.regretS[question.priority] * 1000;
    this.#profiles.count();
  }

  /** What its best choice may take, by block. */
  takings(): BlockTaking[] {
    return this.#demand.blocks.map((_, block) => ({
      roster: this.#roster,
      most: this.#profiles.mostOfBlock(block),
      isOfClass: Uint8Array.from(this.#profileOf, (profile) =>
        profile >= 0 && this.#profiles.serves(profile, block) ? 1 : 0,
      ),
    }));
  }

  /** `others` may take units away. */
  run(others: readonly BlockTaking[]): Shortlist {
    this.#profiles.hold((profiles) => this.#spareOf(others, profiles));
    // who goes elsewhere is named all the same
    this.#nearest = this.#demand.lines.map((_, line) => new LeastHeld(this.#mostAbout(line) + NAMED_NOT_CHOSEN));
    return this.#list();
  }

  /** How many units of some profiles others may take. */
  #spareOf(others: readonly BlockTaking[], profiles: readonly number[]): number {
    let spare = 0;
    for (const { roster, most, isOfClass } of others) {
      // classes are numbered by roster
      const isMeant = (is: number, unitClass: number) => is === 1 && profiles.includes(this.#profileOf[unitClass]!);
      if (roster !== this.#roster || isOfClass.some(isMeant)) spare += most;
    }
    return spare;
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

  #list(): Shortlist {
    const scan = this.#scan;
    const { closer } = scan;
    let batch: number[] = [];
    let farthestMs = this.#learn();
    for (;;) {
      const closerMs = closer.length > 0 ? closer.peekBound() : Number.POSITIVE_INFINITY;
      const scanMs = scan.leastMs(Math.min(closerMs, farthestMs));
      const isCloser = closerMs <= scanMs;
      const leastMs = isCloser ? closerMs : scanMs;
      if (leastMs > farthestMs || leastMs === Number.POSITIVE_INFINITY) break;
      const slot = isCloser ? closer.pop() : scan.take();
      if (this.#canMatter(slot, leastMs)) {
        if (isCloser) batch.push(slot);
        else if (this.#waitsOn(slot)) continue;
      }
      if (this.#leaves(slot)) farthestMs = this.#farthestMs();
      if (batch.length < BATCH) continue;
      this.#ask(batch);
      farthestMs = this.#learn();
      if (this.#asked.length >= this.#askedBeforeRing) this.#widenRing(slot, farthestMs);
      batch = [];
    }
    this.#ask(batch);
    this.#learn();
    // by now the real times rule out what the bounds could not
    const kept = this.#asked.filter(({ slot, responseMs }) => this.#canMatter(slot, responseMs));
    for (const { slot } of kept) this.#recount(slot, -1);
    return {
      units: kept.map(({ slot }) => this.#roster.unitAt(slot)),
      travel: kept.map(({ travel }) => travel),
      others: this.#others(),
    };
  }

  /** Draws a wider ring if that spares asking many of those who wait. `slot`: the last one asked. */
  #widenRing(slot: number, farthestMs: number): void {
    const { closer } = this.#scan;
    this.#askedBeforeRing = 3 * this.#asked.length;
    if (this.#scan.countUpTo(farthestMs) + closer.length < WAITING_FOR_RING) return;
    this.#ringM = this.#scan.straightM(this.#roster, slot);
    this.#rings.length = 0;
    const waiting: number[] = [];
    while (closer.length > 0) waiting.push(closer.pop());
    for (const slot of waiting) closer.push(slot, this.#closerMs(slot));
  }

  /** Lets a unit wait on by a closer bound. false: by that one it can not matter. */
  #waitsOn(slot: number): boolean {
    const closerMs = this.#closerMs(slot);
    if (!this.#canMatter(slot, closerMs)) return false;
    this.#scan.closer.push(slot, closerMs);
    return true;
  }

  /** A unit's bound with what is known of its way to the road, and of the ways that enter the ring. */
  #closerMs(slot: number): number {
    const roster = this.#roster;
    const profile = roster.profiles[roster.profileOf[slot]!]!;
    const offRoadM = this.#ways.leastOffRoadM(profile, roster.handleOf[slot]!, roster.vec, slot);
    const pace = this.#scan.pace(roster, slot, offRoadM);
    const byLineMs = this.#scan.byLineMs(roster, slot, pace);
    const ring = this.#ringOf(slot);
    if (ring === NO_RING || !this.#canMatter(slot, byLineMs)) return byLineMs;
    return Math.max(byLineMs, this.#scan.byRingMs(roster, slot, pace, ring));
  }

  #ringOf(slot: number): RingBound | typeof NO_RING {
    if (this.#ringM === 0) return NO_RING;
    const number = this.#roster.profileOf[slot]!;
    this.#rings[number] ??= this.#ways.ringBound(this.#roster.profiles[number]!, this.#ringM) ?? NO_RING;
    return this.#rings[number];
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
    const namedMs = this.#namedMs;
    const about = this.#aboutAt(slot);
    for (let line = 0; line < namedMs.length; line++) {
      if ((about & (1 << line)) !== 0 && leastMs <= namedMs[line]!) return true;
    }
    const profile = this.#profileAt(slot);
    if (profile < 0) return false;
    const chosenMs = this.#chosenMs[profile]!;
    // penalties only add to it
    return leastMs <= chosenMs && leastCostMs(this.#roster.standing[slot]!, leastMs, this.#question) <= chosenMs;
  }

  /** Takes in what the ways asked for tell. Returns #farthestMs. */
  #learn(): number {
    for (let profile = 0; profile < this.#chosenMs.length; profile++)
      this.#chosenMs[profile] = this.#profiles.enoughMs(profile) + this.#regretMs;
    for (let line = 0; line < this.#namedMs.length; line++) this.#namedMs[line] = this.#nearest[line]!.worst;
    return this.#farthestMs();
  }

  /** Beyond this bound nobody who waits can matter. */
  #farthestMs(): number {
    let farthest = Number.NEGATIVE_INFINITY;
    for (let profile = 0; profile < this.#inProfile.length; profile++)
      if (this.#inProfile[profile]! > 0) farthest = Math.max(farthest, this.#chosenMs[profile]!);
    for (let line = 0; line < this.#namedMs.length; line++)
      if (this.#aboutLine[line]! > 0) farthest = Math.max(farthest, this.#namedMs[line]!);
    return farthest;
  }

  /** Asks for the ways of a batch and learns from them. */
  #ask(batch: readonly number[]): void {
    const { now, policy } = this.#question;
    const table = this.#ways.table(batch.map((slot) => this.#roster.startAt(slot)));
    for (let i = 0; i < batch.length; i++) {
      const slot = batch[i]!;
      const unit = this.#roster.standing[slot]!;
      const travel = table[i] ?? null;
      if (travel === null) {
        this.#recount(slot, -1);
        this.#scan.counts[this.#roster.classOf[slot]! * CODE_NUMBERS + (this.#scan.stateOf[slot]! || NO_ROUTE)]!++;
        continue;
      }
      const responseMs = responseMsOf(unit, travel, now, this.#correction);
      this.#asked.push({ slot, travel, responseMs });
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

  /** Adds to the units of a slot's class that are counted in its state. */
  #recount(slot: number, added: 1 | -1): void {
    this.#scan.counts[this.#roster.classOf[slot]! * CODE_NUMBERS + this.#scan.stateOf[slot]!]! += added;
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
        // that no way leads there is asked last
        const code = state === NO_ROUTE ? after[number]! || state : state || after[number]!;
        byCode[line]![before[number]! || code]! += count;
      }
    }
    return byCode.map(reasonCounts);
  }
}

const NO_ROUTE = codeNumber('no_route');

function reasonCounts(counts: Uint32Array): ReasonCounts {
  const reasons: Partial<Record<IneligibleCode | typeof FARTHER, number>> = {};
  for (const [number, count] of counts.entries()) {
    if (count > 0) reasons[number === 0 ? FARTHER : INELIGIBLE_CODES[number - 1]!] = count;
  }
  return reasons;
}
