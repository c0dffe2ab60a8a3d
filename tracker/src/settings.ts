import { isIP } from 'node:net';
import { join, resolve } from 'node:path';
import { z } from '@hono/zod-openapi';
import { BUNDLED_MODULES, type BundledModule, bundledPages, type ModulePage } from './bundled-modules.js';
import { parseNetwork } from './ip-network.js';
import { ROLES } from './rights/matrix.js';

/** A setting is wrong: the start stops with this one line. */
export class SettingError extends Error {
  readonly code = 'wrong_setting';
}

/** A number of digits alone: Number() would also take blanks (as 0), hexadecimal and exponents. */
const whole = (least: number, most: number) =>
  z.string().regex(/^\d+$/, { error: 'not a whole number' }).transform(Number).pipe(z.number().min(least).max(most));
const flag = z.enum(['0', '1']).transform((value) => value === '1');
const url = (...protocols: string[]) =>
  z.string().refine((value) => URL.canParse(value) && protocols.includes(new URL(value).protocol), {
    error: `not a URL that begins with ${protocols.map((p) => `${p}//`).join(' or ')}`,
  });

/** The URL of a router says in front what it speaks, as `git+ssh://` does: `osrm+http://host:5000`. */
const router = z.string().transform((value, context): NonNullable<Settings['router']> => {
  const [, kind, at] = /^(osrm|valhalla)\+(https?:\/\/.+)$/.exec(value) ?? [];
  if (at !== undefined && URL.canParse(at)) return { kind: kind as 'osrm' | 'valhalla', url: at };
  context.addIssue({ code: 'custom', message: 'not a URL that begins with osrm+http(s):// or valhalla+http(s)://' });
  return z.NEVER;
});

const Pages = z.array(
  z.strictObject({
    nameLv: z.string().min(1).max(40),
    nameEn: z.string().min(1).max(40),
    url: url('https:', 'http:'),
    roles: z.array(z.enum(ROLES)).default([]),
    agencies: z.array(z.string()).default([]),
  }),
);
const modulePages = z.string().transform((value, context): z.infer<typeof Pages> => {
  try {
    return Pages.parse(JSON.parse(value));
  } catch {
    const message = 'not a JSON list of {"nameLv", "nameEn", "url"}, each with "roles" and "agencies" if not for all';
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  }
});

/** Every setting the tracker reads, by the name of its environment variable. An empty value counts as not given. */
const Environment = z.object({
  MODE: z.enum(['development', 'production']).default('development'),
  HOST: z
    .string()
    .refine((value) => value === 'localhost' || isIP(value) !== 0, { error: 'not an IP address' })
    .default('127.0.0.1'),
  PORT: whole(0, 65535).default(8112),
  INGEST_PORT: whole(0, 65535).optional(),
  DATA_DIR: z.string().default('./data'),
  DATABASE_URL: url('postgres:', 'postgresql:').optional(),
  ROADS_DIR: z.string().optional(),
  ROUTER_URL: router.optional(),
  NODE_ID: z
    .string()
    .regex(/^[A-Za-z0-9_.-]{1,64}$/, { error: '1 to 64 letters, digits, _ . -' })
    .optional(),
  DEMO: flag.optional(),
  DEMO_WORLD: flag.default(true),
  DEMO_UNITS: whole(1, 20_000).optional(),
  DEMO_SPEED: z.coerce.number().min(1).max(100).default(1),
  DEMO_AUTOPILOT: flag.default(true),
  MODULES: z.string().optional(),
  MODULE_PAGES: modulePages.optional(),
  TRUST_PROXY: z.string().optional(),
  TLS_CERT_FILE: z.string().optional(),
  TLS_KEY_FILE: z.string().optional(),
  OIDC_ISSUER: url('https:', 'http:').optional(),
  OIDC_JWKS_URL: url('https:', 'http:').optional(),
  OIDC_AUDIENCE: z.string().default('vanags'),
  FLUSH_INTERVAL_MS: whole(5, 5000).default(200),
  FLUSH_ROWS: whole(1, 50_000).default(5000),
  MAX_WAITING_FIXES: whole(1000, 5_000_000).default(200_000),
  FIX_RETENTION_DAYS: whole(1, 3650).default(90),
  TRACK_RETENTION_DAYS: whole(1, 36_500).default(1095),
  TRACK_AFTER_HOURS: whole(0, 720).default(6),
  TRACK_TOLERANCE_M: whole(0, 100).default(10),
  FEED_RETENTION_DAYS: whole(1, 3650).default(30),
  DECISION_RETENTION_DAYS: whole(1, 36_500).default(365),
  ALARM_REPEAT_S: whole(1, 3600).default(30),
  MAX_WAITING_COMMANDS: whole(1, 100_000).default(200),
  REAL_TIME: flag.default(false),
  WEBHOOK_TRIES: whole(1, 1000).default(20),
  WEBHOOK_ALLOW: z.string().optional(),
  AMQP_URL: url('amqp:', 'amqps:').optional(),
  AMQP_EXCHANGE: z
    .string()
    .regex(/^[A-Za-z0-9_.:-]{1,127}$/, { error: '1 to 127 letters, digits, _ . : -' })
    .default('vanags'),
});

/** The names that docker-compose.yml and the documentation may use. */
export const settingNames: readonly string[] = Object.keys(Environment.shape);

export interface Settings {
  readonly production: boolean;
  readonly host: string;
  readonly port: number;
  /** Where the OsmAnd protocol is served at the root; undefined: nowhere. */
  readonly ingestPort: number | undefined;
  readonly dataDir: string;
  /** Undefined: the embedded database in dataDir. */
  readonly databaseUrl: string | undefined;
  /** Where imported road networks lie (`npm run roads`). */
  readonly roadsDir: string;
  /** The router that is asked before the built-in network. */
  readonly router: { readonly kind: 'osrm' | 'valhalla'; readonly url: string } | undefined;
  readonly nodeId: string;
  /** The demo's token issuer. */
  readonly demo: boolean;
  /** The demo world, whose simulator is started beside the tracker; units undefined: as many as it has. */
  readonly demoWorld:
    | { readonly units: number | undefined; readonly speed: number; readonly autopilot: boolean }
    | undefined;
  /** Started beside a demonstration. */
  readonly modules: readonly BundledModule[];
  /** To which the console leads. */
  readonly modulePages: readonly ModulePage[];
  /** Addresses of proxies whose X-Forwarded-For is believed; empty: none. */
  readonly trustedProxies: readonly string[];
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined;
  readonly oidc:
    | { readonly issuer: string; readonly jwksUrl: string | undefined; readonly audience: string }
    | undefined;
  readonly flush: { readonly intervalMs: number; readonly rows: number; readonly maxWaiting: number };
  readonly retentionDays: {
    readonly fixes: number;
    readonly tracks: number;
    readonly feed: number;
    readonly decisions: number;
  };
  /** Fixes become lines so many hours after the end of their UTC day; the lines are off by so many metres at most. */
  readonly tracks: { readonly afterHours: number; readonly toleranceM: number };
  /** An open alarm is told of this often until a person acknowledges it, seconds. */
  readonly alarmRepeatS: number;
  /** While so many wait for a connection to the database, further commands are refused at once. */
  readonly commandsWaiting: number;
  /** Hub and engine run before other threads of the machine, if that is allowed. */
  readonly realTime: boolean;
  readonly webhooks: {
    /** So many failures in a row park a webhook. */
    readonly tries: number;
    /** Private networks that events may be posted to, also without TLS. */
    readonly allowedNetworks: readonly string[];
  };
  /** The RabbitMQ that gets the whole feed; undefined: none. */
  readonly amqp: { readonly url: string; readonly exchange: string } | undefined;
}

const LOOPBACK = /^(127\.|::1$|localhost$)/;

/** Passwords that stand in examples and documentation; production refuses them. */
const DEFAULT_SECRETS = new Set([
  '',
  'postgres',
  'vanags',
  'guest',
  'password',
  'secret',
  'changeme',
  'change-me',
  'example',
  'demo',
]);

/** True when the database's password is one that everybody knows. A unix socket asks for none. */
function hasDefaultSecret({ searchParams, password }: URL): boolean {
  if (searchParams.get('host')?.startsWith('/')) return false;
  try {
    // the driver prefers the parameter
    return DEFAULT_SECRETS.has((searchParams.get('password') ?? decodeURIComponent(password)).toLowerCase());
  } catch {
    return true; // escapes that cannot be read: the driver could not either
  }
}

/** The parts of a list with commas between. */
function listOf(text = ''): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/**
 * Reads the settings from environment variables.
 * @throws SettingError naming the variable, what it got and what it wants. The values of secrets are not repeated.
 */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const given = Object.fromEntries(
    Object.entries(env).filter(([name, value]) => settingNames.includes(name) && value !== ''),
  );
  const parsed = Environment.safeParse(given);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    const name = String(issue.path[0]);
    const shown = name.endsWith('_URL') ? '(not shown)' : JSON.stringify(given[name]);
    throw new SettingError(`${name}=${shown}: ${issue.message}`);
  }
  const e = parsed.data;
  const production = e.MODE === 'production';
  const loopback = LOOPBACK.test(e.HOST);
  const demo = e.DEMO ?? !production;

  if (e.TRACK_RETENTION_DAYS < e.FIX_RETENTION_DAYS) {
    throw new SettingError(
      `TRACK_RETENTION_DAYS=${e.TRACK_RETENTION_DAYS}: tracks are what remains of fixes, which are kept for FIX_RETENTION_DAYS=${e.FIX_RETENTION_DAYS}`,
    );
  }
  if ((e.TLS_CERT_FILE === undefined) !== (e.TLS_KEY_FILE === undefined)) {
    throw new SettingError('TLS_CERT_FILE and TLS_KEY_FILE go together; only one is set');
  }
  if (e.OIDC_JWKS_URL !== undefined && e.OIDC_ISSUER === undefined) {
    throw new SettingError('OIDC_JWKS_URL needs OIDC_ISSUER beside it');
  }
  const trustedProxies = listOf(e.TRUST_PROXY);
  for (const proxy of trustedProxies) {
    if (isIP(proxy) === 0)
      throw new SettingError(
        `TRUST_PROXY=${JSON.stringify(e.TRUST_PROXY)}: ${JSON.stringify(proxy)} is not an IP address`,
      );
  }
  const modules = z.array(z.enum(BUNDLED_MODULES)).safeParse(listOf(e.MODULES));
  if (!modules.success)
    throw new SettingError(
      `MODULES=${JSON.stringify(e.MODULES)}: not some of ${BUNDLED_MODULES.join(', ')}, with commas between`,
    );
  if (modules.data.length > 0 && !demo)
    throw new SettingError(
      'MODULES: modules are started so in a demonstration alone; else each by itself (npm run calls)',
    );
  const allowedNetworks = listOf(e.WEBHOOK_ALLOW);
  for (const network of allowedNetworks) {
    if (parseNetwork(network) === undefined)
      throw new SettingError(
        `WEBHOOK_ALLOW=${JSON.stringify(e.WEBHOOK_ALLOW)}: ${JSON.stringify(network)} is not an address or a network (10.0.0.0/8)`,
      );
  }
  if (production) {
    if (e.DEMO === true)
      throw new SettingError('DEMO=1: the demo world and its token issuer do not start with MODE=production');
    if (e.OIDC_ISSUER === undefined)
      throw new SettingError(
        'OIDC_ISSUER: MODE=production needs a token issuer; the demo issuer is not for production',
      );
    if (!loopback && e.TLS_CERT_FILE === undefined && trustedProxies.length === 0) {
      throw new SettingError(
        `HOST=${e.HOST}: MODE=production refuses a plain-text port here; set TLS_CERT_FILE and TLS_KEY_FILE, or TRUST_PROXY, or a loopback HOST`,
      );
    }
    if (e.DATABASE_URL !== undefined && hasDefaultSecret(new URL(e.DATABASE_URL))) {
      throw new SettingError('DATABASE_URL: MODE=production refuses an empty or well-known password');
    }
    if (e.AMQP_URL !== undefined && hasDefaultSecret(new URL(e.AMQP_URL))) {
      throw new SettingError('AMQP_URL: MODE=production refuses an empty or well-known password');
    }
  } else if (!loopback && e.DEMO !== true) {
    throw new SettingError(
      `HOST=${e.HOST}: without MODE=production only loopback is served; DEMO=1 says that a demo may be seen by others`,
    );
  }

  return {
    production,
    host: e.HOST,
    port: e.PORT,
    ingestPort: e.INGEST_PORT,
    dataDir: resolve(e.DATA_DIR),
    databaseUrl: e.DATABASE_URL,
    roadsDir: resolve(e.ROADS_DIR ?? join(e.DATA_DIR, 'roads')),
    router: e.ROUTER_URL,
    nodeId: e.NODE_ID ?? `node-${process.pid}`,
    demo,
    demoWorld:
      demo && e.DEMO_WORLD ? { units: e.DEMO_UNITS, speed: e.DEMO_SPEED, autopilot: e.DEMO_AUTOPILOT } : undefined,
    modules: modules.data,
    // those that are started so can be reached from this machine alone
    modulePages: e.MODULE_PAGES ?? (loopback ? bundledPages(modules.data, env) : []),
    trustedProxies,
    tls:
      e.TLS_CERT_FILE !== undefined && e.TLS_KEY_FILE !== undefined
        ? { certFile: e.TLS_CERT_FILE, keyFile: e.TLS_KEY_FILE }
        : undefined,
    oidc:
      e.OIDC_ISSUER !== undefined
        ? { issuer: e.OIDC_ISSUER, jwksUrl: e.OIDC_JWKS_URL, audience: e.OIDC_AUDIENCE }
        : undefined,
    flush: { intervalMs: e.FLUSH_INTERVAL_MS, rows: e.FLUSH_ROWS, maxWaiting: e.MAX_WAITING_FIXES },
    retentionDays: {
      fixes: e.FIX_RETENTION_DAYS,
      tracks: e.TRACK_RETENTION_DAYS,
      feed: e.FEED_RETENTION_DAYS,
      decisions: e.DECISION_RETENTION_DAYS,
    },
    tracks: { afterHours: e.TRACK_AFTER_HOURS, toleranceM: e.TRACK_TOLERANCE_M },
    alarmRepeatS: e.ALARM_REPEAT_S,
    commandsWaiting: e.MAX_WAITING_COMMANDS,
    realTime: e.REAL_TIME,
    webhooks: { tries: e.WEBHOOK_TRIES, allowedNetworks },
    amqp: e.AMQP_URL === undefined ? undefined : { url: e.AMQP_URL, exchange: e.AMQP_EXCHANGE },
  };
}
