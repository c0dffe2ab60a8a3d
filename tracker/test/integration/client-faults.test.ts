/** Kills crews' clients at random moments, and counts. CLIENT_KILLS sets how many kills, FAULT_SEED which moments. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MORTAL_ITEMS_SQL, MortalCrew, type StoredItem } from '../../../fixtures/crew-client/mortal-crew.js';
import { createRandom } from '../../../fixtures/world/seeded-random.js';
import { TYPESCRIPT_ARGS } from '../../src/typescript-child.js';
import {
  createAgency,
  createCrew,
  createHome,
  databaseIsThere,
  eventually,
  startTestTracker,
  type TestCrew,
  type TestHome,
  type TestTracker,
} from '../harness/test-tracker.js';

const KILLS = Number(process.env.CLIENT_KILLS ?? 12);
const SEED = Number(process.env.FAULT_SEED ?? Date.now() % 100_000);
const CREWS = 2;
const EVERY_MS = 4;

describe.skipIf(!databaseIsThere)('killed clients', () => {
  let home: TestHome;
  let hub: TestTracker;
  let folder: string;
  const mortals: MortalCrew[] = [];

  beforeAll(async () => {
    home = await createHome();
    hub = await startTestTracker(home, { FLUSH_INTERVAL_MS: '50' });
    folder = await mkdtemp(join(tmpdir(), 'vanags-outboxes-'));
  });
  afterAll(async () => {
    for (const mortal of mortals) await mortal.kill();
    await hub.stop();
    await home.remove();
    await rm(folder, { recursive: true, force: true });
    expect(hub.errors).toEqual([]);
  });

  it(
    `T51 ${KILLS} kills: what an outbox took is stored once and in order, nothing acknowledged is missing, every SOS is raised once (seed ${SEED})`,
    async () => {
      const random = createRandom(SEED, 'client faults');
      const admin = await hub.api.admin();
      await createAgency(hub.api, admin, 'VUGD');
      const crews: TestCrew[] = [];
      for (let i = 0; i < CREWS; i++) crews.push(await createCrew(hub.api, admin, 'VUGD'));
      for (const left of mortals.splice(0)) await left.kill(); // by a first try
      for (const { token, deviceId } of crews)
        mortals.push(
          new MortalCrew({
            url: hub.crewUrl,
            token,
            outbox: join(folder, deviceId),
            everyMs: EVERY_MS,
            nodeArgs: TYPESCRIPT_ARGS,
          }),
        );
      for (const mortal of mortals) mortal.start();
      for (let kill = 0; kill < KILLS; kill++) {
        const mortal = mortals[kill % CREWS]!;
        // never before it has taken something new: else nothing would be killed but a start
        const before = mortal.taken.size;
        await eventually('it lives', () => mortal.taken.size > before, 60_000);
        await sleep(random.between(0, 400));
        await mortal.kill();
        mortal.start();
      }
      for (const mortal of mortals) {
        const before = mortal.taken.size;
        await eventually('it lives', () => mortal.taken.size > before, 60_000);
        await mortal.drain();
      }

      for (const [i, mortal] of mortals.entries()) {
        const { unitId, deviceId } = crews[i]!;
        const { rows: items } = await hub.database.query<StoredItem>(MORTAL_ITEMS_SQL, [deviceId]);
        expect(mortal.faultsOf(items)).toEqual({
          missing: [],
          doubled: 0,
          disordered: [],
          ackedMissing: [],
          errors: [],
        });
        // what a kill met between the outbox and its word for it may be there, or not: one a life
        expect(items.length - mortal.taken.size).toBeLessThanOrEqual(mortal.kills);

        const calls = mortal.callsIn(items);
        expect(calls).toBeGreaterThan(0);
        const raised = async () =>
          (
            await hub.database.query<{ n: number; different: number }>(
              `SELECT count(*)::int AS n, count(DISTINCT data -> 'ref')::int AS different
               FROM feed_event WHERE type = 'lv.vanags.unit.sos.v1' AND aggregate_id = $1`,
              [unitId],
            )
          ).rows[0]!;
        await eventually('every SOS is raised', async () => (await raised()).n >= calls);
        expect(await raised()).toEqual({ n: calls, different: calls });
      }
    },
    60_000 + KILLS * 20_000,
  );
});
