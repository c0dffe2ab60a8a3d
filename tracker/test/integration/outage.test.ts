import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CrewClient } from '../../../fixtures/crew-client/index.js';
import { ensurePartitions } from '../../src/ingest/partitions.js';
import { takeDatabaseAway } from '../harness/database-away.js';
import {
  createAgency,
  createCrew,
  createHome,
  crewClient,
  databaseIsThere,
  databaseKind,
  eventually,
  startTestTracker,
  type TestCrew,
  type TestHome,
  type TestTracker,
} from '../harness/test-tracker.js';

const CREWS = 20;
const EVERY_MS = 50;

describe.skipIf(!databaseIsThere)('while the database is away', () => {
  let home: TestHome;
  let hub: TestTracker;
  let dispatcher: string;
  let admin: string;
  const crews: (TestCrew & { client: CrewClient; sent: number; acked: number })[] = [];
  let driving: NodeJS.Timeout | undefined;

  beforeAll(async () => {
    home = await createHome();
    hub = await startTestTracker(home, { FLUSH_INTERVAL_MS: '50', MAX_WAITING_FIXES: '1000' });
    admin = await hub.api.admin();
    await createAgency(hub.api, admin, 'VUGD');
    dispatcher = await hub.api.token('VUGD', 'dispatcher');
    for (let i = 0; i < CREWS; i++) await open(await createCrew(hub.api, admin, 'VUGD'));
  });
  afterAll(async () => {
    clearInterval(driving);
    for (const { client } of crews) client.stop();
    await hub.stop();
    await home.remove();
    expect(hub.errors).toEqual([]);
  });

  async function open(crew: TestCrew): Promise<void> {
    const client = crewClient(hub.crewUrl, crew.token, { flushIntervalMs: 100 });
    const state = { ...crew, client, sent: 0, acked: 0 };
    const highest = { live: 0, backlog: 0, alarm: 0 };
    client.on('acked', (lane, seq) => {
      highest[lane] = Math.max(highest[lane], seq);
      state.acked = highest.live + highest.backlog;
    });
    client.start();
    crews.push(state);
    await eventually('the hello', () => client.connected);
  }

  const ready = () => hub.api.call<{ state: string; reasons: string[] }>('GET', '/readyz');
  const total = (what: 'sent' | 'acked') => crews.reduce((sum, crew) => sum + crew[what], 0);

  it('T13 the picture goes on, nothing is acked, what waits is bounded, and all of it is there afterwards', async () => {
    const late = await createCrew(hub.api, admin, 'VUGD');
    clearInterval(driving); // of a first try
    driving = setInterval(() => {
      for (const crew of crews) {
        crew.client.reportFix({ lon: 24.1 + (crew.sent % 1000) * 1e-5, lat: 56.95 });
        crew.sent++;
      }
    }, EVERY_MS);
    await eventually('acks', () => total('acked') > 100);
    const bringBack = await takeDatabaseAway(hub, home);
    const sentBefore = total('sent');
    try {
      const degraded = await eventually('it says so', async () => {
        const answer = await ready();
        return answer.status === 503 && answer.body.reasons.includes('database_unavailable') && answer.body;
      });
      expect(degraded).toMatchObject({ state: 'Partial' });
      expect((await hub.api.call('GET', '/healthz')).status).toBe(200);

      await open(late); // who comes now is welcome, and seen
      const { live, directory, intake } = hub.tracker.core;
      const slot = directory.units.get(late.unitId)!.slot;
      await eventually('the latecomer is live', () => live.hasPosition(slot));
      const seenAt = live.fixTime[slot];
      let mostWaiting = 0;
      await eventually('more came than may wait, and is seen', () => {
        mostWaiting = Math.max(mostWaiting, intake.writer.waiting);
        return total('sent') - sentBefore > 1500 && live.fixTime[slot]! > seenAt!;
      });
      // acks of what was committed before may have been on their way
      expect(total('acked')).toBeLessThanOrEqual(sentBefore);
      expect(mostWaiting).toBeLessThan(1000 + 200);
      if (databaseKind === 'postgres') {
        const refused = await hub.api.call(
          'POST',
          '/api/v1/veks',
          { id: '01900000-0000-7000-8000-000000000001', channel: 'voice' },
          dispatcher,
        );
        expect([refused.status, refused.body.code]).toEqual([503, 'database_unavailable']);
      }
    } finally {
      await bringBack();
    }
    clearInterval(driving);
    await eventually(
      'everything is acked',
      () => crews.every((crew) => crew.client.pending === 0 && crew.acked === crew.sent),
      40_000,
    );
    expect(
      (await eventually('it is well again', async () => (await ready()).status === 200 && (await ready()))).body.state,
    ).toBe('Normal');
    const { rows } = await hub.database.query<{ stored: number; different: number }>(
      'SELECT count(*) AS stored, count(DISTINCT (stream_id, seq)) AS different FROM fix',
    );
    expect(rows[0]).toEqual({ stored: total('sent'), different: total('sent') });
  });

  it('partitions for the days to come are there, and those that outlived their time go', async () => {
    await hub.database.query("SELECT ensure_fix_partitions(date '2020-01-01', 2)");
    await ensurePartitions(hub.database);
    const names = async () =>
      (
        await hub.database.query<{ name: string }>(
          "SELECT relname AS name FROM pg_class WHERE relname ~ '^fix_[0-9]{8}$' ORDER BY 1",
        )
      ).rows.map((row) => row.name);
    expect(await names()).toEqual(expect.arrayContaining(['fix_20200101', 'fix_20200102']));
    const before = (await hub.database.query('SELECT 1 FROM fix')).rowCount;
    await hub.tracker.core.trackUpkeep.run();
    expect((await names()).filter((name) => name < 'fix_2021')).toEqual([]);
    expect((await names()).length).toBeGreaterThanOrEqual(9);
    expect((await hub.database.query('SELECT 1 FROM fix')).rowCount).toBe(before);
  });
});
