import { z } from '@hono/zod-openapi';
import { DEFAULT_POLICY } from '../../../geo-engine/src/index.js';
import type { Feed } from '../feed/feed.js';
import type { Records } from '../feed/record.js';
import type { Database, Queryable } from '../store/database.js';
import { sqlStatements } from '../store/sql-file.js';

const sql = sqlStatements('./policies.sql', import.meta.url, ['policies', 'set_policy']);

const seconds = z.number().int().min(0).max(86_400);
const allowedTo = z.object({ P1: z.boolean(), P2: z.boolean(), P3: z.boolean(), P4: z.boolean() });
const NOBODY = { P1: false, P2: false, P3: false, P4: false };

/** The settings of an agency's dispatching. What is left out is as below. */
export const PolicySchema = z.object({
  soonFreeWithinS: seconds.default(DEFAULT_POLICY.soonFreeWithinS),
  leastShiftLeftS: seconds.default(DEFAULT_POLICY.leastShiftLeftS),
  shortShiftS: seconds.default(DEFAULT_POLICY.shortShiftS),
  shortShiftPenaltyS: seconds.default(DEFAULT_POLICY.shortShiftPenaltyS),
  restPenaltyS: seconds.default(DEFAULT_POLICY.restPenaltyS),
  unknownCrewCountsAs: z.number().int().min(0).max(100).default(DEFAULT_POLICY.unknownCrewCountsAs),
  unknownCrewIsEnough: z.boolean().default(DEFAULT_POLICY.unknownCrewIsEnough),
  shouldWithinS: seconds.nullable().default(DEFAULT_POLICY.shouldWithinS),
  regretS: z.object({ P1: seconds, P2: seconds, P3: seconds, P4: seconds }).default({ ...DEFAULT_POLICY.regretS }),
  nodeLimit: z.number().int().min(100).max(1_000_000).default(DEFAULT_POLICY.nodeLimit),
  /** Older places count no longer, seconds. */
  maxFixAgeS: seconds.default(1800),
  /** From being sent to wheels rolling, of crews at their station, by service; `*`: of all others. */
  turnoutS: z.record(z.string(), seconds).default({ '*': 60, VUGD: 90, GAS: 120 }),
  /** Whose units under way may be taken for what: `preemption[from][to]`. */
  preemption: z.object({ P1: allowedTo, P2: allowedTo, P3: allowedTo, P4: allowedTo }).default({
    P1: NOBODY,
    P2: NOBODY,
    P3: { ...NOBODY, P1: true },
    P4: { ...NOBODY, P1: true, P2: true },
  }),
  /** A better way is proposed above this gain, and stands while it gains more than the lower one. */
  proposeGainS: seconds.default(120),
  keepGainS: seconds.default(60),
  preemptGainS: seconds.default(300),
  /** A VEK whose unit is taken may wait so much longer if its norm is not kept. */
  mostAddedS: seconds.default(300),
});
export type Policy = z.output<typeof PolicySchema>;

const DEFAULT: Policy = PolicySchema.parse({});

/** Stores the settings of an agency in the place of those before. */
export async function setPolicy(
  tx: Queryable,
  records: Records,
  agencyId: string,
  policy: Policy,
  by: string,
  at: number,
): Promise<void> {
  const { rows } = await tx.query<{ version: number }>(sql.set_policy, [agencyId, JSON.stringify(policy), by]);
  records.event({
    type: 'lv.vanags.dispatch_policy.changed.v1',
    agencyId,
    aggregate: { kind: 'dispatch_policy', id: agencyId, version: rows[0]!.version },
    data: { agencyId },
    at,
  });
}

/** The settings of every agency, in memory, as the feed says. */
export class Policies {
  readonly #database: Database;
  readonly #byAgency = new Map<string, Policy>();
  readonly #listeners = new Set<() => void>();

  constructor(database: Database, feed: Feed) {
    this.#database = database;
    feed.listen(async (events) => {
      const ids = events
        .filter(({ aggregate }) => aggregate.kind === 'dispatch_policy')
        .map(({ aggregate }) => aggregate.id);
      if (ids.length > 0) await this.reload(ids);
    });
  }

  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  of(agencyId: string): Policy {
    return this.#byAgency.get(agencyId) ?? DEFAULT;
  }

  /** @param agencyIds null: all */
  async reload(agencyIds: readonly string[] | null): Promise<void> {
    const { rows } = await this.#database.query<{ agency_id: string; policy: unknown }>(sql.policies, [agencyIds]);
    // settings of an older version may lack what was added since
    for (const { agency_id, policy } of rows) this.#byAgency.set(agency_id, PolicySchema.parse(policy));
    for (const listener of this.#listeners) listener();
  }
}
