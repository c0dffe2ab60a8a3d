import { describe, expect, it } from 'vitest';
import type { CrewEvent, Fix } from '../protocol-client/wire.js';
import { Outbox } from './outbox.js';
import { MemoryStore, type Row } from './store.js';

const sos = (time: number): CrewEvent => ({ kind: 'sos', time, text: '' });
const fix = (time: number): Fix => ({ time, lon: 24.1, lat: 56.95 });

/** A store that fails from some commit on, as a full disk does. */
class FailingStore extends MemoryStore {
  failing = false;

  override async commit(put: readonly Row[], removedKeys?: readonly string[]): Promise<void> {
    if (this.failing) throw new DOMException('full', 'QuotaExceededError');
    await super.commit(put, removedKeys);
  }
}

const reopened = async (store: MemoryStore) => Outbox.open(store, await store.load());

describe('Outbox', () => {
  it('goes on after a reload with the same epoch and the next seqs, even when it holds nothing', async () => {
    const store = new MemoryStore();
    const first = await reopened(store);
    await first.addEvent(sos(1));
    await first.addEvent(sos(2));
    await first.release('alarm', 2, 5);
    const second = await reopened(store);
    expect(second.epoch).toBe(first.epoch);
    expect([second.firstHeld('alarm'), second.nextSeq('alarm')]).toEqual([3, 3]);
    expect(second.presses.map(({ seq, ackedAt }) => [seq, ackedAt])).toEqual([
      [1, 5],
      [2, 5],
    ]);
  });

  it('shows nothing that is not kept yet', async () => {
    const outbox = await reopened(new MemoryStore());
    const kept = outbox.addEvent(sos(1));
    expect(outbox.held).toBe(0);
    await kept;
    expect(outbox.held).toBe(1);
  });

  it('keeps the order of calls that were not waited for', async () => {
    const store = new MemoryStore();
    const outbox = await reopened(store);
    await Promise.all([
      ...Array.from({ length: 20 }, (_, i) => outbox.addEvent(sos(i))),
      ...Array.from({ length: 20 }, (_, i) => outbox.addFix(fix(i), () => 'backlog')),
      outbox.number('backlog', 15),
    ]);
    const { items, waiting } = { items: (await reopened(store)).read('backlog', 1, 99), waiting: outbox.waiting };
    expect(items.map(({ time }) => time)).toEqual(Array.from({ length: 15 }, (_, i) => i));
    expect(waiting).toEqual({ live: 0, backlog: 5 });
    expect(outbox.presses.map(({ seq }) => seq)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  });

  it('gives up waiting fixes silently, oldest first', async () => {
    const outbox = await Outbox.open(new MemoryStore(), [], { maxFixes: 3 });
    for (let time = 1; time <= 5; time++) expect(await outbox.addFix(fix(time), () => 'backlog')).toBe(false);
    await outbox.number('backlog', 9);
    expect(outbox.read('backlog', 1, 9).map(({ time }) => time)).toEqual([3, 4, 5]);
    expect(outbox.dropped).toBe(2);
  });

  it('records an outcome of its own epoch only', async () => {
    const outbox = await reopened(new MemoryStore());
    await outbox.addEvent({ kind: 'status', time: 1, status: 'on_scene' });
    await outbox.settle(1, 'status_not_allowed', ['available']);
    expect(outbox.presses[0]).toMatchObject({ outcome: 'status_not_allowed', allowed: ['available'] });
    expect(await outbox.settle(7, 'applied', undefined)).toBeUndefined();
  });

  it('goes on in memory under another epoch when the phone cannot keep, so that no seq is used twice', async () => {
    const store = new FailingStore();
    const outbox = await reopened(store);
    const { epoch } = outbox;
    await outbox.addEvent(sos(1));
    let restarted = 0;
    outbox.onRestart = () => restarted++;
    store.failing = true;
    const press = await outbox.addEvent(sos(2));
    expect(outbox.volatile).toBe(true);
    expect(outbox.epoch).not.toBe(epoch);
    expect(press).toMatchObject({ epoch: outbox.epoch, seq: 2 });
    expect(outbox.read('alarm', 1, 9)).toEqual([sos(1), sos(2)]);
    expect(restarted).toBe(1);
    const after = await reopened(store);
    expect([after.epoch, after.nextSeq('alarm')]).toEqual([epoch, 2]);
  });
});
