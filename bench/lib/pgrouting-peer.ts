/**
 * pgRouting on a PostgreSQL of our own, as a user would set it up: the graph as a table of edges, indexed, costs in milliseconds; units beside
 * it, found by PostGIS.
 */
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
  /** Puts the units there that shortlist asks for. Only where the places of nodes are known. */
  placeUnits(units: readonly PlacedUnit[]): Promise<void>;
  /**
   * In one statement: for each capability the units nearest by straight line, their ways over the edges of the box around them all, and of
   * these the quickest. Milliseconds, quickest first, in the order of the capabilities.
   */
  shortlist(place: LonLatPair, node: number, capabilities: readonly string[], near: number): Promise<number[][]>;
  cpuMs(): number;
  stop(): Promise<void>;
}

export type LonLatPair = readonly [lon: number, lat: number];

/** A unit that stands on a node. */
export interface PlacedUnit {
  readonly capability: string;
  readonly node: number;
  readonly place: LonLatPair;
}

/** Degrees added to the box: a way may leave it a little. */
const BOX_MARGIN_DEG = 0.1;
const SHORTLIST = `
WITH near AS MATERIALIZED (
  SELECT asked.place AS line, u.node, u.at
  FROM unnest($1::text[]) WITH ORDINALITY AS asked(capability, place)
  CROSS JOIN LATERAL (
    SELECT node, at FROM unit WHERE unit.capability = asked.capability
    ORDER BY at <-> ST_SetSRID(ST_MakePoint($2, $3), 4326)::geography LIMIT $4
  ) AS u
), box AS (
  SELECT ST_Expand(ST_Extent(place), $5) AS area
  FROM (SELECT at::geometry AS place FROM near UNION ALL SELECT ST_SetSRID(ST_MakePoint($2, $3), 4326)) AS of
), way AS (
  SELECT pgr.start_vid, pgr.agg_cost
  FROM box, pgr_dijkstraCost(
    format('SELECT id, source, target, cost, -1::float8 AS reverse_cost FROM edge WHERE at && ST_MakeEnvelope(%s, %s, %s, %s, 4326)',
           ST_XMin(area), ST_YMin(area), ST_XMax(area), ST_YMax(area)),
    (SELECT array_agg(DISTINCT node::bigint) FROM near), $6::bigint, true) AS pgr
)
SELECT line, array_agg(CASE WHEN node = $6 THEN 0 ELSE agg_cost END ORDER BY CASE WHEN node = $6 THEN 0 ELSE agg_cost END) AS ms
FROM near LEFT JOIN way ON start_vid = node WHERE node = $6 OR agg_cost IS NOT NULL
GROUP BY line ORDER BY line`;

/** Loads the graph, with where its nodes are, if that is asked for. pgRouting comes from Debian's postgresql-15-pgrouting; where it is missing says so. */
export async function pgRoutingPeer(
  graph: RoadGraph,
  lonLatOf?: (node: number) => LonLatPair,
): Promise<PgRoutingPeer | { readonly missing: string }> {
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
  if (lonLatOf !== undefined) {
    await client.query('CREATE UNLOGGED TABLE node (id int PRIMARY KEY, at geometry(Point, 4326) NOT NULL)');
    for (let from = 0; from < graph.nodeCount; from += ROWS_A_BATCH) {
      const places = Array.from({ length: Math.min(ROWS_A_BATCH, graph.nodeCount - from) }, (_, i) =>
        lonLatOf(from + i),
      );
      await client.query(
        `INSERT INTO node SELECT $1::int + row_number() OVER () - 1, ST_SetSRID(ST_MakePoint(lon, lat), 4326)
         FROM unnest($2::float8[], $3::float8[]) AS n(lon, lat)`,
        [from, places.map(([lon]) => lon), places.map(([, lat]) => lat)],
      );
    }
    await client.query('ALTER TABLE edge ADD at geometry(Point, 4326)');
    await client.query('UPDATE edge SET at = node.at FROM node WHERE node.id = edge.source');
    await client.query('CREATE INDEX edge_at ON edge USING gist (at)');
  }
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
    async placeUnits(units) {
      await client.query(
        'CREATE TABLE unit (capability text NOT NULL, node int NOT NULL, at geography(Point, 4326) NOT NULL)',
      );
      await client.query(
        `INSERT INTO unit SELECT capability, node, ST_SetSRID(ST_MakePoint(lon, lat), 4326)
         FROM unnest($1::text[], $2::int[], $3::float8[], $4::float8[]) AS u(capability, node, lon, lat)`,
        [
          units.map(({ capability }) => capability),
          units.map(({ node }) => node),
          units.map(({ place }) => place[0]),
          units.map(({ place }) => place[1]),
        ],
      );
      // one index a capability, so that a nearest neighbour is the next entry of it
      for (const [i, capability] of [...new Set(units.map((unit) => unit.capability))].entries())
        await client.query(`CREATE INDEX unit_at_${i} ON unit USING gist (at) WHERE capability = '${capability}'`);
      await client.query('CREATE INDEX unit_at ON unit USING gist (at)');
      await client.query('VACUUM ANALYZE unit');
    },
    async shortlist([lon, lat], node, capabilities, near) {
      const { rows } = await client.query<{ line: string; ms: number[] }>(SHORTLIST, [
        capabilities,
        lon,
        lat,
        near,
        BOX_MARGIN_DEG,
        node,
      ]);
      const byLine = new Map(rows.map(({ line, ms }) => [Number(line), ms]));
      return capabilities.map((_, i) => byLine.get(i + 1) ?? []);
    },
    cpuMs: () => [server.pid, ...childrenOf(server.pid)].reduce((sum, pid) => sum + cpuMs(pid), 0),
    stop,
  };
}
