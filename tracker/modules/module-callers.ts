import { createHash } from 'node:crypto';
import { decodeJwt } from 'jose';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { TrackerAway, type TrackerClient, TrackerRefusal } from './tracker-client.js';

/** A revoked or changed token counts here within this time. */
const FRESH_MS = 60_000;
/** While the tracker is away, a token that it knew goes on to count until it runs out, for a shift at most: calls must be taken. */
const KEPT_MS = 12 * 3_600_000;
const MOST = 10_000;

const Me = z.object({ subject: z.string(), agencyId: z.string(), agencyCode: z.string(), roles: z.array(z.string()) });

/** Who asks the module: the same people and tokens as the tracker's. */
export interface ModuleCaller extends Readonly<z.output<typeof Me>> {
  readonly token: string;
}

/** One who asks now: from where, and why. */
export interface Asker extends ModuleCaller {
  readonly address: string;
  readonly purpose: string;
}

/** What a module's log of accesses holds of one: who, of which agency, why, from where; what, of what. */
export const accessed = (
  { subject, agencyId, purpose, address }: Asker,
  action: string,
  of: string | number | null,
): unknown[] => [subject, agencyId, purpose, address, action, of];

/** Knows callers by asking the tracker whose token it is, so that a module needs neither issuer nor keys of its own. */
export class ModuleCallers {
  readonly #tracker: TrackerClient;
  readonly #known = new LRUCache<string, { readonly caller: ModuleCaller; readonly askedAt: number }>({
    max: MOST,
    ttl: KEPT_MS,
  });

  constructor(tracker: TrackerClient) {
    this.#tracker = tracker;
  }

  /** Undefined: the token is no good. @throws TrackerAway when nobody can say */
  async of(token: string): Promise<ModuleCaller | undefined> {
    const key = createHash('sha256').update(token).digest('base64');
    const known = this.#known.get(key);
    if (known !== undefined && Date.now() - known.askedAt < FRESH_MS) return known.caller;
    try {
      const caller = { ...(await this.#tracker.as(token).get('/api/v1/me', Me)), token };
      this.#known.set(key, { caller, askedAt: Date.now() });
      return caller;
    } catch (error) {
      if (error instanceof TrackerRefusal || (error instanceof TrackerAway && error.status === 401)) {
        this.#known.delete(key);
        return undefined;
      }
      if (known !== undefined && runsOutAt(token) > Date.now()) return known.caller;
      throw error;
    }
  }
}

/** Epoch ms, of a token that the tracker has verified before. */
function runsOutAt(token: string): number {
  return (decodeJwt(token).exp ?? 0) * 1000;
}
