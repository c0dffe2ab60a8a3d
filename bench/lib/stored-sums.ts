import pg from 'pg';
import { type ContentSums, MIX_MODULUS } from './movement.js';

export interface Stored extends ContentSums {
  /** Rows beyond the first of the same stream and seq. */
  readonly doubled: number;
  /** By device id: how many different seqs, and the highest. */
  readonly devices: ReadonlyMap<string, { readonly different: number; readonly highest: number }>;
}

/** What the database holds of an agency's fixes, read through SQL: the other side of movement.ts's sums. */
export async function storedSums(config: pg.ClientConfig, agencyCode: string): Promise<Stored> {
  const client = new pg.Client(config);
  await client.connect();
  try {
    const { rows } = await client.query<{ device: string; n: string; different: string; highest: string; seq: string; mix: string }>(
      `SELECT s.device_id AS device, count(*) AS n, count(DISTINCT (f.stream_id, f.seq)) AS different, max(f.seq) AS highest, sum(f.seq) AS seq,
              sum(mod(f.lon_e7::bigint * 31 + f.lat_e7::bigint * 17 + round(date_part('epoch', f.fix_time) * 1000)::bigint * 7 + f.seq * 3
                      + f.speed_cmps * 13 + f.heading_cdeg * 11, ${MIX_MODULUS})) AS mix
       FROM fix f JOIN stream s ON s.id = f.stream_id JOIN agency a ON a.id = s.agency_id
       WHERE a.code = $1
       GROUP BY s.device_id`,
      [agencyCode],
    );
    const stored = { rows: 0, seq: 0, mix: 0, doubled: 0 };
    const devices = new Map<string, { different: number; highest: number }>();
    for (const row of rows) {
      stored.rows += Number(row.n);
      stored.seq += Number(row.seq);
      stored.mix += Number(row.mix);
      stored.doubled += Number(row.n) - Number(row.different);
      devices.set(row.device, { different: Number(row.different), highest: Number(row.highest) });
    }
    return { ...stored, devices };
  } finally {
    await client.end();
  }
}
