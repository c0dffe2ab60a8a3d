import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { MortalConsumer } from './mortal-consumer.js';
import type { DeskRecord } from './vek-desk.js';

/** Types of event that a consumer of VEKs reads. */
export const VEK_TYPES = ['lv.vanags.vek.*', 'lv.vanags.assignment.*', 'lv.vanags.unit.status_changed.v1'];
const OF_VEKS = `$1::uuid = ANY (concerned) AND (type LIKE 'lv.vanags.vek.%' OR type LIKE 'lv.vanags.assignment.%' OR type = 'lv.vanags.unit.status_changed.v1')`;

export interface VekCounts {
  readonly veks: number;
  readonly assignments: number;
  readonly events: number;
  /** What is not as it must be, in words. */
  readonly faults: readonly string[];
}

interface Fault {
  readonly what: string;
  readonly n: number;
}

/** Each line: what is wrong, and how many; $1 the agency, $2 cards whose end nobody knows. */
const FAULTS_SQL = `
  WITH own AS (
    SELECT position, type, aggregate_kind, aggregate_id, aggregate_version FROM feed_event WHERE ${OF_VEKS}
  ), turned AS (
    SELECT aggregate_version <= lag(aggregate_version) OVER (PARTITION BY aggregate_id ORDER BY position) AS inverted
    FROM own WHERE position IS NOT NULL AND aggregate_kind IN ('vek', 'assignment') AND type NOT LIKE 'lv.vanags.vek.service_%'
  ), cards AS (
    SELECT v.id, count(o.*) FILTER (WHERE type = 'lv.vanags.vek.created.v1') AS created,
           count(o.*) FILTER (WHERE type = 'lv.vanags.vek.closed.v1') AS closed
    FROM vek v LEFT JOIN own o ON o.aggregate_kind = 'vek' AND o.aggregate_id = v.id WHERE v.agency_id = $1 AND v.id <> ALL ($2::uuid[]) GROUP BY v.id
  ), sent AS (
    SELECT a.id, count(o.*) FILTER (WHERE type = 'lv.vanags.assignment.created.v1') AS created,
           count(o.*) FILTER (WHERE type = 'lv.vanags.assignment.cancelled.v1') AS cancelled
    FROM assignment a LEFT JOIN own o ON o.aggregate_kind = 'assignment' AND o.aggregate_id = a.id WHERE a.agency_id = $1 AND a.vek_id <> ALL ($2::uuid[]) GROUP BY a.id
  )
  SELECT 'events without a position' AS what, count(*)::int AS n FROM own WHERE position IS NULL
  UNION ALL SELECT 'versions inverted', count(*)::int FROM turned WHERE inverted
  UNION ALL SELECT 'cards without one event of their making and one of their end', count(*)::int FROM cards WHERE (created, closed) <> (1, 1)
  UNION ALL SELECT 'assignments without one event of their making and one of their end', count(*)::int FROM sent WHERE (created, cancelled) <> (1, 1)
  UNION ALL SELECT 'events of no assignment', count(*)::int FROM own
    WHERE aggregate_kind = 'assignment' AND NOT EXISTS (SELECT FROM assignment a WHERE a.id = aggregate_id)`;

/** Compares what a desk was told, and what consumers of the feed have, with what is stored. Waits for the consumers so many seconds at most. */
export async function compareVeks(
  config: pg.ClientConfig,
  agencyCode: string,
  record: DeskRecord,
  consumers: readonly MortalConsumer[],
  waitS: number,
): Promise<VekCounts> {
  const client = new pg.Client(config);
  client.on('error', () => {}); // a lost connection fails the query, which is where it is heard
  await client.connect();
  try {
    const agency = (await client.query<{ id: string }>('SELECT id FROM agency WHERE code = $1', [agencyCode])).rows[0]!
      .id;
    const until = Date.now() + waitS * 1000;
    const unstamped = `SELECT FROM feed_event WHERE position IS NULL LIMIT 1`;
    while ((await client.query(unstamped)).rowCount! > 0 && Date.now() < until) await sleep(100);
    const idsOf = async (query: string) =>
      (await client.query<{ id: string }>(query, [agency])).rows.map((row) => row.id);
    const vekOf = new Map(
      (
        await client.query<{ id: string; vek_id: string }>('SELECT id, vek_id FROM assignment WHERE agency_id = $1', [
          agency,
        ])
      ).rows.map(({ id, vek_id }) => [id, vek_id]),
    );
    const stored = new Set(await idsOf('SELECT id FROM vek WHERE agency_id = $1'));
    const events = await idsOf(`SELECT id FROM feed_event WHERE ${OF_VEKS} ORDER BY position`);
    const found = (await client.query<Fault>(FAULTS_SQL, [agency, record.givenUp])).rows;
    const givenUp = new Set(record.givenUp);
    const faults = [
      ...record.faults,
      ...found.filter(({ n }) => n > 0).map(({ what, n }) => `${n} ${what}`),
      ...differing('VEKs', record.veks, stored, (id) => givenUp.has(id)),
      ...differing('assignments', record.assignments, new Set(vekOf.keys()), (id) => givenUp.has(vekOf.get(id)!)),
    ];
    for (const consumer of consumers) {
      while (consumer.handled().length < events.length && Date.now() < until) await sleep(250);
      const handled = consumer.handled();
      const at = events.findIndex((id, i) => handled[i] !== id);
      if (handled.length !== events.length || at >= 0)
        faults.push(
          `the consumer by ${consumer.way} has ${handled.length} of ${events.length} events, ${new Set(handled).size} different, and differs from the ${at + 1}th on`,
        );
      faults.push(...consumer.faults.map((code) => `the consumer by ${consumer.way} was told ${code}`));
    }
    return { veks: stored.size, assignments: vekOf.size, events: events.length, faults };
  } finally {
    await client.end();
  }
}

/** What was accepted and is not stored, and what is stored that nobody was told of, but for what may be so because nobody had an answer. */
function differing(
  what: string,
  accepted: readonly string[],
  stored: ReadonlySet<string>,
  mayBe: (id: string) => boolean,
): string[] {
  const missing = accepted.filter((id) => !stored.has(id)).length;
  const known = new Set(accepted);
  const more = [...stored].filter((id) => !known.has(id) && !mayBe(id)).length;
  return [
    ...(missing > 0 ? [`${missing} accepted ${what} are missing`] : []),
    ...(more > 0 ? [`${more} ${what} are there that nobody gave`] : []),
    ...(known.size < accepted.length ? [`${accepted.length - known.size} ${what} were accepted twice`] : []),
  ];
}
