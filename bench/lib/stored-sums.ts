import pg from 'pg';
import { type ContentSums, MIX_MODULUS } from './movement.js';

export interface Stored extends ContentSums {
  /** Rows beyond the first of the same stream and seq. */
  readonly doubled: number;
  /** By device id: how many different seqs, and the highest. */
  readonly devices: ReadonlyMap<string, { readonly different: number; readonly highest: number }>;
}

interface Row {
  readonly device: string;
  readonly n: string;
  readonly different: string;
  readonly highest: string;
  readonly seq: string;
  readonly mix: string;
}

/** So many rows are sorted in memory: one sort of many millions has ended an embedded database. */
const SORTED_AT_ONCE = 500_000;

/**
 * What the database holds of an agency's fixes, read through SQL: the other side of movement.ts's sums. `expected` rows or about as many
 * are read in portions of whole streams.
 */
export async function storedSums(config: pg.ClientConfig, agencyCode: string, expected: number): Promise<Stored> {
  const client = new pg.Client(config);
  client.on('error', () => {}); // a lost connection fails the query, which is where it is heard
  await client.connect();
  const portions = Math.ceil(expected / SORTED_AT_ONCE) || 1;
  const stored = { rows: 0, seq: 0, mix: 0, doubled: 0 };
  const devices = new Map<string, { different: number; highest: number }>();
  try {
    for (let portion = 0; portion < portions; portion++) {
      const { rows } = await client.query<Row>(
        // by stream first: an integer is sorted faster than a pair
        `SELECT s.device_id AS device, n, different, highest, seq, mix
         FROM (SELECT stream_id, count(*) AS n, count(DISTINCT f.seq) AS different, max(f.seq) AS highest, sum(f.seq) AS seq,
                      sum(mod(f.lon_e7::bigint * 31 + f.lat_e7::bigint * 17 + round(date_part('epoch', f.fix_time) * 1000)::bigint * 7
                              + f.seq * 3 + f.speed_cmps * 13 + f.heading_cdeg * 11, ${MIX_MODULUS})) AS mix
               FROM fix f WHERE f.agency_no = (SELECT no FROM agency WHERE code = $1) AND mod(stream_id, $2) = $3
               GROUP BY stream_id) t
         JOIN stream s ON s.id = t.stream_id`,
        [agencyCode, portions, portion],
      );
      for (const row of rows) {
        stored.rows += Number(row.n);
        stored.seq += Number(row.seq);
        stored.mix += Number(row.mix);
        stored.doubled += Number(row.n) - Number(row.different);
        devices.set(row.device, { different: Number(row.different), highest: Number(row.highest) });
      }
    }
    return { ...stored, devices };
  } finally {
    await client.end();
  }
}

/** What differs between what was sent and what is stored, in words; undefined: nothing. */
export function difference(sent: ContentSums, stored: Stored): string | undefined {
  const faults = [
    ...(stored.doubled > 0 ? [`${stored.doubled} rows are doubled`] : []),
    ...(['rows', 'seq', 'mix'] as const)
      .filter((name) => sent[name] !== stored[name])
      .map((name) => `${name}: sent ${sent[name]}, stored ${stored[name]}`),
  ];
  return faults.length === 0 ? undefined : faults.join('; ');
}
