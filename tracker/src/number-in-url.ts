import { z } from 'zod';

/** As JSON writes one: nothing, blanks and hexadecimal are none, which Number() takes for 0, 0 and 16. */
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?(e[-+]?\d+)?$/i;

const isNumber = (text: string) => NUMBER.test(text);

/** Numbers with commas between; undefined where one of them is none. */
export function numbersInUrl(text: string): number[] | undefined {
  const parts = text.split(',');
  return parts.every(isNumber) ? parts.map(Number) : undefined;
}

/** A number that comes as text: a parameter of a URL. Whatever is no number fails as the schema says, and the API describes it as that schema. */
export function numberInUrl<T extends z.ZodType>(schema: T) {
  return z.preprocess((text) => (typeof text === 'string' && isNumber(text) ? Number(text) : text), schema);
}
