/**
 * Kills the tracker at random moments, and loses the database's answer between a commit and its ack, while phones upload: each keeps a batch until it
 * reads 200, as such clients do. Nothing that was answered 200 is missing, nothing is stored twice. FAULT_ROUNDS sets how many kills, FAULT_SEED
 * which ones.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DatabaseProxy } from '../harness/database-proxy.js';
import { lowPort } from '../harness/low-port.js';
import {
  ApiClient,
  createAgency,
  createCrew,
  createHome,
  databaseIsThere,
  databaseKind,
  eventually,
  type SpawnedTracker,
  spawnTracker,
  type TestCrew,
  type TestHome,
} from '../harness/test-tracker.js';

const ROUNDS = Number(process.env.FAULT_ROUNDS ?? 2);
const SEED = Number(process.env.FAULT_SEED ?? Date.now() % 100_000);
const PHONES = 6;
/** Enough that a flush is what the proxy takes for one. */
const BATCH = 60;

/** Park–Miller minimal standard generator: small, seeded. */
function seeded(seed: number): () => number {
  let state = (seed % 2147483646) + 1;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

describe.skipIf(!databaseIsThere)('faults while phones upload', () => {
  let home: TestHome;
  let proxy: DatabaseProxy | undefined;
  let env: Record<string, string>;
  let tracker: SpawnedTracker;

  beforeAll(async () => {
    home = await createHome();
    env = { ...home.env, PORT: String(await lowPort()) };
    if (databaseKind === 'postgres') {
      const url = new URL(home.env.DATABASE_URL!);
      proxy = await DatabaseProxy.start(url.searchParams.get('host')!, Number(url.port || 5432));
      url.searchParams.set('host', proxy.folder);
      env.DATABASE_URL = url.toString();
    }
    tracker = await spawnTracker(env);
  });
  afterAll(async () => {
    await tracker?.kill();
    await proxy?.stop();
    await home?.remove();
  });

  it(
    `A50 ${ROUNDS} kills: nothing that was answered 200 is missing, nothing is doubled, every SOS is raised once (seed ${SEED})`,
    async () => {
      const random = seeded(SEED);
      const api = new ApiClient(`http://127.0.0.1:${tracker.port}`);
      const admin = await api.admin();
      await createAgency(api, admin, 'VUGD');
      const crews: TestCrew[] = [];
      for (let i = 0; i < PHONES; i++) crews.push(await createCrew(api, admin, 'VUGD'));

      let running = true;
      let resent = 0;
      const from = Date.now() - 86_400_000;
      /** Sends until it is answered 200. */
      const deliver = async (path: string, crew: TestCrew, body: object) => {
        for (let tries = 0; ; tries++) {
          if (tries > 0) resent++;
          const answer = await fetch(`${api.url}${path}`, {
            method: 'POST',
            headers: { 'content-type': 'application/json', authorization: `Bearer ${crew.token}` },
            body: JSON.stringify(body),
            signal: AbortSignal.timeout(8000),
          }).catch(() => undefined);
          if (answer?.status === 200) return;
          if (answer !== undefined) expect([503, 429]).toContain(answer.status);
          await sleep(50 + random() * 100);
        }
      };
      const delivered = await Promise.all([
        ...crews.map(async (crew) => {
          let fixes = 0;
          let alarms = 0;
          while (running) {
            const locations = Array.from({ length: BATCH }, (_, i) => ({
              type: 'Feature',
              geometry: { type: 'Point', coordinates: [24 + ((fixes + i) % 1000) * 1e-5, 56.95] },
              properties: { timestamp: new Date(from + (fixes + i) * 1000).toISOString() },
            }));
            await deliver('/ingest/overland', crew, { locations });
            fixes += BATCH;
            if (random() < 0.2) {
              await deliver('/ingest/osmand', crew, {
                device_id: 'x',
                location: { timestamp: new Date(from + alarms * 1000).toISOString(), alarm: 'sos' },
              });
              alarms++;
            }
          }
          return { fixes, alarms };
        }),
        (async () => {
          for (let round = 0; round < ROUNDS; round++) {
            await sleep(800 + random() * 1500);
            if (proxy !== undefined) await Promise.race([proxy.loseNextAnswer(), sleep(5000)]);
            await sleep(random() * 400);
            await tracker.kill();
            tracker = await spawnTracker(env);
          }
          await sleep(1000);
          running = false;
          return { fixes: 0, alarms: 0 };
        })(),
      ]);

      const database = await home.connect();
      const counted = await database.query<{ id: string; stored: string; different: string }>(
        `SELECT d.id, count(*) AS stored, count(DISTINCT f.fix_time) AS different FROM fix f JOIN device d ON d.handle = f.device_handle
         WHERE d.id = ANY ($1::uuid[]) GROUP BY d.id`,
        [crews.map(({ deviceId }) => deviceId)],
      );
      const rows = new Map(counted.rows.map((row) => [row.id, [Number(row.stored), Number(row.different)]]));
      const expected = new Map(crews.map(({ deviceId }, i) => [deviceId, [delivered[i]!.fixes, delivered[i]!.fixes]]));
      const alarms = delivered.reduce((sum, one) => sum + one.alarms, 0);
      const raised = await eventually('every SOS is raised', async () => {
        const answer = await database.query<{ n: string; different: string }>(
          `SELECT count(*) AS n, count(DISTINCT (data -> 'ref')) AS different FROM feed_event
           WHERE type = 'lv.vanags.unit.sos.v1' AND aggregate_id = ANY ($1::uuid[])`,
          [crews.map(({ unitId }) => unitId)],
        );
        return Number(answer.rows[0]!.n) >= alarms && answer.rows[0]!;
      });
      await database.end();
      console.log(
        `adapter faults: seed ${SEED}, ${ROUNDS} kills, ${proxy?.cuts ?? 0} answers lost, ${resent} requests sent again, ${delivered.reduce((sum, one) => sum + one.fixes, 0)} fixes and ${alarms} SOS`,
      );
      expect(Object.fromEntries(rows)).toEqual(Object.fromEntries(expected));
      expect([Number(raised.n), Number(raised.different)]).toEqual([alarms, alarms]);
      expect(resent).toBeGreaterThan(0);
    },
    60_000 + ROUNDS * 40_000,
  );
});
