/** `npm run import -- KIND FILE [--url URL] [--token TOKEN]`: registers the rows of an NDJSON file at a running tracker. */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { REGISTRY_KINDS } from '../units/registry.js';

/** Less than the tracker takes at once, so that progress is seen. */
const ROWS_AT_ONCE = 1000;

function fail(line: string): never {
  console.error(`import: ${line}`);
  process.exit(1);
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    url: { type: 'string', default: process.env.VANAGS_URL ?? 'http://127.0.0.1:8112' },
    token: { type: 'string', default: process.env.VANAGS_TOKEN },
  },
});
const [kind, file] = positionals;
if (kind === undefined || file === undefined || !(REGISTRY_KINDS as readonly string[]).includes(kind)) {
  fail(
    `usage: npm run import -- KIND FILE [--url URL] [--token TOKEN]; KIND is one of ${REGISTRY_KINDS.join(', ')}; the token is an administrator's`,
  );
}

/** Without a token the demo's issuer is asked, so that it works at once on a demo. */
async function administrator(): Promise<string> {
  if (values.token !== undefined) return values.token;
  const answer = await fetch(`${values.url}/api/v1/demo/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ agency: 'IEMIC', roles: ['admin'] }),
  });
  if (!answer.ok) fail('--token or VANAGS_TOKEN is needed: this tracker has no demo issuer');
  return ((await answer.json()) as { token: string }).token;
}

try {
  const token = await administrator();
  const lines = (await readFile(file, 'utf8')).split('\n');
  let added = 0;
  for (let first = 0; first < lines.length; first += ROWS_AT_ONCE) {
    // blank lines before keep the line numbers of the file in the errors
    const body = '\n'.repeat(first) + lines.slice(first, first + ROWS_AT_ONCE).join('\n');
    const answer = await fetch(`${values.url}/api/v1/import/${kind}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body,
    });
    const result = (await answer.json()) as {
      added?: number;
      detail?: string;
      errors?: { at: string; message: string }[];
    };
    if (!answer.ok) {
      for (const { at, message } of result.errors ?? []) console.error(`${file}: ${at}: ${message}`);
      fail(`${result.detail}; ${added} rows of the lines before were added, running it again is safe`);
    }
    added += result.added ?? 0;
  }
  console.log(`${added} ${kind} added`);
} catch (error) {
  fail((error as Error).message);
}
