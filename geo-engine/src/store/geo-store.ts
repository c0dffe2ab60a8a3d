import { readFileSync } from 'node:fs';
import { GeoStoreError } from '../errors.js';
import { type LonLat, lonLat } from '../geo/lon-lat.js';
import type { NearestSuitableQuestion } from '../suitability/nearest-suitable.js';
import { encodeTile, type MapPart } from './map-tile.js';

/** Folder of the geo-engine's migrations; their numbers are of one sequence with the tracker's. */
export const geoMigrationsDir: URL = new URL('./migrations/', import.meta.url);

/** What the store needs of a database: a pg pool, a pg client and PGlite all are one. */
export interface Queryable {
  query(text: string, values: unknown[]): Promise<{ readonly rows: unknown[] }>;
}

export interface StoredUnit {
  readonly handle: number;
  readonly unitId: string;
  readonly callsign: string;
  readonly agencyId: string;
  /** Great circle, metres. */
  readonly distanceM: number;
  readonly fixAgeS: number;
}

export interface TerritoryAt {
  readonly territoryId: string;
  readonly agencyId: string;
  readonly kind: string;
  readonly code: string;
  readonly nameLv: string;
  readonly nameEn: string;
  /** The boundary is generated, not surveyed. */
  readonly approximate: boolean;
}

/** A published shelter. What its source does not publish is null, never a guess. */
export interface ShelterNear {
  readonly shelterId: string;
  readonly municipality: string | null;
  readonly addressLine: string;
  readonly useCode: string;
  readonly category: number | null;
  readonly capacity: number | null;
  readonly accessible: boolean | null;
  readonly entranceNote: string | null;
  readonly entrance: LonLat;
  /** Great circle to the entrance, metres. */
  readonly distanceM: number;
}

/** The geography that outlives the process. Every method throws GeoStoreError when the database cannot answer. */
export class GeoStore {
  readonly #db: Queryable;

  constructor(db: Queryable) {
    this.#db = db;
  }

  /**
   * The k nearest suitable units from the tables alone, nearest first: the second opinion to nearestSuitable().
   * Agrees with it as far as the tables agree with the live picture. Distances are up to 1e-8 less.
   */
  async nearestUnits(question: NearestSuitableQuestion): Promise<StoredUnit[]> {
    const [lon, lat] = question.place;
    const rows = await this.#rows<NearestUnitRow>('nearest-units', [
      lon,
      lat,
      question.now,
      question.maxFixAgeS,
      question.dispatchableStatuses,
      question.capabilities.map((need) => need.code),
      question.capabilities.map((need) => need.quantity),
      question.agencyIds ?? null,
      question.kinds ?? null,
      question.minHeadCount ?? 0,
      question.vekId ?? null,
      question.k,
    ]);
    return rows.map((row) => ({
      handle: row.handle,
      unitId: row.unit_id,
      callsign: row.callsign,
      agencyId: row.agency_id,
      distanceM: row.distance_m,
      fixAgeS: row.fix_age_s,
    }));
  }

  /** Every territory that covers a place, its edge included: country first, duty areas last, then by code. */
  async territoriesAt([lon, lat]: LonLat): Promise<TerritoryAt[]> {
    const rows = await this.#rows<TerritoryRow>('territories-at', [lon, lat]);
    return rows.map((row) => ({
      territoryId: row.territory_id,
      agencyId: row.agency_id,
      kind: row.kind,
      code: row.code,
      nameLv: row.name_lv,
      nameEn: row.name_en,
      approximate: row.approximate,
    }));
  }

  /** The k nearest published shelters, nearest first, as the crow flies. */
  async nearestShelters([lon, lat]: LonLat, k: number): Promise<ShelterNear[]> {
    const rows = await this.#rows<ShelterRow>('nearest-shelters', [lon, lat, k]);
    return rows.map((row) => ({
      shelterId: row.shelter_id,
      municipality: row.municipality,
      addressLine: row.address_line,
      useCode: row.use_code,
      category: row.category,
      capacity: row.capacity,
      accessible: row.accessible,
      entranceNote: row.entrance_note,
      entrance: lonLat(row.lon, row.lat),
      distanceM: row.distance_m,
    }));
  }

  /** One vector tile of the base map (Mapbox Vector Tile 2.1): territories, roads, rivers. Empty where there is nothing. */
  async mapTile(z: number, x: number, y: number): Promise<Uint8Array> {
    return encodeTile(await this.#rows<MapPart>('map-tile', [z, x, y]));
  }

  /** Rows of a .sql file. Row is what that file's SELECT promises: the two stand in one commit. */
  async #rows<Row>(name: QueryName, values: unknown[]): Promise<Row[]> {
    try {
      const { rows } = await this.#db.query(SQL[name], values);
      return rows as Row[];
    } catch (cause) {
      throw new GeoStoreError(name, cause);
    }
  }
}

const SQL = {
  'nearest-units': sql('nearest-units'),
  'territories-at': sql('territories-at'),
  'nearest-shelters': sql('nearest-shelters'),
  'map-tile': sql('map-tile'),
} as const;
type QueryName = keyof typeof SQL;

function sql(name: string): string {
  return readFileSync(new URL(`./sql/${name}.sql`, import.meta.url), 'utf8');
}

interface NearestUnitRow {
  readonly handle: number;
  readonly unit_id: string;
  readonly callsign: string;
  readonly agency_id: string;
  readonly distance_m: number;
  readonly fix_age_s: number;
}

interface TerritoryRow {
  readonly territory_id: string;
  readonly agency_id: string;
  readonly kind: string;
  readonly code: string;
  readonly name_lv: string;
  readonly name_en: string;
  readonly approximate: boolean;
}

interface ShelterRow {
  readonly shelter_id: string;
  readonly municipality: string | null;
  readonly address_line: string;
  readonly use_code: string;
  readonly category: number | null;
  readonly capacity: number | null;
  readonly accessible: boolean | null;
  readonly entrance_note: string | null;
  readonly lon: number;
  readonly lat: number;
  readonly distance_m: number;
}
