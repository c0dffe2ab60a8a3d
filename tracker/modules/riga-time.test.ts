import { describe, expect, it } from 'vitest';
import { rigaInstant, rigaLocal } from './riga-time.js';

describe('a time that was typed in Latvia', () => {
  it('is the instant at which clocks there show it, in summer and in winter', () => {
    expect(rigaInstant('2026-01-15T12:00')).toBe(Date.UTC(2026, 0, 15, 10));
    expect(rigaInstant('2026-07-15T12:00')).toBe(Date.UTC(2026, 6, 15, 9));
  });

  it('is none in the hour that is left out, and the first in the hour that comes twice', () => {
    expect(rigaInstant('2026-03-29T03:30')).toBeUndefined();
    expect(rigaInstant('2026-10-25T03:30')).toBe(Date.UTC(2026, 9, 25, 0, 30));
  });

  it('is none where there is no such day, or nothing was typed', () => {
    for (const text of ['2026-02-30T12:00', '2026-13-01T00:00', '', '15.01.2026'])
      expect(rigaInstant(text)).toBeUndefined();
  });

  it('comes back as it was typed, every hour of a year but the one left out', () => {
    const missing = [];
    for (let at = Date.UTC(2026, 0, 1); at < Date.UTC(2027, 0, 1); at += 3_600_000) {
      const again = rigaInstant(rigaLocal(at));
      if (again !== at) missing.push(at);
    }
    expect(missing).toEqual([Date.UTC(2026, 9, 25, 1)]); // the second of the two
  });
});
