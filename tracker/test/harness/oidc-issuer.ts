import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

/** For whom its tokens are. */
export const AUDIENCE = 'vanags';

/** A key as an issuer has it. */
export async function createKey(kid: string, alg = 'ES256') {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const jwk: JWK = { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' };
  return { kid, alg, privateKey, publicKey, jwk };
}
export type IssuerKey = Awaited<ReturnType<typeof createKey>>;

/** An OIDC issuer on this machine, whose keys and moods a test changes. */
export class OidcIssuer {
  /** Those that it publishes. */
  keys: JWK[] = [];
  /** Of the answer with the keys. */
  status = 200;
  /** How often its keys were asked for. */
  asked = 0;
  /** As whom its discovery document speaks; undefined: itself. */
  claims: string | undefined;
  readonly #server = createServer((request, response) => {
    if (request.url === '/.well-known/openid-configuration')
      return response.end(JSON.stringify({ issuer: this.claims ?? this.url, jwks_uri: `${this.url}/keys` }));
    this.asked++;
    response.writeHead(this.status).end(JSON.stringify({ keys: this.keys }));
  });

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** A token of ten minutes, of a dispatcher, unless claims and header say otherwise. */
  sign(
    { alg, kid, privateKey }: Pick<IssuerKey, 'alg' | 'kid' | 'privateKey'>,
    claims: Readonly<Record<string, unknown>> = {},
    header: Readonly<Record<string, unknown>> = {},
  ): Promise<string> {
    const nowS = Math.floor(Date.now() / 1000);
    const usual = { sub: 'anna', agency: 'VUGD', roles: ['dispatcher'], iss: this.url, aud: AUDIENCE };
    return new SignJWT({ ...usual, iat: nowS, exp: nowS + 600, ...claims })
      .setProtectedHeader({ alg, kid, ...header })
      .sign(privateKey);
  }

  stop(): Promise<unknown> {
    return new Promise((resolve) => this.#server.close(resolve));
  }
}
