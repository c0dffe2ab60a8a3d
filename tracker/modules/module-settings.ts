import { isIP } from 'node:net';
import { z } from 'zod';
import { demoTokens, type TokenSource, tokenOfFile } from './token-source.js';

/** A setting is wrong or missing: the start stops with this one line. */
export class SettingError extends Error {
  readonly code = 'wrong_setting';
}

const listed = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  );
const Environment = z.object({
  TRACKER_URL: z.url({ protocol: /^https?$/ }).default('http://127.0.0.1:8112'),
  TRACKER_TOKEN: z.string().optional(),
  TRACKER_TOKEN_FILES: listed,
  DEMO_AGENCIES: listed,
  DATABASE_URL: z.url({
    protocol: /^postgres(ql)?$/,
    error: 'not the URL of a PostgreSQL: the module keeps its own schema there',
  }),
  HOST: z.string().default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65535).optional(),
  TRUST_PROXY: listed.refine((addresses) => addresses.every((each) => isIP(each) !== 0), 'not IP addresses'),
});

/** What every module is told from outside: where the tracker is, as whom it speaks, where its own schema lies, where it answers. */
export interface ModuleSettings {
  readonly trackerUrl: string;
  /** One for each agency that the module works for. */
  readonly tokens: readonly TokenSource[];
  readonly databaseUrl: string;
  readonly host: string;
  readonly port: number;
  /** Of a demonstration, codes of agencies: as whose people one may sign in at the module's page. */
  readonly demoAgencies: readonly string[];
  /** Addresses of proxies whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly string[];
}

/** Reads the settings. @throws SettingError naming the variable; the values of secrets are not repeated */
export function readModuleSettings(
  env: Readonly<Record<string, string | undefined>>,
  defaultPort: number,
  demoRoles: readonly string[],
): ModuleSettings {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = Environment.safeParse(given);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    throw new SettingError(`${String(path[0])}: ${message}`);
  }
  const { TRACKER_URL, TRACKER_TOKEN, TRACKER_TOKEN_FILES, DEMO_AGENCIES, DATABASE_URL, HOST, PORT, TRUST_PROXY } =
    parsed.data;
  const trackerUrl = TRACKER_URL.replace(/\/$/, '');
  const tokens: TokenSource[] = [
    ...(TRACKER_TOKEN === undefined ? [] : [async () => TRACKER_TOKEN]),
    ...TRACKER_TOKEN_FILES.map(tokenOfFile),
    ...DEMO_AGENCIES.map((agency) => demoTokens(trackerUrl, agency, demoRoles)),
  ];
  if (tokens.length === 0)
    throw new SettingError(
      'TRACKER_TOKEN, TRACKER_TOKEN_FILES or DEMO_AGENCIES: one of them says for whom the module works',
    );
  const at = { host: HOST, port: PORT ?? defaultPort, trustedProxies: TRUST_PROXY, demoAgencies: DEMO_AGENCIES };
  return { trackerUrl, tokens, databaseUrl: DATABASE_URL, ...at };
}
