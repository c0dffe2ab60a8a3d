/** Instants as people in Latvia read and write them. */
const ZONE = 'Europe/Riga';
const LOCAL = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})$/;

const parts = new Intl.DateTimeFormat('sv-SE', { timeZone: ZONE, dateStyle: 'short', timeStyle: 'short' });
const shown = new Intl.DateTimeFormat('lv-LV', { timeZone: ZONE, dateStyle: 'short', timeStyle: 'short' });

/** `2026-03-29T02:30`, as a field for date and time wants it. */
export const rigaLocal = (atMs: number): string => parts.format(atMs).replace(' ', 'T');

/** The same for reading. */
export const rigaText = (atMs: number): string => shown.format(atMs);

/**
 * The instant at which clocks in Latvia show this minute, epoch ms; of an hour that comes twice in autumn the first. Undefined: none does,
 * as in the hour that is left out in spring.
 */
export function rigaInstant(local: string): number | undefined {
  const [, year, month, day, hour, minute] = LOCAL.exec(local)?.map(Number) ?? [];
  if (minute === undefined) return undefined;
  const asUtc = Date.UTC(year!, month! - 1, day!, hour!, minute);
  // summer time (3 h ahead of UTC) comes first where both fit
  return [3, 2].map((ahead) => asUtc - ahead * 3_600_000).find((atMs) => rigaLocal(atMs) === local);
}
