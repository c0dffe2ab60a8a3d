import { z } from 'zod';

/**
 * A text that a database can hold. Half a character (a surrogate without its other half, as where a pair was cut in two at a limit) becomes
 * U+FFFD; a NUL is refused.
 */
export const text = (most: number) =>
  z
    .string()
    .max(most)
    .overwrite((value) => value.toWellFormed())
    .refine((value) => !value.includes('\0'), 'holds a NUL character');
