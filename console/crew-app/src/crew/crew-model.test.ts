import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MemoryHub } from '../../test/memory-hub.js';
import { Outbox } from '../outbox/outbox.js';
import { MemoryStore } from '../outbox/store.js';
import { CrewConnection } from '../protocol-client/crew-connection.js';
import type { HubAssignment } from '../protocol-client/wire.js';
import { CrewModel } from './crew-model.js';

const ID = '019b76da-a800-7cc3-98c4-dc0c0c07398f';
const ASSIGNMENT: HubAssignment = {
  type: 'assignment',
  assignmentId: ID,
  vekId: '019b76da-a800-7cc3-98c4-dc0c0c073990',
  vekNumber: 17,
  vekType: 'fire.building',
  priority: 'P1',
  address: 'Brīvības iela 1, Rīga',
  summary: null,
  lon: 24.11,
  lat: 56.95,
  dispatchedAt: 1_767_225_600_000,
};

describe('CrewModel', () => {
  let hub: MemoryHub;
  let store: MemoryStore;
  const models: CrewModel[] = [];

  beforeEach(() => {
    vi.useFakeTimers({ now: 1_767_225_700_000 });
    hub = new MemoryHub();
    store = new MemoryStore();
  });
  afterEach(() => {
    for (const model of models.splice(0)) model.close();
    vi.useRealTimers();
  });
  const pass = (ms = 0) => vi.advanceTimersByTimeAsync(ms);

  async function page() {
    const rows = await store.load();
    const outbox = await Outbox.open(store, rows);
    const model = new CrewModel(store, rows, outbox);
    model.connect(new CrewConnection({ url: 'ws://hub', token: 't', outbox, listener: model, openSocket: hub.open }));
    models.push(model);
    await pass();
    return model;
  }
  const states = (model: CrewModel) => model.snapshot().presses.map(({ state, outcome }) => outcome ?? state);

  it('shows a repeated assignment once, and after a reload', async () => {
    const model = await page();
    hub.say(ASSIGNMENT);
    hub.say(ASSIGNMENT);
    await pass();
    expect(model.snapshot().assignments).toHaveLength(1);
    expect(model.snapshot().unit?.unit?.status).toBe('dispatched');
    model.close();
    hub.status = 'dispatched';
    expect((await page()).snapshot().assignments).toHaveLength(1);
  });

  it('sends a receipt once a message has been read, however often it comes', async () => {
    const model = await page();
    const text = { type: 'message', id: ID, from: 'VUGD', text: 'Vārti atvērti', at: 1_767_225_690_000 } as const;
    hub.say(text);
    hub.say(text);
    await pass();
    expect(model.snapshot().texts).toHaveLength(1);
    expect(hub.stored('alarm')).toEqual([]);
    model.readTexts();
    model.readTexts();
    await pass();
    expect(hub.stored('alarm')).toMatchObject([{ kind: 'receipt', assignmentId: ID }]);
  });

  it('says of a press only what is so', async () => {
    const model = await page();
    hub.say(ASSIGNMENT);
    hub.acking = false;
    model.accept(ID);
    await pass();
    expect(states(model)).toEqual(['sent']);
    hub.drop();
    hub.reachable = false;
    await pass();
    expect(states(model)).toEqual(['kept']);
    hub.reachable = true;
    hub.acking = true;
    await pass(5000);
    expect(states(model)).toEqual(['acked']);
    hub.say({ type: 'outcome', lane: 'alarm', seq: 1, outcome: 'applied' });
    await pass();
    expect(states(model)).toEqual(['applied']);
  });

  it('counts on what was pressed, and shows as the unit’s status only what the hub said', async () => {
    const model = await page();
    hub.say(ASSIGNMENT);
    hub.drop();
    hub.reachable = false;
    model.reportStatus('en_route');
    await pass();
    expect(model.snapshot()).toMatchObject({ expectedStatus: 'en_route', unit: { unit: { status: 'dispatched' } } });
    hub.reachable = true;
    hub.status = 'dispatched';
    await pass(5000);
    hub.say({ type: 'outcome', lane: 'alarm', seq: 1, outcome: 'applied' });
    await pass();
    expect(model.snapshot()).toMatchObject({ expectedStatus: 'en_route', unit: { unit: { status: 'en_route' } } });
    expect(hub.stored('alarm')).toMatchObject([{ status: 'en_route', assignmentId: ID }]);
  });

  it('asks for the unit’s status anew when a press was not taken', async () => {
    const model = await page();
    model.reportStatus('available');
    await pass();
    hub.status = 'on_scene';
    hub.say({ type: 'outcome', lane: 'alarm', seq: 1, outcome: 'status_not_allowed', allowed: ['returning'] });
    await pass(1500);
    expect(model.snapshot().unit?.unit?.status).toBe('on_scene');
    expect(model.snapshot().presses[0]).toMatchObject({ outcome: 'status_not_allowed', allowed: ['returning'] });
  });

  it('learns from the unit’s rest that an assignment ended while it was away, unless it is repeated', async () => {
    const model = await page();
    hub.say(ASSIGNMENT);
    await pass();
    hub.drop();
    await pass(5000);
    expect(model.snapshot().assignments[0]!.ended?.why).toBe('elsewhere');
    hub.say(ASSIGNMENT);
    await pass();
    expect(model.snapshot().assignments[0]!.ended).toBeUndefined();
    hub.say({ type: 'cancel', assignmentId: ID, reason: null });
    await pass();
    expect(model.snapshot().assignments[0]!.ended?.why).toBe('cancelled');
  });

  it('puts a place on a press only while the position is fresh', async () => {
    const model = await page();
    model.lastFix = () => ({ time: Date.now() - 10_000, lon: 24, lat: 57 });
    model.sos();
    await pass();
    model.lastFix = () => ({ time: Date.now() - 300_000, lon: 24, lat: 57 });
    model.sos();
    await pass();
    expect(hub.stored('alarm').map((item) => item.lon)).toEqual([24, undefined]);
  });
});
