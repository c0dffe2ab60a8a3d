const FIRST_ROOM = 64;
/** Common states, and profiles, are fewer. */
const MOST_STATES = 2 ** 20;
const MOST_PROFILES = 2 ** 12;

/** Units of one class and one profile in one common state: to a question they differ only by place, fix and end of shift. By number. */
export class UnitGroups {
  readonly #numberOf = new Map<number, number>();
  #count = 0;
  /** [groups] numbers of class, state and profile. */
  classOf = new Int32Array(FIRST_ROOM);
  stateOf = new Int32Array(FIRST_ROOM);
  profileOf = new Int32Array(FIRST_ROOM);
  /** [groups] its units, and those of them with a place. */
  size = new Uint32Array(FIRST_ROOM);
  placed = new Uint32Array(FIRST_ROOM);

  get count(): number {
    return this.#count;
  }

  /** The group of a class, a state and a profile, new if there is none yet. */
  of(unitClass: number, state: number, profile: number): number {
    const key = (unitClass * MOST_STATES + state) * MOST_PROFILES + profile;
    const known = this.#numberOf.get(key);
    if (known !== undefined) return known;
    const number = this.#count++;
    if (number === this.size.length) this.#grow();
    this.#numberOf.set(key, number);
    this.classOf[number] = unitClass;
    this.stateOf[number] = state;
    this.profileOf[number] = profile;
    return number;
  }

  #grow(): void {
    const room = 2 * this.size.length;
    this.classOf = wider(this.classOf, new Int32Array(room));
    this.stateOf = wider(this.stateOf, new Int32Array(room));
    this.profileOf = wider(this.profileOf, new Int32Array(room));
    this.size = wider(this.size, new Uint32Array(room));
    this.placed = wider(this.placed, new Uint32Array(room));
  }
}

function wider<A extends Int32Array | Uint32Array>(old: A, room: A): A {
  room.set(old);
  return room;
}
