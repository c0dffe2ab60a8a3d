import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callsSettings, startCalls } from '../../modules/calls/calls-module.js';
import type { RunningModule } from '../../modules/module-program.js';
import { readModuleSettings } from '../../modules/module-settings.js';
import type { Log } from '../../src/log.js';
import { ROLES } from '../../src/rights/matrix.js';
import { lowPort } from '../harness/low-port.js';
import { moduleDatabaseUrl } from '../harness/module-home.js';
import { fieldOf, PageVisitor } from '../harness/page-visitor.js';
import {
  ApiClient,
  createAgency,
  createHome,
  databaseIsThere,
  databaseKind,
  eventually as eventuallyWithin,
  startTestTracker,
  type TestHome,
  type TestTracker,
} from '../harness/test-tracker.js';

const PHONE = '+37129123456';
const PLACE = { lon: 24.1059, lat: 56.946 };
const MSD = '02251C0680E30A51439E2955D43800800437F80A3105669023F8A71166932185B004150043C040';

/** Two processes and a database take their time on a machine ten times slower. */
const LIMIT_MS = 50_000;
const eventually: typeof eventuallyWithin = (what, ask, limitMs = LIMIT_MS) => eventuallyWithin(what, ask, limitMs);

interface Card {
  readonly id: string;
  readonly number: number;
  readonly version: number;
  readonly channel: string;
  readonly priority: string | null;
  readonly lon: number | null;
  readonly lat: number | null;
  readonly accuracyM: number | null;
  readonly summary: string | null;
}
interface CallView {
  readonly call: {
    readonly vekNumber: number | null;
    readonly vekStatus: string | null;
    readonly phone: string | null;
  };
  readonly aml: readonly { readonly accuracyM: number | null; readonly method: string | null }[];
  readonly history: readonly { readonly id: string; readonly vekStatus: string | null }[];
  readonly duplicates: readonly { readonly vekId: string }[] | null;
}

describe.skipIf(!databaseIsThere)('calls', () => {
  let home: TestHome;
  let hub: TestTracker;
  let calls: RunningModule;
  let api: ApiClient;
  let source: string;
  let desk: string;
  let trackerPort: number;
  const errors: string[] = [];
  const log: Log = { info: () => {}, warn: () => {}, error: (text, error) => errors.push(`${text}: ${error}`) };

  const startHub = async () => {
    hub = await startTestTracker(home, { PORT: String(trackerPort) });
  };
  const start = async (env: Readonly<Record<string, string>> = {}) => {
    const settings = { TRACKER_URL: hub.api.url, DATABASE_URL: moduleDatabaseUrl(home), DEMO_AGENCIES: 'VKCP', ...env };
    const read = readModuleSettings({ ...settings, PORT: '0' }, 0, ['call_taker', 'integrator']);
    calls = await startCalls(callsSettings(read, settings), log);
    api = new ApiClient(`http://127.0.0.1:${calls.port}`);
    await eventually(
      'it knows for whom',
      async () => (await api.call('GET', '/api/v1/calls', undefined, desk)).status === 200,
    );
  };
  beforeAll(async () => {
    home = await createHome();
    trackerPort = await lowPort();
    await startHub();
    await createAgency(hub.api, await hub.api.admin(), 'VKCP', 'contact_centre');
    source = await hub.api.token('VKCP', 'integrator');
    desk = await hub.api.token('VKCP', 'call_taker', 'dispatcher');
    await start();
  });
  afterAll(async () => {
    await calls.stop();
    await hub.stop();
    await home.remove();
    expect([...errors, ...hub.errors]).toEqual([]);
  });

  const take = (fields: object) =>
    api.ok<{ id: string; vekId: string }>(
      'POST',
      '/api/v1/calls',
      { source: 'pbx', callId: uuidv7(), channel: 'voice', ...fields },
      source,
    );
  const cardOf = (vekId: string) =>
    eventually(`the card ${vekId}`, async () => {
      const { status, body } = await hub.api.call<Card>('GET', `/api/v1/veks/${vekId}`, undefined, desk);
      return status === 200 ? body : undefined;
    });
  const callerOf = async (vekId: string) =>
    (await hub.api.ok<{ phone: string | null }>('GET', `/api/v1/veks/${vekId}/caller`, undefined, desk)).phone;
  const view = (id: string) => api.ok<CallView>('GET', `/api/v1/calls/${id}`, undefined, desk);
  const sms = (
    phone: string,
    { lat, lon, accuracyM, at }: { lat: number; lon: number; accuracyM: number; at: Date },
  ) => {
    const top = at.toISOString().replace(/\D/g, '').slice(0, 14);
    const text = `A"ML=1;lt=${lat};lg=${lon};rd=${accuracyM};top=${top};lc=68;pm=W;si=;ei=;mcc=247;mnc=1;ml=100`;
    return api.ok('POST', '/api/v1/aml/sms', { from: phone, text }, source);
  };

  /** Another one each time, so that a test can be tried again. */
  const newPhone = () => `+37126${Math.floor(1e5 + Math.random() * 9e5)}`;
  const nothingWaits = () =>
    eventually(
      'nothing waits',
      async () => (await api.ok<{ waiting: number }>('GET', '/api/v1/calls', undefined, desk)).waiting === 0,
    );

  it('M1 M2 a call is a card with its channel, caller and place; told again it is the same; a caller may have no number', async () => {
    const call = { callId: uuidv7(), phone: '29 123 456', place: { ...PLACE, accuracyM: 800 }, callerName: 'Anna' };
    const taken = await take(call);
    expect(await cardOf(taken.vekId)).toMatchObject({ channel: 'voice', ...PLACE, accuracyM: 800 });
    expect(await callerOf(taken.vekId)).toBe(PHONE);
    expect(await take(call)).toEqual(taken);
    const silent = await take({ phone: null });
    await cardOf(silent.vekId);
    expect((await view(silent.id)).call.phone).toBeNull();
    const words = await take({ channel: 'sms', phone: PHONE, words: 'Deg maja, Brivibas iela 5' });
    expect(await cardOf(words.vekId)).toMatchObject({ channel: 'sms', summary: 'Deg maja, Brivibas iela 5' });
    const transfer = {
      channel: 'transfer',
      transfer: { psap: 'EE-HK', reference: '7781' },
      words: 'Avārija pie robežas',
    };
    const handed = await take(transfer);
    expect(await cardOf(handed.vekId)).toMatchObject({ channel: 'transfer', summary: 'Avārija pie robežas' });
  });

  it('M3 a place that a phone tells before or after its call is the card’s; the better one wins; a person’s place stays', async () => {
    const [before, after] = [newPhone(), newPhone()];
    await sms(before, { ...PLACE, accuracyM: 40, at: new Date() });
    const first = await take({ phone: before, place: { lon: 24.5, lat: 57, accuracyM: 3000 } });
    expect(await cardOf(first.vekId)).toMatchObject({ lat: PLACE.lat, accuracyM: 40 });

    const second = await take({ phone: after, place: { lon: 24.5, lat: 57, accuracyM: 3000 } });
    expect(await cardOf(second.vekId)).toMatchObject({ accuracyM: 3000 });
    const form = new URLSearchParams({
      v: '1',
      device_number: after,
      location_latitude: String(PLACE.lat),
      location_longitude: String(PLACE.lon),
      location_accuracy: '25',
      location_time: String(Date.now()),
      location_source: 'GPS',
    });
    const post = () => fetch(`${api.url}/api/v1/aml`, { method: 'POST', body: form });
    expect((await post()).status).toBe(202);
    expect((await post()).status).toBe(202); // phones send it twice
    const placed = await eventually('the place on the card', async () => {
      const card = await cardOf(second.vekId);
      return card.accuracyM === 25 ? card : undefined;
    });
    expect(placed).toMatchObject(PLACE);
    expect((await view(second.id)).aml).toMatchObject([{ accuracyM: 25, method: 'gnss' }]);

    await hub.api.ok(
      'PATCH',
      `/api/v1/veks/${second.vekId}`,
      { version: placed.version, lon: 24.2, lat: 56.95, accuracyM: 0 },
      desk,
    );
    await sms(after, { lon: 24.3, lat: 56.9, accuracyM: 5, at: new Date() });
    await nothingWaits();
    expect(await cardOf(second.vekId)).toMatchObject({ lon: 24.2, lat: 56.95 });
  });

  it('M6 M12 a phone without a fix, rubbish, and an unsigned form change no card', async () => {
    const phone = newPhone();
    const { vekId } = await take({ phone });
    await cardOf(vekId);
    await calls.stop();
    await start({ AML_HMAC_KEY: 'k' });
    const post = (body: string) => fetch(`${api.url}/api/v1/aml`, { method: 'POST', body });
    const place = `device_number=${encodeURIComponent(phone)}&location_latitude=57&location_longitude=24&location_accuracy=9`;
    for (const body of [place, '%%%', '', `${place}&hmac=00`]) expect((await post(body)).status).toBe(202);
    await api.ok(
      'POST',
      '/api/v1/aml/sms',
      { from: phone, text: 'A"ML=1;lt=+00.00000;lg=+000.00000;rd=N;lc=0;pm=N' },
      source,
    );
    const plain = await api.call('POST', '/api/v1/aml/sms', { from: phone, text: 'Sveiki!' }, source);
    expect([plain.status, plain.body.code]).toEqual([422, 'aml_unreadable']);
    expect(await cardOf(vekId)).toMatchObject({ version: 1, lon: null });
    await calls.stop();
    await start();
  });

  it('M10 M11 an eCall is a card where the car says; of a test there is none; what cannot be read is refused', async () => {
    const eCall = (fields: object) =>
      api.call<{ vekId: string | null; code?: string }>(
        'POST',
        '/api/v1/ecalls',
        { source: 'ecall', callId: uuidv7(), phone: '+37126000009', ...fields },
        source,
      );
    const octets = await eCall({ msdHex: MSD });
    const card = await cardOf(octets.body.vekId!);
    expect(card).toMatchObject({ channel: 'ecall_auto', priority: 'P1', accuracyM: 150 });
    expect([card.lat, card.lon].map((degrees) => degrees!.toFixed(4))).toEqual(['5.2387', '52.2212']);
    expect(card.summary).toContain('cilvēku skaits: 2');
    expect(card.summary).not.toContain('ECALLEXAMPLE'); // the VIN is the caller's own
    const msd = {
      messageIdentifier: 1,
      automaticActivation: false,
      testCall: true,
      positionCanBeTrusted: false,
      vehicleType: 'M1',
      vehicleIdentificationNumber: 'ECALLEXAMPLE02013',
      vehiclePropulsionStorage: [],
      timestamp: 1,
      vehicleLocation: { positionLatitude: 205_005_600, positionLongitude: 86_781_240 },
      vehicleDirection: 255,
    };
    expect((await eCall({ msd })).body.vekId).toBeNull();
    const manual = await eCall({ msd: { ...msd, testCall: false } });
    expect(await cardOf(manual.body.vekId!)).toMatchObject({
      channel: 'ecall_manual',
      priority: null,
      accuracyM: 5000,
    });
    const unreadable = await eCall({ msdHex: '02ff00' });
    expect([unreadable.status, unreadable.body.code]).toEqual([422, 'msd_unreadable']);
  });

  it('M13 M14 the desk sees what else the phone has called for and what became of it; each read is written down; nobody else reads', async () => {
    const phone = newPhone();
    const first = await take({ phone });
    const card = await cardOf(first.vekId);
    await hub.api.ok('POST', `/api/v1/veks/${first.vekId}/close`, { version: card.version, as: 'cancelled' }, desk);
    const second = await take({ phone });
    await eventually('the end of the first, in the history of the second', async () =>
      (await view(second.id)).history.some(({ id, vekStatus }) => id === first.id && vekStatus === 'cancelled'),
    );
    const log = async () =>
      (
        await hub.database.query(
          'SELECT subject, purpose, source_ip, action FROM calls.access_log WHERE call_id = $1 ORDER BY seq',
          [second.id],
        )
      ).rows;
    const before = await log();
    await view(second.id);
    const from = { purpose: 'call_handling', source_ip: '127.0.0.1' };
    expect(before[0]).toEqual({ ...from, subject: 'VKCP-integrator', action: 'take_call' });
    expect((await log()).slice(before.length)).toEqual([
      { ...from, subject: 'VKCP-call_taker-dispatcher', action: 'read_call' },
    ]);
    await expect(hub.database.query('DELETE FROM calls.access_log')).rejects.toThrow('only grows');
    const status = async (token?: string) =>
      (await api.call('GET', `/api/v1/calls/${second.id}`, undefined, token)).status;
    await createAgency(hub.api, await hub.api.admin(), 'VUGD');
    expect(await status()).toBe(401);
    expect(await status(await hub.api.token('VUGD', 'dispatcher'))).toBe(403);
    expect(await status(source)).toBe(403);
    expect(JSON.stringify(await api.ok('GET', '/api/v1/calls', undefined, desk))).not.toContain(phone);
  });

  it('M13 another call of the same place and time is suggested as a duplicate, as the tracker finds it for who asks', async () => {
    const place = { lon: 25 + Math.random(), lat: 57.3, accuracyM: 30 }; // another one each time
    const first = await take({ phone: newPhone(), place });
    const second = await take({ phone: newPhone(), place });
    await cardOf(first.vekId);
    await cardOf(second.vekId);
    const found = await eventually('suggestions', async () => (await view(second.id)).duplicates ?? false);
    expect(found.map(({ vekId }) => vekId)).toEqual([first.vekId]);
  });

  describe('in writing', () => {
    interface Placed {
      readonly callId: string;
      readonly vekId: string;
      readonly position: number;
    }
    interface Line {
      readonly id: string;
      readonly position: number;
      readonly direction: string;
      readonly words: string;
      readonly sentAt: number;
      readonly receivedAt: number;
      readonly state: string | null;
    }
    const write = (fields: object) =>
      api.ok<Placed>(
        'POST',
        '/api/v1/messages',
        { source: 'gateway', messageId: uuidv7(), channel: 'sms', words: '…', ...fields },
        source,
      );
    const lines = async (callId: string) =>
      (await api.ok<{ messages: Line[] }>('GET', `/api/v1/calls/${callId}/messages`, undefined, desk)).messages;
    const answer = (callId: string, words: string, id = uuidv7()) =>
      api.ok<{ position: number }>('POST', `/api/v1/calls/${callId}/messages`, { id, words }, desk);
    const outgoing = async (from = 'gateway', wait = 0) =>
      (
        await api.ok<{ messages: { id: string; callId: string; phone: string; words: string }[] }>(
          'GET',
          `/api/v1/messages/outgoing?source=${from}&wait=${wait}`,
          undefined,
          source,
        )
      ).messages;
    const receipt = (id: string, state: string, from = 'gateway') =>
      api.call('POST', `/api/v1/messages/${id}/receipt`, { source: from, state }, source);
    const comments = async (vekId: string) =>
      (
        await hub.api.ok<{ comments: { text: string }[] }>('GET', `/api/v1/veks/${vekId}/comments`, undefined, desk)
      ).comments.map(({ text }) => text);

    it('M37 the first message is a card, the next go on with it, each once and in order, with times and direction', async () => {
      const phone = newPhone();
      const first = { messageId: uuidv7(), phone, words: 'Palīgā, deg', needs: ['cannot_hear', 'cannot_speak'] };
      const sentAt = '2026-01-02T03:04:05.678Z'; // it waited in the caller's phone
      const [one, again] = await Promise.all([write({ ...first, sentAt }), write({ ...first, sentAt })]);
      expect(again).toEqual(one);
      expect(await cardOf(one.vekId)).toMatchObject({ channel: 'sms', summary: 'Palīgā, deg' });
      const { phone: told, note } = await hub.api.ok<{ phone: string; note: string }>(
        'GET',
        `/api/v1/veks/${one.vekId}/caller`,
        undefined,
        desk,
      );
      expect([told, note]).toEqual([phone, expect.stringContaining('nedzird')]);

      const said = Array.from({ length: 6 }, (_, i) => `vārds ${i}`);
      const placed = await Promise.all(
        said.map((words) => write({ phone: phone.slice(4).replace(/(..)/, '$1 '), words })),
      );
      expect(new Set(placed.map(({ callId }) => callId))).toEqual(new Set([one.callId]));
      expect(placed.map(({ position }) => position).sort()).toEqual([2, 3, 4, 5, 6, 7]);
      await nothingWaits(); // what is told next is another note
      await answer(one.callId, 'Kur jūs esat?');
      await write({ phone, words: 'Brīvības ielā 5' });
      const all = await lines(one.callId);
      expect(all.map(({ position }) => position)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
      for (const [i, { position }] of placed.entries()) expect(all[position - 1]!.words).toBe(said[i]);
      expect(all[0]).toMatchObject({ direction: 'from_caller', words: 'Palīgā, deg', sentAt: Date.parse(sentAt) });
      expect(all[0]!.receivedAt).toBeGreaterThan(all[0]!.sentAt);
      expect(all[7]).toMatchObject({ direction: 'to_caller', words: 'Kur jūs esat?', state: 'waiting' });

      // the card is told of the first of each turn, and of no word
      await nothingWaits();
      const notes = await comments(one.vekId);
      expect(notes).toHaveLength(2);
      expect(JSON.stringify(notes)).not.toMatch(/vārds|Brīvības/);
    });

    it('M37 what a caller needs, said with a later message, stands on the card, beside what a person noted', async () => {
      const phone = newPhone();
      const { vekId } = await write({ phone });
      await cardOf(vekId);
      const path = `/api/v1/veks/${vekId}/caller`;
      await hub.api.ok('PUT', path, { note: 'gaida pie vārtiem' }, desk);
      await write({ phone, needs: ['cannot_hear'] });
      await Promise.all([write({ phone, needs: ['cannot_hear'] }), write({ phone, needs: ['cannot_speak'] })]);
      await nothingWaits();
      const { note, phone: kept } = await hub.api.ok<{ note: string; phone: string }>('GET', path, undefined, desk);
      expect(note.split('; ').sort()).toEqual([
        'gaida pie vārtiem',
        'nedzird, sazināties rakstiski',
        'nevar runāt, sazināties rakstiski',
      ]);
      expect(kept).toBe(phone);
    });

    it('M37 what the caller needs takes nothing away of what seven people note of the caller meanwhile', async () => {
      const phone = newPhone();
      const { vekId } = await write({ phone });
      await cardOf(vekId);
      const path = `/api/v1/veks/${vekId}/caller`;
      const read = () => hub.api.ok<{ note: string | null; version: number }>('GET', path, undefined, desk);
      const said = Array.from({ length: 7 }, (_, i) => `vārds ${i}`);
      const noted = said.map(async (words) => {
        for (let status = 0; status !== 204; ) {
          const { note, version } = await read();
          const joined = [...(note === null ? [] : [note]), words].join('; ');
          ({ status } = await hub.api.call('PUT', path, { version, note: joined }, desk));
        }
      });
      await Promise.all([write({ phone, needs: ['cannot_hear', 'cannot_speak'] }), ...noted]);
      await nothingWaits();
      const needs = ['nedzird, sazināties rakstiski', 'nevar runāt, sazināties rakstiski'];
      expect((await read()).note!.split('; ').sort()).toEqual([...needs, ...said]);
    });

    it('T77 a message that was cut in the middle of a character is taken', async () => {
      const words = 'Palīgā 🚨'.slice(0, -1);
      const { vekId, callId } = await write({ phone: newPhone(), words });
      expect((await lines(callId)).map((line) => line.words)).toEqual(['Palīgā \ufffd']);
      expect((await cardOf(vekId)).summary).toBe('Palīgā \ufffd');
    });

    it('M38 the desk’s answers are handed over by the gateway they are for, until a receipt says so, and none goes back', async () => {
      const phone = newPhone();
      const [chat, gateway] = [uuidv7(), `app-${uuidv7()}`];
      const { callId } = await write({ phone, source: gateway, channel: 'app', callId: chat });
      await write({ phone });
      const waiting = outgoing(gateway, 20);
      const id = uuidv7();
      await Promise.all([answer(callId, 'Palīdzība ir ceļā', id), answer(callId, 'Palīdzība ir ceļā', id)]);
      const handed = [{ id, callId: chat, phone, words: 'Palīdzība ir ceļā', at: expect.any(Number) }];
      expect(await waiting).toEqual(handed);
      expect(await outgoing(gateway)).toEqual(handed);
      expect((await outgoing()).map((each) => each.id)).not.toContain(id);
      const other = { id, words: 'cita' };
      const taken = await api.call('POST', `/api/v1/calls/${callId}/messages`, other, desk);
      expect([taken.status, taken.body.code]).toEqual([409, 'id_taken']);
      expect((await receipt(id, 'read')).status).toBe(404);
      for (const state of ['delivered', 'handed_over', 'failed'])
        expect((await receipt(id, state, gateway)).status).toBe(204);
      expect((await lines(callId)).at(-1)).toMatchObject({ id, state: 'delivered' });
      expect(await outgoing(gateway)).toEqual([]);
      const spoken = await take({ phone });
      const refused = await api.call('POST', `/api/v1/calls/${spoken.id}/messages`, { id: uuidv7(), words: 'x' }, desk);
      expect([refused.status, refused.body.code]).toEqual([409, 'not_in_writing']);
    });

    it('M39 once its card has ended the next message is a new call; who waits for an answer is listed first, without words', async () => {
      const phone = newPhone();
      const first = await write({ phone, words: 'slepeni vārdi' });
      const listed = async () =>
        (
          await api.ok<{ conversations: { id: string; unansweredSince: number | null; messages: number }[] }>(
            'GET',
            '/api/v1/conversations',
            undefined,
            desk,
          )
        ).conversations;
      const before = await listed();
      expect(before.find(({ id }) => id === first.callId)).toMatchObject({ messages: 1 });
      expect(JSON.stringify(before)).not.toMatch(new RegExp(`slepeni|${phone.slice(1)}`));
      const waits = before.map(({ unansweredSince }) => unansweredSince ?? Number.POSITIVE_INFINITY);
      expect(waits).toEqual([...waits].sort((a, b) => a - b));
      await answer(first.callId, 'Jā');
      expect((await listed()).find(({ id }) => id === first.callId)!.unansweredSince).toBeNull();
      const { version } = await cardOf(first.vekId);
      await hub.api.ok('POST', `/api/v1/veks/${first.vekId}/close`, { version, as: 'cancelled' }, desk);
      await eventually('its end is known', async () => (await view(first.callId)).call.vekStatus === 'cancelled');
      const second = await write({ phone });
      expect(second.vekId).not.toBe(first.vekId);
      expect((await view(second.callId)).history.map(({ id }) => id)).toContain(first.callId);
    });

    it('M42 a call taker reads and answers at the page; a form sent twice is one message; what callers write is text', async () => {
      const { callId } = await write({ phone: newPhone(), words: '<b>te</b>', needs: ['cannot_speak'] });
      const page = new PageVisitor(api.url);
      expect(await page.submit('/sign-in', { token: source })).toMatchObject({ status: 403 });
      expect(await page.submit('/sign-in', { agency: 'VKCP' })).toMatchObject({ status: 303, to: '/' });
      expect((await page.get('/')).text).toContain(`href="/calls/${callId}"`);
      const call = await page.get(`/calls/${callId}`);
      expect(call.text).toContain('&lt;b&gt;te&lt;/b&gt;');
      expect(call.text).toContain('nevar runāt');
      const reply = { id: fieldOf(call, 'id'), words: 'Palīdzība brauc' };
      for (let i = 0; i < 2; i++)
        expect(await page.submit(`/calls/${callId}`, reply)).toMatchObject({ to: `/calls/${callId}` });
      expect((await lines(callId)).map(({ words }) => words)).toEqual(['<b>te</b>', 'Palīdzība brauc']);
      expect((await page.get(`/calls/${callId}/talk`)).text).toContain('gaida nosūtīšanu');
      expect((await page.get('/?lang=en')).text).toContain('Latest calls');
      expect((await page.submit(`/calls/${callId}`, reply, 'https://elsewhere.example')).status).toBe(403);
      await createAgency(hub.api, await hub.api.admin(), 'VUGD');
      const foreign = new PageVisitor(api.url);
      await foreign.submit('/sign-in', { token: await hub.api.token('VUGD', 'dispatcher') });
      for (const path of ['/', '/lists', `/calls/${callId}`, `/calls/${callId}/talk`])
        expect((await foreign.get(path)).status, path).toBe(403);
    });

    it('M40 a place that comes with a message is on the card, the better one', async () => {
      const wide = { ...PLACE, accuracyM: 900 };
      const phone = newPhone();
      const { vekId } = await write({ phone, place: wide });
      expect(await cardOf(vekId)).toMatchObject({ accuracyM: 900 });
      await write({ phone, place: { ...PLACE, accuracyM: 12 } });
      await eventually('the better place', async () => (await cardOf(vekId)).accuracyM === 12);
    });
  });

  it('T71 what a module cannot take is a problem with a code, and no trouble of its own', async () => {
    const post = async (type: string, body: string) => {
      const headers = { authorization: `Bearer ${source}`, 'content-type': type };
      const response = await fetch(`${api.url}/api/v1/calls`, { method: 'POST', headers, body });
      const problem = (await response.json()) as { status: number; code: string };
      expect(problem.status).toBe(response.status);
      return problem.code;
    };
    const call = JSON.stringify({ source: 'pbx', callId: uuidv7(), channel: 'voice' });
    expect(await post('text/plain', call)).toBe('media_type_unsupported');
    expect(await post('application/json', JSON.stringify(' '.repeat(256 * 1024)))).toBe('body_too_large');
    expect(errors).toEqual([]);
  });

  it('M14 every operation, for every role, of the agency that takes calls and of another, is as this table says', async () => {
    const { id } = await take({ phone: newPhone() });
    const [readers, sources] = [
      ['call_taker', 'dispatcher'],
      ['integrator', 'call_taker'],
    ];
    type Asked = readonly [method: string, path: string, roles: readonly string[] | undefined, body?: object];
    const OPERATIONS: Readonly<Record<string, Asked>> = {
      takeCall: ['POST', '/calls', sources, { source: 'pbx', callId: 'known', channel: 'voice' }],
      takeECall: ['POST', '/ecalls', sources, { source: 'e', callId: 'known', msdHex: MSD }],
      takeAmlForm: ['POST', '/aml', undefined],
      takeAmlSms: ['POST', '/aml/sms', ['integrator'], { from: PHONE, text: 'Sveiki!' }],
      getCalls: ['GET', '/calls', readers],
      getCall: ['GET', `/calls/${id}`, readers],
      takeMessage: [
        'POST',
        '/messages',
        ['integrator'],
        { source: 'w', messageId: 'known', callId: 'walk', channel: 'app', words: 'x' },
      ],
      getOutgoing: ['GET', '/messages/outgoing?source=w', ['integrator']],
      tellReceipt: ['POST', `/messages/${id}/receipt`, ['integrator'], { source: 'w', state: 'read' }],
      getConversations: ['GET', '/conversations', readers],
      getMessages: ['GET', `/calls/${id}/messages`, readers],
      writeMessage: ['POST', `/calls/${id}/messages`, readers, { id: uuidv7(), words: 'x' }],
    };
    const { paths } = await api.ok<{ paths: Record<string, Record<string, { operationId: string }>> }>(
      'GET',
      '/openapi.json',
    );
    const described = Object.values(paths).flatMap((path) => Object.values(path).map(({ operationId }) => operationId));
    expect(described.sort()).toEqual(Object.keys(OPERATIONS).sort());
    await createAgency(hub.api, await hub.api.admin(), 'VUGD');
    const people = await Promise.all(
      ROLES.flatMap((role) =>
        ['VKCP', 'VUGD'].map(async (agency) => ({ role, agency, token: await hub.api.token(agency, role) })),
      ),
    );
    const refusals = new Set(['token_missing', 'role_not_allowed', 'agency_not_allowed']);
    for (const [name, [method, path, roles, body]] of Object.entries(OPERATIONS)) {
      const ask = async (token?: string) => {
        const { status, body: told } = await api.call(method, `/api/v1${path}`, body, token);
        expect(status, name).toBeLessThan(500);
        return refusals.has(told?.code ?? '') ? told!.code : 'through';
      };
      expect(await ask(), name).toBe(roles === undefined ? 'through' : 'token_missing');
      for (const { role, agency, token } of people) {
        const mayAsk = roles === undefined || roles.includes(role);
        const isOurs = roles === undefined || agency === 'VKCP';
        const wanted = !mayAsk ? 'role_not_allowed' : isOurs ? 'through' : 'agency_not_allowed';
        expect(await ask(token), `${name}, ${role} of ${agency}`).toBe(wanted);
      }
    }
  });

  // the embedded database goes with its tracker
  it.skipIf(databaseKind !== 'postgres')(
    'M15 while the tracker is away calls are taken, and each has its one card once it is back, whoever ended between',
    async () => {
      const away = Array.from({ length: 8 }, () => uuidv7());
      await take({}); // from here on it knows who tells it of calls
      await hub.stop();
      const taken = [];
      for (const callId of away.slice(0, 5)) taken.push(await take({ callId }));
      taken.push(await take({ callId: away[0] }));
      await startHub();
      await nothingWaits();
      await hub.stop();
      for (const callId of away.slice(5)) taken.push(await take({ callId }));
      await calls.stop();
      await startHub();
      await start();
      await nothingWaits();
      const numbers = await Promise.all(taken.map(async ({ vekId }) => (await cardOf(vekId)).number));
      expect(new Set(numbers).size).toBe(8);
      const ids = taken.map(({ vekId }) => vekId);
      const { rows } = await hub.database.query('SELECT id FROM vek WHERE id = ANY ($1)', [ids]);
      expect(rows).toHaveLength(8);
    },
  );
});
