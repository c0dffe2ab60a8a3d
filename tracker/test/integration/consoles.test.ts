import { type ChildProcess, fork } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { io } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CrewClient } from '../../../fixtures/crew-client/index.js';
import { TYPESCRIPT_ARGS } from '../../src/typescript-child.js';
import { PictureReader, type SeenUnit } from '../harness/picture-reader.js';
import {
  createAgency,
  createCrew,
  createHome,
  crewClient,
  databaseIsThere,
  databaseKind,
  eventually,
  startTestTracker,
  type TestHome,
  type TestTracker,
} from '../harness/test-tracker.js';

const CHILD = fileURLToPath(new URL('../harness/console-child.ts', import.meta.url));
const BOX = [23.9, 56.85, 24.4, 57.1] as const;
const CREWS = 30;
/** Longer than it takes the hub to give a silent console up. */
const PAUSE_MS = Number(process.env.PAUSE_MS ?? 12_000);

interface ChildState {
  readonly units: [handle: number, unit: SeenUnit][];
  readonly bundles: number;
  readonly hubTime: number;
  readonly connects: number;
}

describe.skipIf(!databaseIsThere)('consoles', () => {
  let home: TestHome;
  let hub: TestTracker;
  let dispatcher: string;
  const crews: CrewClient[] = [];
  const children: ChildProcess[] = [];
  let driving: NodeJS.Timeout;

  beforeAll(async () => {
    home = await createHome();
    hub = await startTestTracker(home);
    const admin = await hub.api.admin();
    await createAgency(hub.api, admin, 'VUGD');
    dispatcher = await hub.api.token('VUGD', 'dispatcher');
    for (let i = 0; i < CREWS; i++) {
      const client = crewClient(hub.crewUrl, (await createCrew(hub.api, admin, 'VUGD')).token);
      client.start();
      crews.push(client);
    }
  });
  afterAll(async () => {
    clearInterval(driving);
    for (const crew of crews) crew.stop();
    for (const child of children) child.kill('SIGKILL');
    await hub.stop();
    await home.remove();
    expect(hub.errors).toEqual([]);
  });

  let step = 0;
  function drive(): void {
    clearInterval(driving);
    driving = setInterval(() => {
      step++;
      for (const [i, crew] of crews.entries())
        crew.reportFix({ lon: 24 + i * 0.01 + 0.0003 * (step % 100), lat: 56.95 + 0.002 * (i % 10) });
    }, 250);
  }

  function openChild(): ChildProcess {
    const child = fork(CHILD, [hub.api.url, dispatcher, 'city', JSON.stringify(BOX)], {
      execArgv: [...TYPESCRIPT_ARGS],
    });
    children.push(child);
    return child;
  }

  function ask(child: ChildProcess): Promise<ChildState> {
    return new Promise((resolve) => {
      child.once('message', (state: ChildState) => resolve(state));
      child.send('state');
    });
  }

  /** Positions by handle, as the API has them, from memory. */
  function truth(): Map<number, string> {
    const { live, directory } = hub.tracker.core;
    return new Map(
      [...directory.units.values()]
        .filter((unit) => live.hasPosition(unit.slot))
        .map((unit) => [unit.handle, `${live.lonE7[unit.slot]},${live.latE7[unit.slot]},${live.fixTime[unit.slot]}`]),
    );
  }

  const same = (state: ChildState) => {
    const expected = truth();
    return (
      state.units.length === expected.size &&
      state.units.every(([handle, unit]) => expected.get(handle) === `${unit.lonE7},${unit.latE7},${unit.fixTime}`)
    );
  };

  it('L10 a console follows the crews: what it shows is what the hub has', async () => {
    drive();
    const child = openChild();
    await eventually('all crews on the console', async () => (await ask(child)).units.length === CREWS);
    const first = await ask(child);
    const second = await eventually('four bundles more', async () => {
      const now = await ask(child);
      return now.bundles - first.bundles >= 4 && now;
    });
    // four a second at most, by the clock of who sends them; one more, as they do not come to the millisecond
    expect(second.bundles - first.bundles).toBeLessThanOrEqual(1 + (4 * (second.hubTime - first.hubTime)) / 1000);
    expect(second.units).not.toEqual(first.units);
    child.kill();
  });

  it.skipIf(databaseKind !== 'embedded')(
    `L11 a console that was paused for ${PAUSE_MS / 1000} s is right again after waking, and the others get every change meanwhile`,
    async () => {
      drive();
      const paused = openChild();
      await eventually('all crews on the console', async () => (await ask(paused)).units.length === CREWS);
      const healthy = io(`${hub.api.url}/console`, { auth: { token: dispatcher }, transports: ['websocket'] });
      const reader = new PictureReader();
      let missed = 0;
      healthy.on('bundle', (bundle: Buffer) => {
        if (reader.take(bundle)) missed++;
      });
      await new Promise<void>((resolve) => healthy.on('connect', () => resolve()));
      reader.keepOnly(await healthy.emitWithAck('view', { view: 1, level: 'city', box: BOX }));
      await eventually('its view', () => reader.units.size === CREWS);
      const before = { snapshots: reader.snapshots, bundles: reader.bundles };
      paused.kill('SIGSTOP');
      await sleep(PAUSE_MS);
      clearInterval(driving); // what is there from here on is what must be seen
      expect(hub.tracker.core.picture.viewers).toBeLessThanOrEqual(2);
      expect(reader.bundles).toBeGreaterThan(before.bundles);
      expect({ missed, snapshots: reader.snapshots }).toEqual({ missed: 0, snapshots: before.snapshots });

      paused.kill('SIGCONT');
      await eventually('the woken console is right', async () => same(await ask(paused)));
      healthy.disconnect();
    },
    PAUSE_MS + 60_000,
  );

  it('L12 without a token, or with a role that has no console, nothing is opened', async () => {
    for (const [token, code] of [
      [undefined, 'token_missing'],
      ['rubbish', 'token_invalid'],
      [await hub.api.token('VUGD', 'registrar'), 'role_not_allowed'],
    ]) {
      const socket = io(`${hub.api.url}/console`, {
        auth: token === undefined ? {} : { token },
        transports: ['websocket'],
        reconnection: false,
      });
      const refused = await new Promise<{ data?: { code: string } }>((resolve) => socket.on('connect_error', resolve));
      expect(refused.data?.code).toBe(code);
    }
  });

  it('L13 rubbish from a console is answered with a code and hurts nobody', async () => {
    const socket = io(`${hub.api.url}/console`, { auth: { token: dispatcher }, transports: ['websocket'] });
    for (const request of [
      null,
      7,
      {},
      { view: 1, level: 'galaxy', box: [0, 0, 1, 1] },
      { view: 1, level: 'city', box: [0, 2, 1, 1] },
      { view: -1, level: 'city', box: [0, 0, 1, 1] },
    ]) {
      expect(await socket.emitWithAck('view', request)).toMatchObject({ ok: false, code: 'view_malformed' });
    }
    expect(await socket.emitWithAck('view', { view: 1, level: 'city', box: [-170, -80, 170, 80] })).toMatchObject({
      ok: false,
      code: 'too_many_cells',
    });
    socket.emit('view', { view: 2, level: 'nation', box: [20, 55, 29, 58.5] }); // no ack wanted
    await eventually('the view is watched', () => hub.tracker.core.picture.viewers > 0);
    socket.disconnect();
  });
});
