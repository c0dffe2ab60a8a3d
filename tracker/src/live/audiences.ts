/** A set of agencies whose units some consoles may see. Equal sets are one object, so that what it sees is encoded once. */
export class Audience {
  readonly #agencies: ReadonlySet<number> | 'all';

  constructor(agencies: ReadonlySet<number> | 'all') {
    this.#agencies = agencies;
  }

  sees(agencyNo: number): boolean {
    return this.#agencies === 'all' || this.#agencies.has(agencyNo);
  }
}

export class Audiences {
  readonly #byKey = new Map<string, WeakRef<Audience>>();

  /** The audience of these agencies' numbers. */
  of(agencies: ReadonlySet<number> | 'all'): Audience {
    const key = agencies === 'all' ? 'all' : [...agencies].sort((a, b) => a - b).join(',');
    const known = this.#byKey.get(key)?.deref();
    if (known !== undefined) return known;
    const audience = new Audience(agencies);
    this.#byKey.set(key, new WeakRef(audience));
    return audience;
  }
}
