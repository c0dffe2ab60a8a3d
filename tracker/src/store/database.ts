import pg from 'pg';
import { isAway, StoreError } from './errors.js';

/** A row as the driver gives it: instants are epoch milliseconds, bigint is a number (exact up to 2⁵³). */
export type Row = Record<string, unknown>;

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

const CONNECT_TIMEOUT_MS = 3000;
const QUERY_TIMEOUT_MS = 30_000;

export interface DatabaseAddress {
  readonly kind: 'embedded' | 'server';
  readonly config: pg.ClientConfig;
}

export function embeddedAddress(socketDir: string): DatabaseAddress {
  return { kind: 'embedded', config: { host: socketDir, port: 5432, user: 'postgres', database: 'postgres' } };
}

export function serverAddress(url: string): DatabaseAddress {
  return { kind: 'server', config: { connectionString: url } };
}

/**
 * The database behind one pool, for both kinds. The embedded one is a single backend behind all connections: settings only
 * with SET LOCAL, no named statements here, transactions short (an open one holds up every other query).
 */
export class Database implements Queryable {
  readonly address: DatabaseAddress;
  readonly #pool: pg.Pool;
  #awaySince: number | undefined;

  constructor(address: DatabaseAddress, connections = 8) {
    this.address = address;
    this.#pool = new pg.Pool({ ...this.#clientConfig(address), max: connections, idleTimeoutMillis: 60_000 });
    this.#pool.on('error', () => {}); // an idle connection broke; the next query opens another
  }

  #clientConfig(address: DatabaseAddress): pg.ClientConfig {
    return {
      ...address.config,
      types,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: QUERY_TIMEOUT_MS,
      keepAlive: true,
    };
  }

  /** A connection of one's own, not from the pool: for the flush, which must not queue behind readers. */
  async connect(): Promise<Connection> {
    const client = new pg.Client(this.#clientConfig(this.address));
    client.on('error', () => {}); // reported by the query that meets it
    await client.connect();
    return client;
  }

  /** @throws StoreError `database_unavailable` when it is away; the driver's error otherwise */
  async query<R extends object = Row>(
    text: string,
    values: readonly unknown[] = [],
  ): Promise<{ rows: R[]; rowCount: number }> {
    try {
      const { rows, rowCount } = await this.#pool.query<R>(text, values as unknown[]);
      this.#awaySince = undefined;
      return { rows, rowCount: rowCount ?? 0 };
    } catch (error) {
      throw this.#unavailable(error);
    }
  }

  /** Epoch ms since when it has not answered, or undefined while it does. */
  get awaySince(): number | undefined {
    return this.#awaySince;
  }

  #unavailable(error: unknown): unknown {
    if (!isAway(error)) return error;
    this.#awaySince ??= Date.now();
    return new StoreError('database_unavailable', `the database does not answer: ${(error as Error).message}`, error);
  }

  /**
   * Runs the work in one transaction and commits it; any error rolls it back.
   * Nothing in the work may wait for anything but this transaction's own queries.
   */
  async transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T> {
    let client: pg.PoolClient;
    try {
      client = await this.#pool.connect();
    } catch (error) {
      throw this.#unavailable(error);
    }
    let broken = false;
    // the pool listens to idle connections only: an 'error' that nobody hears, between two queries, would end the process
    const lost = () => {
      broken = true;
    };
    client.on('error', lost);
    try {
      await client.query('BEGIN');
      const result = await work({
        async query<R extends object>(text: string, values: readonly unknown[] = []) {
          const { rows, rowCount } = await client.query<R>(text, values as unknown[]);
          return { rows, rowCount: rowCount ?? 0 };
        },
      });
      await client.query('COMMIT');
      return result;
    } catch (error) {
      await client.query('ROLLBACK').catch(() => {
        broken = true;
      });
      throw this.#unavailable(error);
    } finally {
      client.off('error', lost);
      client.release(broken);
    }
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }
}
