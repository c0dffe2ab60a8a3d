import { z } from 'zod';
import { entangledLine, MAX_BLOCK_LINES } from './demand.js';
import { CodeSchema, type Requirement, RequirementSchema } from './requirement.js';

export const PRIORITIES = ['P1', 'P2', 'P3', 'P4'] as const;
/** P1 life in danger now, P2 urgent, P3 normal, P4 deferrable. */
export type Priority = (typeof PRIORITIES)[number];

/** Most lines of a card, all alarm levels together. */
const MAX_LINES = 30;
const ClockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/);
const ClockEnd = z.union([ClockTime, z.literal('24:00')]);
const Day = z.iso.date().refine((day) => day >= '0001', 'there is no year 0');
/** The greatest that an integer of the database holds. */
const MAX_VERSION = 2_147_483_647;
const TimeWindow = z
  .strictObject({
    /** Days on which the window begins: 1 Monday … 7 Sunday, ascending. */
    weekdays: z
      .array(z.int().min(1).max(7))
      .min(1)
      .refine((days) => days.every((day, i) => i === 0 || day > days[i - 1]!), 'weekdays ascend and come once'),
    from: ClockTime,
    /** First minute outside. Not after `from`: the window runs past midnight. */
    to: ClockEnd,
  })
  .readonly();
/** Hours of the week by the clock on the wall in Rīga. */
export type TimeWindow = z.output<typeof TimeWindow>;

const Card = z.strictObject({
  /** Name of the card through its versions. Left out: made of its scope. */
  code: z
    .string()
    .min(1)
    .max(200)
    .regex(/^[^\p{Cc}\p{Cs}]+$/u) // neither line ends nor what no text column takes
    .optional(),
  version: z.int().min(1).max(MAX_VERSION).default(1),
  /** Code of the type; holds for types below it too (`fire` for `fire.grass`). `*`: every type. */
  eventType: z.union([z.literal('*'), CodeSchema]),
  /** null: every priority. */
  priority: z.enum(PRIORITIES).nullable().default(null),
  /** Code of the territory; null: everywhere. */
  territory: CodeSchema.nullable().default(null),
  /** Code of one object, e.g. a refinery; null: any. */
  object: CodeSchema.nullable().default(null),
  /** null: at all hours. */
  window: TimeWindow.nullable().default(null),
  requirements: z.array(RequirementSchema).min(1).max(MAX_LINES),
  /** First day it holds, by the clock in Rīga. */
  validFrom: Day,
  /** First day it no longer holds; null: until further notice. */
  validTo: Day.nullable().default(null),
});

/** Who goes, for a type of event at a priority. Checks one card and fills in what was left out. */
export const RunCardSchema = Card.superRefine((card, context) => {
  if (card.validTo !== null && card.validTo <= card.validFrom) {
    context.addIssue({
      code: 'custom',
      path: ['validTo'],
      message: 'ends before it begins',
      params: { code: 'empty_validity' },
    });
  }
  const entangled = entangledLine(card.requirements);
  if (entangled !== undefined) {
    const message = `competes with ${MAX_BLOCK_LINES} other lines`;
    context.addIssue({ code: 'custom', path: ['requirements', entangled], message, params: { code: 'too_entangled' } });
  }
  for (const [i, line] of card.requirements.entries()) {
    if (line.kind !== 'capability' || line.each !== null) continue;
    const wrong = line.substitutes.findIndex(({ each }) => each !== null);
    if (wrong < 0) continue;
    const path = ['requirements', i, 'substitutes', wrong, 'each'];
    context.addIssue({
      code: 'custom',
      path,
      message: 'the line sums quantities',
      params: { code: 'each_without_count' },
    });
  }
}).transform((card): RunCard => ({ ...card, code: card.code ?? scopeCode(card) }));

export interface RunCard extends Omit<z.output<typeof Card>, 'code'> {
  readonly code: string;
}

/** A name for a card that has none: `fire.grass P2`, with territory, object and hours where it has them. */
function scopeCode({ eventType, priority, territory, object, window }: z.output<typeof Card>): string {
  const hours = window && `${window.weekdays.join('')} ${window.from}-${window.to}`;
  return [eventType, priority ?? 'P*', territory, object, hours].filter((part) => part !== null).join(' ');
}

/** The lines that alarm level N adds; escalation sends these and nothing of the levels before. */
export function linesOfLevel({ requirements }: RunCard, level: number): Requirement[] {
  return requirements.filter((line) => line.level === level);
}

/** Everything that levels 1 to N ask for together. */
export function linesUpToLevel({ requirements }: RunCard, level: number): Requirement[] {
  return requirements.filter((line) => line.level <= level);
}

/** The last level at which the card still adds something. */
export function highestLevel({ requirements }: RunCard): number {
  return Math.max(...requirements.map(({ level }) => level));
}
