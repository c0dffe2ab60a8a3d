import type { Demand } from '../run-cards/demand.js';
import type { Requirement } from '../run-cards/requirement.js';
import type { DispatchPolicy } from './dispatch-question.js';
import type { StandingUnit } from './dispatch-unit.js';
import { markOf, type UnitMakeUp } from './eligibility.js';

const FIRST_ROOM = 64;

/**
 * Units that are alike to every line of every run card, by number. A fleet of thousands has some hundred of them, and what a line
 * makes of each is found once and kept, as long as the very same line is asked about.
 */
export class UnitClasses {
  readonly #numberOf = new Map<string, number>();
  readonly #keyOf: string[] = []; //                          [classes]
  readonly #units: number[] = []; //                          [classes] how many; 0: the number is free
  readonly #freeNumbers: number[] = [];
  readonly makeUp: UnitMakeUp[] = []; //                      [classes]
  /** [classes] grows whenever a number is used for another class: what was found out about the one before is void. */
  readonly edition: number[] = [];
  readonly #marks = new WeakMap<Requirement, LineMarks>();

  /** Number of classes ever in use at a time; some numbers may be free. */
  get count(): number {
    return this.makeUp.length;
  }

  /** The class of a unit that joins. */
  enter(unit: StandingUnit): number {
    const key = keyOf(unit);
    let number = this.#numberOf.get(key);
    if (number === undefined) {
      number = this.#freeNumbers.pop() ?? this.makeUp.length;
      const { service, capabilities, equipment, headCount, qualifications } = unit;
      this.makeUp[number] = { service, capabilities, equipment, headCount, qualifications };
      this.edition[number] = (this.edition[number] ?? 0) + 1;
      this.#keyOf[number] = key;
      this.#units[number] = 0;
      this.#numberOf.set(key, number);
    }
    this.#units[number]!++;
    return number;
  }

  /** A unit of the class is gone. */
  leave(number: number): void {
    if (--this.#units[number]! > 0) return;
    this.#numberOf.delete(this.#keyOf[number]!);
    this.#freeNumbers.push(number);
  }

  /** What the lines of a demand make of all classes, in the order of the lines. */
  marks({ lines }: Demand, policy: DispatchPolicy): LineMarks[] {
    return lines.map(({ requirement }) => {
      let marks = this.#marks.get(requirement);
      if (marks?.isUnder(policy) !== true) {
        marks = new LineMarks(requirement, policy);
        this.#marks.set(requirement, marks);
      }
      marks.follow(this);
      return marks;
    });
  }
}

/** What one line makes of every class; see LineMark. */
export class LineMarks {
  readonly #line: Requirement;
  readonly #policy: DispatchPolicy;
  #edition = new Uint32Array(FIRST_ROOM); // [classes] edition of the class that was looked at
  before = new Uint8Array(FIRST_ROOM); //    [classes]
  after = new Uint8Array(FIRST_ROOM); //     [classes]
  isAbout = new Uint8Array(FIRST_ROOM); //   [classes]
  amount = new Float64Array(FIRST_ROOM); //  [classes]
  way = new Uint8Array(FIRST_ROOM); //       [classes]

  constructor(line: Requirement, policy: DispatchPolicy) {
    this.#line = line;
    this.#policy = policy;
  }

  /** Whether they hold by a policy: what lines look at of it is how unknown crews count. */
  isUnder({ unknownCrewCountsAs, unknownCrewIsEnough }: DispatchPolicy): boolean {
    return (
      this.#policy.unknownCrewCountsAs === unknownCrewCountsAs &&
      this.#policy.unknownCrewIsEnough === unknownCrewIsEnough
    );
  }

  /** Looks at the classes that are new since. */
  follow({ count, edition, makeUp }: UnitClasses): void {
    if (count > this.before.length) this.#grow(count);
    const known = this.#edition;
    for (let number = 0; number < count; number++) {
      if (known[number] === edition[number]) continue;
      const mark = markOf(makeUp[number]!, { line: this.#line, policy: this.#policy });
      known[number] = edition[number]!;
      this.before[number] = mark.before;
      this.after[number] = mark.after;
      this.isAbout[number] = mark.isAbout ? 1 : 0;
      this.amount[number] = mark.amount;
      this.way[number] = mark.way;
    }
  }

  #grow(count: number): void {
    const room = 2 * count;
    this.#edition = grownTo(this.#edition, new Uint32Array(room));
    this.before = grownTo(this.before, new Uint8Array(room));
    this.after = grownTo(this.after, new Uint8Array(room));
    this.isAbout = grownTo(this.isAbout, new Uint8Array(room));
    this.amount = grownTo(this.amount, new Float64Array(room));
    this.way = grownTo(this.way, new Uint8Array(room));
  }
}

function grownTo<A extends Uint8Array | Uint32Array | Float64Array>(old: A, room: A): A {
  room.set(old);
  return room;
}

function keyOf({ service, capabilities, equipment, headCount, qualifications }: UnitMakeUp): string {
  return JSON.stringify([service, headCount, inOrder(capabilities), inOrder(equipment), inOrder(qualifications)]);
}

function inOrder(quantities: ReadonlyMap<string, number>): [string, number][] {
  return [...quantities].sort(([a], [b]) => (a < b ? -1 : 1));
}
