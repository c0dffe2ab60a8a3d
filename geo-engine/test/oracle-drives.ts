import type { RoadPlace, Stand } from '../src/routing/road-place.js';
import { NEVER, type OracleTimes, type RoadOracle } from './road-oracle.js';

/** Drives between places on roads, by the oracle: every start, every end, and the way along one segment. */
export class OracleDrives {
  readonly #oracle: RoadOracle;
  readonly #times = new Map<string, OracleTimes>();

  constructor(oracle: RoadOracle) {
    this.#oracle = oracle;
  }

  /** Least time between two places in whole milliseconds; NEVER when there is no way. Over a junction at least, if `overNodes`. */
  leastMs(start: RoadPlace, end: RoadPlace, overNodes = false): number {
    let least = NEVER;
    for (const from of start.stands) {
      for (const to of end.stands) least = Math.min(least, this.#ms(from, to, overNodes));
    }
    return least;
  }

  /** leastMs from one stand, for callers that ask from many on the same segment: one search serves them all. */
  leastMsFrom(from: Stand, end: RoadPlace): number {
    const segmentMs = this.#oracle.ms(from.directed);
    if (segmentMs === NEVER) return NEVER;
    const restMs = segmentMs - partMs(segmentMs, from);
    const atEnd = { directed: from.directed, fraction: from.directed % 2 === 0 ? 1 : 0 };
    let least = NEVER;
    for (const to of end.stands) {
      least = Math.min(least, restMs + this.#ms(atEnd, to, true));
      if (to.directed === from.directed && share(to) >= share(from))
        least = Math.min(least, partMs(segmentMs, to) - partMs(segmentMs, from));
    }
    return least;
  }

  #ms(from: Stand, to: Stand, overNodes: boolean): number {
    const oracle = this.#oracle;
    const doneMs = partMs(oracle.ms(from.directed), from);
    const toDoMs = partMs(oracle.ms(to.directed), to);
    const isAhead = !overNodes && from.directed === to.directed && share(to) >= share(from);
    const alongMs = isAhead ? toDoMs - doneMs : NEVER;
    const drivenMs = this.#timesFrom(from, oracle.ms(from.directed) - doneMs).drivenMs[to.directed];
    return Math.min(alongMs, drivenMs - oracle.ms(to.directed) + toDoMs);
  }

  #timesFrom({ directed }: Stand, restMs: number): OracleTimes {
    const key = `${directed} ${restMs}`;
    let times = this.#times.get(key);
    if (times === undefined) {
      times = this.#oracle.timesFrom({ directed, restMs });
      this.#times.set(key, times);
    }
    return times;
  }
}

function share({ directed, fraction }: Stand): number {
  return directed % 2 === 0 ? fraction : 1 - fraction;
}

function partMs(ms: number, stand: Stand): number {
  return Math.round(ms * share(stand));
}
