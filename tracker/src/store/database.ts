import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { isAway, StoreError } from './errors.js';

/** A row as the driver gives it: instants are epoch milliseconds, bigint is a number (exact up to 2⁵³). */
export type Row = Record<string, unknown>;

/** One transaction. */
export interface Transaction extends Queryable {
  /** Leaves a statement to be sent together with the COMMIT, for one round trip less: nobody waits for its rows. */
  last(text: string, values: readonly unknown[]): void;
}

/** A connection of one's own. */
export type Connection = pg.Client;

/** What a statement can be sent to: the pool, or one transaction. */
export interface Queryable {
  query<R extends object = Row>(text: string, values?: readonly unknown[]): Promise<{ rows: R[]; rowCount: number }>;
}

const OID_INT8 = 20;
const OID_TIMESTAMPTZ = 1184;
const parseTimestamp = pg.types.getTypeParser(OID_TIMESTAMPTZ) as (text: string) => Date;
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') => {
    if (oid === OID_INT8) return Number;
    if (oid === OID_TIMESTAMPTZ) return (text: string) => parseTimestamp(text).getTime();
    return pg.types.getTypeParser(oid, format as 'text');
  }) as typeof pg.types.getTypeParser,
};

/** Behind the embedded one is a single backend: who connects waits until it has done what others asked, a map's tiles for instance. */
const CONNECT_TIMEOUT_MS = { server: 3000, embedded: 10_000 };
const QUERY_TIMEOUT_MS = 30_000;

export interface DatabaseAddress {
  readonly kind: 'embedded' | 'server';
  readonly config: pg.ClientConfig;
}

/** Since when a database has not answered, epoch ms; undefined while it does. */
export interface Outage {
  since: number | undefined;
}

export interface PoolOptions {
  readonly connections?: number;
  /** How long a connection is waited for, until the database counts as away. */
  readonly connectTimeoutMs?: number;
  /** Shared by the pools of one database: what one has noticed is true for all. */
  readonly outage?: Outage;
}

export function embeddedAddress(socketDir: string): DatabaseAddress {
  return { kind: 'embedded', config: { host: socketDir, port: 5432, user: 'postgres', database: 'postgres' } };
}

export function serverAddress(url: string): DatabaseAddress {
  return { kind: 'server', config: { connectionString: url } };
}

/**
 * The names under which a server keeps a connection's statements parsed and, where that looks no worse, planned: a third of its CPU time a
 * command. Each connection has names of its own, because a backend that several share keeps them all.
 * A server that may look at the values plans a statement anew where they promise less to do, as a LIMIT or an array's length does. Where one plan
 * is as good for all of them the statement hides them in a SELECT of their own, (SELECT $1).
 */
class StatementNames {
  readonly #connection = randomUUID();
  readonly #byText = new Map<string, string>(); // the texts are those of the .sql files

  of(text: string): string {
    let name = this.#byText.get(text);
    if (name === undefined) {
      name = `${this.#byText.size}-${this.#connection}`;
      this.#byText.set(text, name);
    }
    return name;
  }
}

/** What is sent before the event loop goes on leaves in one write: each is a system call, here and at the server. */
function inOneWrite({ connection: { stream } }: pg.PoolClient): void {
  if (stream.writableCorked > 0) return;
  stream.cork();
  process.nextTick(() => stream.uncork());
}

/**
 * The database behind one pool, for both kinds. The embedded one is a single backend behind all connections: settings only
 * with SET LOCAL, no named statements, transactions short (an open one holds up every other query).
 */
export class Database implements Queryable {
  readonly address: DatabaseAddress;
  readonly #pool: pg.Pool;
  readonly #statements = new WeakMap<pg.PoolClient, StatementNames>();
  readonly #outage: Outage;

  constructor(
    address: DatabaseAddress,
    { connections = 8, connectTimeoutMs, outage = { since: undefined } }: PoolOptions = {},
  ) {
    this.address = address;
    this.#outage = outage;
    // pipeline: what a transaction need not wait for is sent at once, and answered in order
    const config = { ...this.#clientConfig(address, connectTimeoutMs), pipeline: true };
    this.#pool = new pg.Pool({ ...config, max: connections, idleTimeoutMillis: 60_000 });
    this.#pool.on('error', () => {}); // an idle connection broke; the next query opens another
    if (address.kind === 'server')
      this.#pool.on('connect', (client) => this.#statements.set(client, new StatementNames()));
  }

  #clientConfig(address: DatabaseAddress, connectTimeoutMs = CONNECT_TIMEOUT_MS[address.kind]): pg.ClientConfig {
    return {
      ...address.config,
      types,
      connectionTimeoutMillis: connectTimeoutMs,
      query_timeout: QUERY_TIMEOUT_MS,
      keepAlive: true,
    };
  }

  /** A connection of one's own, not from the pool: for the flush, which must not queue behind readers. */
  async connect(): Promise<Connection> {
    const client = new pg.Client(this.#clientConfig(this.address));
    client.on('error', () => {}); // reported by the query that meets it
    try {
      await client.connect();
    } catch (error) {
      throw this.#away(error);
    }
    return client;
  }

  /** @throws StoreError `database_unavailable` when it is away; the driver's error otherwise */
  async query<R extends object = Row>(
    text: string,
    values: readonly unknown[] = [],
  ): Promise<{ rows: R[]; rowCount: number }> {
    return this.#withClient((client) => this.#run<R>(client, text, values));
  }

  async #run<R extends object>(client: pg.PoolClient, text: string, values: readonly unknown[]) {
    inOneWrite(client);
    const name = values.length > 0 ? this.#statements.get(client)?.of(text) : undefined;
    const { rows, rowCount } = await client.query<R>({
      text,
      values: values as unknown[],
      ...(name === undefined ? {} : { name }),
    });
    return { rows, rowCount: rowCount ?? 0 };
  }

  /** Lends a connection of the pool. @throws StoreError `database_unavailable` when none can be had, or it is lost meanwhile */
  async #withClient<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    let client: pg.PoolClient;
    try {
      client = await this.#pool.connect();
    } catch (error) {
      throw this.#away(error);
    }
    // the pool listens to idle connections only: an 'error' that nobody hears, between two queries, would end the process
    let lost = false;
    const onLost = () => {
      lost = true;
    };
    client.on('error', onLost);
    try {
      const result = await work(client);
      this.#outage.since = undefined;
      return result;
    } catch (error) {
      if (!isAway(error)) throw error;
      lost = true;
      throw this.#away(error);
    } finally {
      client.off('error', onLost);
      client.release(lost);
    }
  }

  /** Epoch ms since when it has not answered, or undefined while it does. */
  get awaySince(): number | undefined {
    return this.#outage.since;
  }

  #away(error: unknown): StoreError {
    this.#outage.since ??= Date.now();
    return new StoreError('database_unavailable', `the database does not answer: ${(error as Error).message}`, error);
  }

  /**
   * Runs the work in one transaction and commits it; any error rolls it back.
   * Nothing in the work may wait for anything but this transaction's own queries.
   * @param opening a statement without values that comes before all others: BEGIN, it and the work's first are one round trip
   */
  async transaction<T>(work: (tx: Transaction) => Promise<T>, opening?: string): Promise<T> {
    return this.#withClient(async (client) => {
      inOneWrite(client);
      const begun = client.query(opening === undefined ? 'BEGIN' : `BEGIN;${opening}`);
      begun.catch(() => {}); // heard below
      const lasts: (() => Promise<unknown>)[] = [];
      try {
        const result = await work({
          query: <R extends object = Row>(text: string, values: readonly unknown[] = []) =>
            this.#run<R>(client, text, values),
          last: (text, values) => lasts.push(() => this.#run(client, text, values)),
        });
        inOneWrite(client);
        await Promise.all([begun, ...lasts.map((send) => send()), client.query('COMMIT')]);
        return result;
      } catch (error) {
        // where even this fails the connection is lost, and what was begun on it with it
        await client.query('ROLLBACK');
        await begun; // what came after it failed because of it
        throw error;
      }
    });
  }

  /** How many wait for a connection. */
  get waiting(): number {
    return this.#pool.waitingCount;
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }
}
