import { exportSPKI, SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AUDIENCE, createKey, type IssuerKey, OidcIssuer } from '../../test/harness/oidc-issuer.js';
import type { Directory } from '../units/directory.js';
import { TokenVerifier } from './tokens.js';

const seconds = () => Math.floor(Date.now() / 1000);

describe('tokens of an issuer', () => {
  let issuer: OidcIssuer;
  let first: IssuerKey;
  let verifier: TokenVerifier;
  const agency = { id: 'a', no: 1, code: 'VUGD', kind: 'fire_rescue', nameLv: '', nameEn: '' };
  const directory = { agenciesByCode: new Map([['VUGD', agency]]) } as unknown as Directory;

  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    issuer = new OidcIssuer();
    await issuer.start();
    first = await createKey('first');
    issuer.keys = [first.jwk];
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

  const sign: OidcIssuer['sign'] = (...given) => issuer.sign(...given);
  const verdict = async (token: string) => {
    const answer = await verifier.verify(token);
    return answer.ok ? 'good' : answer.code;
  };

  it('R10 are good by the keys that its discovery document names', async () => {
    expect(await verifier.verify(await sign(first))).toMatchObject({
      ok: true,
      principal: { subject: 'anna', agency, roles: ['dispatcher'] },
    });
    expect(issuer.asked).toBe(1);
    expect(await verdict(await sign(first))).toBe('good');
    expect(issuer.asked).toBe(1);
  });

  it('R10 are not looked for where a discovery document of another issuer says', async () => {
    issuer.claims = 'https://issuer.example';
    expect(await verdict(await sign(first))).toBe('issuer_unavailable');
    expect(issuer.asked).toBe(0);
  });

  it('R11 signed with a new key are good at once, and with the old one until it is withdrawn', async () => {
    expect(await verdict(await sign(first))).toBe('good');
    const second = await createKey('second');
    issuer.keys = [first.jwk, second.jwk];
    vi.advanceTimersByTime(5000);
    expect(await verdict(await sign(second))).toBe('good');
    expect(await verdict(await sign(first))).toBe('good');
    issuer.keys = [second.jwk];
    vi.advanceTimersByTime(61_000);
    expect(await verdict(await sign(first))).toBe('token_invalid');
    expect(await verdict(await sign(second))).toBe('good');
  });

  it('R11 found good are believed no longer than their key may be, R13 nor than they say, and their agency is asked each time', async () => {
    const token = await sign(first, { exp: seconds() + 40 });
    expect(await verdict(token)).toBe('good');
    issuer.keys = [];
    vi.advanceTimersByTime(39_000);
    expect(await verdict(token)).toBe('good');
    directory.agenciesByCode.delete('VUGD');
    expect(await verdict(token)).toBe('agency_unknown');
    directory.agenciesByCode.set('VUGD', agency as never);
    vi.advanceTimersByTime(1000);
    expect(await verdict(token)).toBe('token_invalid');
    // found good 50 s after its key was read
    issuer.keys = [first.jwk];
    vi.advanceTimersByTime(60_000);
    expect(await verdict(await sign(first))).toBe('good');
    vi.advanceTimersByTime(50_000);
    const late = await sign(first);
    expect(await verdict(late)).toBe('good');
    issuer.keys = [];
    vi.advanceTimersByTime(11_000);
    expect(await verdict(late)).toBe('token_invalid');
  });

  it('R11 of a withdrawn key are good no longer once the keys were read anew, whatever for', async () => {
    const second = await createKey('second');
    issuer.keys = [first.jwk, second.jwk];
    const [token, other] = [await sign(first), await sign(second)];
    expect([await verdict(token), await verdict(other)]).toEqual(['good', 'good']);
    issuer.keys = [second.jwk];
    vi.advanceTimersByTime(5000);
    expect(await verdict(token)).toBe('good');
    expect(await verdict(await sign(await createKey('made-up')))).toBe('token_invalid');
    expect([await verdict(token), await verdict(other)]).toEqual(['token_invalid', 'good']);
  });

  it('R11 that name made-up keys do not make us ask the issuer each time', async () => {
    expect(await verdict(await sign(first))).toBe('good');
    vi.advanceTimersByTime(5000);
    const forged = await createKey('made-up');
    for (let i = 0; i < 50; i++)
      expect(await verdict(await sign(forged, {}, { kid: `made-up-${i}` }))).toBe('token_invalid');
    expect(issuer.asked).toBe(2);
  });

  it('R12 are good while the issuer is away, for a day; before it was ever asked that is said', async () => {
    issuer.status = 500;
    expect(await verdict(await sign(first))).toBe('issuer_unavailable');
    issuer.status = 200;
    vi.advanceTimersByTime(5000);
    expect(await verdict(await sign(first))).toBe('good');
    issuer.status = 503;
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
    issuer.keys = [first.jwk, rsa.jwk, { kty: 'oct', kid: 'oct', alg: 'HS256', k: secret.toString('base64url') }];
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
