import { v7 as uuidv7 } from 'uuid';
import type { FixSource, LiveTable } from '../live/live-table.js';
import { type UnitStatus, unitStatusCode } from '../protocol/status.js';
import type { Database } from '../store/database.js';
import { sqlFile, sqlStatements } from '../store/sql-file.js';

const sql = sqlStatements('./units.sql', import.meta.url, [
  'load_agencies',
  'load_grants',
  'load_units',
  'load_units_by_id',
  'load_devices',
  'last_good_fixes',
]);

const firstAgency = sqlFile('./first-agency.sql', import.meta.url);

const NO_UNIT = 0;
const DEFAULT_INTERVAL_S = 10;
/** A source that was live before the restart gives way to whoever reports first after it. */
const LOWEST_PRIORITY = -1;

export interface Agency {
  readonly id: string;
  readonly no: number;
  readonly code: string;
  readonly kind: string;
  readonly nameLv: string;
  readonly nameEn: string;
}

export type GrantTier = 'see' | 'assist' | 'command';

export interface Grant {
  readonly id: string;
  readonly agencyId: string;
  readonly granteeId: string;
  readonly tier: GrantTier;
  /** What the agencies have agreed on; it stands in the audit log with what is done by the grant. */
  readonly purpose: string;
  /** Epoch ms. */
  readonly validFrom: number;
  readonly validTo: number | null;
}

/** A stretch of time, epoch ms; the end is outside. */
export interface Stretch {
  readonly startsAt: number;
  readonly endsAt: number;
}

export interface CrewShift extends Stretch {
  readonly headCount: number;
  /** People by qualification; one with two counts under both. */
  readonly qualifications: Readonly<Record<string, number>>;
  /** Name of the crew, where it mans several units by turns; null: a crew of its own. */
  readonly crew: string | null;
}

export interface Reservation extends Stretch {
  readonly vekId: string;
}

/** What a desk keeps a unit for while it decides. */
export interface UnitHold {
  readonly vekId: string;
  /** Subject of whose desk it is. */
  readonly by: string;
  /** Epoch ms. */
  readonly until: number;
}

/** The assignment that a unit works on. */
export interface UnitWork {
  readonly assignmentId: string;
  readonly vekId: string;
  /** Epoch ms. */
  readonly dispatchedAt: number;
  /** null: nobody has said. */
  readonly expectedFree: ExpectedFree | null;
}

/** When a unit at work should be free again, and where, as somebody said. */
export interface ExpectedFree {
  /** Epoch ms. */
  readonly at: number;
  /** null: nobody has said; it counts from where it is. */
  readonly place: { readonly lon: number; readonly lat: number; readonly name: string | null } | null;
}

/** A unit as the node knows it: the record of the database, and its slot in the live table. */
export interface CrewUnit {
  readonly id: string;
  readonly handle: number;
  readonly slot: number;
  agencyId: string;
  stationId: string | null;
  callsign: string;
  kind: string;
  status: UnitStatus;
  statusSince: number;
  statusSource: string;
  version: number;
  retired: boolean;
  /** How its vehicle drives: heavy, car, ambulance, boat; null: no vehicle is named. */
  profile: string | null;
  capabilities: ReadonlyMap<string, number>;
  equipment: ReadonlyMap<string, number>;
  /** Those that are not over, earliest first; so are rests and reservations. */
  shifts: readonly CrewShift[];
  rests: readonly Stretch[];
  reservations: readonly Reservation[];
  /** May have run out: see holdAt. */
  hold: UnitHold | null;
  work: UnitWork | null;
  /** Epoch ms; null: it has not been on any. */
  lastCallEndedAt: number | null;
}

interface UnitRow {
  readonly id: string;
  readonly handle: number;
  readonly agency_id: string;
  readonly station_id: string | null;
  readonly callsign: string;
  readonly kind: string;
  readonly status: UnitStatus;
  readonly status_since: number;
  readonly status_source: string;
  readonly version: number;
  readonly retired: boolean;
  readonly profile: string | null;
  readonly capabilities: Record<string, number>;
  readonly equipment: Record<string, number>;
  readonly shifts: CrewShift[] | null;
  readonly rests: Stretch[] | null;
  readonly reservations: Reservation[] | null;
  readonly hold: UnitHold | null;
  readonly work: UnitWork | null;
  readonly last_call_ended_at: number | null;
}

/** The hold that is in force on a unit. */
export function holdAt({ hold }: CrewUnit, now: number): UnitHold | null {
  return hold !== null && hold.until > now ? hold : null;
}

/** Whose fixes a device sends right now. */
export interface Sender {
  readonly unitHandle: number;
  readonly unitId: string | null;
  readonly agencyNo: number;
  readonly agencyId: string;
  readonly deviceHandle: number;
  readonly deviceId: string;
}

/** A device with all the way of a fix needs, looked up once a connection and kept current in place. */
export interface CrewDevice {
  readonly id: string;
  readonly handle: number;
  agencyId: string;
  kind: string;
  name: string;
  tokenSha256: string;
  /** The token before, which counts until then (epoch ms); null: none does. */
  previousToken: { readonly sha256: string; readonly until: number } | null;
  reportIntervalS: number;
  revoked: boolean;
  unit: CrewUnit | undefined;
  /** Replaced, not changed, when the binding changes: batches tell senders apart by identity. */
  sender: Sender;
  fixSource: FixSource;
}

export type DirectoryChange =
  | { readonly kind: 'agencies' }
  | { readonly kind: 'units'; readonly units: readonly CrewUnit[] }
  | { readonly kind: 'devices'; readonly devices: readonly CrewDevice[] };

/**
 * Who exists: agencies, grants, units and devices, in memory, so that neither a fix nor a question waits for the database.
 * Loaded at start and reloaded by id when the feed says that something changed.
 */
export class Directory {
  readonly #database: Database;
  readonly #live: LiveTable;
  readonly agenciesById = new Map<string, Agency>();
  readonly agenciesByCode = new Map<string, Agency>();
  #grants: readonly Grant[] = [];
  readonly units = new Map<string, CrewUnit>();
  readonly unitsByHandle = new Map<number, CrewUnit>();
  readonly unitsBySlot: CrewUnit[] = [];
  readonly devices = new Map<string, CrewDevice>();
  readonly #devicesByToken = new Map<string, CrewDevice>();
  readonly #devicesByUnit = new Map<string, Set<CrewDevice>>();
  readonly #listeners = new Set<(change: DirectoryChange) => void>();

  constructor(database: Database, live: LiveTable) {
    this.#database = database;
    this.#live = live;
  }

  get grants(): readonly Grant[] {
    return this.#grants;
  }

  /** The platform operator's agency: every database has it. */
  get operator(): Agency {
    return [...this.agenciesById.values()].find(({ kind }) => kind === 'operator')!;
  }

  onChange(listener: (change: DirectoryChange) => void): void {
    this.#listeners.add(listener);
  }

  #tell(change: DirectoryChange): void {
    for (const listener of this.#listeners) listener(change);
  }

  /** An empty database gets the platform operator's agency, whose administrators register all others. */
  async ensureOperator(): Promise<void> {
    await this.#database.query(firstAgency, [uuidv7()]);
  }

  /** Loads everything, and puts each unit's last good fix back on the picture with its true age. */
  async load(): Promise<void> {
    await this.reloadAgencies();
    await this.reloadUnits(null);
    await this.reloadDevices(null);
    const { rows } = await this.#database.query<{
      handle: number;
      device_handle: number;
      fix_time: number;
      received_at: number;
      lon_e7: number;
      lat_e7: number;
      speed_cmps: number | null;
      heading_cdeg: number | null;
      accuracy_dm: number | null;
      altitude_m: number | null;
      flags: number;
    }>(sql.last_good_fixes);
    const intervalOf = new Map([...this.devices.values()].map((device) => [device.handle, device.reportIntervalS]));
    for (const row of rows) {
      const unit = this.unitsByHandle.get(row.handle);
      if (unit === undefined) continue;
      const source = {
        deviceHandle: row.device_handle,
        priority: LOWEST_PRIORITY,
        reportIntervalS: intervalOf.get(row.device_handle) ?? DEFAULT_INTERVAL_S,
      };
      const fix = {
        fixTime: row.fix_time,
        lonE7: row.lon_e7,
        latE7: row.lat_e7,
        speedCmps: row.speed_cmps,
        headingCdeg: row.heading_cdeg,
        accuracyDm: row.accuracy_dm,
        altitudeM: row.altitude_m,
        flags: row.flags,
      };
      this.#live.move(unit.slot, source, fix, row.received_at);
    }
  }

  async reloadAgencies(): Promise<void> {
    const agencies = await this.#database.query<{
      id: string;
      no: number;
      code: string;
      kind: string;
      name_lv: string;
      name_en: string;
    }>(sql.load_agencies);
    for (const { id, no, code, kind, name_lv, name_en } of agencies.rows) {
      const agency: Agency = { id, no, code, kind, nameLv: name_lv, nameEn: name_en };
      this.agenciesById.set(id, agency);
      this.agenciesByCode.set(code, agency);
    }
    const grants = await this.#database.query<{
      id: string;
      agency_id: string;
      grantee_id: string;
      tier: GrantTier;
      purpose: string;
      valid_from: number;
      valid_to: number | null;
    }>(sql.load_grants);
    this.#grants = grants.rows.map((row) => ({
      id: row.id,
      agencyId: row.agency_id,
      granteeId: row.grantee_id,
      tier: row.tier,
      purpose: row.purpose,
      validFrom: row.valid_from,
      validTo: row.valid_to,
    }));
    this.#tell({ kind: 'agencies' });
  }

  /** Agencies by number; 0 stands for none. */
  agencyNo(id: string): number {
    return this.agenciesById.get(id)?.no ?? 0;
  }

  async reloadUnits(ids: readonly string[] | null): Promise<void> {
    const { rows } = await (ids === null
      ? this.#database.query<UnitRow>(sql.load_units)
      : this.#database.query<UnitRow>(sql.load_units_by_id, [ids]));
    const changed: CrewUnit[] = [];
    for (const row of rows) {
      const agencyNo = this.agencyNo(row.agency_id);
      const statusCode = unitStatusCode.get(row.status)!;
      const fields = {
        agencyId: row.agency_id,
        stationId: row.station_id,
        callsign: row.callsign,
        kind: row.kind,
        status: row.status,
        statusSince: row.status_since,
        statusSource: row.status_source,
        version: row.version,
        retired: row.retired,
        profile: row.profile,
        capabilities: new Map(Object.entries(row.capabilities)),
        equipment: new Map(Object.entries(row.equipment)),
        shifts: row.shifts ?? [],
        rests: row.rests ?? [],
        reservations: row.reservations ?? [],
        hold: row.hold,
        work: row.work,
        lastCallEndedAt: row.last_call_ended_at,
      };
      let unit = this.units.get(row.id);
      if (unit === undefined) {
        const slot = this.#live.add(row.handle, agencyNo, statusCode, DEFAULT_INTERVAL_S);
        unit = { id: row.id, handle: row.handle, slot, ...fields };
        this.units.set(unit.id, unit);
        this.unitsByHandle.set(unit.handle, unit);
        this.unitsBySlot[slot] = unit;
      } else {
        Object.assign(unit, fields);
        this.#live.setStatus(unit.slot, statusCode);
        this.#live.setAgency(unit.slot, agencyNo);
      }
      if (unit.retired) this.#live.remove(unit.slot);
      changed.push(unit);
    }
    this.#tell({ kind: 'units', units: changed });
  }

  async reloadDevices(ids: readonly string[] | null): Promise<void> {
    const { rows } = await this.#database.query<{
      id: string;
      handle: number;
      agency_id: string;
      kind: string;
      name: string;
      token_sha256: string;
      previous_token_sha256: string | null;
      previous_token_until: number | null;
      report_interval_s: number;
      revoked: boolean;
      unit_id: string | null;
      priority: number | null;
    }>(sql.load_devices, [ids]);
    const changed: CrewDevice[] = [];
    for (const row of rows) {
      const unit = row.unit_id === null ? undefined : this.units.get(row.unit_id);
      const agencyId = unit?.agencyId ?? row.agency_id;
      const fields = {
        agencyId: row.agency_id,
        kind: row.kind,
        name: row.name,
        tokenSha256: row.token_sha256,
        previousToken:
          row.previous_token_sha256 === null
            ? null
            : { sha256: row.previous_token_sha256, until: row.previous_token_until! },
        reportIntervalS: row.report_interval_s,
        revoked: row.revoked,
        unit,
        sender: {
          unitHandle: unit?.handle ?? NO_UNIT,
          unitId: unit?.id ?? null,
          agencyNo: this.agencyNo(agencyId),
          agencyId,
          deviceHandle: row.handle,
          deviceId: row.id,
        },
        fixSource: { deviceHandle: row.handle, priority: row.priority ?? 0, reportIntervalS: row.report_interval_s },
      };
      let device = this.devices.get(row.id);
      if (device === undefined) {
        device = { id: row.id, handle: row.handle, ...fields };
        this.devices.set(device.id, device);
      } else {
        this.#devicesByToken.delete(device.tokenSha256);
        if (device.previousToken !== null) this.#devicesByToken.delete(device.previousToken.sha256);
        if (device.unit !== undefined) this.#devicesByUnit.get(device.unit.id)?.delete(device);
        Object.assign(device, fields);
      }
      if (!device.revoked) this.#devicesByToken.set(device.tokenSha256, device);
      if (!device.revoked && device.previousToken !== null)
        this.#devicesByToken.set(device.previousToken.sha256, device);
      if (unit !== undefined) {
        const devices = this.#devicesByUnit.get(unit.id);
        if (devices === undefined) this.#devicesByUnit.set(unit.id, new Set([device]));
        else devices.add(device);
      }
      changed.push(device);
    }
    this.#tell({ kind: 'devices', devices: changed });
  }

  /** The devices that are bound to a unit now. */
  devicesOf(unitId: string): Iterable<CrewDevice> {
    return this.#devicesByUnit.get(unitId) ?? [];
  }

  /** The device whose token has this SHA-256 (lower-case hex), unless it was revoked or its time beside a newer one is over. */
  deviceByToken(tokenSha256: string): CrewDevice | undefined {
    const device = this.#devicesByToken.get(tokenSha256);
    if (device === undefined || device.tokenSha256 === tokenSha256) return device;
    return Date.now() < device.previousToken!.until ? device : undefined;
  }
}
