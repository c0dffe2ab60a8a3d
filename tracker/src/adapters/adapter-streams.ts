import { OwnedStream, type StreamOwner } from '../ingest/write-batch.js';
import { LANES } from '../protocol/crew.js';
import type { Database } from '../store/database.js';
import type { CrewDevice } from '../units/directory.js';
import { adaptersSql as sql } from './adapters-sql.js';

/** The outbox of devices that have none: the hub keeps their streams. A crew's own outbox draws its epoch at random. */
export const ADAPTER_EPOCH = Buffer.from('adapters');
/** Two lanes are enough: the order of what arrives is the order in which it is numbered. */
const FIX_LANE = LANES.indexOf('live');
const ALARM_LANE = LANES.indexOf('alarm');

/** After a restart every phone comes back within its interval: claims that come together go to the database together. */
const GATHER_MS = 10;
const BATCH = 200;
/** So far back is looked for a device's newest fix. */
const RECENT_MS = 600_000;

/** The streams were lost meanwhile (another node has them, or the database refused): nothing of what waited is known to be stored. */
export class StreamsLost extends Error {}

interface Wait {
  readonly fixSeq: number;
  readonly eventSeq: number;
  resolve(): void;
  reject(error: StreamsLost): void;
}

/** A row of claim_streams. */
interface ClaimedLane {
  readonly device_id: string;
  readonly lane: number;
  readonly stream_id: number;
  readonly session: number;
  readonly durable_seq: number;
}

/** A lane of a device's stream. */
export interface HeldLane {
  readonly stream: OwnedStream;
  nextSeq: number;
  durable: number;
  /** Content of every item that is not durable yet, with its seq, in the order of seqs. */
  readonly underWay: Map<string, number>;
}

/**
 * One device's streams in the hands of this node: it numbers what comes, knows what is on its way to the database, and says when it is there.
 * What was stored before is in the database; what is neither there nor here has not been stored.
 */
export class HeldStreams implements StreamOwner {
  readonly #onLost: (held: HeldStreams) => void;
  readonly deviceId: string;
  readonly fixes: HeldLane;
  readonly events: HeldLane;
  /** No fix of the device that is later, by its own clock, is stored or on its way. Epoch ms. */
  newestFixMs: number;
  #waits: Wait[] = [];
  #lost = false;

  constructor(
    deviceId: string,
    fixes: ClaimedLane,
    events: ClaimedLane,
    newestFixMs: number,
    onLost: (held: HeldStreams) => void,
  ) {
    this.deviceId = deviceId;
    this.fixes = this.#lane(fixes);
    this.events = this.#lane(events);
    this.newestFixMs = newestFixMs;
    this.#onLost = onLost;
  }

  #lane({ stream_id, session, lane, durable_seq }: ClaimedLane): HeldLane {
    const stream = new OwnedStream(stream_id, session, lane, this);
    return { stream, nextSeq: durable_seq + 1, durable: durable_seq, underWay: new Map() };
  }

  get lost(): boolean {
    return this.#lost;
  }

  /** Resolves once both lanes are durable up to these seqs. @throws StreamsLost */
  whenDurable(fixSeq: number, eventSeq: number): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#lost) reject(new StreamsLost());
      else if (this.#covers({ fixSeq, eventSeq })) resolve();
      else this.#waits.push({ fixSeq, eventSeq, resolve, reject });
    });
  }

  #covers({ fixSeq, eventSeq }: Pick<Wait, 'fixSeq' | 'eventSeq'>): boolean {
    return fixSeq <= this.fixes.durable && eventSeq <= this.events.durable;
  }

  /** The writer has committed up to seq. */
  durable(stream: OwnedStream, seq: number): void {
    const lane = stream === this.fixes.stream ? this.fixes : this.events;
    lane.durable = Math.max(lane.durable, seq);
    for (const [content, itemSeq] of lane.underWay) {
      if (itemSeq > seq) break;
      lane.underWay.delete(content);
    }
    const ready = this.#waits.filter((wait) => this.#covers(wait));
    if (ready.length === 0) return;
    this.#waits = this.#waits.filter((wait) => !this.#covers(wait));
    for (const wait of ready) wait.resolve();
  }

  /** Somebody else has the streams: a node that was sent the device's next request, or a crew's socket. */
  fence(): void {
    this.#lose();
  }

  /** The database refused the batch. */
  suspend(): void {
    this.#lose();
  }

  #lose(): void {
    if (this.#lost) return;
    this.#lost = true;
    for (const { stream } of [this.fixes, this.events]) stream.owner = undefined;
    this.#onLost(this);
    for (const wait of this.#waits.splice(0)) wait.reject(new StreamsLost());
  }
}

interface Claim {
  readonly device: CrewDevice;
  resolve(held: HeldStreams): void;
  reject(error: unknown): void;
}

/** Gets devices their streams, many in one statement, and keeps them until they are lost. */
export class AdapterStreams {
  readonly #database: Database;
  readonly #held = new Map<string, HeldStreams>(); // by device id
  readonly #claiming = new Map<string, Promise<HeldStreams>>();
  #claims: Claim[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(database: Database) {
    this.#database = database;
  }

  /** How many devices have reported through an adapter here. */
  get size(): number {
    return this.#held.size;
  }

  /** The device's streams, claimed now if this node does not hold them. @throws StoreError `database_unavailable` */
  async hold(device: CrewDevice): Promise<HeldStreams> {
    return this.#held.get(device.id) ?? this.#claiming.get(device.id) ?? this.#claim(device);
  }

  #claim(device: CrewDevice): Promise<HeldStreams> {
    const claimed = new Promise<HeldStreams>((resolve, reject) =>
      this.#claims.push({ device, resolve, reject }),
    ).finally(() => this.#claiming.delete(device.id));
    this.#claiming.set(device.id, claimed);
    this.#timer ??= setTimeout(() => void this.#claimBatch(), GATHER_MS);
    return claimed;
  }

  async #claimBatch(): Promise<void> {
    this.#timer = undefined;
    const batch = this.#claims.splice(0, BATCH);
    if (this.#claims.length > 0) this.#timer = setTimeout(() => void this.#claimBatch(), GATHER_MS);
    const ids = batch.map(({ device }) => device.id);
    try {
      const recentSince = Date.now() - RECENT_MS;
      const { rows } = await this.#database.query<ClaimedLane>(sql.claim_streams, [
        ids,
        batch.map(({ device }) => device.agencyId),
        ADAPTER_EPOCH,
      ]);
      const newest = await this.#database.query<{ device_id: string; newest: number }>(sql.newest_fixes, [
        ids,
        recentSince,
      ]);
      const newestOf = new Map(newest.rows.map((row) => [row.device_id, row.newest]));
      const laneOf = new Map(rows.map((row) => [`${row.device_id} ${row.lane}`, row]));
      for (const { device, resolve } of batch) {
        const held = new HeldStreams(
          device.id,
          laneOf.get(`${device.id} ${FIX_LANE}`)!,
          laneOf.get(`${device.id} ${ALARM_LANE}`)!,
          newestOf.get(device.id) ?? recentSince,
          (lost) => this.#forget(lost),
        );
        this.#held.set(device.id, held);
        resolve(held);
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  #forget(held: HeldStreams): void {
    if (this.#held.get(held.deviceId) === held) this.#held.delete(held.deviceId);
  }
}
