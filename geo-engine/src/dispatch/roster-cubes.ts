import { VEC_STRIDE, X, Y, Z } from '../geo/unit-vector.js';
import { MemberLists, NONE } from '../live-index/member-lists.js';

/** Cubes along a radius of the earth: one is 6.2 km wide, and some two thousand of them hold Latvia. */
const CUBES_A_RADIUS = 1024;
/** Of a cube, in earth radii: a power of two, so that its sides are exact. */
export const CUBE_SIDE = 1 / CUBES_A_RADIUS;
const ALONG = 2 * CUBES_A_RADIUS + 1;
const FIRST_CUBES = 64;

/**
 * Which slots of a roster lie in which cube of space around the earth's middle: no seams, no poles, and the least distance to whoever is
 * in a cube is that to its sides. Of each cube that holds somebody it is known how old a fix there may be, and how soon a shift may end.
 */
export class RosterCubes {
  /** [cubes × VEC_STRIDE] corner of the least coordinates, in earth radii. */
  low = new Float64Array(FIRST_CUBES * VEC_STRIDE);
  /** [cubes] slots in it; 0: the number is free. */
  size = new Uint32Array(FIRST_CUBES);
  /** [cubes] no fix of its slots is older, epoch ms. */
  oldestFix = new Float64Array(FIRST_CUBES);
  /** [cubes] no shift of its slots ends sooner, epoch ms. */
  firstShiftEnd = new Float64Array(FIRST_CUBES);
  /** [slots] number of the cube, NONE: in none. */
  cubeOf: Int32Array;
  /** Slots of each cube. */
  readonly slots = new MemberLists();
  #key = new Float64Array(FIRST_CUBES); // [cubes]
  readonly #numberOf = new Map<number, number>(); // by key
  readonly #freeNumbers: number[] = [];
  #count = 0;

  constructor(slots: number) {
    this.cubeOf = new Int32Array(slots).fill(NONE);
  }

  /** Numbers ever in use; some may be free. */
  get count(): number {
    return this.#count;
  }

  /** Puts a slot where record `slot` of unit vectors is. */
  put(slot: number, vec: Float64Array, fixedAt: number, shiftEndsAt: number): void {
    const x = Math.floor(vec[slot * VEC_STRIDE + X]! * CUBES_A_RADIUS);
    const y = Math.floor(vec[slot * VEC_STRIDE + Y]! * CUBES_A_RADIUS);
    const z = Math.floor(vec[slot * VEC_STRIDE + Z]! * CUBES_A_RADIUS);
    const key = ((x + CUBES_A_RADIUS) * ALONG + y + CUBES_A_RADIUS) * ALONG + z + CUBES_A_RADIUS;
    let cube = this.cubeOf[slot]!;
    if (cube === NONE || this.#key[cube] !== key) {
      this.takeOut(slot);
      cube = this.#numberOf.get(key) ?? this.#add(key, x, y, z);
      this.cubeOf[slot] = cube;
      this.slots.add(cube, slot);
      this.size[cube]!++;
    }
    if (fixedAt < this.oldestFix[cube]!) this.oldestFix[cube] = fixedAt;
    if (shiftEndsAt < this.firstShiftEnd[cube]!) this.firstShiftEnd[cube] = shiftEndsAt;
  }

  /** Takes a slot out of its cube, if it is in one. */
  takeOut(slot: number): void {
    const cube = this.cubeOf[slot]!;
    if (cube === NONE) return;
    this.cubeOf[slot] = NONE;
    this.size[cube]!--;
    if (!this.slots.remove(cube, slot)) return;
    this.#numberOf.delete(this.#key[cube]!);
    this.#freeNumbers.push(cube);
  }

  grow(slots: number): void {
    const cubeOf = new Int32Array(slots).fill(NONE);
    cubeOf.set(this.cubeOf);
    this.cubeOf = cubeOf;
  }

  #add(key: number, x: number, y: number, z: number): number {
    const cube = this.#freeNumbers.pop() ?? this.#count++;
    if (cube === this.size.length) this.#growCubes();
    this.#numberOf.set(key, cube);
    this.#key[cube] = key;
    this.low[cube * VEC_STRIDE + X] = x * CUBE_SIDE;
    this.low[cube * VEC_STRIDE + Y] = y * CUBE_SIDE;
    this.low[cube * VEC_STRIDE + Z] = z * CUBE_SIDE;
    this.size[cube] = 0;
    this.oldestFix[cube] = Number.POSITIVE_INFINITY;
    this.firstShiftEnd[cube] = Number.POSITIVE_INFINITY;
    return cube;
  }

  #growCubes(): void {
    const room = 2 * this.size.length;
    this.low = wider(this.low, new Float64Array(room * VEC_STRIDE));
    this.size = wider(this.size, new Uint32Array(room));
    this.oldestFix = wider(this.oldestFix, new Float64Array(room));
    this.firstShiftEnd = wider(this.firstShiftEnd, new Float64Array(room));
    this.#key = wider(this.#key, new Float64Array(room));
  }
}

function wider<A extends Uint32Array | Float64Array>(old: A, room: A): A {
  room.set(old);
  return room;
}
