import type { RoadGraph } from '../graph/road-graph.js';
import { SeedLists } from '../hierarchy/seeds.js';
import type { DriveEnd, RoadPlace, Stand } from './road-place.js';
import { beforeMs, restMs } from './waypoint.js';

/** Places on the roads as the seeds of searches. */
export class PlaceSeeds {
  readonly #end: DriveEnd;
  readonly lists = new SeedLists();
  /** The stand that each seed belongs to. */
  readonly stands: Stand[] = [];

  constructor(end: DriveEnd) {
    this.#end = end;
  }

  /** A list for each place, empty for one that is undefined; `delayMs` is added to the time of all its seeds. */
  set(
    graph: RoadGraph,
    places: readonly (RoadPlace | undefined)[],
    delayMs: (place: RoadPlace) => number = () => 0,
  ): void {
    this.lists.clear();
    this.stands.length = 0;
    for (const place of places) {
      this.lists.begin();
      for (const stand of place?.stands ?? []) this.#add(graph, stand, delayMs(place!));
    }
  }

  #add(graph: RoadGraph, stand: Stand, delayMs: number): void {
    const { directedHead, firstTail, tails } = graph;
    if (this.#end === 'start') {
      this.lists.add(directedHead[stand.directed], delayMs + restMs(graph, stand));
      this.stands.push(stand);
      return;
    }
    const ms = delayMs + beforeMs(graph, stand);
    for (let i = firstTail[stand.directed]; i < firstTail[stand.directed + 1]; i++) {
      this.lists.add(tails[i], ms);
      this.stands.push(stand);
    }
  }
}
