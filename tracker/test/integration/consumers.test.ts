import { type ChildProcess, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRandom } from '../../../fixtures/world/seeded-random.js';
import { lowPort } from '../harness/low-port.js';
import { clearStage, setStage } from '../harness/test-stage.js';
import { databaseKind, eventually, type TestHome, type TestTracker } from '../harness/test-tracker.js';

const MOST_LINES = 60;
const KILLS = 4;
const SEED = 7_112_026;

interface Diary {
  readonly cursor: string;
  readonly diary: readonly {
    readonly id: string;
    readonly type: string;
    readonly subject: string;
    readonly open?: string[];
  }[];
}

// it has no database of its own, and the feed's is tested elsewhere: once is enough
describe.skipIf(databaseKind !== 'postgres')('the consumers that the documentation prints', () => {
  let home: TestHome;
  let hub: TestTracker;
  let folder: string;
  let token: string;
  let consumer: ChildProcess | undefined;

  beforeAll(async () => {
    const document = await readFile(new URL('../../CONSUMERS.md', import.meta.url), 'utf8');
    folder = await mkdtemp(join(tmpdir(), 'vanags-consumer-'));
    for (const [, printed] of document.matchAll(/^```js\n([\s\S]*?)^```$/gm)) {
      expect(printed!.trimEnd().split('\n').length).toBeLessThanOrEqual(MOST_LINES);
      await writeFile(join(folder, /^\/\/ (\w+\.mjs):/.exec(printed!)![1]!), printed!);
    }
    ({ home, hub } = await setStage(['VUGD'], { WEBHOOK_ALLOW: '127.0.0.0/8' }));
    token = await hub.api.token('VUGD', 'dispatcher', 'integrator');
  });
  afterAll(async () => {
    await kill();
    await rm(folder, { recursive: true, force: true });
    await clearStage({ home, hub });
  });

  const start = () => {
    consumer = spawn(process.execPath, ['consumer.mjs', 'diary.json'], {
      cwd: folder,
      env: { PATH: process.env.PATH, TRACKER_URL: hub.api.url, TOKEN: token },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  };
  const kill = async () => {
    if (consumer === undefined || consumer.exitCode !== null) return;
    const ended = new Promise((resolve) => consumer!.once('exit', resolve));
    consumer.kill('SIGKILL');
    await ended;
  };
  const read = async (): Promise<Diary> => {
    try {
      return JSON.parse(await readFile(join(folder, 'diary.json'), 'utf8'));
    } catch {
      return { cursor: '', diary: [] };
    }
  };
  const newVek = async () => {
    const id = uuidv7();
    await hub.api.ok('POST', '/api/v1/veks', { id, channel: 'voice' }, token);
    return id;
  };
  const has = (vekId: string) =>
    eventually(`${vekId} in the diary`, async () =>
      (await read()).diary.some((line) => line.subject === `vek/${vekId}` || line.open?.includes(`vek/${vekId}`)),
    );

  it('M28 M29 killed at random moments it has every event once, in the order of the feed', async () => {
    await kill(); // that of a first try
    const random = createRandom(SEED, 'consumer');
    let flowing = true;
    let last = '';
    const flow = (async () => {
      while (flowing) {
        last = await newVek();
        await hub.api.ok('POST', `/api/v1/veks/${last}/close`, { version: 1 }, token);
      }
    })();
    for (let i = 0; i < KILLS; i++) {
      const before = (await read()).diary.length;
      start();
      // each life sees something, and ends in the middle of whatever it is doing
      await eventually('progress', async () => (await read()).diary.length > before);
      await sleep(random.below(100));
      await kill();
    }
    flowing = false;
    await flow;
    start();
    await has(last);
    const { diary } = await read();
    const { rows } = await hub.database.query<{ id: string; type: string }>(
      `SELECT id, type FROM feed_event WHERE type LIKE 'lv.vanags.vek.%'
       AND position <= (SELECT min(position) FROM feed_event WHERE aggregate_id = $1) ORDER BY position`,
      [last],
    );
    const upTo = diary.slice(0, rows.length).map(({ id, type }) => ({ id, type }));
    expect(upTo, `seed ${SEED}`).toEqual(rows);
    expect(new Set(diary.map(({ id }) => id)).size, `seed ${SEED}`).toBe(diary.length);
  });

  it('M30 what went before it was read is told, and it goes on from what is open', async () => {
    await kill();
    const missed = await newVek();
    // a cursor of before the database was put back: beyond the end
    const cursor = Buffer.from('v1.zzzzzz').toString('base64url');
    await writeFile(join(folder, 'diary.json'), JSON.stringify({ ...(await read()), cursor }));
    start();
    await has(missed);
    const later = await newVek();
    await has(later);
    const { diary } = await read();
    const gap = diary.findLastIndex(({ type }) => type === 'missed');
    expect(diary[gap]!.open).toContain(`vek/${missed}`);
    expect(diary.slice(gap + 1).map(({ subject }) => subject)).toContain(`vek/${later}`);
  });

  it('M36 the printed receiver takes what we signed, each event once, and nothing that others made, changed or send again later', async () => {
    const port = await lowPort();
    const url = `http://127.0.0.1:${port}/`;
    const webhook = { id: uuidv7(), url, subjects: ['vek'] };
    const { secret } = await hub.api.ok<{ secret: string }>(
      'POST',
      '/api/v1/webhooks',
      webhook,
      await hub.api.token('VUGD', 'integrator'),
    );
    const receiver = spawn(process.execPath, ['receiver.mjs'], {
      cwd: folder,
      env: { PATH: process.env.PATH, SECRET: secret, PORT: String(port) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      let told = '';
      receiver.stdout.on('data', (chunk) => {
        told += chunk;
      });
      const lines = () => told.trimEnd().split('\n');
      const veks = [await newVek(), await newVek()];
      await eventually('the second is told', () => told.includes(`${veks[1]}\n`));
      expect(lines().filter((line) => veks.some((id) => line.endsWith(id)))).toEqual(
        veks.map((id) => `lv.vanags.vek.created.v1 vek/${id}`),
      );

      const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
      const body = JSON.stringify([{ id: 'x', type: 'made.up', subject: 'by/hand' }]);
      const post = async (sent: { ageS?: number; by?: Buffer; signed?: string; body?: string }) => {
        const sentAt = String(Math.floor(Date.now() / 1000) - (sent.ageS ?? 0));
        const mac = createHmac('sha256', sent.by ?? key)
          .update(`m.${sentAt}.${sent.signed ?? body}`)
          .digest('base64');
        const headers = { 'webhook-id': 'm', 'webhook-timestamp': sentAt, 'webhook-signature': `v1,AAAA v1,${mac}` };
        return (await fetch(url, { method: 'POST', headers, body: sent.body ?? body })).status;
      };
      for (const wrong of [{ by: Buffer.from('guessed') }, { body: `${body} ` }, { ageS: 600 }, { ageS: -600 }])
        expect(await post(wrong), JSON.stringify(wrong)).toBe(401);
      expect((await fetch(url, { method: 'POST', body })).status).toBe(401);
      expect(told).not.toContain('made.up');
      expect([await post({}), await post({})]).toEqual([204, 204]);
      await eventually('it is told', () => told.includes('made.up by/hand\n'));
      expect(lines().filter((line) => line.startsWith('made.up'))).toEqual(['made.up by/hand']);
    } finally {
      receiver.kill();
    }
  });
});
