import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WireServer } from './wire-server.js';

/** How often somebody comes and goes in the middle of what it does. */
const VISITS = 400;

describe('many clients on the one backend', () => {
  let folder: string;
  let database: PGlite;
  let server: WireServer;
  const config = () => ({ host: folder, port: 5432, user: 'postgres', database: 'postgres' });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vanags-wire-'));
    database = await PGlite.create();
    server = new WireServer(database);
    await server.listen(join(folder, '.s.PGSQL.5432'));
  });
  afterAll(async () => {
    await server.close();
    await database.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function connected(): Promise<pg.Client> {
    const client = new pg.Client(config());
    client.on('error', () => {});
    await client.connect();
    return client;
  }

  it('E1 each client gets the answer to its own query, whatever the others ask in between', async () => {
    const pool = new pg.Pool({ ...config(), max: 8 });
    let wrong = 0;
    await Promise.all(
      Array.from({ length: 8 }, async (_, k) => {
        for (let i = 0; i < 150; i++) {
          if (i % 5 === 0) await pool.query('SELECT 1'); // a simple query drops the unnamed statement
          const { rows } = await pool.query(`SELECT $1::int + ${k * 1000} AS sum, ${k} AS who`, [i]);
          if (rows[0].sum !== i + k * 1000 || rows[0].who !== k) wrong++;
        }
      }),
    );
    await pool.end();
    expect(wrong).toBe(0);
  });

  it('E2 a transaction is one client’s until it ends; the others wait and then see what it committed', async () => {
    const [writer, reader] = [await connected(), await connected()];
    await writer.query('DROP TABLE IF EXISTS t; CREATE TABLE t (n int)');
    await writer.query('BEGIN');
    await writer.query('INSERT INTO t VALUES (1)');
    let seen: number | undefined;
    const waiting = reader.query('SELECT count(*)::int AS n FROM t').then(({ rows }) => {
      seen = rows[0].n;
    });
    await writer.query('INSERT INTO t VALUES (2)');
    expect(seen).toBeUndefined();
    await writer.query('COMMIT');
    await waiting;
    expect(seen).toBe(2);
    await Promise.all([writer.end(), reader.end()]);
  });

  it('E3 what a client leaves open when it goes is rolled back, and nobody waits for it', async () => {
    const [quitter, other] = [await connected(), await connected()];
    await other.query('DROP TABLE IF EXISTS left_open; CREATE TABLE left_open (n int)');
    await quitter.query('BEGIN');
    await quitter.query('INSERT INTO left_open VALUES (1)');
    (quitter as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
    expect((await other.query('SELECT count(*)::int AS n FROM left_open')).rows[0].n).toBe(0);
    await other.end();
  });

  it('E3 however clients come and go in the middle of what they do, the others are answered, each its own', async () => {
    const steady = new pg.Pool({ ...config(), max: 3 });
    steady.on('error', () => {});
    let answered = 0;
    let wrong = 0;
    let vandalIsGone = false;
    const work = Array.from({ length: 3 }, async (_, k) => {
      for (let i = 0; !vandalIsGone; i++) {
        const client = await steady.connect();
        await client.query('BEGIN');
        const { rows } = await client.query('SELECT $1::int AS mine', [k * 1000 + i]);
        await client.query('COMMIT');
        client.release();
        answered++;
        if (rows[0].mine !== k * 1000 + i) wrong++;
      }
    });
    const vandal = (async () => {
      for (let i = 0; i < VISITS; i++) {
        const client = await connected();
        void client.query('BEGIN').catch(() => {});
        void client.query({ name: `v${i % 3}`, text: 'SELECT $1::int', values: [i] }).catch(() => {});
        await new Promise((resolve) => setTimeout(resolve, i % 4));
        (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
      }
      vandalIsGone = true;
    })();
    await Promise.all([...work, vandal]);
    await steady.end();
    expect(wrong).toBe(0);
    expect(answered).toBeGreaterThan(VISITS); // whoever waits for one turn of the vandal's has had some
  });

  it('E4 a name that a client gave a statement is free again after it', async () => {
    for (let i = 0; i < 3; i++) {
      const client = await connected();
      expect((await client.query({ name: 'same', text: `SELECT ${i} AS i`, values: [] })).rows[0].i).toBe(i);
      await client.end();
    }
  });

  it('E5 an error ends its own turn only', async () => {
    const [clumsy, other] = [await connected(), await connected()];
    const results = await Promise.allSettled([
      clumsy.query('SELECT $1::int / 0', [1]),
      other.query('SELECT $1::int AS n', [7]),
      clumsy.query('SELECT nonsense'),
      clumsy.query('SELECT 3 AS n'),
    ]);
    expect(results.map((result) => result.status)).toEqual(['rejected', 'fulfilled', 'rejected', 'fulfilled']);
    await Promise.all([clumsy.end(), other.end()]);
  });
});
