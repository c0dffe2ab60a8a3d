import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Log } from '../src/log.js';
import type { TrackerClient } from './tracker-client.js';

const RETRY_MS = 1000;
const Me = z.object({ agencyId: z.string() });
const Agencies = z.object({ agencies: z.array(z.object({ id: z.string(), code: z.string(), kind: z.string() })) });

/** The agency that a module's token is of. */
export interface OwnAgency {
  readonly id: string;
  readonly code: string;
  readonly kind: string;
  /** Of the platform operator. */
  readonly operatorId: string;
}

/** Asks until the tracker has said whose token it is: it may start later than we do. Undefined: stopped before. */
export async function ownAgency(tracker: TrackerClient, log: Log, signal: AbortSignal): Promise<OwnAgency | undefined> {
  for (let isTold = false; !signal.aborted; isTold = true) {
    try {
      const { agencyId } = await tracker.get('/api/v1/me', Me);
      const { agencies } = await tracker.get('/api/v1/agencies', Agencies);
      const operatorId = agencies.find(({ kind }) => kind === 'operator')!.id;
      return { ...agencies.find(({ id }) => id === agencyId)!, operatorId };
    } catch (error) {
      if (!isTold) log.warn(`waiting for the tracker to say whose token this is: ${(error as Error).message}`);
      await sleep(RETRY_MS, undefined, { signal }).catch(() => {});
    }
  }
  return undefined;
}
