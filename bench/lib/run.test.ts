import { expect, it } from 'vitest';
import { BenchRun } from './run.js';
import { Worker } from './worker.js';

const createRun = () =>
  new BenchRun('of nothing', {
    seed: 1,
    quick: false,
    minutes: 1,
    rounds: undefined,
    roundS: undefined,
    remote: undefined,
    databases: [],
    profileDir: undefined,
  });

it('a bench that fails is a wrong result, what it found before is kept, and what it started is ended, the newest first', async () => {
  const run = createRun();
  const ended: string[] = [];
  await run.execute(async () => {
    run.ending(async () => ended.push('server'));
    run.ending(async () => ended.push('crews'));
    run.figure({ id: 'a', what: 'a', value: 1, unit: 's' });
    throw new Error('the server is gone');
  });
  const { figures, checks } = run.result();
  expect(figures.map(({ id }) => id)).toEqual(['a']);
  expect(checks).toMatchObject([{ ok: false, detail: expect.stringContaining('the server is gone') }]);
  expect(ended).toEqual(['crews', 'server']);
});

it('what is found after the end, of servers that are being ended, does not count; what is started then is ended', async () => {
  const run = createRun();
  let goOn: () => void = () => {};
  const broken = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  let isEnded = false;
  const whole = run.execute(async () => {
    await broken;
    run.ending(async () => {
      isEnded = true;
    });
    run.check('everything is stored', false, 'nothing is');
  });
  await run.end();
  goOn();
  await whole;
  expect(run.result().checks).toEqual([]);
  expect(isEnded).toBe(true);
});

it('who waits for a worker that is stopped, or asks it then, is told so', async () => {
  const worker = Worker.start('crew-worker.ts');
  const asked = worker.ask({ type: 'nothing that it knows' });
  const told = expect(asked).rejects.toThrow('crew-worker.ts ended (SIGKILL)');
  await worker.stop();
  await told;
  await expect(worker.ask({ type: 'report' })).rejects.toThrow(/closed/i);
});
