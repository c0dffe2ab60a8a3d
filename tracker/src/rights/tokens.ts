import { createHash, randomBytes } from 'node:crypto';
import { createLocalJWKSet, decodeJwt, errors, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import type { Directory } from '../units/directory.js';
import type { Principal } from './access.js';
import { DEMO_ISSUER, type DemoIssuer } from './demo-issuer.js';
import { IssuerKeys, IssuerUnavailable } from './issuer-keys.js';
import { ROLES } from './matrix.js';

/** `token_invalid`: not ours, expired, or badly signed. `agency_unknown`: fine, but of an agency we do not know. */
export type TokenError = {
  readonly ok: false;
  readonly code: 'token_missing' | 'token_invalid' | 'agency_unknown' | 'issuer_unavailable';
  readonly detail: string;
};
export type TokenAnswer = { readonly ok: true; readonly principal: Principal; readonly expiresAt: number } | TokenError;

const Claims = z.object({
  sub: z.string().min(1),
  name: z.string().optional(),
  agency: z.string(),
  roles: z.array(z.string()),
  exp: z.number(),
});

/** Signatures of key pairs alone: with a shared secret among them, a public key could be passed off as one. */
const ALGORITHMS = ['ES256', 'ES384', 'RS256', 'PS256', 'EdDSA'];
/**
 * How far an issuer's clock may be ahead of ours, or a token that was made just now would not be good yet. For the end none is allowed
 * for: a token that ends too early is made anew.
 */
const CLOCK_SKEW_S = 30;
/** A signature found good is not looked at again for so long, nor for longer than the key is known to be its issuer's. */
const GOOD_FOR_MS = 60_000;
/** Tokens in use at a time, some 500 bytes each. */
const MAX_GOOD = 10_000;

interface Issuer {
  readonly audience: string;
  readonly key: JWTVerifyGetKey;
  /** Epoch ms until which its keys are as it publishes them: another instant each time they are read anew. */
  freshUntil(): number;
}

/** What a token with a good signature says, and until when (epoch ms) nobody looks again unless its issuer's keys are read anew. */
interface GoodToken {
  readonly claims: z.infer<typeof Claims>;
  readonly issuer: Issuer;
  readonly keysUntil: number;
  readonly until: number;
}

/** Verifies people's and modules' tokens (JWT, RFC 7519) against the issuer of the settings, or the demo's own. */
export class TokenVerifier {
  readonly #issuers = new Map<string, Issuer>();
  readonly #directory: Directory;
  readonly #good = new LRUCache<string, GoodToken>({ max: MAX_GOOD }); // by SHA-256

  constructor(
    oidc: { readonly issuer: string; readonly jwksUrl: string | undefined; readonly audience: string } | undefined,
    demo: DemoIssuer | undefined,
    directory: Directory,
    demoAudience: string,
  ) {
    this.#directory = directory;
    if (oidc !== undefined) {
      const keys = new IssuerKeys(oidc.issuer, oidc.jwksUrl);
      this.#issuers.set(oidc.issuer, { audience: oidc.audience, key: keys.key, freshUntil: () => keys.freshUntil });
    }
    if (demo !== undefined) {
      const key = createLocalJWKSet(demo.jwks as Parameters<typeof createLocalJWKSet>[0]);
      this.#issuers.set(DEMO_ISSUER, { audience: demoAudience, key, freshUntil: () => Number.POSITIVE_INFINITY });
    }
  }

  /** Reads `Authorization: Bearer …`. */
  async ofHeader(authorization: string | undefined): Promise<TokenAnswer> {
    const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    return token === undefined
      ? { ok: false, code: 'token_missing', detail: 'Authorization: Bearer TOKEN is missing' }
      : this.verify(token);
  }

  async verify(token: string): Promise<TokenAnswer> {
    const sha256 = createHash('sha256').update(token).digest('base64');
    const good = this.#good.get(sha256);
    if (good !== undefined && Date.now() < good.until && good.issuer.freshUntil() === good.keysUntil)
      return this.#principal(good.claims);
    try {
      // only tells whose key to try; nothing is believed before the signature is good
      const claimed = decodeJwt(token).iss ?? '';
      const issuer = this.#issuers.get(claimed);
      if (issuer === undefined) return { ok: false, code: 'token_invalid', detail: 'of no issuer that is set up here' };
      let keysUntil = 0;
      const key: JWTVerifyGetKey = async (header, signed) => {
        const found = await issuer.key(header, signed);
        keysUntil = issuer.freshUntil();
        return found;
      };
      const { payload } = await jwtVerify(token, key, {
        issuer: claimed,
        audience: issuer.audience,
        algorithms: ALGORITHMS,
        clockTolerance: CLOCK_SKEW_S,
      });
      const claims = Claims.safeParse(payload);
      if (!claims.success)
        return { ok: false, code: 'token_invalid', detail: 'the claims sub, agency, roles and exp are needed' };
      const until = Math.min(Date.now() + GOOD_FOR_MS, keysUntil);
      this.#good.set(sha256, { claims: claims.data, issuer, keysUntil, until });
      return this.#principal(claims.data);
    } catch (error) {
      if (error instanceof IssuerUnavailable) return { ok: false, code: error.code, detail: error.message };
      return {
        ok: false,
        code: 'token_invalid',
        detail: error instanceof errors.JOSEError ? error.code : (error as Error).message,
      };
    }
  }

  #principal({ sub, name, agency: code, roles, exp }: z.infer<typeof Claims>): TokenAnswer {
    if (exp * 1000 <= Date.now()) return { ok: false, code: 'token_invalid', detail: 'it has run out' };
    const agency = this.#directory.agenciesByCode.get(code);
    if (agency === undefined) return { ok: false, code: 'agency_unknown', detail: `no agency ${JSON.stringify(code)}` };
    const known = ROLES.filter((role) => roles.includes(role));
    return { ok: true, principal: { subject: sub, name: name ?? sub, agency, roles: known }, expiresAt: exp * 1000 };
  }
}

/** A new device token: 256 random bits. */
export function newDeviceToken(): string {
  return randomBytes(32).toString('base64url');
}

/** How a device token is stored and looked up: lower-case hex. The tokens are random, so a plain hash is enough. */
export function deviceTokenSha256(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
