import type { SpeedOverlay } from '../src/graph/speed-overlay.js';
import { BoundQueue } from '../src/live-index/bound-queue.js';
import { RESTRICTION, type RoadNetwork } from '../src/roads/road-network.js';
import { barrierStops, CLOSED, directedTravelMs } from '../src/roads/travel-time.js';
import type { VehicleProfile } from '../src/roads/vehicle-profile.js';

export const NEVER = Number.POSITIVE_INFINITY;

/** Where a drive begins: at a node, free to leave by any road, or on a directed segment with restMs of it still to drive. */
export type DriveStart = { readonly node: number } | { readonly directed: number; readonly restMs: number };

/** Answers for all directed segments from one start. */
export interface OracleTimes {
  /** [2 * segments] least time at which a drive has come to the end of it after driving all of it; NEVER when none can. */
  readonly drivenMs: Float64Array;
  /** [nodes] least time at which a drive is there. */
  readonly nodeMs: Float64Array;
  /** Directed segments of a fastest drive that ends with this one, without the one on which it began. Only where drivenMs is finite. */
  drive(directed: number): number[];
}

interface Restriction {
  readonly steps: readonly number[];
  /** Of an only_*: what may follow after all steps but the last. */
  readonly only: readonly number[] | undefined;
}

/** A restriction whose first `done` steps are the last ones of the drive. */
interface Underway {
  readonly restriction: number;
  readonly done: number;
}

const NOTHING: readonly Underway[] = [];

/**
 * The plainest search that honours restrictions: Dijkstra over (directed segment just driven, restrictions under way), straight from
 * the network and the meaning of its tags. Written apart from graph/, of which it shares nothing but the travel time of a segment.
 */
export class RoadOracle {
  readonly network: RoadNetwork;
  /** [2 * segments] NEVER where closed. */
  readonly #ms: Float64Array;
  readonly #stops: Uint8Array; // [nodes] a barrier there stops the profile
  readonly #leaving: number[][]; // [nodes] directed segments that begin there and are open
  readonly #restrictions: Restriction[];
  readonly #beginningWith = new Map<number, number[]>();

  constructor(network: RoadNetwork, profile: VehicleProfile, overlay?: SpeedOverlay) {
    this.network = network;
    this.#ms = Float64Array.from({ length: 2 * network.segmentCount }, (_, directed) => {
      const ms = directedTravelMs(network, profile, directed);
      return ms === CLOSED ? NEVER : ms;
    });
    const ownMs = this.#ms.slice();
    overlay?.directed.forEach((d, i) => {
      const share = overlay.speedShare[i];
      this.#ms[d] = Math.max(this.#ms[d], share === 0 ? NEVER : Math.round(ownMs[d] / share));
    });
    this.#stops = Uint8Array.from({ length: network.nodeCount }, (_, node) =>
      Number(barrierStops(network, profile, node)),
    );
    this.#leaving = Array.from({ length: network.nodeCount }, () => []);
    this.#ms.forEach((ms, directed) => {
      if (ms !== NEVER) this.#leaving[this.#tail(directed)].push(directed);
    });
    this.#restrictions = this.#readRestrictions(profile);
    this.#restrictions.forEach(({ steps: [first] }, r) => {
      this.#beginningWith.set(first, [...(this.#beginningWith.get(first) ?? []), r]);
    });
  }

  /** Travel time of a directed segment; NEVER where closed. */
  ms(directed: number): number {
    return this.#ms[directed];
  }

  timesFrom(start: DriveStart): OracleTimes {
    const { segmentCount } = this.network;
    const drivenMs = new Float64Array(2 * segmentCount).fill(NEVER);
    const lastState = new Int32Array(2 * segmentCount).fill(-1); // state in which drivenMs was reached
    // states 0 … 2 * segments - 1: that segment just driven and nothing under way; further ones are numbered as they occur
    const directedOf = Array.from(drivenMs.keys());
    const underwayOf = directedOf.map(() => NOTHING);
    const bestMs: number[] = directedOf.map(() => NEVER);
    const before: number[] = directedOf.map(() => -1);
    const numbers = new Map<string, number>();
    const queue = new BoundQueue();

    const stateOf = (directed: number, underway: readonly Underway[]): number => {
      if (underway.length === 0) return directed;
      const key = `${directed}|${underway.map(({ restriction, done }) => `${restriction}:${done}`).join()}`;
      const known = numbers.get(key);
      if (known !== undefined) return known;
      numbers.set(key, directedOf.length);
      directedOf.push(directed);
      underwayOf.push(underway);
      bestMs.push(NEVER);
      return before.push(-1) - 1;
    };
    const driveOn = (directed: number, underway: readonly Underway[], atMs: number, from: number) => {
      const state = stateOf(directed, underway);
      const ms = atMs + this.#ms[directed];
      if (ms >= bestMs[state]) return;
      bestMs[state] = ms;
      before[state] = from;
      queue.push(state, ms);
    };
    const leaveEnd = (directed: number, underway: readonly Underway[], atMs: number, from: number) => {
      for (const next of this.#leaving[this.#head(directed)]) {
        if (this.#mayTurn(directed, next, underway)) driveOn(next, this.#afterStep(underway, next), atMs, from);
      }
    };

    if ('node' in start) {
      for (const first of this.#leaving[start.node]) driveOn(first, this.#afterStep(NOTHING, first), 0, -1);
    } else leaveEnd(start.directed, this.#afterStep(NOTHING, start.directed), start.restMs, -1);
    while (queue.length > 0) {
      const atMs = queue.peekBound();
      const state = queue.pop();
      if (atMs > bestMs[state]) continue;
      const directed = directedOf[state];
      if (drivenMs[directed] === NEVER) {
        drivenMs[directed] = atMs;
        lastState[directed] = state;
      }
      leaveEnd(directed, underwayOf[state], atMs, state);
    }

    const nodeMs = new Float64Array(this.network.nodeCount).fill(NEVER);
    if ('node' in start) nodeMs[start.node] = 0;
    else nodeMs[this.#head(start.directed)] = start.restMs;
    drivenMs.forEach((ms, directed) => {
      const node = this.#head(directed);
      nodeMs[node] = Math.min(nodeMs[node], ms);
    });
    return {
      drivenMs,
      nodeMs,
      drive: (directed) => {
        const backwards: number[] = [];
        for (let state = lastState[directed]; state !== -1; state = before[state]) backwards.push(directedOf[state]);
        return backwards.reverse();
      },
    };
  }

  /**
   * What is wrong with driving these directed segments one after the other, or undefined. The first may be driven in part.
   * Looks at the whole drive at once, and so shares nothing with the search above either.
   */
  offence(drive: readonly number[]): string | undefined {
    for (let i = 0; i < drive.length; i++) {
      if (this.#ms[drive[i]] === NEVER) return `segment ${drive[i]} is closed`;
      if (i === 0) continue;
      const node = this.#head(drive[i - 1]);
      if (this.#tail(drive[i]) !== node) return `${drive[i]} does not begin where ${drive[i - 1]} ends`;
      if (this.#stops[node] && !isUTurn(drive[i - 1], drive[i]))
        return `a barrier stands between ${drive[i - 1]} and ${drive[i]}`;
      for (const { steps, only } of this.#restrictions) {
        const ends = (wanted: readonly number[], at: number) =>
          at + 1 >= wanted.length && wanted.every((step, k) => drive[at + 1 - wanted.length + k] === step);
        if (!only && ends(steps, i)) return `${steps} is forbidden`;
        if (only && ends(steps.slice(0, -1), i - 1) && !only.includes(drive[i])) {
          return `${drive[i]} after ${steps.slice(0, -1)}, only ${only} is allowed`;
        }
      }
    }
    return undefined;
  }

  /** Drives of at most so many directed segments that offend nothing, by trying all; the start is not counted. */
  *everyDrive(start: DriveStart, length: number): Generator<number[]> {
    const begun = 'node' in start ? [] : [start.directed];
    const stack: number[][] = [begun];
    while (stack.length > 0) {
      const drive = stack.pop()!;
      if (drive.length > begun.length) yield drive.slice(begun.length);
      if (drive.length - begun.length >= length) continue;
      const node = 'node' in start && drive.length === 0 ? start.node : this.#head(drive[drive.length - 1]);
      for (const next of this.#leaving[node]) {
        if (this.offence([...drive, next]) === undefined) stack.push([...drive, next]);
      }
    }
  }

  #mayTurn(from: number, to: number, underway: readonly Underway[]): boolean {
    if (this.#stops[this.#head(from)] && !isUTurn(from, to)) return false;
    return underway.every(({ restriction, done }) => {
      const { steps, only } = this.#restrictions[restriction];
      if (done < steps.length - 1) return true;
      return only ? only.includes(to) : steps[done] !== to;
    });
  }

  /** Restrictions under way after one more step: those it carries on, and those it begins. */
  #afterStep(underway: readonly Underway[], step: number): readonly Underway[] {
    const begun = this.#beginningWith.get(step);
    if (underway.length === 0 && begun === undefined) return NOTHING;
    const after: Underway[] = [];
    for (const { restriction, done } of underway) {
      const { steps } = this.#restrictions[restriction];
      if (done < steps.length - 1 && steps[done] === step) after.push({ restriction, done: done + 1 });
    }
    for (const restriction of begun ?? []) after.push({ restriction, done: 1 });
    return after.sort((a, b) => a.restriction - b.restriction || a.done - b.done);
  }

  #readRestrictions({ emergency }: VehicleProfile): Restriction[] {
    const { restrictionCount, firstRestrictionStep, restrictionSteps, restrictionKind } = this.network;
    const restrictions: Restriction[] = [];
    const onto = new Map<string, number[]>(); // by all steps but the last: the last steps of its only_*
    for (let r = 0; r < restrictionCount; r++) {
      const steps = [...restrictionSteps.slice(firstRestrictionStep[r], firstRestrictionStep[r + 1])];
      const excepted = (restrictionKind[r] & RESTRICTION.exceptEmergency) !== 0;
      if (emergency !== null && (emergency.forbiddenTurns || excepted)) continue;
      // a sequence that nobody can drive needs no prohibition, and an order that nobody can obey is none
      const possible = steps.every((step, i) => {
        const isPassing = i > 0 && !isUTurn(steps[i - 1], step);
        return this.#ms[step] !== NEVER && !(isPassing && this.#stops[this.#tail(step)]);
      });
      if (!possible) continue;
      const beginning = steps.slice(0, -1).join();
      if (restrictionKind[r] & RESTRICTION.only) {
        if (!onto.has(beginning)) onto.set(beginning, []);
        onto.get(beginning)!.push(steps[steps.length - 1]);
        restrictions.push({ steps, only: onto.get(beginning) });
      } else restrictions.push({ steps, only: undefined });
    }
    return restrictions;
  }

  #tail(directed: number): number {
    const { segmentFrom, segmentTo } = this.network;
    return directed % 2 === 0 ? segmentFrom[directed >> 1] : segmentTo[directed >> 1];
  }

  #head(directed: number): number {
    const { segmentFrom, segmentTo } = this.network;
    return directed % 2 === 0 ? segmentTo[directed >> 1] : segmentFrom[directed >> 1];
  }
}

function isUTurn(from: number, to: number): boolean {
  return from >> 1 === to >> 1 && from !== to;
}
