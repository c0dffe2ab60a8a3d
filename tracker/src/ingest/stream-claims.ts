import type { Database } from '../store/database.js';
import { isAway } from '../store/errors.js';
import { sqlFile } from '../store/sql-file.js';

const claimSql = sqlFile('./sql/claim-streams.sql', import.meta.url);
/** After a restart every crew reconnects at once; their claims go to the database together. */
const GATHER_MS = 15;
const BATCH = 500;
const RETRY_MS = 500;

export interface ClaimedLane {
  readonly streamId: number;
  readonly session: number;
  readonly durableSeq: number;
}

export interface ClaimRequest {
  readonly deviceId: string;
  readonly agencyId: string;
  readonly epoch: Buffer;
  /** False once the socket is gone: the claim is dropped. */
  wanted(): boolean;
  /** A later connection of the same device asked too: this one gets nothing. */
  fenced(): void;
  /** The three lanes, in the order of LANES. */
  claimed(lanes: readonly ClaimedLane[]): void;
}

/** Gets sessions their streams, many in one statement, again and again while the database is away. */
export class StreamClaims {
  readonly #database: Database;
  readonly #onError: (error: Error) => void;
  #waiting: ClaimRequest[] = [];
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #stopped = false;

  constructor(database: Database, onError: (error: Error) => void) {
    this.#database = database;
    this.#onError = onError;
  }

  request(claim: ClaimRequest): void {
    this.#waiting.push(claim);
    this.#schedule(GATHER_MS);
  }

  #schedule(delayMs: number): void {
    if (this.#running !== undefined || this.#stopped) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      let failed = false;
      this.#running = this.#claim()
        .catch((error: Error) => {
          failed = true;
          if (!isAway(error)) this.#onError(error);
        })
        .finally(() => {
          this.#running = undefined;
          if (this.#waiting.length > 0) this.#schedule(failed ? RETRY_MS : 0);
        });
    }, delayMs);
  }

  async #claim(): Promise<void> {
    // one row a device: of two sockets of the same device the later one has it
    const byDevice = new Map<string, ClaimRequest>();
    const wanted = this.#waiting.filter((claim) => claim.wanted());
    const batch = wanted.slice(0, BATCH);
    this.#waiting = wanted.slice(BATCH);
    for (const claim of batch) {
      byDevice.get(claim.deviceId)?.fenced();
      byDevice.set(claim.deviceId, claim);
    }
    const claims = [...byDevice.values()];
    if (claims.length === 0) return;
    let rows: { device_id: string; lane: number; stream_id: number; session: number; durable_seq: number }[];
    try {
      ({ rows } = await this.#database.query(claimSql, [
        claims.map((c) => c.deviceId),
        claims.map((c) => c.epoch),
        claims.map((c) => c.agencyId),
      ]));
    } catch (error) {
      this.#waiting.unshift(...claims);
      throw error;
    }
    const lanes = new Map<string, ClaimedLane[]>();
    for (const row of rows) {
      const of = lanes.get(row.device_id) ?? [];
      of[row.lane] = { streamId: row.stream_id, session: row.session, durableSeq: row.durable_seq };
      lanes.set(row.device_id, of);
    }
    for (const claim of claims) if (claim.wanted()) claim.claimed(lanes.get(claim.deviceId)!);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }
}
