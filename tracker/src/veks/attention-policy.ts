import { z } from '@hono/zod-openapi';
import type { Records } from '../feed/record.js';
import type { Queryable } from '../store/database.js';
import { attentionSql as sql } from './attention-sql.js';

const seconds = (most: number) => z.number().int().min(0).max(most);
const DAY_S = 86_400;

/** A limit by priority; null: nobody is told. */
const byPriority = (P1: number | null, P2: number | null, P3: number | null, P4: number | null) => {
  const limit = (usual: number | null) => seconds(DAY_S).nullable().default(usual);
  return z.object({ P1: limit(P1), P2: limit(P2), P3: limit(P3), P4: limit(P4) }).default({ P1, P2, P3, P4 });
};

/**
 * After how many seconds an agency's people are told of what waits for them, and how long each level has before the next one is told.
 * What is left out is as below: values of our own, since no public rule was found; an agency sets its own.
 */
export const AttentionPolicySchema = z.object({
  limitS: z
    .object({
      /** Nobody has looked at the card. */
      vek_unopened: byPriority(30, 60, 180, 600),
      /** No part of it was accepted and no unit sent. */
      vek_unanswered: byPriority(60, 120, 600, 1800),
      /** Life-threatening, and no unit is on its way or there. It cannot be switched off. */
      vek_without_unit: z.object({ P1: seconds(600).default(90) }).default({ P1: 90 }),
      /** Offered to this agency, without an answer. */
      part_unanswered: byPriority(30, 60, 180, 600),
      /** Refused, timed out or given back: it is the owner's again. */
      part_returned: byPriority(0, 0, 0, 0),
      /** Sent to a crew that has not said that it knows. */
      assignment_unacknowledged: byPriority(30, 45, 60, 120),
      status_too_long: z
        .object({
          dispatched: seconds(DAY_S).nullable().default(180),
          en_route: seconds(DAY_S).nullable().default(1800),
          on_scene: seconds(DAY_S).nullable().default(14_400),
          transporting: seconds(DAY_S).nullable().default(3600),
          at_destination: seconds(DAY_S).nullable().default(2700),
          returning: seconds(DAY_S).nullable().default(3600),
        })
        .prefault({}),
      /** On scene for so long since anybody heard that all of the crew are well. */
      safety_check: byPriority(1200, 1200, 1800, null),
    })
    .prefault({}),
  /** By the priority of the card; P4 for a unit without one. */
  escalateAfterS: z
    .object({
      P1: seconds(DAY_S).min(1).default(60),
      P2: seconds(DAY_S).min(1).default(120),
      P3: seconds(DAY_S).min(1).default(300),
      P4: seconds(DAY_S).min(1).default(900),
    })
    .prefault({}),
});
export type AttentionPolicy = z.output<typeof AttentionPolicySchema>;

export const USUAL_ATTENTION_POLICY: AttentionPolicy = AttentionPolicySchema.parse({});

/** The limits that hold for an agency. */
export async function attentionPolicyOf(database: Queryable, agencyId: string): Promise<AttentionPolicy> {
  const stored = (await database.query<{ policy: unknown }>(sql.policy, [agencyId])).rows[0];
  return stored === undefined ? USUAL_ATTENTION_POLICY : AttentionPolicySchema.parse(stored.policy);
}

/** Stores an agency's limits in the place of those before. */
export async function setAttentionPolicy(
  tx: Queryable,
  records: Records,
  agencyId: string,
  policy: AttentionPolicy,
  by: string,
  at: number,
): Promise<void> {
  const { rows } = await tx.query<{ version: number }>(sql.set_policy, [agencyId, JSON.stringify(policy), by]);
  records.event({
    type: 'lv.vanags.attention_policy.changed.v1',
    agencyId,
    aggregate: { kind: 'attention_policy', id: agencyId, version: rows[0]!.version },
    data: { agencyId },
    at,
  });
}
