import type { Records } from '../feed/record.js';
import type { Queryable } from '../store/database.js';
import { registrySql as sql } from './registry.js';

/** Sets how often these devices are to report, in seconds. Returns the ids of those that were to report otherwise. */
export async function setReportInterval(
  tx: Queryable,
  records: Records,
  deviceIds: readonly string[],
  seconds: number,
  at: number,
): Promise<string[]> {
  const { rows } = await tx.query<{ id: string; agency_id: string; version: number }>(sql.set_report_interval, [
    deviceIds,
    seconds,
  ]);
  for (const { id, agency_id, version } of rows)
    records.event({
      type: 'lv.vanags.device.report_interval_set.v1',
      agencyId: agency_id,
      aggregate: { kind: 'device', id, version },
      data: { deviceId: id, reportIntervalS: seconds },
      at,
    });
  return rows.map(({ id }) => id);
}
