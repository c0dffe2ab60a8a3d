import { createHash } from 'node:crypto';
import { decodeJwt } from 'jose';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { TrackerAway, type TrackerClient, TrackerRefusal } from './tracker-client.js';

/** While the tracker is away, a token that it knew goes on to count until it runs out, for a shift at most: calls must be taken. */
const KEPT_MS = 12 * 3_600_000;
/** Whoever can be believed without the tracker waits for its answer for so long. */
const ASK_LIMIT_MS = 5000;
/** A tracker that did not answer is not waited for again at once. */
const AWAY_MS = 2000;
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

/**
 * Knows callers by asking the tracker, each time, whose token it is: a module needs neither issuer nor keys of its own, and what the tracker
 * refuses from now on is refused here from now on.
 */
export class ModuleCallers {
  readonly #tracker: TrackerClient;
  readonly #known = new LRUCache<string, ModuleCaller>({ max: MOST, ttl: KEPT_MS });
  /** Epoch ms. */
  #awayUntil = 0;

  constructor(tracker: TrackerClient) {
    this.#tracker = tracker;
  }

  /** Undefined: the token is no good. @throws TrackerAway when nobody can say */
  async of(token: string): Promise<ModuleCaller | undefined> {
    const key = createHash('sha256').update(token).digest('base64');
    const known = this.#known.get(key);
    const kept = known !== undefined && runsOutAt(token) > Date.now() ? known : undefined;
    if (kept !== undefined && Date.now() < this.#awayUntil) return kept;
    try {
      const limitMs = kept === undefined ? undefined : ASK_LIMIT_MS;
      const caller = { ...(await this.#tracker.as(token).get('/api/v1/me', Me, limitMs)), token };
      this.#known.set(key, caller);
      return caller;
    } catch (error) {
      if (error instanceof TrackerRefusal || (error instanceof TrackerAway && error.status === 401)) {
        this.#known.delete(key);
        return undefined;
      }
      if (kept === undefined) throw error;
      this.#awayUntil = Date.now() + AWAY_MS; // not for one who is nobody: rubbish could keep others' tokens good
      return kept;
    }
  }
}

/** Epoch ms, of a token that the tracker has verified before. */
function runsOutAt(token: string): number {
  return (decodeJwt(token).exp ?? 0) * 1000;
}
