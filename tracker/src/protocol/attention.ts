/** What may wait for a person for too long. */
export const ATTENTION_KINDS = [
  'vek_unopened',
  'vek_unanswered',
  'vek_without_unit',
  'part_unanswered',
  'part_returned',
  'assignment_unacknowledged',
  'status_too_long',
  'safety_check',
] as const;
export type AttentionKind = (typeof ATTENTION_KINDS)[number];

/** Who is told, one after another: who caused it, all desks of the agency, its commander, the agency that answers for the card. */
export const ATTENTION_LEVELS = ['desk', 'agency', 'commander', 'owner'] as const;
export type AttentionLevel = (typeof ATTENTION_LEVELS)[number];
