import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { clearStage, setStage } from '../harness/test-stage.js';
import {
  createCrew,
  databaseIsThere,
  eventually,
  feedIsRead,
  type TestCrew,
  type TestHome,
  type TestTracker,
} from '../harness/test-tracker.js';

const PLACE = { lon: 24.1059, lat: 56.946 };
/** The hub repeats every 10 s; a machine ten times slower than usual is still in time. */
const REPEATED_WITHIN_MS = 40_000;

interface Heard {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** A device that says hello and receipts, and keeps every word of the hub. */
class Device {
  readonly heard: Heard[] = [];
  readonly #socket: WebSocket;
  #nextSeq = 1;

  private constructor(url: string, token: string, epoch: string) {
    this.#socket = new WebSocket(url, { headers: { authorization: `Bearer ${token}` } });
    this.#socket.on('error', () => {});
    this.#socket.on('message', (data) => this.heard.push(JSON.parse(data.toString())));
    this.#socket.on('open', () =>
      this.#socket.send(JSON.stringify({ type: 'hello', version: 1, epoch, encoding: 'json', firstHeld: {} })),
    );
  }

  /** Connected, and told from where to send. */
  static async open(url: string, token: string, epoch = '00000000000000aa'): Promise<Device> {
    const device = new Device(url, token, epoch);
    const resume = await eventually('resume', () => device.heard.find(({ type }) => type === 'resume'));
    device.#nextSeq = (resume.durable as { alarm: number }).alarm + 1;
    return device;
  }

  of(type: string): Heard[] {
    return this.heard.filter((message) => message.type === type);
  }

  receipt(id: string): void {
    const item = { kind: 'receipt', time: Date.now(), assignmentId: id };
    this.#socket.send(JSON.stringify({ type: 'events', lane: 'alarm', seq: this.#nextSeq++, items: [item] }));
  }

  close(): void {
    this.#socket.terminate();
  }
}

describe.skipIf(!databaseIsThere)('what crews are told', () => {
  let home: TestHome;
  let hub: TestTracker;
  let admin: string;
  let dispatcher: string;
  const devices: Device[] = [];

  beforeAll(async () => {
    ({ home, hub, admin } = await setStage(['VUGD'], { FLUSH_INTERVAL_MS: '20' }));
    dispatcher = await hub.api.token('VUGD', 'dispatcher', 'call_taker');
  });
  afterAll(async () => {
    for (const device of devices) device.close();
    await clearStage({ home, hub });
  });

  async function open({ token }: { readonly token: string }): Promise<Device> {
    const device = await Device.open(hub.crewUrl, token);
    devices.push(device);
    return device;
  }

  async function assign({ unitId }: TestCrew): Promise<string> {
    const [vekId, id] = [uuidv7(), uuidv7()];
    await hub.api.ok('POST', '/api/v1/veks', { id: vekId, channel: 'voice', ...PLACE }, dispatcher);
    await hub.api.ok('POST', `/api/v1/veks/${vekId}/assignments`, { id, unitId }, dispatcher);
    return id;
  }
  const write = (crew: TestCrew, id: string, text: string) =>
    hub.api.call('POST', `/api/v1/units/${crew.unitId}/messages`, { id, text }, dispatcher);
  const conversation = async (crew: TestCrew) =>
    (
      await hub.api.ok<{ messages: { id: string | null; writer: string; text: string; readAt: number | null }[] }>(
        'GET',
        `/api/v1/units/${crew.unitId}/messages`,
        undefined,
        dispatcher,
      )
    ).messages;

  it('T26 T37 assignments and messages are sent again while nobody acknowledges them, and no more after', async () => {
    const crew = await createCrew(hub.api, admin, 'VUGD');
    const device = await open(crew);
    const assignmentId = await assign(crew);
    const messageId = uuidv7();
    expect((await write(crew, messageId, 'Piebrauc no pagalma puses.')).status).toBe(201);
    const told = () => [device.of('assignment').length, device.of('message').length] as const;
    await eventually('both are told', () => told().every((times) => times >= 1));
    expect(device.of('message')[0]).toMatchObject({ id: messageId, from: 'VUGD', text: 'Piebrauc no pagalma puses.' });
    await eventually('both are told again', () => told().every((times) => times >= 2), REPEATED_WITHIN_MS);
    for (const id of [assignmentId, messageId]) device.receipt(id);
    await eventually('both receipts are carried out', () => device.of('outcome').length === 2);
    expect(device.of('outcome').map(({ outcome }) => outcome)).toEqual(['applied', 'applied']);
    expect((await conversation(crew))[0]!.readAt).not.toBeNull();

    // another crew's is repeated meanwhile: a round has passed
    const witness = await createCrew(hub.api, admin, 'VUGD');
    const other = await open(witness);
    await write(witness, uuidv7(), 'Vai dzirdat?');
    await eventually('the first telling', () => other.of('message').length >= 1);
    const before = told();
    const rounds = other.of('message').length;
    await eventually('a round passes', () => other.of('message').length > rounds, REPEATED_WITHIN_MS);
    expect(told()).toEqual(before);
  });

  it('T37 a message waits for a crew that is away; a receipt repeated changes nothing; what is no message says so', async () => {
    const crew = await createCrew(hub.api, admin, 'VUGD');
    const id = uuidv7();
    expect((await write(crew, id, 'Atgriezieties depo.')).status).toBe(201);
    expect((await write(crew, id, 'Atgriezieties depo.')).status).toBe(200);
    const device = await open(crew);
    await eventually('it is told at connecting', () => device.of('message').length >= 1);
    for (let i = 0; i < 2; i++) device.receipt(id);
    device.receipt(uuidv7());
    await eventually('the outcomes', () => device.of('outcome').length === 3);
    expect(device.of('outcome').map(({ outcome }) => outcome)).toEqual(['applied', 'unchanged', 'assignment_unknown']);
    device.close();
    const back = await open(crew);
    await write(crew, uuidv7(), 'Otrā.');
    await eventually('the second is told', () => back.of('message').length > 0);
    expect([...new Set(back.of('message').map(({ text }) => text))]).toEqual(['Otrā.']);
    await feedIsRead(hub);
    const { events } = await hub.api.ok<{ events: { type: string; data: { messageId?: string } }[] }>(
      'GET',
      '/api/v1/feed?limit=1000',
      undefined,
      dispatcher,
    );
    const own = events.filter(({ data }) => data.messageId === id).map(({ type }) => type);
    expect(own).toEqual(['lv.vanags.crew_message.sent.v1', 'lv.vanags.crew_message.read.v1']);
    expect(JSON.stringify(events)).not.toContain('Atgriezieties');
  });

  it('T37 a crew cannot read another crew’s message away, nor can an id be used for another unit', async () => {
    const [crew, other] = [await createCrew(hub.api, admin, 'VUGD'), await createCrew(hub.api, admin, 'VUGD')];
    const id = uuidv7();
    await write(crew, id, 'Tikai jums.');
    const taken = await write(other, id, 'Citiem.');
    expect([taken.status, taken.body.code]).toEqual([409, 'id_taken']);
    const device = await open(other);
    device.receipt(id);
    await eventually('the outcome', () => device.of('outcome').length === 1);
    expect(device.of('outcome')[0]!.outcome).toBe('assignment_unknown');
    expect((await conversation(crew))[0]).toMatchObject({ id, writer: 'desk', readAt: null });
    expect(device.of('message')).toEqual([]);
  });

  it('T38 the report rate is told at once to who is connected, at hello to the others, and counts for staleness', async () => {
    const crew = await createCrew(hub.api, admin, 'VUGD', { reportIntervalS: 10 });
    const device = await open(crew);
    expect(device.of('hello')[0]).toMatchObject({ config: { reportIntervalS: 10 } });
    const set = (seconds: number) =>
      hub.api.ok<{ devices: number }>('PUT', `/api/v1/units/${crew.unitId}/report-interval`, { seconds }, dispatcher);
    expect((await set(2)).devices).toBe(1);
    expect((await set(2)).devices).toBe(0);
    await eventually('it is told', () => device.of('config').length > 0);
    expect(device.of('config')).toEqual([{ type: 'config', reportIntervalS: 2 }]);
    device.close();
    expect((await set(30)).devices).toBe(1);
    const back = await open(crew);
    expect(back.of('hello')[0]).toMatchObject({ config: { reportIntervalS: 30 } });
    expect(hub.tracker.core.directory.devices.get(crew.deviceId)!.fixSource.reportIntervalS).toBe(30);
    expect(back.of('config')).toEqual([]);
  });
});
