import { createHash, randomBytes } from 'node:crypto';
import { createLocalJWKSet, createRemoteJWKSet, errors, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { z } from 'zod';
import type { Directory } from '../units/directory.js';
import type { Principal } from './access.js';
import { DEMO_ISSUER, type DemoIssuer } from './demo-issuer.js';
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

interface Issuer {
  readonly issuer: string;
  readonly audience: string;
  readonly keys: JWTVerifyGetKey;
}

/** Verifies people's and modules' tokens (JWT, RFC 7519) against the issuer of the settings, or the demo's own. */
export class TokenVerifier {
  readonly #issuers: readonly Issuer[];
  readonly #directory: Directory;

  constructor(
    oidc: { readonly issuer: string; readonly jwksUrl: string | undefined; readonly audience: string } | undefined,
    demo: DemoIssuer | undefined,
    directory: Directory,
    demoAudience: string,
  ) {
    const issuers: Issuer[] = [];
    if (oidc !== undefined) {
      const jwksUrl = new URL(oidc.jwksUrl ?? `${oidc.issuer.replace(/\/$/, '')}/.well-known/jwks.json`);
      issuers.push({
        issuer: oidc.issuer,
        audience: oidc.audience,
        keys: createRemoteJWKSet(jwksUrl, { timeoutDuration: 3000 }),
      });
    }
    if (demo !== undefined)
      issuers.push({
        issuer: DEMO_ISSUER,
        audience: demoAudience,
        keys: createLocalJWKSet(demo.jwks as Parameters<typeof createLocalJWKSet>[0]),
      });
    this.#issuers = issuers;
    this.#directory = directory;
  }

  /** Reads `Authorization: Bearer …`. */
  async ofHeader(authorization: string | undefined): Promise<TokenAnswer> {
    const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    return token === undefined
      ? { ok: false, code: 'token_missing', detail: 'Authorization: Bearer TOKEN is missing' }
      : this.verify(token);
  }

  async verify(token: string): Promise<TokenAnswer> {
    let detail = 'no issuer is set up';
    for (const { issuer, audience, keys } of this.#issuers) {
      try {
        const { payload } = await jwtVerify(token, keys, {
          issuer,
          audience,
          algorithms: ['ES256', 'ES384', 'RS256', 'PS256', 'EdDSA'],
        });
        return this.#principal(payload);
      } catch (error) {
        if (error instanceof errors.JWKSTimeout || (error instanceof TypeError && error.message.includes('fetch'))) {
          return { ok: false, code: 'issuer_unavailable', detail: `the keys of ${issuer} cannot be read` };
        }
        detail = error instanceof errors.JOSEError ? error.code : (error as Error).message;
      }
    }
    return { ok: false, code: 'token_invalid', detail };
  }

  #principal(payload: unknown): TokenAnswer {
    const claims = Claims.safeParse(payload);
    if (!claims.success)
      return { ok: false, code: 'token_invalid', detail: 'the claims sub, agency, roles and exp are needed' };
    const { sub, name, agency: code, roles, exp } = claims.data;
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
