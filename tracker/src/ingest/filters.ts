/**
 * What a fix must pass before it may become a unit's live position: one ordered list, each filter with a code and a number.
 * A fix that fails is kept in history with that number as its verdict, is counted, and never becomes live.
 */
import { haversineM } from '../../../geo-engine/src/index.js';
import type { LiveTable } from '../live/live-table.js';
import type { FixItem } from '../protocol/crew.js';

/** The number is stored with each fix (table fix, column verdict): never reuse one. */
export const VERDICTS = { good: 0, future: 1, null_island: 2, implied_speed: 3, untrusted_source: 4 } as const;
export type Verdict = keyof typeof VERDICTS;
export type SuspectCode = Exclude<Verdict, 'good'>;
const VERDICT_COUNT = Object.keys(VERDICTS).length;

/** A device's clock may run ahead by this much; GNSS clocks do not, tablets do. */
const MAX_AHEAD_MS = 60_000;
/** 350 km/h: no crew on the ground or in the air here moves faster. */
const MAX_SPEED_MPS = 350 / 3.6;
/** Two good receivers may still be this far apart, so short steps never count as jumps. */
const JUMP_SLACK_M = 200;
/** So many fixes in a row that agree with each other are believed against the live position: nothing locks a unit out. */
const RESEED_AFTER = 3;
/** After such a gap the last position says nothing about where the unit may be now. */
const GAP_MS = 15 * 60_000;
/** Degrees; about a kilometre. Receivers without a fix report 0, 0. */
const NULL_ISLAND_DEG = 0.01;

/** A place and when: degrees and epoch ms. */
interface Sighting {
  readonly lon: number;
  readonly lat: number;
  readonly fixTime: number;
}

/** A run of set-aside fixes of one unit that agree with each other. */
interface Jump {
  readonly last: Sighting;
  readonly count: number;
}

/** What a filter may look at besides the fix. Jump is its to write. */
interface Knowledge {
  readonly receivedAt: number;
  /** False: the device only named itself, and nobody vouches for where it says that from. */
  readonly trusted: boolean;
  /** The live position; undefined: none yet. */
  readonly live: Sighting | undefined;
  jump: Jump | undefined;
}

interface Filter {
  readonly code: SuspectCode;
  /** True when the fix is suspect. */
  catches(fix: Sighting, known: Knowledge): boolean;
}

function tooFast(from: Sighting, to: Sighting): boolean {
  const seconds = Math.abs(to.fixTime - from.fixTime) / 1000;
  return haversineM(from.lon, from.lat, to.lon, to.lat) > JUMP_SLACK_M + seconds * MAX_SPEED_MPS;
}

export const FILTERS: readonly Filter[] = [
  // the first, so that what a stranger claims changes nothing that the others remember
  { code: 'untrusted_source', catches: (_fix, { trusted }) => !trusted },
  { code: 'future', catches: ({ fixTime }, { receivedAt }) => fixTime - receivedAt > MAX_AHEAD_MS },
  {
    code: 'null_island',
    catches: ({ lon, lat }) => Math.abs(lon) < NULL_ISLAND_DEG && Math.abs(lat) < NULL_ISLAND_DEG,
  },
  {
    code: 'implied_speed',
    catches(fix, known) {
      const { live, jump } = known;
      if (live === undefined) return false;
      if (fix.fixTime <= live.fixTime) return tooFast(live, fix); // late: it can neither start nor end a run of jumps
      known.jump = undefined;
      if (fix.fixTime - live.fixTime > GAP_MS || !tooFast(live, fix)) return false;
      const agrees = jump !== undefined && fix.fixTime > jump.last.fixTime && !tooFast(jump.last, fix);
      const count = agrees ? jump.count + 1 : 1;
      if (count >= RESEED_AFTER) return false;
      known.jump = { last: { ...fix }, count };
      return true;
    },
  },
];

/** Judges every fix of the node, and counts the verdicts by unit. */
export class FixJudge {
  readonly #live: LiveTable;
  readonly #jumps = new Map<number, Jump>(); // by slot
  #counts = new Uint32Array(1024 * VERDICT_COUNT); // [slots × verdicts] since the start

  constructor(live: LiveTable) {
    this.#live = live;
  }

  /** The verdict on a fix of the unit in this slot: the first filter that catches it, or good. */
  judge(slot: number, fix: FixItem, receivedAt: number, trusted = true): Verdict {
    const live = this.#live;
    const sighting = { lon: fix.lonE7 / 1e7, lat: fix.latE7 / 1e7, fixTime: fix.fixTime };
    const known: Knowledge = {
      receivedAt,
      trusted,
      live: live.hasPosition(slot)
        ? { lon: live.lonE7[slot] / 1e7, lat: live.latE7[slot] / 1e7, fixTime: live.fixTime[slot] }
        : undefined,
      jump: this.#jumps.get(slot),
    };
    const before = known.jump;
    let verdict: Verdict = 'good';
    for (const filter of FILTERS) {
      if (filter.catches(sighting, known)) {
        verdict = filter.code;
        break;
      }
    }
    if (known.jump !== before) {
      if (known.jump === undefined) this.#jumps.delete(slot);
      else this.#jumps.set(slot, known.jump);
    }
    this.#count(slot, verdict);
    return verdict;
  }

  #count(slot: number, verdict: Verdict): void {
    const i = slot * VERDICT_COUNT + VERDICTS[verdict];
    if (i >= this.#counts.length) {
      const wider = new Uint32Array(Math.max(this.#counts.length * 2, i + 1));
      wider.set(this.#counts);
      this.#counts = wider;
    }
    this.#counts[i]++;
  }

  /** How many fixes of the unit were set aside since the start, by reason; reasons that never occurred are left out. */
  setAside(slot: number): Partial<Record<SuspectCode, number>> {
    const counts: Partial<Record<SuspectCode, number>> = {};
    for (const { code } of FILTERS) {
      const count = this.#counts[slot * VERDICT_COUNT + VERDICTS[code]] ?? 0;
      if (count > 0) counts[code] = count;
    }
    return counts;
  }
}
