import { z } from 'zod';

/** The year 0, which ISO 8601 has, is none to a database: one such instant would stop whoever copies it. */
const EARLIEST = Date.UTC(1900);

/** An instant in ISO 8601 with its offset, that a database can hold. */
export const instant = z.iso
  .datetime({ offset: true })
  .refine((text) => Date.parse(text) >= EARLIEST, 'lies before 1900');
