import { BlockList, isIP, isIPv6 } from 'node:net';

/** `10.1.0.0/16`, `2001:db8::/32`, or one address. Undefined: it is none of them. */
export function parseNetwork(text: string): { address: string; prefix: number; family: 'ipv4' | 'ipv6' } | undefined {
  const [address = '', prefixText, ...more] = text.split('/');
  if (isIP(address) === 0 || more.length > 0) return undefined;
  const bits = isIPv6(address) ? 128 : 32;
  const prefix = prefixText === undefined ? bits : /^\d{1,3}$/.test(prefixText) ? Number(prefixText) : Number.NaN;
  return prefix <= bits ? { address, prefix, family: bits === 128 ? 'ipv6' : 'ipv4' } : undefined;
}

/** The peer's address; where that is a proxy of ours, its client's. */
export function clientAddress(peer: string, forwardedFor: string, trustedProxies: readonly string[]): string {
  if (!trustedProxies.includes(peer)) return peer;
  // the last address that is not a proxy of ours: what stands before it may be made up
  const chain = forwardedFor
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  return chain.reverse().find((address) => !trustedProxies.includes(address)) ?? peer;
}

/** Networks to ask whether an address is in them; what is no network is left out. */
export class Networks {
  readonly #list = new BlockList();

  constructor(texts: readonly string[]) {
    for (const text of texts) {
      const network = parseNetwork(text);
      if (network !== undefined) this.#list.addSubnet(network.address, network.prefix, network.family);
    }
  }

  /** False for what is no address too. */
  has(address: string): boolean {
    return isIP(address) !== 0 && this.#list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
  }
}
