import { readFile } from 'node:fs/promises';
import { z } from 'zod';

/** Gives a token that is good now. */
export type TokenSource = () => Promise<string>;

/** Of the twelve hours that a demo token is good. */
const DEMO_RENEW_MS = 6 * 3_600_000;
const DEMO_TIMEOUT_MS = 10_000;
const DemoToken = z.object({ token: z.string() });

/** A token in a file, read each time: whoever rotates it needs to tell nobody. */
export function tokenOfFile(file: string): TokenSource {
  return async () => (await readFile(file, 'utf8')).trim();
}

/** A token of a demonstration's own issuer. @throws Error when it gives none */
export async function demoToken(
  trackerUrl: string,
  person: { readonly agency: string; readonly roles: readonly string[]; readonly subject: string },
): Promise<string> {
  const answer = await fetch(`${trackerUrl}/api/v1/demo/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(person),
    signal: AbortSignal.timeout(DEMO_TIMEOUT_MS),
  });
  if (!answer.ok) throw new Error(`the demo's issuer answered ${answer.status}`);
  return DemoToken.parse(await answer.json()).token;
}

/** Such tokens for a module. */
export function demoTokens(trackerUrl: string, agency: string, roles: readonly string[]): TokenSource {
  let current: { readonly token: string; readonly until: number } | undefined;
  return async () => {
    if (current === undefined || Date.now() > current.until) {
      const token = await demoToken(trackerUrl, { agency, roles, subject: `module:${agency}` });
      current = { token, until: Date.now() + DEMO_RENEW_MS };
    }
    return current.token;
  };
}
