import {
  type Box,
  box,
  boxContains,
  type LonLat,
  type PolygonCoordinates,
  PreparedPolygons,
} from '../../../geo-engine/src/index.js';
import type { Feed } from '../feed/feed.js';
import { KickedTask } from '../kicked-task.js';
import type { Database } from '../store/database.js';
import { isAway } from '../store/errors.js';
import { sqlStatements } from '../store/sql-file.js';
import type { ResponseNorm } from './response-norms.js';

export const placesSql = sqlStatements('./places.sql', import.meta.url, [
  'place_facts',
  'all_territories',
  'duty_agencies',
  'zones_with_ground',
  'norms',
]);

/** Kinds of change after which the ground is read again. */
const GROUND: readonly string[] = ['territory', 'duty_area', 'norm_zone', 'norm'];
/** What could not be read is read again after so long. */
const RETRY_MS = 5000;

/** A territory that a place lies in. */
export interface Ground {
  readonly territoryId: string;
  readonly agencyId: string;
  readonly kind: string;
  readonly code: string;
  readonly nameLv: string;
  readonly nameEn: string;
  /** The boundary is generated, not surveyed. */
  readonly approximate: boolean;
  /** The zones that it puts services in. */
  readonly zones: readonly { readonly service: string; readonly zone: string }[];
  /** Agencies that serve it, and no territory that they are not named for. */
  readonly duty: readonly string[];
}

/** Whose ground a place is. */
export interface PlaceFacts {
  /** Widest first. */
  readonly grounds: readonly Ground[];
  /** The zone of each service's norms: that of the narrowest territory that says. */
  readonly zones: ReadonlyMap<string, string>;
  /** `last_known`: the database did not answer; as of `asOf`, epoch ms. */
  readonly source: 'database' | 'last_known';
  readonly asOf: number;
}

interface KnownGround {
  readonly ground: Ground;
  readonly polygons: PreparedPolygons;
  /** Round all of them; none crosses the antimeridian. */
  readonly box: Box;
}

interface GroundRow {
  id: string;
  agency_id: string;
  kind: string;
  code: string;
  name_lv: string;
  name_en: string;
  approximate: boolean;
  zones: { service: string; zone: string }[];
  duty: string[];
}

function groundOf(row: GroundRow): Ground {
  const { id, agency_id, kind, code, name_lv, name_en, approximate, zones, duty } = row;
  const names = { nameLv: name_lv, nameEn: name_en };
  return { territoryId: id, agencyId: agency_id, kind, code, ...names, approximate, zones, duty };
}

function zonesOf(grounds: readonly Ground[]): Map<string, string> {
  return new Map(grounds.flatMap(({ zones }) => zones.map(({ service, zone }) => [service, zone] as const)));
}

/**
 * Territories, zones, norms and who serves where. All of it is also held in memory, as it was last read, with boundaries: a
 * recommendation asks that, and every question does while the database is away.
 */
export class Places {
  readonly #database: Database;
  #known: readonly KnownGround[] = []; // widest first
  #norms: readonly ResponseNorm[] = [];
  #bound: ReadonlySet<string> = new Set();
  #elsewhere: ReadonlyMap<string, ReadonlySet<string>> = new Map();
  #asOf = 0;
  #hasChanged = false;
  // an import changes the ground many times over: it is read once more after each reading, whatever came meanwhile
  readonly #task = new KickedTask(() => this.#follow(), RETRY_MS);

  constructor(database: Database, feed: Feed) {
    this.#database = database;
    feed.listen((events) => {
      if (events.some(({ aggregate }) => GROUND.includes(aggregate.kind))) this.changed();
    });
  }

  start(): void {
    this.#task.start();
  }

  stop(): Promise<void> {
    return this.#task.stop();
  }

  /** The ground is to be read again. */
  changed(): void {
    this.#hasChanged = true;
    this.#task.kick();
  }

  /** Territories in memory. */
  get known(): number {
    return this.#known.length;
  }

  get norms(): readonly ResponseNorm[] {
    return this.#norms;
  }

  /** Zones of a service that no territory is in: they hold where no territory says. */
  get elsewhere(): ReadonlyMap<string, ReadonlySet<string>> {
    return this.#elsewhere;
  }

  /** From the tables, or as last known while they cannot be asked. */
  async at(place: LonLat): Promise<PlaceFacts> {
    try {
      const { rows } = await this.#database.query<GroundRow>(placesSql.place_facts, [place[0], place[1]]);
      const grounds = rows.map(groundOf);
      return { grounds, zones: zonesOf(grounds), source: 'database', asOf: Date.now() };
    } catch (error) {
      if (!isAway(error)) throw error;
      return this.lastKnown(place);
    }
  }

  /** From memory, as last read. It follows every change, so it is `last_known` only while the database is away. */
  lastKnown(place: LonLat): PlaceFacts {
    const [lon, lat] = place;
    const grounds = this.#known
      .filter(({ box: round, polygons }) => boxContains(round, lon, lat) && polygons.contain(lon, lat))
      .map(({ ground }) => ground);
    const isCurrent = this.#database.awaySince === undefined;
    return { grounds, zones: zonesOf(grounds), source: isCurrent ? 'database' : 'last_known', asOf: this.#asOf };
  }

  /** Whether an agency's units serve a place on these grounds. */
  serves(agencyId: string, { grounds }: PlaceFacts): boolean {
    return !this.#bound.has(agencyId) || grounds.some(({ duty }) => duty.includes(agencyId));
  }

  async #follow(): Promise<void> {
    if (!this.#hasChanged) return;
    this.#hasChanged = false;
    try {
      await this.load();
    } catch (error) {
      this.#hasChanged = true;
      if (!isAway(error)) throw error;
    }
  }

  /** Reads everything anew. @throws StoreError `database_unavailable` */
  async load(): Promise<void> {
    const territories = await this.#database.query<GroundRow & { polygons: PolygonCoordinates }>(
      placesSql.all_territories,
      [null],
    );
    const duty = await this.#database.query<{ agency_id: string }>(placesSql.duty_agencies);
    const withGround = await this.#database.query<{ service: string; zone: string }>(placesSql.zones_with_ground);
    const norms = await this.#database.query<NormRow>(placesSql.norms);
    this.#known = territories.rows.map((row) => {
      const { polygons } = row;
      return { ground: groundOf(row), polygons: new PreparedPolygons(polygons), box: boxRound(polygons) };
    });
    this.#bound = new Set(duty.rows.map(({ agency_id }) => agency_id));
    this.#norms = norms.rows.map(normOf);
    this.#elsewhere = zonesElsewhere(this.#norms, withGround.rows);
    this.#asOf = Date.now();
  }
}

function boxRound(polygons: PolygonCoordinates): Box {
  let [west, south, east, north] = [180, 90, -180, -90];
  for (const [lon, lat] of polygons.flat(2)) {
    west = Math.min(west, lon!);
    east = Math.max(east, lon!);
    south = Math.min(south, lat!);
    north = Math.max(north, lat!);
  }
  return box(west, south, east, north);
}

interface NormRow
  extends Pick<ResponseNorm, 'service' | 'priority' | 'zone' | 'phase' | 'share' | 'source' | 'certainty'> {
  limit_s: number;
  valid_from: string;
  valid_to: string | null;
}

function normOf({ limit_s, valid_from, valid_to, ...rest }: NormRow): ResponseNorm {
  return { ...rest, limitS: limit_s, validFrom: valid_from, validTo: valid_to };
}

function zonesElsewhere(
  norms: readonly ResponseNorm[],
  withGround: readonly { readonly service: string; readonly zone: string }[],
): Map<string, Set<string>> {
  const elsewhere = new Map<string, Set<string>>();
  for (const { service, zone } of norms) {
    if (zone === null || withGround.some((one) => one.service === service && one.zone === zone)) continue;
    const zones = elsewhere.get(service) ?? new Set();
    elsewhere.set(service, zones.add(zone));
  }
  return elsewhere;
}
