/** Where somebody says that a unit is: kept with who said so, shown as such, and given up for the first newer fix of the unit's crew. */
import { v7 as uuidv7 } from 'uuid';
import type { Feed } from '../feed/feed.js';
import type { Records } from '../feed/record.js';
import type { LiveTable } from '../live/live-table.js';
import type { Database, Queryable } from '../store/database.js';
import { sqlStatements } from '../store/sql-file.js';
import type { CrewUnit, Directory } from './directory.js';

const sql = sqlStatements('./position-by-hand.sql', import.meta.url, ['enter', 'touch_unit', 'last']);

const ENTERED = 'lv.vanags.unit.position_entered.v1';

/** Degrees × 10⁷ WGS84; instants epoch ms. */
export interface PositionByHand {
  readonly unitId: string;
  readonly lonE7: number;
  readonly latE7: number;
  /** When the unit was there. */
  readonly at: number;
  readonly enteredAt: number;
}

/** Stores it, with its event. */
export async function enterPosition(
  tx: Queryable,
  records: Records,
  { id: unitId, agencyId }: CrewUnit,
  { lonE7, latE7, at, enteredAt }: PositionByHand,
  by: string,
  note: string | null,
): Promise<void> {
  await tx.query(sql.enter, [uuidv7(), agencyId, unitId, lonE7, latE7, at, by, enteredAt, note]);
  const { version } = (await tx.query<{ version: number }>(sql.touch_unit, [unitId])).rows[0]!;
  records.event({
    type: ENTERED,
    agencyId,
    aggregate: { kind: 'unit', id: unitId, version },
    data: { unitId, lon: lonE7 / 1e7, lat: latE7 / 1e7, at, enteredAt },
    at: enteredAt,
  });
}

/** Puts what was entered on the picture, whichever node it was entered on. */
export class PositionsByHand {
  readonly #database: Database;
  readonly #directory: Directory;
  readonly #live: LiveTable;

  constructor(database: Database, feed: Feed, directory: Directory, live: LiveTable) {
    this.#database = database;
    this.#directory = directory;
    this.#live = live;
    feed.listen((events) => {
      for (const { type, data } of events) {
        if (type !== ENTERED) continue;
        const { unitId, lon, lat, at, enteredAt } = data as Record<'lon' | 'lat' | 'at' | 'enteredAt', number> & {
          unitId: string;
        };
        this.show({ unitId, lonE7: Math.round(lon * 1e7), latE7: Math.round(lat * 1e7), at, enteredAt });
      }
    });
  }

  /** After the last fixes: what is newer than they are. */
  async load(): Promise<void> {
    const { rows } = await this.#database.query<{
      unit_id: string;
      lon_e7: number;
      lat_e7: number;
      at: number;
      entered_at: number;
    }>(sql.last);
    for (const { unit_id, lon_e7, lat_e7, at, entered_at } of rows)
      this.show({ unitId: unit_id, lonE7: lon_e7, latE7: lat_e7, at, enteredAt: entered_at });
  }

  /** Returns whether it is where the unit is shown; not while a device's newer or fresh fix says where it is. */
  show({ unitId, lonE7, latE7, at, enteredAt }: PositionByHand): boolean {
    const unit = this.#directory.units.get(unitId);
    if (unit === undefined || unit.retired) return false;
    const { slot } = unit;
    const live = this.#live;
    live.placeByHand(slot, lonE7, latE7, at, enteredAt);
    return live.isByHand(slot) && live.fixTime[slot] === at && live.lonE7[slot] === lonE7 && live.latE7[slot] === latE7;
  }
}
