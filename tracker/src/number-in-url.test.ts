import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { numberInUrl, numbersInUrl } from './number-in-url.js';

describe('a number in a URL', () => {
  const schema = numberInUrl(z.number().min(-90).max(90));

  it('T76 is what JSON would read there', () => {
    for (const text of ['0', '-0', '5', '-2.5', '0.125', '1e1', '25E-1', '1e-7'])
      expect(schema.parse(text), text).toBe(JSON.parse(text));
  });

  it('T76 is not nothing, blanks, hexadecimal, a word, two numbers, or one that is too large', () => {
    for (const text of [
      '',
      ' ',
      ' 1',
      '1 ',
      '0x10',
      '007',
      '1_0',
      '.5',
      '5.',
      '+5',
      '--5',
      'NaN',
      'Infinity',
      '1,5',
      '1e400',
      '91',
    ])
      expect(schema.safeParse(text).success, JSON.stringify(text)).toBe(false);
    expect(schema.safeParse(['1', '2']).success).toBe(false);
  });

  it('T76 of several with commas between each is one, or none of them is taken', () => {
    expect(numbersInUrl('24.1,-56.9,0')).toEqual([24.1, -56.9, 0]);
    for (const text of ['', ',,,', '1,', ',1', '1, 2', '1,0x2']) expect(numbersInUrl(text), text).toBeUndefined();
  });

  it('T76 that is not there is what the schema says', () => {
    const query = z.object({ given: schema, usual: schema.default(5), optional: schema.optional() });
    expect(query.parse({ given: '1' })).toEqual({ given: 1, usual: 5 });
    expect(query.safeParse({}).success).toBe(false);
  });
});
