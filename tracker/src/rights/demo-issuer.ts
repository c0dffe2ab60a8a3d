import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';
import type { Role } from './matrix.js';

export const DEMO_ISSUER = 'urn:vanags:demo-issuer';
const KEY_FILE = 'demo-issuer.json';
const ALG = 'ES256';
const VALID_FOR = '12h';

/** Signs tokens for whoever asks: for the demo world only. It does not start with MODE=production. */
export class DemoIssuer {
  readonly #privateKey: CryptoKey;
  /** The key to verify with, as a JWKS (RFC 7517). */
  readonly jwks: { readonly keys: readonly JWK[] };

  private constructor(privateKey: CryptoKey, publicJwk: JWK) {
    this.#privateKey = privateKey;
    this.jwks = { keys: [publicJwk] };
  }

  /** Opens the issuer with the key kept in dataDir, so that tokens outlive a restart; makes one the first time. */
  static async open(dataDir: string): Promise<DemoIssuer> {
    const file = join(dataDir, KEY_FILE);
    let jwk: JWK;
    try {
      jwk = JSON.parse(await readFile(file, 'utf8'));
    } catch {
      const { privateKey } = await generateKeyPair(ALG, { extractable: true });
      jwk = { ...(await exportJWK(privateKey)), alg: ALG, kid: `demo-${Date.now().toString(36)}`, use: 'sig' };
      await mkdir(dataDir, { recursive: true });
      await writeFile(file, JSON.stringify(jwk), { mode: 0o600 });
    }
    const { d: _secret, ...publicJwk } = jwk;
    return new DemoIssuer((await importJWK(jwk, ALG)) as CryptoKey, publicJwk);
  }

  /** A token as a real issuer would give: subject, name, agency code, roles. */
  sign(
    claims: {
      readonly subject: string;
      readonly name: string;
      readonly agency: string;
      readonly roles: readonly Role[];
    },
    audience: string,
  ): Promise<string> {
    return new SignJWT({ name: claims.name, agency: claims.agency, roles: claims.roles })
      .setProtectedHeader({ alg: ALG, kid: this.jwks.keys[0]!.kid! })
      .setSubject(claims.subject)
      .setIssuer(DEMO_ISSUER)
      .setAudience(audience)
      .setIssuedAt()
      .setExpirationTime(VALID_FOR)
      .sign(this.#privateKey);
  }
}
