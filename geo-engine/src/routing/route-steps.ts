import { bearingDeg } from '../geo/distance.js';
import type { LonLat } from '../geo/lon-lat.js';
import { headOf, reversed } from '../graph/road-ends.js';
import type { RoadGraph } from '../graph/road-graph.js';
import { type RoadNetwork, SEGMENT_FLAG } from '../roads/road-network.js';
import { type DrivePart, partM } from './drive.js';
import type { Manoeuvre, RouteStep, Turn } from './router.js';
import { placeAt } from './segment-line.js';
import { turnDeg } from './snapper.js';

/** Direction at a junction is that of this much of the road: the last metres before it are drawn in many ways. */
const BEARING_REACH_M = 20;
/** Less than this is straight on, then slightly, then a turn, then a sharp one, then back. */
const SLIGHT_DEG = 15;
const TURN_DEG = 45;
const SHARP_DEG = 120;
const BACK_DEG = 170;
/** A road that goes on within this is still the same road in a bend, if no other way out is straighter. */
const BEND_DEG = 60;
/** Another way out that is no more than this less straight makes a fork, and somebody must say which one. */
const FORK_DEG = 15;

/**
 * What a driver has to be told, from depart to arrive. A stretch goes on through bends and junctions as long as the road does; a
 * roundabout and the road behind its exit are one step. Distances and times of the steps add up to those of the drive.
 */
export function routeSteps(
  network: RoadNetwork,
  graph: RoadGraph,
  parts: readonly DrivePart[],
  begins: readonly number[],
  lastPosition: number,
): RouteStep[] {
  const guide = new Guide(network, graph);
  const steps: Writable[] = [guide.begin({ kind: 'depart' }, undefined, parts[0], 0)];
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i];
    const step = steps[steps.length - 1];
    const manoeuvre = i === 0 ? undefined : guide.manoeuvre(parts, i, step.manoeuvre);
    if (manoeuvre !== undefined) steps.push(guide.begin(manoeuvre, parts[i - 1], part, begins[i]));
    const now = steps[steps.length - 1];
    now.distanceM += partM(network, part);
    now.travelMs += part.travelMs;
    // out of the roundabout: the step is named after the road behind it
    if (now.manoeuvre.kind === 'roundabout' && now.name === '' && now.ref === '' && !guide.isRoundabout(part)) {
      Object.assign(now, guide.names(part));
    }
  }
  steps.push(guide.arrive(parts[parts.length - 1], lastPosition));
  return steps;
}

type Writable = { -readonly [Field in keyof RouteStep]: RouteStep[Field] };

class Guide {
  readonly #network: RoadNetwork;
  readonly #graph: RoadGraph;

  constructor(network: RoadNetwork, graph: RoadGraph) {
    this.#network = network;
    this.#graph = graph;
  }

  isRoundabout({ directed }: DrivePart): boolean {
    return (this.#network.segmentFlags[directed >> 1] & SEGMENT_FLAG.roundabout) !== 0;
  }

  names({ directed }: DrivePart): { name: string; ref: string } {
    const { names, segmentName, segmentRef } = this.#network;
    return { name: names[segmentName[directed >> 1]], ref: names[segmentRef[directed >> 1]] };
  }

  begin(manoeuvre: Manoeuvre, before: DrivePart | undefined, part: DrivePart, fromPosition: number): Writable {
    const named = manoeuvre.kind === 'roundabout' ? { name: '', ref: '' } : this.names(part);
    return {
      manoeuvre,
      ...named,
      distanceM: 0,
      travelMs: 0,
      fromPosition,
      bearingBeforeDeg: before === undefined ? null : this.#arrivingDeg(before),
      bearingAfterDeg: this.#leavingDeg(part.directed, part.from),
    };
  }

  arrive(last: DrivePart, fromPosition: number): RouteStep {
    const bearingBeforeDeg = this.#arrivingDeg(last);
    const manoeuvre = { kind: 'arrive' } as const;
    return {
      manoeuvre,
      ...this.names(last),
      distanceM: 0,
      travelMs: 0,
      fromPosition,
      bearingBeforeDeg,
      bearingAfterDeg: null,
    };
  }

  /** What is to be said at the beginning of part i, or undefined. `current` opened the step that is under way. */
  manoeuvre(parts: readonly DrivePart[], i: number, current: Manoeuvre): Manoeuvre | undefined {
    const before = parts[i - 1];
    const part = parts[i];
    if (this.#isFerry(part)) return this.#isFerry(before) ? undefined : { kind: 'ferry' };
    if (this.isRoundabout(part)) {
      return this.isRoundabout(before) ? undefined : { kind: 'roundabout', exit: this.#exitNumber(parts, i) };
    }
    if (this.isRoundabout(before) && current.kind === 'roundabout') return undefined;
    const angle = turnDeg(this.#arrivingDeg(before), this.#leavingDeg(part.directed, 0));
    if (part.directed === reversed(before.directed)) return { kind: 'turn', turn: 'u_turn' };
    const sameRoad = this.#sameName(before, part);
    const others = this.#otherWaysDeg(before, part.directed);
    const straightest = Math.min(...others.map(Math.abs));
    const isPlain =
      others.length === 0 ||
      (Math.abs(angle) < (sameRoad ? BEND_DEG : TURN_DEG) && straightest > Math.abs(angle) + FORK_DEG);
    if (isPlain && sameRoad && !this.#isFerry(before)) return undefined;
    const turn = turnOf(angle);
    return { kind: turn === 'straight' || (isPlain && Math.abs(angle) < TURN_DEG) ? 'continue' : 'turn', turn };
  }

  #isFerry({ directed }: DrivePart): boolean {
    return (this.#network.segmentFlags[directed >> 1] & SEGMENT_FLAG.ferry) !== 0;
  }

  #sameName(a: DrivePart, b: DrivePart): boolean {
    const one = this.names(a);
    const other = this.names(b);
    // a stretch that nobody named is no other road
    return one.name === other.name || other.name === ''
      ? one.ref === other.ref || other.ref === '' || one.ref === ''
      : false;
  }

  /** Angles at which one could leave the end of `before` otherwise than by `taken`, turning back not counted. */
  #otherWaysDeg(before: DrivePart, taken: number): number[] {
    const { firstArc, arcDirected } = this.#graph;
    const node = headOf(this.#network, before.directed);
    const arriving = this.#arrivingDeg(before);
    const angles: number[] = [];
    for (let arc = firstArc[node]; arc < firstArc[node + 1]; arc++) {
      const directed = arcDirected[arc];
      if (directed === taken || directed === reversed(before.directed)) continue;
      angles.push(turnDeg(arriving, this.#leavingDeg(directed, 0)));
    }
    return angles;
  }

  /** By which exit the drive leaves the roundabout that it enters with part i; null when it ends there. */
  #exitNumber(parts: readonly DrivePart[], i: number): number | null {
    const { firstArc, arcDirected } = this.#graph;
    const { segmentFlags } = this.#network;
    let exits = 0;
    for (let k = i; k < parts.length; k++) {
      if (!this.isRoundabout(parts[k])) return Math.max(1, exits);
      const node = headOf(this.#network, parts[k].directed);
      for (let arc = firstArc[node]; arc < firstArc[node + 1]; arc++) {
        if (segmentFlags[arcDirected[arc] >> 1] & SEGMENT_FLAG.roundabout) continue;
        exits++;
        break;
      }
    }
    return null;
  }

  /** Direction in which a directed segment leads away from a share of its length. */
  #leavingDeg(directed: number, from: number): number {
    const ahead = Math.min(1, from + this.#reach(directed));
    return bearingDeg(
      this.#at(directed, ahead === from ? from - this.#reach(directed) : from),
      this.#at(directed, ahead),
    );
  }

  /** Direction in which a part arrives where it ends. */
  #arrivingDeg({ directed, to }: DrivePart): number {
    const behind = Math.max(0, to - this.#reach(directed));
    return bearingDeg(this.#at(directed, behind), this.#at(directed, behind === to ? to + this.#reach(directed) : to));
  }

  /** Share of a segment that a direction is taken from. */
  #reach(directed: number): number {
    const cm = this.#network.segmentCm[directed >> 1];
    return cm === 0 ? 1 : Math.min(1, (BEARING_REACH_M * 100) / cm);
  }

  #at(directed: number, share: number): LonLat {
    const place = placeAt(this.#network, directed >> 1, directed & 1 ? 1 - share : share);
    return place as readonly number[] as LonLat;
  }
}

function turnOf(angleDeg: number): Turn {
  const size = Math.abs(angleDeg);
  if (size < SLIGHT_DEG) return 'straight';
  if (size >= BACK_DEG) return 'u_turn';
  const side = angleDeg > 0 ? 'right' : 'left';
  if (size < TURN_DEG) return `slight_${side}`;
  return size < SHARP_DEG ? side : `sharp_${side}`;
}
