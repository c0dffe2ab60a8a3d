import { readFileSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSettings, SettingError, settingNames } from './settings.js';

const PRODUCTION = { MODE: 'production', OIDC_ISSUER: 'https://login.example.lv/' };

/** The one line a wrong setting ends the start with. */
function refusal(env: Record<string, string>): string {
  try {
    readSettings(env);
  } catch (error) {
    expect(error).toBeInstanceOf(SettingError);
    return (error as Error).message;
  }
  throw new Error(`${JSON.stringify(env)} was taken`);
}

describe('settings', () => {
  it('of nothing are those of the front door: loopback, 8112, ./data, the demo', () => {
    const settings = readSettings({});
    expect(settings).toMatchObject({
      production: false,
      host: '127.0.0.1',
      port: 8112,
      databaseUrl: undefined,
      demo: true,
      demoWorld: { units: undefined, speed: 1, autopilot: true },
      trustedProxies: [],
      tls: undefined,
      oidc: undefined,
      flush: { intervalMs: 200, rows: 5000 },
    });
    expect(isAbsolute(settings.dataDir)).toBe(true);
    expect(settings.dataDir).toMatch(/data$/);
  });

  it('take an empty value as none given, as a compose file gives it', () => {
    const empty = Object.fromEntries(settingNames.map((name) => [name, '']));
    expect({ ...readSettings(empty), nodeId: '' }).toEqual({ ...readSettings({}), nodeId: '' });
  });

  it('keep road networks with the data, unless they are said to lie elsewhere', () => {
    expect(readSettings({ DATA_DIR: '/var/vanags' }).roadsDir).toBe('/var/vanags/roads');
    expect(readSettings({ DATA_DIR: '/var/vanags', ROADS_DIR: '/srv/roads' }).roadsDir).toBe('/srv/roads');
  });

  it('F45 take a broker by its URL, which is not shown, and no guest in production', () => {
    expect(readSettings({}).amqp).toBeUndefined();
    expect(readSettings({ AMQP_URL: 'amqps://u:p@mq/112' }).amqp).toEqual({
      url: 'amqps://u:p@mq/112',
      exchange: 'vanags',
    });
    expect(refusal({ AMQP_URL: 'http://u:secret@mq/' })).toBe(
      'AMQP_URL=(not shown): not a URL that begins with amqp:// or amqps://',
    );
    expect(refusal({ AMQP_EXCHANGE: 'a b' })).toContain('AMQP_EXCHANGE');
    for (const url of ['amqp://mq', 'amqp://guest:guest@mq'])
      expect(refusal({ ...PRODUCTION, AMQP_URL: url })).toContain('AMQP_URL: MODE=production refuses');
    expect(readSettings({ ...PRODUCTION, AMQP_URL: 'amqp://feed:q8nT3vJx@mq' }).amqp).toBeDefined();
  });

  it('M27 start modules beside a demonstration alone', () => {
    expect(readSettings({}).modules).toEqual([]);
    expect(readSettings({ MODULES: 'calls, register' }).modules).toEqual(['calls', 'register']);
    expect(refusal({ MODULES: 'calls,billing' })).toBe(
      'MODULES="calls,billing": not some of calls, register, with commas between',
    );
    expect(refusal({ ...PRODUCTION, MODULES: 'calls' })).toContain('in a demonstration alone');
  });

  it('read from the URL of a router what it speaks', () => {
    expect(readSettings({}).router).toBeUndefined();
    const routerAt = (ROUTER_URL: string) => readSettings({ ROUTER_URL }).router;
    expect(routerAt('osrm+http://osrm:5000/')).toEqual({ kind: 'osrm', url: 'http://osrm:5000/' });
    expect(routerAt('valhalla+https://key:x@routes.example/v')).toEqual({
      kind: 'valhalla',
      url: 'https://key:x@routes.example/v',
    });
    for (const wrong of ['http://osrm:5000', 'osrm://osrm:5000', 'graphhopper+http://x', 'osrm+http://', 'osrm+http:'])
      expect(refusal({ ROUTER_URL: wrong })).toBe(
        'ROUTER_URL=(not shown): not a URL that begins with osrm+http(s):// or valhalla+http(s)://',
      );
  });

  it('pass over variables that are not theirs', () => {
    expect(readSettings({ PATH: '/bin', FLUSH: 'x' }).port).toBe(8112);
  });

  it('read numbers, lists and addresses', () => {
    const settings = readSettings({
      PORT: '0',
      NODE_ID: 'riga-1',
      TRUST_PROXY: '10.0.0.1, ::1',
      FLUSH_INTERVAL_MS: '50',
      FLUSH_ROWS: '100',
      MAX_WAITING_FIXES: '1000',
      FIX_RETENTION_DAYS: '1',
      FEED_RETENTION_DAYS: '3650',
      DATABASE_URL: 'postgresql://vanags:x@db/vanags',
    });
    expect(settings).toMatchObject({
      port: 0,
      nodeId: 'riga-1',
      trustedProxies: ['10.0.0.1', '::1'],
      flush: { intervalMs: 50, rows: 100, maxWaiting: 1000 },
      retentionDays: { fixes: 1, tracks: 1095, feed: 3650 },
      databaseUrl: 'postgresql://vanags:x@db/vanags',
    });
  });

  it('need both files of TLS', () => {
    expect(readSettings({ TLS_CERT_FILE: 'a.pem', TLS_KEY_FILE: 'b.pem' }).tls).toEqual({
      certFile: 'a.pem',
      keyFile: 'b.pem',
    });
    for (const one of ['TLS_CERT_FILE', 'TLS_KEY_FILE'])
      expect(refusal({ [one]: 'a.pem' })).toMatch(/TLS_CERT_FILE and TLS_KEY_FILE/);
  });

  it.each([
    [{ MODE: 'prod' }, 'MODE="prod"'],
    [{ HOST: 'example.lv' }, 'HOST="example.lv": not an IP address'],
    [{ PORT: 'http' }, 'PORT="http"'],
    [{ PORT: '65536' }, 'PORT="65536"'],
    [{ PORT: '-1' }, 'PORT="-1"'],
    [{ PORT: '80.5' }, 'PORT="80.5"'],
    [{ PORT: ' ' }, 'PORT=" "'],
    [{ DEMO: 'yes' }, 'DEMO="yes"'],
    [{ DEMO_WORLD: 'true' }, 'DEMO_WORLD="true"'],
    [{ DEMO_UNITS: '0' }, 'DEMO_UNITS="0"'],
    [{ DEMO_UNITS: ' ' }, 'DEMO_UNITS=" "'],
    [{ NODE_ID: 'a b' }, 'NODE_ID="a b": 1 to 64 letters'],
    [{ TRUST_PROXY: 'proxy' }, 'TRUST_PROXY="proxy": "proxy" is not an IP address'],
    [{ TRUST_PROXY: '10.0.0.0/8' }, '"10.0.0.0/8" is not an IP address'],
    [{ WEBHOOK_ALLOW: '10.0.0.0/8, intranet' }, '"intranet" is not an address or a network'],
    [{ WEBHOOK_TRIES: '0' }, 'WEBHOOK_TRIES="0"'],
    [{ FLUSH_INTERVAL_MS: '4' }, 'FLUSH_INTERVAL_MS="4"'],
    [{ FLUSH_ROWS: '0' }, 'FLUSH_ROWS="0"'],
    [{ MAX_WAITING_FIXES: '10' }, 'MAX_WAITING_FIXES="10"'],
    [{ FIX_RETENTION_DAYS: '0' }, 'FIX_RETENTION_DAYS="0"'],
    [{ TRACK_RETENTION_DAYS: '89' }, 'TRACK_RETENTION_DAYS=89: tracks are what remains of fixes'],
    [{ TRACK_TOLERANCE_M: '101' }, 'TRACK_TOLERANCE_M="101"'],
    [{ ALARM_REPEAT_S: '0' }, 'ALARM_REPEAT_S="0"'],
    [{ INGEST_PORT: '70000' }, 'INGEST_PORT="70000"'],
    [{ FEED_RETENTION_DAYS: 'ever' }, 'FEED_RETENTION_DAYS="ever"'],
    [{ DECISION_RETENTION_DAYS: '0' }, 'DECISION_RETENTION_DAYS="0"'],
    [{ OIDC_ISSUER: 'login.example.lv' }, 'OIDC_ISSUER="login.example.lv": not a URL that begins with https://'],
    [{ OIDC_JWKS_URL: 'https://a/keys' }, 'OIDC_JWKS_URL needs OIDC_ISSUER'],
    [{ DATABASE_URL: 'mysql://db/x' }, 'DATABASE_URL=(not shown): not a URL that begins with postgres://'],
  ])('%j is refused with %s', (env, fragment) => {
    const line = refusal(env);
    expect(line).toContain(fragment);
    expect(line).not.toContain('\n');
  });

  it('know the pages of modules: those that are named, else of those started beside a demonstration on this machine', () => {
    const page = { nameLv: 'Zvani', nameEn: 'Calls', url: 'https://calls.example.org/' };
    expect(readSettings({}).modulePages).toEqual([]);
    expect(readSettings({ MODULE_PAGES: JSON.stringify([page]), MODULES: 'register' }).modulePages).toEqual([
      { ...page, roles: [], agencies: [] },
    ]);
    const started = readSettings({ MODULES: 'calls,register', CALLS_PORT: '9113' }).modulePages;
    expect(started.map(({ url }) => url)).toEqual(['http://127.0.0.1:9113/', 'http://127.0.0.1:8114/']);
    expect(readSettings({ MODULES: 'calls', HOST: '0.0.0.0', DEMO: '1' }).modulePages).toEqual([]);
    for (const wrong of [{ ...page, url: 'javascript:alert(1)' }, { ...page, roles: ['boss'] }, { url: page.url }])
      expect(refusal({ MODULE_PAGES: JSON.stringify([wrong]) })).toContain('not a JSON list of');
    expect(refusal({ MODULE_PAGES: 'calls' })).toContain('MODULE_PAGES="calls": not a JSON list of');
  });

  it('never repeat what may be a secret', () => {
    expect(refusal({ DATABASE_URL: 'mysql://user:hunter2@db/x' })).not.toContain('hunter2');
    expect(refusal({ ...PRODUCTION, DATABASE_URL: 'postgres://user:changeme@db/x' })).not.toContain('changeme');
  });

  it('outside production serve others only with DEMO=1', () => {
    for (const HOST of ['127.0.0.1', '127.0.0.2', '::1', 'localhost']) expect(readSettings({ HOST }).host).toBe(HOST);
    for (const HOST of ['0.0.0.0', '::', '192.168.1.5', '1.127.0.1']) {
      expect(refusal({ HOST })).toContain('DEMO=1');
      expect(refusal({ HOST, DEMO: '0' })).toContain('DEMO=1');
      expect(readSettings({ HOST, DEMO: '1' }).host).toBe(HOST);
    }
  });

  it('production has no demo, not even by default', () => {
    expect(readSettings(PRODUCTION)).toMatchObject({ production: true, demo: false, demoWorld: undefined });
    expect(readSettings({ ...PRODUCTION, DEMO: '0' }).demo).toBe(false);
    expect(refusal({ ...PRODUCTION, DEMO: '1' })).toContain('DEMO=1');
  });

  it('production needs an issuer', () => {
    expect(refusal({ MODE: 'production' })).toContain('OIDC_ISSUER');
  });

  it('production serves plain text only on loopback or behind a declared proxy', () => {
    const open = { ...PRODUCTION, HOST: '0.0.0.0' };
    expect(refusal(open)).toMatch(/plain-text.*TLS_CERT_FILE.*TRUST_PROXY/);
    expect(readSettings({ ...open, TRUST_PROXY: '10.0.0.1' }).host).toBe('0.0.0.0');
    expect(readSettings({ ...open, TLS_CERT_FILE: 'a', TLS_KEY_FILE: 'b' }).host).toBe('0.0.0.0');
    expect(refusal({ ...open, TRUST_PROXY: ' , ' })).toContain('plain-text');
  });

  it.each(['', 'postgres', 'vanags', 'password', 'secret', 'changeme', 'change%2Dme', 'demo', 'POSTGRES'])(
    'production refuses the database password %j',
    (password) => {
      expect(refusal({ ...PRODUCTION, DATABASE_URL: `postgres://vanags:${password}@db/vanags` })).toContain(
        'DATABASE_URL',
      );
    },
  );

  it('production takes a password of one’s own, and a unix socket without one', () => {
    expect(
      readSettings({ ...PRODUCTION, DATABASE_URL: 'postgres://vanags:l0ng-and-own@db/vanags' }).databaseUrl,
    ).toBeDefined();
    expect(
      readSettings({ ...PRODUCTION, DATABASE_URL: 'postgres:///vanags?host=/run/postgresql' }).databaseUrl,
    ).toBeDefined();
  });

  it('production is not talked round by a host parameter that is no socket', () => {
    expect(refusal({ ...PRODUCTION, DATABASE_URL: 'postgres://vanags:vanags@db/vanags?host=db' })).toContain(
      'DATABASE_URL',
    );
  });

  it('a password whose escapes cannot be read is refused in one line', () => {
    expect(refusal({ ...PRODUCTION, DATABASE_URL: 'postgres://vanags:%zz@db/vanags' })).toContain('DATABASE_URL');
  });

  it('are all named in the compose file or the code alone, never twice', () => {
    expect(new Set(settingNames).size).toBe(settingNames.length);
    const source = readFileSync(new URL('./settings.ts', import.meta.url), 'utf8');
    for (const name of settingNames) expect(source.split(`  ${name}: `).length, name).toBe(2);
  });
});
