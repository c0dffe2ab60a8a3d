import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, exportSPKI, generateKeyPair, type JWK, SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Directory } from '../units/directory.js';
import { TokenVerifier } from './tokens.js';

const AUDIENCE = 'vanags';

/** A key as an issuer has it. */
async function createKey(kid: string, alg = 'ES256') {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const jwk: JWK = { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' };
  return { kid, alg, privateKey, publicKey, jwk };
}
type Key = Awaited<ReturnType<typeof createKey>>;

/** An OIDC issuer on this machine, whose keys and moods a test changes. */
async function startIssuer() {
  const state = { keys: [] as JWK[], status: 200, asked: 0, claims: undefined as string | undefined };
  const server = createServer((request, response) => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    if (request.url === '/.well-known/openid-configuration')
      return response.end(JSON.stringify({ issuer: state.claims ?? url, jwks_uri: `${url}/keys` }));
    state.asked++;
    response.writeHead(state.status).end(JSON.stringify({ keys: state.keys }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, state, stop: () => new Promise((resolve) => server.close(resolve)) };
}

const seconds = () => Math.floor(Date.now() / 1000);

describe('tokens of an issuer', () => {
  let issuer: Awaited<ReturnType<typeof startIssuer>>;
  let first: Key;
  let verifier: TokenVerifier;
  const agency = { id: 'a', no: 1, code: 'VUGD', kind: 'fire_rescue', nameLv: '', nameEn: '' };
  const directory = { agenciesByCode: new Map([['VUGD', agency]]) } as unknown as Directory;

  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    issuer = await startIssuer();
    first = await createKey('first');
    issuer.state.keys = [first.jwk];
    verifier = new TokenVerifier(
      { issuer: issuer.url, jwksUrl: undefined, audience: AUDIENCE },
      undefined,
      directory,
      '',
    );
  });
  afterEach(async () => {
    vi.useRealTimers();
    await issuer.stop();
  });

  const sign = (
    key: Key,
    claims: Readonly<Record<string, unknown>> = {},
    header: Readonly<Record<string, unknown>> = {},
  ): Promise<string> =>
    new SignJWT({
      sub: 'anna',
      agency: 'VUGD',
      roles: ['dispatcher'],
      iss: issuer.url,
      aud: AUDIENCE,
      iat: seconds(),
      exp: seconds() + 600,
      ...claims,
    })
      .setProtectedHeader({ alg: key.alg, kid: key.kid, ...header })
      .sign(key.privateKey);
  const verdict = async (token: string) => {
    const answer = await verifier.verify(token);
    return answer.ok ? 'good' : answer.code;
  };

  it('R10 are good by the keys that its discovery document names', async () => {
    expect(await verifier.verify(await sign(first))).toMatchObject({
      ok: true,
      principal: { subject: 'anna', agency, roles: ['dispatcher'] },
    });
    expect(issuer.state.asked).toBe(1);
    expect(await verdict(await sign(first))).toBe('good');
    expect(issuer.state.asked).toBe(1);
  });

  it('R10 are not looked for where a discovery document of another issuer says', async () => {
    issuer.state.claims = 'https://issuer.example';
    expect(await verdict(await sign(first))).toBe('issuer_unavailable');
    expect(issuer.state.asked).toBe(0);
  });

  it('R11 signed with a new key are good at once, and with the old one until it is withdrawn', async () => {
    expect(await verdict(await sign(first))).toBe('good');
    const second = await createKey('second');
    issuer.state.keys = [first.jwk, second.jwk];
    vi.advanceTimersByTime(5000);
    expect(await verdict(await sign(second))).toBe('good');
    expect(await verdict(await sign(first))).toBe('good');
    issuer.state.keys = [second.jwk];
    vi.advanceTimersByTime(61_000);
    expect(await verdict(await sign(first))).toBe('token_invalid');
    expect(await verdict(await sign(second))).toBe('good');
  });

  it('R11 found good are believed no longer than their key may be, R13 nor than they say, and their agency is asked each time', async () => {
    const token = await sign(first, { exp: seconds() + 40 });
    expect(await verdict(token)).toBe('good');
    issuer.state.keys = [];
    vi.advanceTimersByTime(39_000);
    expect(await verdict(token)).toBe('good');
    directory.agenciesByCode.delete('VUGD');
    expect(await verdict(token)).toBe('agency_unknown');
    directory.agenciesByCode.set('VUGD', agency as never);
    vi.advanceTimersByTime(1000);
    expect(await verdict(token)).toBe('token_invalid');
    // found good 50 s after its key was read
    issuer.state.keys = [first.jwk];
    vi.advanceTimersByTime(60_000);
    expect(await verdict(await sign(first))).toBe('good');
    vi.advanceTimersByTime(50_000);
    const late = await sign(first);
    expect(await verdict(late)).toBe('good');
    issuer.state.keys = [];
    vi.advanceTimersByTime(11_000);
    expect(await verdict(late)).toBe('token_invalid');
  });

  it('R11 that name made-up keys do not make us ask the issuer each time', async () => {
    expect(await verdict(await sign(first))).toBe('good');
    vi.advanceTimersByTime(5000);
    const forged = await createKey('made-up');
    for (let i = 0; i < 50; i++)
      expect(await verdict(await sign(forged, {}, { kid: `made-up-${i}` }))).toBe('token_invalid');
    expect(issuer.state.asked).toBe(2);
  });

  it('R12 are good while the issuer is away, for a day; before it was ever asked that is said', async () => {
    issuer.state.status = 500;
    expect(await verdict(await sign(first))).toBe('issuer_unavailable');
    issuer.state.status = 200;
    vi.advanceTimersByTime(5000);
    expect(await verdict(await sign(first))).toBe('good');
    issuer.state.status = 503;
    vi.advanceTimersByTime(12 * 3_600_000);
    expect(await verdict(await sign(first))).toBe('good');
    vi.advanceTimersByTime(13 * 3_600_000);
    expect(await verdict(await sign(first))).toBe('issuer_unavailable');
  });

  it('R13 may be of a clock somewhat ahead of ours, and end when they say', async () => {
    expect(await verdict(await sign(first, { nbf: seconds() + 25, iat: seconds() + 25 }))).toBe('good');
    expect(await verdict(await sign(first, { nbf: seconds() + 40 }))).toBe('token_invalid');
    expect(await verdict(await sign(first, { exp: seconds() - 1 }))).toBe('token_invalid');
    expect(await verdict(await sign(first, { exp: undefined }))).toBe('token_invalid');
  });

  it('R14 are for us: another audience, issuer or none is refused', async () => {
    expect(await verdict(await sign(first, { aud: ['others', AUDIENCE] }))).toBe('good');
    expect(await verdict(await sign(first, { aud: 'others' }))).toBe('token_invalid');
    expect(await verdict(await sign(first, { aud: undefined }))).toBe('token_invalid');
    expect(await verdict(await sign(first, { iss: 'https://issuer.example' }))).toBe('token_invalid');
    expect(await verdict(await sign(first, { iss: undefined }))).toBe('token_invalid');
  });

  it('R15 are signed by a key pair: none, and a public key passed off as a secret, are refused', async () => {
    const rsa = await createKey('rsa', 'RS256');
    // an issuer that publishes a secret by mistake does not make it a key for us either
    const secret = Buffer.alloc(32, 7);
    issuer.state.keys = [first.jwk, rsa.jwk, { kty: 'oct', kid: 'oct', alg: 'HS256', k: secret.toString('base64url') }];
    const claims = {
      sub: 'anna',
      agency: 'VUGD',
      roles: ['admin'],
      iss: issuer.url,
      aud: AUDIENCE,
      exp: seconds() + 600,
    };
    const withSecret = (key: Uint8Array, kid: string) =>
      new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid }).sign(key);
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const forged = [
      await withSecret(Buffer.from(await exportSPKI(rsa.publicKey)), 'rsa'),
      await withSecret(Buffer.from(JSON.stringify(rsa.jwk)), 'rsa'),
      await withSecret(secret, 'oct'),
      `${part({ alg: 'none', kid: 'first' })}.${part(claims)}.`,
      `${part({ alg: 'none' })}.${part(claims)}.`,
      // a key of its own in the header is nobody's
      await sign({ ...rsa, kid: 'first' }, { roles: ['admin'] }, { jwk: rsa.jwk }),
    ];
    for (const token of forged) expect(await verdict(token)).toBe('token_invalid');
    const [head, , signature] = (await sign(first)).split('.');
    expect(await verdict(`${head}.${part({ ...claims, agency: 'VUGD' })}.${signature}`)).toBe('token_invalid');
    expect(await verdict(await sign(rsa))).toBe('good');
  });

  it('R14 that are rubbish are refused as such', async () => {
    for (const token of ['', '.', '..', 'a.b.c', `${'x'.repeat(100_000)}.y.z`])
      expect(await verdict(token)).toBe('token_invalid');
  });
});
