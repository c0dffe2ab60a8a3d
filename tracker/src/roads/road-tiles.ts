import { LRUCache } from 'lru-cache';
import type { RouteRefusalCode } from '../../../geo-engine/src/index.js';

const MAX_BYTES = 64 * 1024 * 1024;
/** Tiles drawn at a time: the thread that draws them also answers tables and areas, and those are not to wait behind a map. */
const AT_A_TIME = 2;

type Drawn = Uint8Array | { readonly kind: 'refused'; readonly code: RouteRefusalCode };

/**
 * The tiles of the network in use. A console asks for a screenful at once: each is drawn once, two at a time, and kept. Who asks for
 * one that is being drawn waits for it.
 */
export class RoadTiles {
  readonly #draw: (z: number, x: number, y: number) => Promise<Drawn>;
  readonly #kept = new LRUCache<string, Uint8Array>({
    maxSize: MAX_BYTES,
    sizeCalculation: ({ length }) => length + 100,
  });
  #awaited = new Map<string, Promise<Drawn>>();
  #drawing = 0;
  readonly #queue: (() => void)[] = [];

  constructor(draw: (z: number, x: number, y: number) => Promise<Drawn>) {
    this.#draw = draw;
  }

  /** Another network is in use: what was drawn, or is being drawn, is of the one before. */
  clear(): void {
    this.#kept.clear();
    this.#awaited = new Map();
  }

  async tile(z: number, x: number, y: number): Promise<Drawn> {
    const key = `${z}/${x}/${y}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined) return kept;
    const awaited = this.#awaited;
    let drawn = awaited.get(key);
    if (drawn === undefined) {
      drawn = this.#inTurn(() => this.#draw(z, x, y));
      awaited.set(key, drawn);
      const done = (tile: Drawn | undefined) => {
        awaited.delete(key);
        if (tile instanceof Uint8Array && awaited === this.#awaited) this.#kept.set(key, tile);
      };
      drawn.then(done, () => done(undefined));
    }
    return drawn;
  }

  async #inTurn<T>(task: () => Promise<T>): Promise<T> {
    if (this.#drawing >= AT_A_TIME) await new Promise<void>((resolve) => this.#queue.push(resolve));
    this.#drawing++;
    try {
      return await task();
    } finally {
      this.#drawing--;
      this.#queue.shift()?.();
    }
  }
}
