/**
 * What a fix must pass before it moves a unit's live position: one ordered list, each filter with a code. Most set a fix aside: it is
 * kept in history with the filter's number as its verdict, is counted, and never becomes live. The last two are about good fixes: one that comes
 * late is history, and a parked unit stays where it is.
 */
import { haversineM } from '../../../geo-engine/src/index.js';
import type { FixSource, LiveTable } from '../live/live-table.js';
import type { SourceSighting } from '../live/other-sources.js';
import { FIX_FLAG, type FixItem } from '../protocol/crew.js';
import { MAX_AHEAD_MS } from './device-clocks.js';

/** The number is stored with each fix (table fix, column verdict): never reuse one. */
export const VERDICTS = {
  good: 0,
  future: 1,
  null_island: 2,
  implied_speed: 3,
  untrusted_source: 4,
  past: 5,
  inaccurate: 6,
  duplicate: 7,
} as const;
export type Verdict = keyof typeof VERDICTS;
export type SuspectCode = Exclude<Verdict, 'good'>;
const VERDICT_COUNT = Object.keys(VERDICTS).length;

/** Older fixes are of a clock that was reset: no outbox holds a year. */
const MAX_AGE_MS = 366 * 86_400_000;
/** 350 km/h: no crew on the ground or in the air here moves faster. */
const MAX_SPEED_MPS = 350 / 3.6;
/** Two good receivers may still be this far apart, so short steps never count as jumps. */
const JUMP_SLACK_M = 200;
/** Of a great circle on the sphere of haversineM, rounded up. */
const M_PER_DEG = 111_195.1;
/** So many fixes in a row that agree with each other are believed against the live position: nothing locks a unit out. */
const RESEED_AFTER = 3;
/** After such a gap the last position says nothing about where the unit may be now. */
const GAP_MS = 15 * 60_000;
/** Degrees; about a kilometre. Receivers without a fix report 0, 0. */
const NULL_ISLAND_DEG = 0.01;
/** A circle wider than this comes from a mobile network's cell, not from a receiver. Decimetres: half a kilometre. */
const INACCURATE_DM = 5000;
/** For so long a receiver's last place says more than a cell's circle does. */
const ACCURATE_FOR_MS = 3 * 60_000;
/** Slower than this a unit stands: half a metre a second. */
const STANDING_CMPS = 50;
/** How far the place of a receiver that stands still wanders. */
export const DRIFT_M = 25;
const UNKNOWN = 0xffff;

/** A place and when: degrees and epoch ms. */
interface Sighting {
  readonly lon: number;
  readonly lat: number;
  readonly fixTime: number;
  readonly accuracyDm: number; // 0xffff unknown
}

const NOWHERE: Sighting = { lon: 0, lat: 0, fixTime: 0, accuracyDm: UNKNOWN };
type Writable<T> = { -readonly [Name in keyof T]: T[Name] };

/** A run of set-aside fixes of one device that agree with each other. */
interface Jump {
  readonly last: Sighting;
  readonly count: number;
}

/** What a filter may look at besides where and when. Jump is its to write. */
interface Knowledge {
  readonly receivedAt: number;
  readonly trusted: boolean;
  /** The fix says that the unit stands. */
  readonly standing: boolean;
  /** The live position; undefined: none yet. */
  readonly live: Sighting | undefined;
  /** The last good fix of the same device; another one's, a street away, is no jump. Undefined: none yet. */
  readonly own: Sighting | undefined;
  /** The same device gave it. */
  readonly ownLive: boolean;
  /** It is in the database too: the same once more is not the copy that is to be stored. */
  readonly liveIsStored: boolean;
  jump: Jump | undefined;
}

type Filter = { catches(fix: Sighting, known: Knowledge): boolean } & (
  | { readonly effect: 'set_aside'; readonly code: SuspectCode }
  /** Good, and not live: what is live is newer. */
  | { readonly effect: 'history'; readonly code: 'late' }
  /** Good, and live by its time; the live place stays. */
  | { readonly effect: 'place_stays'; readonly code: 'static_drift' }
);

function distanceM(from: Sighting, to: Sighting): number {
  return haversineM(from.lon, from.lat, to.lon, to.lat);
}

function tooFast(from: Sighting, to: Sighting): boolean {
  // no way is longer than along the parallel and then the meridian: most fixes need no more than this
  const atMostM = (Math.abs(to.lon - from.lon) + Math.abs(to.lat - from.lat)) * M_PER_DEG;
  if (atMostM <= JUMP_SLACK_M) return false;
  const seconds = Math.abs(to.fixTime - from.fixTime) / 1000;
  return distanceM(from, to) > JUMP_SLACK_M + seconds * MAX_SPEED_MPS;
}

export const FILTERS: readonly Filter[] = [
  // the first, so that what a stranger claims changes nothing that the others remember
  { effect: 'set_aside', code: 'untrusted_source', catches: (_fix, { trusted }) => !trusted },
  {
    effect: 'set_aside',
    code: 'future',
    catches: ({ fixTime }, { receivedAt }) => fixTime - receivedAt > MAX_AHEAD_MS,
  },
  { effect: 'set_aside', code: 'past', catches: ({ fixTime }, { receivedAt }) => receivedAt - fixTime > MAX_AGE_MS },
  {
    effect: 'set_aside',
    code: 'null_island',
    catches: ({ lon, lat }) => Math.abs(lon) < NULL_ISLAND_DEG && Math.abs(lat) < NULL_ISLAND_DEG,
  },
  {
    effect: 'set_aside',
    code: 'inaccurate',
    catches: (fix, { live }) =>
      live !== undefined && isInaccurate(fix) && !isInaccurate(live) && fix.fixTime - live.fixTime <= ACCURATE_FOR_MS,
  },
  {
    effect: 'set_aside',
    code: 'duplicate',
    catches: (fix, known) => known.liveIsStored && isSame(fix, known),
  },
  {
    effect: 'set_aside',
    code: 'implied_speed',
    catches(fix, known) {
      const { own, jump } = known;
      if (own === undefined) return false;
      if (fix.fixTime <= own.fixTime) return tooFast(own, fix); // late: it can neither start nor end a run of jumps
      known.jump = undefined;
      if (fix.fixTime - own.fixTime > GAP_MS || !tooFast(own, fix)) return false;
      const agrees = jump !== undefined && fix.fixTime > jump.last.fixTime && !tooFast(jump.last, fix);
      const count = agrees ? jump.count + 1 : 1;
      if (count >= RESEED_AFTER) return false;
      known.jump = { last: { ...fix }, count };
      return true;
    },
  },
  {
    effect: 'history',
    code: 'late',
    catches: ({ fixTime }, { live }) => live !== undefined && fixTime <= live.fixTime,
  },
  {
    effect: 'place_stays',
    code: 'static_drift',
    catches: (fix, { live, ownLive, standing }) =>
      live !== undefined &&
      ownLive &&
      standing &&
      fix.accuracyDm >= live.accuracyDm && // a better one is no drift
      distanceM(live, fix) <= DRIFT_M,
  },
];

/** True if it says what is live, and its device said that too. */
function isSame(fix: Sighting, { live, ownLive }: Knowledge): boolean {
  return live !== undefined && ownLive && fix.fixTime === live.fixTime && fix.lon === live.lon && fix.lat === live.lat;
}

function isInaccurate({ accuracyDm }: Sighting): boolean {
  return accuracyDm !== UNKNOWN && accuracyDm > INACCURATE_DM;
}

/**
 * What becomes of a fix: `stored` under its seq; `shown` only, it will come again or is known by its content; `untrusted`: the device
 * only named itself, and nobody vouches for where it says that from.
 */
export type Handling = 'stored' | 'shown' | 'untrusted';

/** Judges every fix of the node, moves the live picture by the good ones, and counts the verdicts by unit. */
export class FixJudge {
  readonly #live: LiveTable;
  readonly #jumps = new Map<number, Jump>(); // by device handle
  /** Slots whose live position is not known to be in the database. */
  readonly #onlyShown = new Set<number>();
  // written anew for each fix, and of no use after: made anew, they were a tenth of what a frame costs here
  readonly #sighting: Writable<Sighting> = { ...NOWHERE };
  readonly #liveSighting: Writable<Sighting> = { ...NOWHERE };
  readonly #known: Writable<Knowledge> = {
    receivedAt: 0,
    trusted: true,
    standing: false,
    live: undefined,
    own: undefined,
    ownLive: false,
    liveIsStored: true,
    jump: undefined,
  };
  #counts = new Uint32Array(1024 * VERDICT_COUNT); // [slots × verdicts] since the start

  constructor(live: LiveTable) {
    this.#live = live;
  }

  /** The verdict on a fix of the unit in this slot, for history; a good one is live if nothing newer or of more weight is. */
  take(slot: number, source: FixSource, fix: FixItem, receivedAt: number, handling: Handling): Verdict {
    const live = this.#live;
    const sighting = this.#sighting;
    sighting.lon = fix.lonE7 / 1e7;
    sighting.lat = fix.latE7 / 1e7;
    sighting.fixTime = fix.fixTime;
    sighting.accuracyDm = fix.accuracyDm ?? UNKNOWN;
    const liveSighting = live.hasPosition(slot) ? this.#liveSighting : undefined;
    if (liveSighting !== undefined) {
      liveSighting.lon = live.lonE7[slot] / 1e7;
      liveSighting.lat = live.latE7[slot] / 1e7;
      liveSighting.fixTime = live.fixTime[slot];
      liveSighting.accuracyDm = live.accuracyDm[slot];
    }
    const ownLive = live.sourceHandle[slot] === source.deviceHandle;
    const other = ownLive ? undefined : live.others.get(slot, source.deviceHandle);
    const known = this.#known;
    known.receivedAt = receivedAt;
    known.trusted = handling !== 'untrusted';
    known.standing = fix.speedCmps !== null && fix.speedCmps < STANDING_CMPS && (fix.flags & FIX_FLAG.moving) === 0;
    known.live = liveSighting;
    known.own = ownLive ? liveSighting : other && sightingOf(other);
    known.ownLive = ownLive;
    // mostly both are empty, and to look is a call
    known.liveIsStored = this.#onlyShown.size === 0 || !this.#onlyShown.has(slot);
    known.jump = this.#jumps.size === 0 ? undefined : this.#jumps.get(source.deviceHandle);
    const before = known.jump;
    let caughtBy: Filter | undefined;
    for (const filter of FILTERS) {
      if (!filter.catches(sighting, known)) continue;
      caughtBy = filter;
      break;
    }
    if (known.jump !== before) {
      if (known.jump === undefined) this.#jumps.delete(source.deviceHandle);
      else this.#jumps.set(source.deviceHandle, known.jump);
    }
    const verdict = caughtBy?.effect === 'set_aside' ? caughtBy.code : 'good';
    this.#count(slot, verdict);
    if (caughtBy?.effect === 'set_aside') {
      // the mark says that a device of the unit may be wrong: of a stranger, or of what was told twice, that says nothing
      if (verdict !== 'untrusted_source' && verdict !== 'duplicate') live.markSetAside(slot);
      return verdict;
    }
    const shown =
      caughtBy?.effect === 'place_stays'
        ? { ...fix, lonE7: live.lonE7[slot], latE7: live.latE7[slot], accuracyDm: asKnown(live.accuracyDm[slot]) }
        : fix;
    // a late one, too: of another device than the live one it is kept beside
    const moved = live.move(slot, source, shown, receivedAt);
    if (moved && handling !== 'stored') this.#onlyShown.add(slot);
    else if (this.#onlyShown.size > 0 && (moved || (handling === 'stored' && isSame(sighting, known))))
      this.#onlyShown.delete(slot);
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
    for (const filter of FILTERS) {
      if (filter.effect !== 'set_aside') continue;
      const count = this.#counts[slot * VERDICT_COUNT + VERDICTS[filter.code]] ?? 0;
      if (count > 0) counts[filter.code] = count;
    }
    return counts;
  }
}

function sightingOf({ lonE7, latE7, fixTime, accuracyDm }: SourceSighting): Sighting {
  return { lon: lonE7 / 1e7, lat: latE7 / 1e7, fixTime, accuracyDm };
}

function asKnown(value: number): number | null {
  return value === UNKNOWN ? null : value;
}
