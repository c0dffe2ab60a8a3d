import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MemoryHub } from '../../test/memory-hub.js';
import { Outbox } from '../outbox/outbox.js';
import { MemoryStore } from '../outbox/store.js';
import { CrewConnection } from './crew-connection.js';
import type { CrewEvent, Fix } from './wire.js';

const sos = (time: number): CrewEvent => ({ kind: 'sos', time, text: '' });
const fix = (time: number): Fix => ({ time, lon: 24.1, lat: 56.95 });
const listener = { changed: () => {}, heard: () => {} };

describe('CrewConnection', () => {
  let hub: MemoryHub;
  let store: MemoryStore;
  const connections: CrewConnection[] = [];

  beforeEach(() => {
    vi.useFakeTimers();
    hub = new MemoryHub();
    store = new MemoryStore();
  });
  afterEach(() => {
    for (const connection of connections.splice(0)) connection.stop();
    vi.useRealTimers();
  });

  /** Lets everything that is due within ms happen. */
  const pass = (ms = 0) => vi.advanceTimersByTimeAsync(ms);

  async function device({ maxFixes = 20_000 } = {}) {
    const outbox = await Outbox.open(store, await store.load(), { maxFixes });
    const connection = new CrewConnection({
      url: 'ws://hub/crew',
      token: 'secret',
      outbox,
      listener,
      openSocket: hub.open,
    });
    connections.push(connection);
    const press = async (event: CrewEvent) => {
      await outbox.addEvent(event);
      connection.pump();
      await pass();
    };
    return { outbox, connection, press };
  }

  it('sends its token as a subprotocol, and what it is told, until it is acknowledged', async () => {
    const { connection, outbox, press } = await device();
    connection.start();
    await pass();
    expect(hub.hellos[0]!.protocols).toEqual(['vanags.crew.v1', 'bearer.secret']);
    expect(connection.phase).toBe('resumed');
    await press(sos(1));
    await connection.reportFix(fix(2));
    await pass();
    expect(hub.stored('alarm')).toEqual([sos(1)]);
    expect(hub.stored('live')).toEqual([fix(2)]);
    expect(outbox.held).toBe(0);
    expect(outbox.presses[0]!.ackedAt).toBeDefined();
  });

  it('sends again what was received without an ack, and it is stored once under its seq', async () => {
    const { connection, press, outbox } = await device();
    connection.start();
    await pass();
    hub.acking = false;
    await press(sos(1));
    await press(sos(2));
    expect(hub.seqs('alarm')).toEqual([1, 2]);
    expect(connection.hasSent('alarm', 2)).toBe(true);
    hub.drop();
    expect(connection.hasSent('alarm', 2)).toBe(false);
    hub.acking = true;
    await press(sos(3));
    await pass(1000);
    expect(hub.seqs('alarm')).toEqual([1, 2, 3]);
    expect(hub.stored('alarm').map(({ time }) => time)).toEqual([1, 2, 3]);
    expect(outbox.held).toBe(0);
    expect(hub.errors).toEqual([]);
  });

  it('goes back on every resume of one connection', async () => {
    const { connection, press, outbox } = await device();
    connection.start();
    await pass();
    await press(sos(1));
    hub.suspend();
    await press(sos(2));
    await connection.reportFix(fix(3));
    await pass();
    expect(hub.seqs('alarm')).toEqual([1]);
    hub.storing = true;
    hub.resume();
    await pass();
    hub.resume();
    await pass();
    expect(hub.seqs('alarm')).toEqual([1, 2]);
    expect(hub.seqs('live')).toEqual([1]);
    expect(outbox.held).toBe(0);
    expect(hub.errors).toEqual([]);
  });

  it('keeps events until resume: a hub without its database would not raise them', async () => {
    hub.storing = false;
    const { connection, press } = await device();
    connection.start();
    await press(sos(1));
    expect(connection.phase).toBe('greeted');
    expect(connection.hasSent('alarm', 1)).toBe(false);
    hub.storing = true;
    hub.resume();
    await pass();
    expect(hub.seqs('alarm')).toEqual([1]);
  });

  it('what was pressed without a connection, over a killed tab, arrives once with its own times', async () => {
    hub.reachable = false;
    const first = await device();
    first.connection.start();
    await first.press(sos(10));
    await first.press({ kind: 'status', time: 20, status: 'on_scene' });
    await first.connection.reportFix(fix(30));
    await first.connection.reportFix(fix(40));
    first.connection.stop(); // the tab is gone; the store is not
    const second = await device();
    expect(second.outbox.epoch).toBe(first.outbox.epoch);
    second.connection.start();
    await second.press(sos(50));
    hub.reachable = true;
    second.connection.hurry();
    await pass(2000);
    expect(hub.stored('alarm').map(({ time }) => time)).toEqual([10, 20, 50]);
    // the newest fix is for the picture, the rest is history
    expect(hub.stored('live')).toEqual([fix(40)]);
    expect(hub.stored('backlog')).toEqual([fix(30)]);
    expect(hub.errors).toEqual([]);
    second.connection.stop();
    const third = await device();
    third.connection.start();
    await third.press(sos(60));
    expect(hub.seqs('alarm')).toEqual([1, 2, 3, 4]);
    expect(hub.streams.size).toBe(1);
  });

  it('sends a long backlog in bounded frames, behind what is new', async () => {
    hub.reachable = false;
    const { connection, press, outbox } = await device();
    connection.start();
    for (let time = 1; time <= 3000; time++) await connection.reportFix(fix(time));
    hub.reachable = true;
    await press(sos(9));
    await pass(40_000);
    expect(hub.stored('backlog').map(({ time }) => time)).toEqual(Array.from({ length: 2999 }, (_, i) => i + 1));
    expect(hub.stored('live').map(({ time }) => time)).toEqual([3000]);
    expect(outbox.fixes).toBe(0);
    expect(hub.errors).toEqual([]);
  });

  it('gives up the oldest fixes above its bound, never an event, and says so by firstHeld', async () => {
    const { connection, outbox, press } = await device({ maxFixes: 5 });
    connection.start();
    await pass();
    hub.suspend();
    await press(sos(1));
    for (let time = 1; time <= 5; time++) await connection.reportFix(fix(time));
    await pass();
    expect(outbox.nextSeq('live')).toBe(6); // sent, and shown live
    await connection.reportFix(fix(6));
    await connection.reportFix(fix(7));
    await pass(1000);
    hub.storing = true;
    hub.resume();
    await pass(1000);
    expect(hub.hellos.at(-1)!.firstHeld.live).toBeGreaterThan(1);
    expect(
      hub
        .stored('live')
        .concat(hub.stored('backlog'))
        .map(({ time }) => time),
    ).toContain(7);
    expect(hub.stored('alarm')).toEqual([sos(1)]);
    expect(outbox.held).toBe(0);
    expect(hub.errors.filter((code) => code !== 'fenced')).toEqual([]);
  });

  it('draws a new epoch when the hub knows seqs that it has not used', async () => {
    const { connection, outbox, press } = await device();
    const { epoch } = outbox;
    hub.streamsOf(epoch).alarm.durable = 5;
    connection.start();
    await press(sos(1));
    await pass(2000);
    expect(outbox.epoch).not.toBe(epoch);
    expect(hub.streamsOf(outbox.epoch).alarm.stored).toEqual([{ seq: 1, item: sos(1) }]);
    expect(outbox.presses[0]).toMatchObject({ epoch: outbox.epoch, seq: 1 });
    expect(outbox.presses[0]!.ackedAt).toBeDefined();
  });

  it('stops for good when it is fenced, until a person starts it', async () => {
    const { connection, press } = await device();
    connection.start();
    await pass();
    hub.fence();
    await press(sos(1));
    await pass(120_000);
    expect([connection.phase, connection.stopReason]).toEqual(['stopped', 'fenced']);
    expect(hub.hellos).toHaveLength(1);
    connection.start();
    await pass();
    expect(hub.stored('alarm')).toEqual([sos(1)]);
  });

  it('leaves a connection on which an event is not acknowledged', async () => {
    const { connection, press } = await device();
    connection.start();
    await pass();
    hub.acking = false;
    await press(sos(1));
    await pass(10_000);
    expect(hub.hellos.length).toBeGreaterThan(1);
    hub.acking = true;
    await pass(10_000);
    expect(hub.seqs('alarm')).toEqual([1]);
  });

  it('says hello anew after a long silence', async () => {
    const { connection } = await device();
    connection.start();
    await pass(50_000);
    expect(hub.hellos).toHaveLength(2);
    expect(connection.phase).toBe('resumed');
  });
});
