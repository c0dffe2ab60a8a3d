import { expect, it } from 'vitest';
import { instant } from './stored-instant.js';

it('T78 an instant is one that a database can hold, with its offset', () => {
  for (const text of ['1900-01-01T00:00:00Z', '2026-03-29T03:30:00.125+02:00', '9999-12-31T23:59:59Z'])
    expect(instant.parse(text)).toBe(text);
  for (const text of [
    '0000-01-01T00:00:00Z',
    '0001-01-01T00:00:00+14:00',
    '1900-01-01T01:00:00+02:00',
    '2026-03-29',
    '2026-02-30T00:00:00Z',
    '+012026-01-01T00:00:00Z',
    '',
  ])
    expect(instant.safeParse(text).success, text).toBe(false);
});
