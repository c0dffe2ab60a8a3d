import type { Demand } from '../run-cards/demand.js';
import type { LineMarks } from './unit-classes.js';

/** The least of many numbers, at most so many. */
export class LeastHeld {
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
export class UnitProfiles {
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

  /** All profiles are known: counts how many units each block can need. */
  count(): void {
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
  }

  /** Most units that a best choice takes for a block. */
  mostOfBlock(block: number): number {
    return this.#mostOfBlock[block]!;
  }

  /** Whether units of a profile bring something to a block. */
  serves(profile: number, block: number): boolean {
    return this.#demand.blocks[block]!.some((line) => this.#amounts[profile]![line]! > 0);
  }

  /**
   * How many units of some profiles any best choice can take: each is needed for a set of lines that compete, out of what it brings to
   * them, and so many fill such a set at the most.
   */
  mostTaken(profiles: readonly number[]): number {
    let most = 0;
    for (const block of this.#demand.blocks.keys()) {
      if (profiles.some((profile) => this.serves(profile, block))) most += this.#mostOfBlock[block]!;
    }
    return most;
  }

  /** All profiles are known: from now on offers are held, `spareOf` some profiles more than one choice could take of them. */
  hold(spareOf: (profiles: readonly number[]) => number): void {
    const stronger: number[][] = this.#amounts.map(() => []);
    for (let strong = 0; strong < this.#amounts.length; strong++) {
      this.#weaker[strong] = [];
      for (let weak = 0; weak < this.#amounts.length; weak++) {
        if (!this.#canStandFor(strong, weak)) continue;
        this.#weaker[strong]!.push(weak);
        stronger[weak]!.push(strong);
      }
    }
    this.#enough = stronger.map((profiles) => new LeastHeld(this.mostTaken(profiles) + spareOf(profiles)));
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
