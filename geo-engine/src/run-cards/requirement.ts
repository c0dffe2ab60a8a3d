import { z } from 'zod';

/** Most alarm levels of a card: above it the commander asks for units by hand. */
const MAX_LEVEL = 10;
/** A code of anything: no white space and no sign that lists in a CSV cell use. */
export const CodeSchema = z
  .string()
  .max(80)
  .regex(/^[\p{L}\p{N}][\p{L}\p{N}._-]*$/u);
const Quantity = z.int().min(1).max(1_000_000);

const Substitute = z.strictObject({
  capability: CodeSchema,
  /** Whose units may stand in; null: those of the line's own service. */
  service: CodeSchema.nullable().default(null),
  /** Least that one unit must bring for a line that counts units. */
  each: Quantity.nullable().default(null),
  /** What it costs to make do, seconds on top of the response time. */
  penaltyS: z.int().min(0).max(86_400),
});
/** What may stand in for a capability, one for one; the first of the list that a unit has is the one it stands in with. */
export type Substitute = z.output<typeof Substitute>;

const OnBoard = z.strictObject({ equipment: CodeSchema, quantity: Quantity });

const everyLine = {
  quantity: Quantity,
  /** Code of the service whose units count: VUGD, VP, PP (the municipal police of the place) … */
  service: CodeSchema,
  need: z.enum(['must', 'should']),
  /** Alarm level that asks for it. Levels add up. */
  level: z.int().min(1).max(MAX_LEVEL).default(1),
};

const CapabilityLine = z.strictObject({
  kind: z.literal('capability'),
  capability: CodeSchema,
  ...everyLine,
  /** null: quantities add up over units. A number: units are counted, those that bring so much of it alone. */
  each: Quantity.nullable().default(null),
  /** Least crew of a unit that counts; null: any. */
  minCrew: z.int().min(1).max(100).nullable().default(null),
  /** What a unit must have on board to count. */
  onBoard: z.array(OnBoard).max(10).default([]),
  substitutes: z.array(Substitute).max(10).default([]),
});

const CrewLine = z.strictObject({
  kind: z.literal('crew'),
  /** Only people with it count; null: everybody of the crews. */
  qualification: CodeSchema.nullable().default(null),
  ...everyLine,
});

const EquipmentLine = z.strictObject({ kind: z.literal('equipment'), equipment: CodeSchema, ...everyLine });

/** A line without a kind asks for a capability. */
const withKind = (line: unknown): unknown =>
  typeof line === 'object' && line !== null && !Array.isArray(line) && !('kind' in line)
    ? { kind: 'capability', ...line }
    : line;

export const RequirementSchema = z.preprocess(
  withKind,
  z.discriminatedUnion('kind', [CapabilityLine, CrewLine, EquipmentLine]),
);
/**
 * One line of a card: what must, or should, be at the scene. `capability`: of units that have it; `crew`: people, summed
 * over the units that go; `equipment`: pieces and stocks of material on board, summed over the units that go.
 */
export type Requirement = z.output<typeof RequirementSchema>;
export type CapabilityRequirement = Extract<Requirement, { kind: 'capability' }>;

/** What may stand in where a line asks for a capability; nothing stands in for people and stocks. */
export function substitutesOf(line: Requirement): readonly Substitute[] {
  return line.kind === 'capability' ? line.substitutes : [];
}
