import { ATTACKS } from './lib/hostile-messages.js';

/** The budgets of the project as data: a floor, not the aim. A bench names a figure by the same id, and the report says whether it keeps it. */
export interface Budget {
  /** Id of the figure that is held against it. */
  readonly id: string;
  readonly what: string;
  readonly limit: number;
  readonly unit: string;
  /** 'most': the figure may not be above the limit; 'least': not below. */
  readonly side: 'most' | 'least';
}

/** One hostile client, of whatever sort, leaves the others' p99 within a fifth. */
const HOSTILE: readonly Budget[] = (['postgres', 'embedded'] as const).flatMap((database) =>
  ATTACKS.map((attack) => ({
    id: `hostile.${database}.${attack}.ratio`,
    what: `p99 of the others during ${attack.replaceAll('_', ' ')}, by that without, ${database}`,
    limit: 1.2,
    unit: '×',
    side: 'most',
  })),
);

/** On two shared cores. */
export const BUDGETS: readonly Budget[] = [
  ...HOSTILE,
  {
    id: 'dispatch.10000.p50',
    what: 'six-line card, 10 000 units, 1.4 M-node network, over HTTP under full fix load, p50 (with REAL_TIME where it is allowed)',
    limit: 2,
    unit: 'ms',
    side: 'most',
  },
  {
    id: 'dispatch.10000.p99',
    what: 'six-line card, 10 000 units, 1.4 M-node network, over HTTP under full fix load, p99 (with REAL_TIME where it is allowed)',
    limit: 10,
    unit: 'ms',
    side: 'most',
  },
  {
    id: 'dispatch.100000.p99',
    what: 'six-line card, 100 000 units, 1.4 M-node network, over HTTP, p99 (with REAL_TIME where it is allowed)',
    limit: 25,
    unit: 'ms',
    side: 'most',
  },
  {
    id: 'dispatch.together.p50',
    what: 'ten VEKs together, 200 candidates, over HTTP under full fix load, p50 (with REAL_TIME where it is allowed)',
    limit: 50,
    unit: 'ms',
    side: 'most',
  },
  {
    id: 'fanout.city.50.p99',
    what: 'fix in → console frame out, 10 000 units at 1 Hz, 50 consoles, city views (250 ms of it are the tick), p99',
    limit: 300,
    unit: 'ms',
    side: 'most',
  },
  {
    id: 'ingest.embedded.10.capacity',
    what: 'durable ingest, one node, embedded database, frames of 10 fixes',
    limit: 40_000,
    unit: 'fixes/s',
    side: 'least',
  },
  {
    id: 'ingest.postgres.10.capacity',
    what: 'durable ingest, one node, PostgreSQL, frames of 10 fixes',
    limit: 80_000,
    unit: 'fixes/s',
    side: 'least',
  },
  ...(['postgres', 'embedded'] as const).flatMap((database) =>
    (
      [
        [1, 'alone in its frame', 15],
        [10, 'frames of 10', 6],
      ] as const
    ).map(
      ([fixes, where, limit]): Budget => ({
        id: `ingest.${database}.${fixes}.commit-cpu`,
        what: `hub CPU a fix, all of the way to commit, ${where}, ${database}`,
        limit,
        unit: 'µs',
        side: 'most',
      }),
    ),
  ),
  ...(['postgres', 'embedded'] as const).flatMap((database) =>
    [1, 10, 50].map(
      (fixes): Budget => ({
        id: `ingest.${database}.${fixes}.half.ack.p99`,
        what: `due → acknowledged, p99, at half the top rate, ${fixes} a frame, ${database}`,
        limit: 500,
        unit: 'ms',
        side: 'most',
      }),
    ),
  ),
  {
    id: 'ingest.null.driven',
    what: 'what the harness itself drives into a hub that does nothing, frames of 10',
    limit: 100_000,
    unit: 'fixes/s',
    side: 'least',
  },
  { id: 'ingest.idle-crew', what: 'memory an idle connected crew', limit: 2, unit: 'KiB', side: 'most' },
  {
    id: 'reconnect.postgres',
    what: '15 000 crews reconnecting at once, until the last is served, postgres',
    limit: 15,
    unit: 's',
    side: 'most',
  },
  {
    id: 'compaction.postgres.ratio',
    what: 'durable ingest during compaction, by that without, postgres',
    limit: 0.9,
    unit: '×',
    side: 'least',
  },
  {
    id: 'reconnect.embedded',
    what: '15 000 crews reconnecting at once, until the last is served, embedded',
    limit: 15,
    unit: 's',
    side: 'most',
  },
  {
    id: 'compaction.embedded.ratio',
    what: 'durable ingest during compaction, by that without, embedded',
    limit: 0.9,
    unit: '×',
    side: 'least',
  },
  { id: 'vek.postgres.commands', what: 'commands on VEKs, postgres', limit: 500, unit: 'commands/s', side: 'least' },
  ...(
    [
      ['postgres', 100],
      ['embedded', 250],
    ] as const
  ).flatMap(([database, answeredMs]): Budget[] => [
    {
      id: `vek.${database}.answered.p99`,
      what: `commands on VEKs answered, 100 a second, p99, ${database}`,
      limit: answeredMs,
      unit: 'ms',
      side: 'most',
    },
    {
      id: `vek.${database}.status.p99`,
      what: `status of a unit at another agency’s consumer, p99, ${database}`,
      limit: 1000,
      unit: 'ms',
      side: 'most',
    },
    {
      id: `vek.${database}.stuck.ratio`,
      what: `p99 of 199 consumers while another is stuck, by that without, ${database}`,
      limit: 1.2,
      unit: '×',
      side: 'most',
    },
  ]),
  ...(['list', 'map'] as const).map(
    (kind): Budget => ({
      id: `register.4550000.${kind}.p99`,
      what: `${kind} of the register over ten years, 4 550 000 entries, p99`,
      limit: 2000,
      unit: 'ms',
      side: 'most',
    }),
  ),
  {
    id: 'start.second',
    what: 'start to first answer, second start, embedded database',
    limit: 8,
    unit: 's',
    side: 'most',
  },
  {
    id: 'roads.nodes.build',
    what: "network of Latvia's size, graph and hierarchy of one profile, 1 400 000 routing nodes",
    limit: 90,
    unit: 's',
    side: 'most',
  },
  {
    id: 'roads.nodes.build-memory',
    what: 'resident memory while building it, 1 400 000 routing nodes',
    limit: 1.5,
    unit: 'GiB',
    side: 'most',
  },
  {
    id: 'roads.nodes.load',
    what: 'network, graph and hierarchy loaded, 1 400 000 routing nodes',
    limit: 2,
    unit: 's',
    side: 'most',
  },
  {
    id: 'roads.nodes.one-to-one.p50',
    what: 'one to one, p50, 1 400 000 routing nodes',
    limit: 0.15,
    unit: 'ms',
    side: 'most',
  },
  {
    id: 'roads.nodes.one-to-one.p99',
    what: 'one to one, p99, 1 400 000 routing nodes',
    limit: 1,
    unit: 'ms',
    side: 'most',
  },
  { id: 'roads.nodes.table-100x1', what: 'table 100 × 1, 1 400 000 routing nodes', limit: 2, unit: 'ms', side: 'most' },
  {
    id: 'roads.nodes.table-1000x1000',
    what: 'table 1000 × 1000, 1 400 000 routing nodes',
    limit: 1500,
    unit: 'ms',
    side: 'most',
  },
  {
    id: 'roads.nodes.sweep',
    what: 'nearest two of 500 sources for all nodes, 1 400 000 routing nodes',
    limit: 150,
    unit: 'ms',
    side: 'most',
  },
  {
    id: 'roads.nodes.isochrone.p50',
    what: 'area within ten minutes with its outline, p50, 1 400 000 routing nodes',
    limit: 10,
    unit: 'ms',
    side: 'most',
  },
  {
    id: 'console.script',
    what: "console's main thread, 10 000 moving units, script a frame",
    limit: 8,
    unit: 'ms',
    side: 'most',
  },
  {
    id: 'coverage.full',
    what: 'national coverage, all cells, 500 units, in a worker',
    limit: 600,
    unit: 'ms',
    side: 'most',
  },
  { id: 'coverage.moved-unit', what: 'national coverage after one unit has moved', limit: 2, unit: 'ms', side: 'most' },
];

export interface Verdict extends Budget {
  readonly value: number;
  readonly met: boolean;
}

/** Holds figures against the budgets; those without a figure are left out. */
export function judge(figures: Iterable<{ readonly id: string; readonly value: number }>): Verdict[] {
  const values = new Map([...figures].map(({ id, value }) => [id, value]));
  return BUDGETS.flatMap((budget) => {
    const value = values.get(budget.id);
    if (value === undefined) return [];
    return [{ ...budget, value, met: budget.side === 'most' ? value <= budget.limit : value >= budget.limit }];
  });
}
