import { z } from 'zod';

/** As JSON writes one: nothing, blanks and hexadecimal are none, which Number() takes for 0, 0 and 16. */
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?(e[-+]?\d+)?$/i;

/** A number that comes as text: a parameter of a URL. Whatever is no number fails as the schema says, and the API describes it as that schema. */
export function numberInUrl<T extends z.ZodType>(schema: T) {
  return z.preprocess((text) => (typeof text === 'string' && NUMBER.test(text) ? Number(text) : text), schema);
}
