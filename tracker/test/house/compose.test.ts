// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the cases are in the syntax of Compose
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { parseEnv } from 'node:util';
import { describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { readSettings, settingNames } from '../../src/settings.js';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const DEFAULT_PORT = 8112;

const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');
type Env = Readonly<Record<string, string | undefined>>;

/**
 * Interpolates one value as Compose does: `$A`, `${A}`, `${A:-b}`, `${A-b}`, `${A:+b}`, `${A+b}`, `${A:?e}`, `${A?e}`,
 * `$$`. With the colon an empty variable counts as unset. Stricter in one point: Compose lets a bare variable that is
 * not set become empty with a warning; here it throws, as `?` does.
 * Source: Compose specification, chapter "Interpolation". Defaults inside defaults are not used and not read.
 */
function interpolate(text: string, env: Env): string {
  const pattern = /\$(?:(\$)|([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?:(:?[-?+])([^}]*))?\}|(.?))/g;
  return text.replace(pattern, (_all, dollar, bare, braced, operator: string | undefined, word, junk) => {
    if (dollar !== undefined) return '$';
    const name: string | undefined = bare ?? braced;
    if (name === undefined) throw new Error(`"$${junk}" in ${JSON.stringify(text)} is no variable`);
    const given = operator?.startsWith(':') && env[name] === '' ? undefined : env[name];
    if (operator?.endsWith('+')) return given === undefined ? '' : word;
    if (given !== undefined) return given;
    if (operator?.endsWith('-')) return word;
    throw new Error(`${name}: ${word ?? 'has no value and no default'}`);
  });
}

/** Interpolates every string of a parsed document; keys stay as they are, as in Compose. */
function interpolateAll(value: unknown, env: Env): unknown {
  if (typeof value === 'string') return interpolate(value, env);
  if (Array.isArray(value)) return value.map((item) => interpolateAll(item, env));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, interpolateAll(item, env)]));
}

// strict: a misspelt key is an error here, not a setting that silently does nothing
const Service = z.strictObject({
  image: z.string().optional(),
  build: z.string().optional(),
  restart: z.string().optional(),
  init: z.boolean().optional(),
  profiles: z.array(z.string()).optional(),
  command: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.string()).optional(),
  depends_on: z.record(z.string(), z.strictObject({ condition: z.string() })).optional(),
  ports: z.array(z.string()).optional(),
  volumes: z.array(z.string()).optional(),
  networks: z.array(z.string()).optional(),
  shm_size: z.string().optional(),
  stop_grace_period: z.string().optional(),
  healthcheck: z
    .strictObject({
      test: z.array(z.string()).min(2),
      interval: z.string(),
      timeout: z.string(),
      retries: z.number().int().positive(),
      start_period: z.string().optional(),
    })
    .optional(),
});

const Compose = z.strictObject({
  name: z.string(),
  services: z.record(z.string(), Service),
  volumes: z.record(z.string(), z.null()),
  networks: z.record(
    z.string(),
    z.strictObject({
      ipam: z.strictObject({ config: z.array(z.strictObject({ subnet: z.string(), gateway: z.string() })) }),
    }),
  ),
});

const composeText = read('docker-compose.yml');
const dockerfile = read('Dockerfile');
const exampleEnv: Env = parseEnv(read('.env.example'));
/** The example with its placeholder replaced, as its first comment asks. */
const filledEnv: Env = { ...exampleEnv, POSTGRES_PASSWORD: '6f1c0b9e2d' };
const composeWith = (env: Env) => Compose.parse(interpolateAll(parseYaml(composeText), env));
/** What the tracker of the composition would see; the file's own values win over the image's. */
const trackerEnv = (env: Env) => composeWith(env).services.tracker!.environment!;

describe('interpolation', () => {
  const env = { SET: 'x', EMPTY: '' };
  test.each([
    ['${SET}', 'x'],
    ['$SET/y', 'x/y'],
    ['${EMPTY}', ''],
    ['${SET:-b}', 'x'],
    ['${GONE:-b}', 'b'],
    ['${EMPTY:-b}', 'b'],
    ['${EMPTY-b}', ''],
    ['${GONE-b}', 'b'],
    ['${GONE:-}', ''],
    ['${SET:+b}|${EMPTY:+b}|${EMPTY+b}', 'b||b'],
    ['${SET:?e}', 'x'],
    ['${EMPTY?e}', ''],
    ['$$SET $${SET}', '$SET ${SET}'],
    ['a${SET}b${GONE:-c}d', 'axbcd'],
  ])('%s becomes "%s"', (text, expected) => expect(interpolate(text, env)).toBe(expected));

  test.each(['${GONE}', '$GONE', '${GONE:?e}', '${GONE?e}', '${EMPTY:?e}', '${SET', '$', '${SET:x}'])(
    '%s has no value',
    (text) => expect(() => interpolate(text, env)).toThrow(),
  );
});

describe('docker-compose.yml', () => {
  const compose = composeWith(filledEnv);
  const services = Object.entries(compose.services);

  test('every variable resolves from .env.example, and .env.example names no variable that is not used', () => {
    const used = [...composeText.matchAll(/(?<!\$)\$\{?([A-Za-z_]\w*)/g)].map((match) => match[1]!);
    expect([...new Set(used)].sort()).toEqual(Object.keys(exampleEnv).sort());
    expect(() => composeWith(exampleEnv)).not.toThrow();
  });

  test('every variable but the password has a default, and the defaults are those of .env.example', () => {
    expect(() => composeWith({})).toThrow(/POSTGRES_PASSWORD/);
    const { OIDC_ISSUER: _, ...needed } = filledEnv; // the example shows an issuer; there is no default for it
    expect(composeWith({ POSTGRES_PASSWORD: filledEnv.POSTGRES_PASSWORD })).toEqual(composeWith(needed));
  });

  test('the tracker is given only settings that it knows', () => {
    for (const name of Object.keys(trackerEnv(filledEnv))) expect(settingNames).toContain(name);
  });

  test('the tracker accepts what it is given, in production', () => {
    const settings = readSettings(trackerEnv(filledEnv));
    expect(settings).toMatchObject({ production: true, demo: false, port: DEFAULT_PORT, host: '0.0.0.0' });
  });

  test('and in the demonstration that the first comment offers', () => {
    expect(composeText).toContain('MODE=development DEMO=1 docker compose up');
    const env = { POSTGRES_PASSWORD: filledEnv.POSTGRES_PASSWORD, MODE: 'development', DEMO: '1' };
    expect(readSettings(trackerEnv(env))).toMatchObject({ production: false, demo: true });
  });

  test('there is no usable default secret: the placeholder of .env.example does not start in production', () => {
    expect(() => readSettings(trackerEnv(exampleEnv))).toThrow(/DATABASE_URL/);
    const secrets = [...composeText.matchAll(/\$\{(\w*(?:PASSWORD|SECRET|TOKEN|KEY)\w*)([^}]*)\}/g)];
    expect(secrets.length).toBeGreaterThan(0);
    for (const [, , rest] of secrets) expect(rest).toMatch(/^:\?./);
  });

  test('the database URL leads to the database service, with its user, database and password', () => {
    const url = new URL(trackerEnv(filledEnv).DATABASE_URL!);
    const { POSTGRES_USER, POSTGRES_DB, POSTGRES_PASSWORD } = compose.services.postgis!.environment!;
    expect(url.hostname).toBe('postgis');
    expect([url.username, url.pathname, url.password]).toEqual([POSTGRES_USER, `/${POSTGRES_DB}`, POSTGRES_PASSWORD]);
  });

  test('one port: what the tracker listens on is published, on the loopback, under the default number', () => {
    expect(compose.services.tracker!.ports).toEqual([`127.0.0.1:${DEFAULT_PORT}:${trackerEnv(filledEnv).PORT}`]);
    expect(readSettings({}).port).toBe(DEFAULT_PORT);
    expect(services.filter(([, { ports }]) => ports !== undefined).map(([name]) => name)).toEqual(['tracker']);
  });

  test('the trusted proxy is the gateway of the network the tracker is in', () => {
    const [network] = compose.services.tracker!.networks!;
    expect(compose.networks[network!]!.ipam.config[0]!.gateway).toBe(trackerEnv(filledEnv).TRUST_PROXY);
  });

  test('who waits for health waits for a service that tells it and starts with the same profiles', () => {
    const waits = services.flatMap(([name, { depends_on }]) =>
      Object.entries(depends_on ?? {}).map(([on, { condition }]) => ({ name, on, condition })),
    );
    expect(waits).toEqual([{ name: 'tracker', on: 'postgis', condition: 'service_healthy' }]);
    for (const { on } of waits) {
      expect(compose.services[on]?.healthcheck).toBeDefined();
      expect(compose.services[on]?.profiles).toBeUndefined();
    }
  });

  test('every healthcheck is one that Docker runs, and none gives up sooner than it answers', () => {
    for (const [name, { healthcheck, image, build }] of services) {
      expect(
        [image, build].filter((source) => source !== undefined),
        name,
      ).toHaveLength(1);
      if (build !== undefined) expect(dockerfile, name).toMatch(/^HEALTHCHECK /m);
      else expect(['CMD', 'CMD-SHELL'], name).toContain(healthcheck?.test[0]);
      if (healthcheck?.test[0] === 'CMD-SHELL') expect(healthcheck.test, name).toHaveLength(2);
    }
  });

  test('images name a version', () => {
    for (const [name, { image }] of services) if (image) expect(image, name).toMatch(/^[a-z0-9/]+:\d[\w.-]*$/);
  });

  test('named volumes and networks are declared, and nothing is declared in vain', () => {
    const volumes = services.flatMap(([, service]) => service.volumes?.map((volume) => volume.split(':')[0]) ?? []);
    expect(volumes.sort()).toEqual(Object.keys(compose.volumes).sort());
    const networks = services.flatMap(([, service]) => service.networks ?? []);
    expect([...new Set(networks)]).toEqual(Object.keys(compose.networks));
  });

  test('Redis waits in its profile for as long as the tracker has no setting for it', () => {
    // when REDIS_URL becomes a setting this fails: then the tracker gets it here, and the comment goes
    expect(compose.services.redis!.profiles).toEqual(['many-nodes']);
    expect(settingNames).not.toContain('REDIS_URL');
  });
});

describe('Dockerfile', () => {
  const lines = dockerfile.replace(/\\\n\s*/g, '').split('\n');
  const instructions = (name: string) =>
    lines.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));
  const copied = instructions('COPY').flatMap((line) => line.split(' ').slice(0, -1));
  const Words = z.array(z.string());

  test('what it copies exists and is let through by .dockerignore, and nothing else is let through', () => {
    for (const file of copied) expect(existsSync(path.join(ROOT, file)), file).toBe(true);
    const ignore = read('.dockerignore').split('\n');
    expect(ignore).toContain('*');
    const letThrough = ignore.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
    expect(letThrough.sort()).toEqual([...copied].sort());
  });

  test('it starts what `npm start` starts, with a runner that a production install has', () => {
    const { scripts, dependencies } = z
      .object({ scripts: z.object({ start: z.string() }), dependencies: z.record(z.string(), z.string()) })
      .parse(JSON.parse(read('package.json')));
    const [runner, ...args] = scripts.start.split(' ');
    const file = args.pop();
    expect(Words.parse(JSON.parse(instructions('CMD')[0]!))).toEqual(['node', ...args, '--import', runner, file]);
    expect(dependencies).toHaveProperty(runner!);
    expect(copied).toContain(file!.split('/')[0]);
  });

  test('its npm commands are npm commands, and `npm run` names scripts that exist', () => {
    const npm = instructions('RUN').flatMap((line) => line.split(' && ').filter((part) => part.startsWith('npm ')));
    expect(npm[0]).toBe('npm ci --omit=dev');
    for (const command of npm) {
      const [, verb, script] = command.split(' ');
      expect(['ci', 'cache', 'run']).toContain(verb);
      if (verb === 'run') expect(JSON.parse(read('package.json'))).toHaveProperty(['scripts', script!]);
    }
  });

  test('it runs on the Node version that package.json asks for, and not as root', () => {
    const major = Number(/^node:(\d+)-bookworm-slim$/.exec(instructions('FROM')[0]!)?.[1]);
    const { engines } = z.object({ engines: z.object({ node: z.string() }) }).parse(JSON.parse(read('package.json')));
    expect(engines.node).toMatch(new RegExp(`^>=${major}\\.`));
    expect(instructions('USER')).toEqual(['node']);
    expect(dockerfile.indexOf('\nUSER ')).toBeLessThan(dockerfile.indexOf('\nCMD '));
  });

  test('its environment is made of settings the tracker knows, at the tracker’s own port', () => {
    const env = Object.fromEntries(
      instructions('ENV').flatMap((line) => line.split(' ').map((pair) => pair.split('='))),
    );
    for (const name of Object.keys(env)) if (name !== 'NODE_ENV') expect(settingNames).toContain(name);
    expect(env.PORT).toBe(String(DEFAULT_PORT));
    expect(instructions('EXPOSE')).toEqual([env.PORT]);
    expect(() => readSettings(env)).not.toThrow();
  });

  test.each([
    ['healthy when /healthz answers 200', 200, 0],
    ['unhealthy when it answers 503', 503, 1],
    ['unhealthy when nobody answers', undefined, 1],
  ])('its health check says %s', async (_case, status, expected) => {
    const words = Words.parse(JSON.parse(/CMD (\[.*\])$/.exec(instructions('HEALTHCHECK')[0]!)![1]!));
    const server = createServer((request, response) =>
      response.writeHead(request.url === '/healthz' ? status! : 404).end(),
    );
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const { port } = server.address() as AddressInfo;
    const closed = () => new Promise<void>((done) => server.close(() => done()));
    if (status === undefined) await closed();
    // asynchronous: the server that answers lives in this process
    const code = await new Promise((exited) => {
      const child = spawn(process.execPath, words.slice(1), { env: { ...process.env, PORT: String(port) } });
      child.on('exit', exited);
    });
    if (status !== undefined) await closed();
    expect(code).toBe(expected);
  });
});
