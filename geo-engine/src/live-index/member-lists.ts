/** No member: the end of a list, or an owner without any. */
export const NONE = -1;

/**
 * Doubly linked lists in flat arrays: which members each owner has, in no promised order. A member is in at most one
 * list. Owners and members are small integers; the arrays grow to the largest one seen. Adding and removing are O(1).
 */
export class MemberLists {
  /** [owners] first member, or NONE */
  first = new Int32Array(64).fill(NONE);
  /** [members] neighbours in the owner's list, or NONE; meaningless for a member in no list */
  next = new Int32Array(64).fill(NONE);
  #previous = new Int32Array(64).fill(NONE);

  /** Returns whether the owner had no member before. */
  add(owner: number, member: number): boolean {
    if (owner >= this.first.length) this.first = grownTo(owner, this.first);
    if (member >= this.next.length) {
      this.next = grownTo(member, this.next);
      this.#previous = grownTo(member, this.#previous);
    }
    const follower = this.first[owner];
    this.first[owner] = member;
    this.next[member] = follower;
    this.#previous[member] = NONE;
    if (follower !== NONE) this.#previous[follower] = member;
    return follower === NONE;
  }

  /** Takes out a member that is in this owner's list. Returns whether the owner has none left. */
  remove(owner: number, member: number): boolean {
    const before = this.#previous[member];
    const after = this.next[member];
    if (before === NONE) this.first[owner] = after;
    else this.next[before] = after;
    if (after !== NONE) this.#previous[after] = before;
    return this.first[owner] === NONE;
  }

  /** First member of an owner, NONE also for an owner never seen. */
  firstOf(owner: number): number {
    return owner < this.first.length ? this.first[owner] : NONE;
  }
}

function grownTo(index: number, from: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const to = new Int32Array(Math.max(index + 1, from.length * 2)).fill(NONE);
  to.set(from);
  return to;
}
