import { createLocalJWKSet, type FlattenedJWSInput, type JSONWebKeySet, type JWSHeaderParameters } from 'jose';
import { z } from 'zod';

/** Older keys are asked for again: a key that its issuer withdrew is good for so long at most, while the issuer answers. */
const FRESH_MS = 60_000;
/** A key that is not known yet may be a new one; whoever sends made-up names of keys makes us ask this often at most. */
const ASK_AGAIN_MS = 5000;
/** Dispatchers go on working while their issuer is away: its last keys hold, for a shift and some. */
const KEPT_WITHOUT_ISSUER_MS = 24 * 3_600_000;
const TIMEOUT_MS = 3000;
const MAX_BYTES = 256 * 1024;

/** The issuer cannot be asked for its keys, and none are known. */
export class IssuerUnavailable extends Error {
  readonly code = 'issuer_unavailable';
}

const Discovery = z.object({ issuer: z.string(), jwks_uri: z.url({ protocol: /^https?$/ }) });
const KeySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })) });

/**
 * The keys of an OIDC issuer, as they are now: fetched from its JWKS, which OpenID Connect Discovery 1.0 names unless a setting does, again
 * every minute and when a token names a key that is not among them.
 */
export class IssuerKeys {
  readonly #issuer: string;
  readonly #now: () => number;
  #jwksUrl: string | undefined;
  #keys: ReturnType<typeof createLocalJWKSet> | undefined;
  #fetchedAt = Number.NEGATIVE_INFINITY;
  #askedAt = Number.NEGATIVE_INFINITY;
  #asking: Promise<void> | undefined;

  /** @param jwksUrl undefined: the issuer's discovery document names it */
  constructor(issuer: string, jwksUrl: string | undefined, now: () => number = Date.now) {
    this.#issuer = issuer;
    this.#jwksUrl = jwksUrl;
    this.#now = now;
  }

  /** Epoch ms until which the keys are as the issuer publishes them; it may withdraw one meanwhile. */
  get freshUntil(): number {
    return this.#fetchedAt + FRESH_MS;
  }

  /** The key that a token was signed with. @throws IssuerUnavailable; JWKSNoMatchingKey and others of jose */
  readonly key = async (header: JWSHeaderParameters, token: FlattenedJWSInput): Promise<CryptoKey> => {
    if (this.#now() - this.#fetchedAt > FRESH_MS) await this.#refresh();
    try {
      return await this.#known()(header, token);
    } catch (error) {
      const before = this.#fetchedAt;
      if (error instanceof IssuerUnavailable) throw error;
      await this.#refresh();
      if (this.#fetchedAt === before) throw error;
      return this.#known()(header, token);
    }
  };

  #known(): ReturnType<typeof createLocalJWKSet> {
    if (this.#keys === undefined || this.#now() - this.#fetchedAt > KEPT_WITHOUT_ISSUER_MS)
      throw new IssuerUnavailable(`the keys of ${this.#issuer} cannot be read`);
    return this.#keys;
  }

  /** Asks, or waits for the answer of who is asking already. Resolves when it fails too: what is known stays in use. */
  #refresh(): Promise<void> {
    if (this.#asking === undefined && this.#now() - this.#askedAt >= ASK_AGAIN_MS) {
      this.#askedAt = this.#now();
      this.#asking = this.#fetch()
        .catch(() => {})
        .finally(() => {
          this.#asking = undefined;
        });
    }
    return this.#asking ?? Promise.resolve();
  }

  async #fetch(): Promise<void> {
    this.#jwksUrl ??= await this.#discover();
    const keys = KeySet.parse(await fetchJson(this.#jwksUrl));
    this.#keys = createLocalJWKSet(keys as JSONWebKeySet);
    this.#fetchedAt = this.#now();
  }

  async #discover(): Promise<string> {
    const url = `${this.#issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const { issuer, jwks_uri } = Discovery.parse(await fetchJson(url));
    // OpenID Connect Discovery 1.0, section 4.3
    if (issuer !== this.#issuer) throw new Error(`${url} is of the issuer ${issuer}`);
    return jwks_uri;
  }
}

/** Bounded in time and size, and without redirects. */
async function fetchJson(url: string): Promise<unknown> {
  const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok || response.body === null) throw new Error(`${url} answered ${response.status}`);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw new Error(`${url} answered more than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString());
}
