/** Digits of a Latvian number without its country. */
const NATIONAL = /^[2-9]\d{7}$/;
const COUNTRY = '371';

/**
 * A caller's number as ITU-T E.164 has it, `+` and digits, so that the same phone is the same text whoever tells of it. Null: withheld,
 * absent, or none that can be called.
 */
export function e164(told: string | null | undefined): string | null {
  const digits = (told ?? '').replace(/[\s().-]/g, '').replace(/^00/, '+');
  if (/^\+[1-9]\d{6,14}$/.test(digits)) return digits;
  if (NATIONAL.test(digits)) return `+${COUNTRY}${digits}`;
  return /^371[2-9]\d{7}$/.test(digits) ? `+${digits}` : null;
}
