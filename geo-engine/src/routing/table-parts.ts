import { type RouteRefusalCode, RouterError } from '../errors.js';
import type { RoadEnd, RoutePlace, TableQuestion, TravelTable } from './router.js';

/** A table of some of the places, as an outside router answered it. */
export interface TablePart {
  readonly travelMs: readonly (readonly number[])[]; // [sources][targets]
  readonly starts: readonly (RoadEnd | undefined)[];
  readonly ends: readonly (RoadEnd | undefined)[];
}

/** Parts that are asked for at the same time: enough to hide the way to the server, too few to be a burden to it. */
const AT_ONCE = 4;

/**
 * Asks for a table in parts of at most so many sources and targets and puts them together. The code of a part that has no answer is
 * the code of the whole. @throws RouterError `router_malformed` when a part has other dimensions than were asked for
 */
export async function joinTable(
  router: string,
  { sources, targets }: TableQuestion,
  maxSources: number,
  maxTargets: number,
  ask: (sources: readonly RoutePlace[], targets: readonly RoutePlace[]) => Promise<TablePart | RouteRefusalCode>,
): Promise<Pick<TravelTable, 'travelMs' | 'starts' | 'ends' | 'elsewhere'> | RouteRefusalCode> {
  const travelMs = new Uint32Array(sources.length * targets.length);
  const starts = new Array<RoadEnd | undefined>(sources.length);
  const ends = new Array<RoadEnd | undefined>(targets.length);
  const blocks: (readonly [source: number, target: number])[] = [];
  for (let s = 0; s < sources.length; s += maxSources) {
    for (let t = 0; t < targets.length; t += maxTargets) blocks.push([s, t]);
  }
  let refusal: RouteRefusalCode | undefined;
  const askNext = async () => {
    for (let block = blocks.shift(); block !== undefined && refusal === undefined; block = blocks.shift()) {
      const [s, t] = block;
      const rows = sources.slice(s, s + maxSources);
      const columns = targets.slice(t, t + maxTargets);
      const part = await ask(rows, columns);
      if (typeof part === 'string') {
        refusal = part;
        return;
      }
      checkDimensions(router, part, rows.length, columns.length);
      part.travelMs.forEach((row, i) => {
        travelMs.set(row, (s + i) * targets.length + t);
      });
      part.starts.forEach((start, i) => {
        starts[s + i] = start;
      });
      part.ends.forEach((end, i) => {
        ends[t + i] = end;
      });
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, blocks.length) }, askNext));
  return refusal ?? { travelMs, starts, ends, elsewhere: new Map() };
}

function checkDimensions(router: string, { travelMs, starts, ends }: TablePart, rows: number, columns: number): void {
  const right =
    travelMs.length === rows &&
    travelMs.every((row) => row.length === columns) &&
    starts.length === rows &&
    ends.length === columns;
  if (right) return;
  const got = `${travelMs.length} × ${travelMs[0]?.length ?? 0}, ${starts.length} sources, ${ends.length} targets`;
  throw new RouterError('router_malformed', router, `table of ${got}, asked for ${rows} × ${columns}`);
}
