/** The characters of the GSM 7 bit default alphabet that an AML message is made of stand where ASCII has them, but for these. */
const OTHERS: Readonly<Record<number, string>> = { 0: '@', 2: '$', 17: '_' };

/**
 * Text of a data SMS whose septets are packed into octets, lowest bits first. Characters that AML does not use become a question mark.
 * Source: 3GPP TS 23.038, sections 6.1.2.1 and 6.2.1.
 */
export function textOfSeptets(octets: Uint8Array): string {
  const count = Math.floor((octets.length * 8) / 7);
  let text = '';
  for (let i = 0; i < count; i++) {
    const bit = i * 7;
    const at = bit >> 3;
    const septet = ((octets[at]! | ((octets[at + 1] ?? 0) << 8)) >> (bit & 7)) & 0x7f;
    const isAscii =
      (septet >= 0x20 && septet <= 0x5a && septet !== 0x24 && septet !== 0x40) || (septet >= 0x61 && septet <= 0x7a);
    text += isAscii ? String.fromCharCode(septet) : (OTHERS[septet] ?? '?');
  }
  return text.replace(/@$/, ''); // seven unused bits at the end read as one
}
