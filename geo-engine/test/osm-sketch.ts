import type { LeftOutReason } from '../src/roads/map-road.js';
import { RoadNetworkBuilder } from '../src/roads/network-builder.js';
import { barrierOf } from '../src/roads/osm/tags/barrier.js';
import { type RelationMember, restrictionOf } from '../src/roads/osm/tags/restriction.js';
import { roadMeaning } from '../src/roads/osm/tags/road.js';
import type { RoadNetwork } from '../src/roads/road-network.js';
import type { OsmTags } from './osm-file.js';

/** A column or row of a drawing: 100.08 m at the equator, where drawings lie. */
const STEP_E7 = 9000;

export interface SketchedRestriction {
  /** Names of the ways `from`, the node or ways `via`, and the ways `to`. */
  readonly from: string | readonly string[];
  readonly via: string | readonly string[];
  readonly to: string | readonly string[];
  readonly tags: OsmTags;
}

export interface SketchedExtras {
  /** Tags of nodes by letter. */
  readonly nodes?: Readonly<Record<string, OsmTags>>;
  readonly restrictions?: readonly SketchedRestriction[];
  /** Letters of nodes that ways name and the map does not hold. */
  readonly missing?: string;
}

export function tagsOf(tags: OsmTags): ReadonlyMap<string, string> {
  return new Map(Object.entries(tags));
}

/**
 * A network from a drawing: each letter is a node, whatever else is drawn is for the eye. `ways` names each way by its
 * letters in order (`abc`; `abc#2` for a second one of the same nodes) and gives its tags.
 */
export class Sketch {
  readonly network: RoadNetwork;
  readonly #place = new Map<string, readonly [lonE7: number, latE7: number]>();
  readonly #wayId = new Map<string, number>();

  constructor(drawing: string, ways: Readonly<Record<string, OsmTags>>, extras: SketchedExtras = {}) {
    drawing.split('\n').forEach((line, row) => {
      [...line].forEach((sign, column) => {
        if (/[a-z]/i.test(sign)) this.#place.set(sign, [column * STEP_E7, -row * STEP_E7]);
      });
    });
    const builder = new RoadNetworkBuilder();
    Object.entries(ways).forEach(([name, tags], i) => {
      this.#wayId.set(name, 100 + i);
      const meaning = roadMeaning(tagsOf(tags), builder.leaveOut);
      const nodeIds = [...name.split('#')[0]].map(nodeId);
      if (meaning) builder.addWay({ id: 100 + i, nodeIds, meaning, name: tags.name ?? '', ref: tags.ref ?? '' });
    });
    for (const { from, via, to, tags } of extras.restrictions ?? []) {
      const members = [...this.#members('from', from), ...this.#members('via', via), ...this.#members('to', to)];
      const restriction = restrictionOf(tagsOf({ type: 'restriction', ...tags }), members, builder.leaveOut);
      if (restriction) builder.addRestriction(restriction);
    }
    for (const [letter, [lonE7, latE7]] of this.#place) {
      if (extras.missing?.includes(letter)) continue;
      builder.addNode(nodeId(letter), lonE7, latE7, barrierOf(tagsOf(extras.nodes?.[letter] ?? {})));
    }
    this.network = builder.freeze({ source: 'sketch', mapTime: null, builtAt: 0 });
  }

  get leftOut(): Partial<Record<LeftOutReason, number>> {
    return this.network.info.counts.leftOut;
  }

  /** Number of the node of a letter, or -1 where the network has none there. */
  node(letter: string): number {
    const [lonE7, latE7] = this.#place.get(letter)!;
    const { nodeLonLat, nodeCount } = this.network;
    for (let n = 0; n < nodeCount; n++) if (nodeLonLat[2 * n] === lonE7 && nodeLonLat[2 * n + 1] === latE7) return n;
    return -1;
  }

  /** The letters of a segment's points, one string for each segment, sorted. */
  segments(): string[] {
    return Array.from({ length: this.network.segmentCount }, (_, s) => this.points(s)).sort();
  }

  points(segment: number): string {
    const { firstPoint, pointLonLat } = this.network;
    let letters = '';
    for (let p = firstPoint[segment]; p < firstPoint[segment + 1]; p++) {
      letters += this.#letterAt(pointLonLat[2 * p], pointLonLat[2 * p + 1]);
    }
    return letters;
  }

  /** The directed segment that drives the points of these letters in this order; the only one. */
  directed(letters: string): number {
    const backward = [...letters].reverse().join('');
    const found: number[] = [];
    for (let s = 0; s < this.network.segmentCount; s++) {
      if (this.points(s) === letters) found.push(2 * s);
      else if (this.points(s) === backward) found.push(2 * s + 1);
    }
    if (found.length !== 1) throw new Error(`${found.length} segments ${letters} in ${this.segments().join(' ')}`);
    return found[0];
  }

  /** The restrictions as the letters of their steps, `only:` before those that allow one thing, `*` behind lifted ones. */
  restrictions(): string[] {
    const { firstRestrictionStep, restrictionSteps, restrictionKind, restrictionCount } = this.network;
    return Array.from({ length: restrictionCount }, (_, r) => {
      const steps = [...restrictionSteps.subarray(firstRestrictionStep[r], firstRestrictionStep[r + 1])];
      const drive = steps.map((directed) => this.letters(directed)).join('>');
      return `${restrictionKind[r] & 1 ? 'only:' : ''}${drive}${restrictionKind[r] & 2 ? '*' : ''}`;
    }).sort();
  }

  letters(directed: number): string {
    const along = this.points(directed >>> 1);
    return directed & 1 ? [...along].reverse().join('') : along;
  }

  #letterAt(lonE7: number, latE7: number): string {
    for (const [letter, [lon, lat]] of this.#place) if (lon === lonE7 && lat === latE7) return letter;
    throw new Error(`no letter at ${lonE7}, ${latE7}`);
  }

  #members(role: string, names: string | readonly string[]): RelationMember[] {
    return [names].flat().map((name) => {
      const way = this.#wayId.get(name);
      if (way !== undefined) return { kind: 'way', id: way, role };
      // a way of this name that is not on the map, or a node
      return name.length > 1 ? { kind: 'way', id: 9999, role } : { kind: 'node', id: nodeId(name), role };
    });
  }
}

function nodeId(letter: string): number {
  return letter.charCodeAt(0);
}
