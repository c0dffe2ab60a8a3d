import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { writeOsmPbf } from '../../../fixtures/world/osm-pbf-writer.js';
import type { RoadWay } from '../../../fixtures/world/roads/road-network.js';
import { TYPESCRIPT_ARGS } from '../../src/typescript-child.js';

/**
 * A drawn map for tests, about 1.2 km by 1.1 km of Rīga's place. Columns are 200 m apart, rows 223 m:
 *
 *     row 4   ·──·──·──·──·──·──·      every line a two-way residential street of 50 km/h, "Iela c" and "Šķērsiela r",
 *       …     │  │  │  │  │  │  │      but the middle row, a main road of 90 km/h with the number A1
 *     row 2   ═══════ A1 ════════                                              ·──·   an island 7 km to the east,
 *       …     │  │  │  │  │  │  │
 *     row 0   ·──·──·──·──·──·──·                                              where nobody walks
 */
export const COLUMNS = 7;
export const ROWS = 5;
const WEST = 24.1;
const SOUTH = 56.94;
const STEP_LON = 0.0033;
const STEP_LAT = 0.002;
const round = (degrees: number) => Number(degrees.toFixed(7));

/** The crossing of a column and a row. */
export function crossing(column: number, row: number): { readonly lon: number; readonly lat: number } {
  return { lon: round(WEST + column * STEP_LON), lat: round(SOUTH + row * STEP_LAT) };
}

/** The middle of the island's street. */
export const ISLAND = { lon: round(WEST + 0.1313), lat: SOUTH };
/** Far from any road. */
export const BOG = { lon: 24.5, lat: 57.3 };
/** Ids of the ways: rows first, then columns, then the island. */
export const MAIN_ROAD_WAY = 3;

/** The map as an OSM PBF file. `mainKmh` makes another map of the same shape. */
export function smallMapPbf(mainKmh = 90): Buffer {
  const nodes: { lon: number; lat: number }[] = [];
  const nodeId = (column: number, row: number) => row * COLUMNS + column + 1;
  for (let row = 0; row < ROWS; row++)
    for (let column = 0; column < COLUMNS; column++) nodes.push(crossing(column, row));
  nodes.push({ lon: round(WEST + 0.13), lat: SOUTH }, { lon: round(WEST + 0.1326), lat: SOUTH });

  const ways: RoadWay[] = [];
  const add = (nodeIds: readonly number[], tags: Readonly<Record<string, string>>) =>
    ways.push({ id: ways.length + 1, nodeIds, tags: { ...tags, source: 'generated' } });
  for (let row = 0; row < ROWS; row++) {
    const along = Array.from({ length: COLUMNS }, (_, column) => nodeId(column, row));
    if (row === 2) add(along, { highway: 'primary', ref: 'A1', name: 'Galvenā iela', maxspeed: String(mainKmh) });
    else add(along, { highway: 'residential', name: `Šķērsiela ${row}`, maxspeed: '50' });
  }
  for (let column = 0; column < COLUMNS; column++)
    add(
      Array.from({ length: ROWS }, (_, row) => nodeId(column, row)),
      { highway: 'residential', name: `Iela ${column}`, maxspeed: '50' },
    );
  add([ROWS * COLUMNS + 1, ROWS * COLUMNS + 2], { highway: 'residential', name: 'Salas iela', maxspeed: '50' });
  return writeOsmPbf({
    lon: Float64Array.from(nodes, ({ lon }) => lon),
    lat: Float64Array.from(nodes, ({ lat }) => lat),
    ways,
    restrictions: [],
  });
}

const IMPORT = fileURLToPath(new URL('../../../geo-engine/src/roads-main.ts', import.meta.url));

/** Imports the map into a roads directory, as a person does: `npm run roads`. @throws Error with what the program said */
export async function importSmallMap(roadsDir: string, { mainKmh = 90, name = 'small.osm.pbf' } = {}): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'vanags-small-map-'));
  try {
    const map = join(folder, name);
    await writeFile(map, smallMapPbf(mainKmh));
    const profiles = 'car,heavy-emergency';
    await promisify(execFile)(process.execPath, [
      ...TYPESCRIPT_ARGS,
      IMPORT,
      map,
      '--dir',
      roadsDir,
      '--profiles',
      profiles,
    ]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
