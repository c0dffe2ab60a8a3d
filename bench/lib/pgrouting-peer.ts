/** pgRouting on a PostgreSQL of our own, as a user would set it up: the graph as a table of edges, indexed, costs in milliseconds. */
import pg from 'pg';
import { startPostgres } from '../../fixtures/servers/index.js';
import type { RoadGraph } from '../../geo-engine/src/index.js';
import { childrenOf, cpuMs } from './processes.js';

const EDGES = 'SELECT id, source, target, cost, -1::float8 AS reverse_cost FROM edge';
const ROWS_A_BATCH = 50_000;

export interface PgRoutingPeer {
  readonly version: string;
  /** Milliseconds from one node to another; undefined: no way. Times as in the graph, so copies for turn restrictions count as nodes. */
  time(from: number, to: number): Promise<number | undefined>;
  /** From each of several nodes to one. */
  manyToOne(from: readonly number[], to: number): Promise<(number | undefined)[]>;
  /** Nodes within a time of one node, and how far each is. */
  reach(from: number, limitMs: number): Promise<Map<number, number>>;
  cpuMs(): number;
  stop(): Promise<void>;
}

/** Loads the graph. pgRouting comes from Debian's postgresql-15-pgrouting; where it is missing says so. */
export async function pgRoutingPeer(graph: RoadGraph): Promise<PgRoutingPeer | { readonly missing: string }> {
  const server = await startPostgres({ fsync: false, settings: { shared_buffers: '256MB', jit: 'off' } });
  if ('missing' in server) return server;
  const client = new pg.Client({ connectionString: server.url() });
  client.on('error', () => {});
  await client.connect();
  const stop = async () => {
    await client.end().catch(() => {});
    await server.stop();
  };
  try {
    await client.query('CREATE EXTENSION pgrouting CASCADE');
  } catch (error) {
    await stop();
    return { missing: `no pgRouting (${(error as Error).message}): apt-get install postgresql-15-pgrouting` };
  }
  const { rows } = await client.query<{ version: string }>('SELECT pgr_version() AS version');
  await client.query(
    'CREATE UNLOGGED TABLE edge (id int PRIMARY KEY, source int NOT NULL, target int NOT NULL, cost float8 NOT NULL)',
  );
  const arcs: [number, number, number][] = [];
  const flush = async (firstId: number) => {
    await client.query(
      'INSERT INTO edge SELECT $1::int + row_number() OVER () - 1, s, t, c FROM unnest($2::int[], $3::int[], $4::float8[]) AS e(s, t, c)',
      [firstId, ...[0, 1, 2].map((column) => arcs.map((arc) => arc[column]))],
    );
    arcs.length = 0;
  };
  let next = 0;
  for (let node = 0; node < graph.nodeCount; node++) {
    for (let arc = graph.firstArc[node]!; arc < graph.firstArc[node + 1]!; arc++) {
      arcs.push([node, graph.arcHead[arc]!, graph.arcMs[arc]!]);
      if (arcs.length < ROWS_A_BATCH) continue;
      await flush(next);
      next = arc + 1;
    }
  }
  await flush(next);
  await client.query('CREATE INDEX edge_source ON edge (source)');
  await client.query('CREATE INDEX edge_target ON edge (target)');
  await client.query('VACUUM ANALYZE edge');
  return {
    version: rows[0]!.version,
    async time(from, to) {
      if (from === to) return 0; // it leaves these out
      const answer = await client.query<{ agg_cost: number }>({
        name: 'time',
        // pgr_bdDijkstraCost of pgRouting 3.4.2 misses the fastest way now and then: on one pair in a hundred of Liechtenstein
        text: 'SELECT agg_cost FROM pgr_dijkstraCost($1, $2::bigint, $3::bigint, true)',
        values: [EDGES, from, to],
      });
      return answer.rows[0]?.agg_cost;
    },
    async manyToOne(from, to) {
      const answer = await client.query<{ start_vid: string; agg_cost: number }>({
        name: 'many-to-one',
        text: 'SELECT start_vid, agg_cost FROM pgr_dijkstraCost($1, $2::bigint[], $3::bigint, true)',
        values: [EDGES, from, to],
      });
      const times = new Map(answer.rows.map((row) => [Number(row.start_vid), row.agg_cost]));
      return from.map((node) => (node === to ? 0 : times.get(node)));
    },
    async reach(from, limitMs) {
      const answer = await client.query<{ node: string; agg_cost: number }>({
        name: 'reach',
        text: 'SELECT node, agg_cost FROM pgr_drivingDistance($1, $2::bigint, $3::float8, true)',
        values: [EDGES, from, limitMs],
      });
      return new Map(answer.rows.map((row) => [Number(row.node), row.agg_cost]));
    },
    cpuMs: () => [server.pid, ...childrenOf(server.pid)].reduce((sum, pid) => sum + cpuMs(pid), 0),
    stop,
  };
}
