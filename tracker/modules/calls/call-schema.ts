/** What calls and messages have in common in requests. */
import { z } from '@hono/zod-openapi';
import { text } from '../../src/stored-text.js';

/** Who reads what callers say, and writes to them. */
export const CALL_READERS = ['call_taker', 'dispatcher'];

/** A text of one character at least. */
export const said = (most: number) => text(most).min(1);
export const body = <T extends z.ZodType>(schema: T) => ({
  required: true,
  content: { 'application/json': { schema } },
});

export const NeedsSchema = z
  .array(z.enum(['cannot_hear', 'cannot_speak']))
  .max(2)
  .default([])
  .openapi({ description: 'Why the caller writes, where that is known' });

/** Null: none was told. */
export const PlaceSchema = z
  .object({
    lon: z.number().min(-180).max(180),
    lat: z.number().min(-90).max(90),
    accuracyM: z
      .number()
      .min(0)
      .max(1_000_000)
      .nullish()
      .transform((told) => told ?? null),
  })
  .nullish()
  .transform((told) => told ?? null);
