import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below the ports that the system hands out to connections: one of those may take a free port before its server does. */
const LEAST = 10_240;
const MOST = 32_000;

/** A TCP port on 127.0.0.1 that was free a moment ago. */
export async function lowPort(): Promise<number> {
  for (;;) {
    const port = randomInt(LEAST, MOST);
    const probe = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      probe.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => probe.close(resolve));
    return port;
  }
}
