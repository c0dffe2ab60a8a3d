import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRandom } from '../../../fixtures/world/seeded-random.js';
import type { RunningModule } from '../../modules/module-program.js';
import { readModuleSettings } from '../../modules/module-settings.js';
import { startRegister } from '../../modules/register/register-module.js';
import type { Log } from '../../src/log.js';
import { ROLES } from '../../src/rights/matrix.js';
import { TYPESCRIPT_ARGS } from '../../src/typescript-child.js';
import { moduleDatabaseUrl } from '../harness/module-home.js';
import { fieldOf, PageVisitor } from '../harness/page-visitor.js';
import { clearStage, setStage } from '../harness/test-stage.js';
import {
  ApiClient,
  createCrew,
  databaseIsThere,
  databaseKind,
  eventually as eventuallyWithin,
  type TestHome,
  type TestTracker,
} from '../harness/test-tracker.js';

const MAIN = fileURLToPath(new URL('../../modules/register/main.ts', import.meta.url));
const DAY_MS = 86_400_000;

/** Two processes and a database take their time on a machine ten times slower. */
const LIMIT_MS = 50_000;
const eventually: typeof eventuallyWithin = (what, ask, limitMs = LIMIT_MS) => eventuallyWithin(what, ask, limitMs);

interface Entry {
  readonly id: number;
  readonly number: string;
  readonly vekId: string;
  readonly receivedAt: number;
  readonly partStatus: string;
  readonly [field: string]: unknown;
}

describe.skipIf(!databaseIsThere)('the register of events', () => {
  let home: TestHome;
  let hub: TestTracker;
  let register: RunningModule | undefined;
  /** The same as a process, to be killed. */
  let child: ChildProcess | undefined;
  let port = 0;
  let vp: string;
  let rpp: string;
  const errors: string[] = [];
  const log: Log = { info: () => {}, warn: () => {}, error: (text, error) => errors.push(`${text}: ${error}`) };
  const env = () => ({
    TRACKER_URL: hub.api.url,
    DATABASE_URL: moduleDatabaseUrl(home),
    DEMO_AGENCIES: 'VP,RPP',
    PORT: String(port),
    TRUST_PROXY: '127.0.0.1',
  });

  const start = async () => {
    register = await startRegister(readModuleSettings(env(), 0, ['registrar']), log);
    port = register.port;
  };
  const stop = async () => {
    await register?.stop();
    register = undefined;
  };
  beforeAll(async () => {
    ({ home, hub } = await setStage(['VP', 'RPP', 'VUGD']));
    vp = await hub.api.token('VP', 'dispatcher', 'call_taker');
    rpp = await hub.api.token('RPP', 'dispatcher', 'call_taker');
    await start();
  });
  afterAll(async () => {
    child?.kill('SIGKILL');
    await stop();
    await clearStage({ home, hub });
    expect(errors).toEqual([]);
  });

  const api = () => new ApiClient(`http://127.0.0.1:${port}`);
  const entries = async (token: string, query = '') =>
    (await api().ok<{ entries: Entry[] }>('GET', `/api/v1/entries?limit=500${query}`, undefined, token)).entries;
  const entryOf = async (token: string, vekId: string) => (await entries(token)).find((entry) => entry.vekId === vekId);
  const newVek = async (token: string, fields: object = {}) => {
    const id = uuidv7();
    await hub.api.ok('POST', '/api/v1/veks', { id, channel: 'voice', ...fields }, token);
    return id;
  };
  const answer = (vekId: string, as: 'accepted' | 'refused', token: string) =>
    hub.api.ok('POST', `/api/v1/veks/${vekId}/answer`, { answer: as }, token);
  const versionOf = async (vekId: string, token: string) =>
    (await hub.api.ok<{ version: number }>('GET', `/api/v1/veks/${vekId}`, undefined, token)).version;
  const rows = async () =>
    (await hub.database.query('SELECT e.* FROM register.entry AS e ORDER BY id')).rows.map((row) =>
      JSON.stringify(row),
    );

  it('M44 an event whose card the database refuses is set aside, those after it are taken, and it is tried again at the next start', async () => {
    const health = () => api().ok<{ refusedEvents: number }>('GET', '/healthz');
    await hub.database.query(`ALTER TABLE register.entry ADD CONSTRAINT no_poison CHECK (summary <> 'poison')`);
    const told = errors.length;
    const refused = await newVek(vp, { summary: 'poison' });
    const next = await newVek(vp, { summary: 'meat' });
    await eventually('the entry of the next card', () => entryOf(vp, next));
    expect(await entryOf(vp, refused)).toBeUndefined();
    const { rows } = await hub.database.query<{ event: string; reason: string }>(
      'SELECT * FROM register.refused_event',
    );
    expect(rows.map(({ event, reason }) => [JSON.parse(event).subject, reason])).toEqual(
      rows.map(() => [`vek/${refused}`, expect.stringContaining('no_poison')]),
    );
    expect(rows.length).toBeGreaterThan(0);
    expect(await health()).toMatchObject({ refusedEvents: rows.length });
    const lines = errors.splice(told);
    expect(lines).toEqual(rows.map(() => expect.stringContaining('is set aside')));

    await stop();
    await hub.database.query('ALTER TABLE register.entry DROP CONSTRAINT no_poison');
    await start();
    await eventually('the entry of the card that was refused', () => entryOf(vp, refused));
    // each of its events by itself
    await eventually('nothing is set aside any more', async () => (await health()).refusedEvents === 0);
    expect((await hub.database.query('SELECT 1 FROM register.refused_event')).rows).toEqual([]);
  });

  it('M20 M21 a VEK handed to a police is an entry with nothing typed again, kept up to date until its outcome', async () => {
    const fields = {
      typeCode: 'police.theft',
      priority: 'P2',
      lon: 24.1059,
      lat: 56.946,
      accuracyM: 40,
      address: 'Brīvības iela 1, Rīga',
      summary: 'Nozagts velosipēds',
    };
    const vekId = await newVek(vp, { ...fields, offerTo: ['RPP', 'VUGD'] });
    await eventually('the entry of who took the report', () => entryOf(vp, vekId));
    expect(await entryOf(rpp, vekId)).toBeUndefined(); // offered is not handed
    await answer(vekId, 'accepted', rpp);
    const handed = await eventually('the entry', () => entryOf(rpp, vekId));
    expect(handed).toMatchObject({ ...fields, vekId, partStatus: 'accepted', closedAt: null, dispatchedAt: null });
    expect(handed.number).toMatch(/^RPP-20\d\d-\d{6}$/);

    const crew = await createCrew(hub.api, await hub.api.admin(), 'RPP', { kind: 'patrol' });
    const assignmentId = uuidv7();
    await hub.api.ok('POST', `/api/v1/veks/${vekId}/assignments`, { id: assignmentId, unitId: crew.unitId }, rpp);
    for (const status of ['en_route', 'on_scene', 'available'])
      await hub.api.ok('POST', `/api/v1/units/${crew.unitId}/status`, { status, reason: 'pa radio' }, rpp);
    const done = await eventually('the work', async () => {
      const entry = await entryOf(rpp, vekId);
      return entry?.partStatus === 'done' ? entry : undefined;
    });
    expect(done.dispatchedAt).toBeGreaterThan(0);
    expect(done.onSceneAt).toBeGreaterThanOrEqual(done.dispatchedAt as number);
    await hub.api.ok(
      'POST',
      `/api/v1/veks/${vekId}/close`,
      { version: await versionOf(vekId, vp), outcome: { code: 'administrative_case' } },
      vp,
    );
    const closed = await eventually('the outcome', async () => {
      const entry = await entryOf(rpp, vekId);
      return entry?.closedAt === null ? undefined : entry;
    });
    expect(closed).toMatchObject({
      id: handed.id,
      number: handed.number,
      vekStatus: 'closed',
      outcomeCode: 'administrative_case',
    });
    // the entry says what the card says when it is read: that may be before the event of it is
    const types = await eventually('the trail to the end', async () => {
      const path = `/api/v1/entries/${closed.id}`;
      const { trail } = await api().ok<{ trail: { type: string }[] }>('GET', path, undefined, rpp);
      const told = trail.map(({ type }) => type);
      return told.includes('lv.vanags.vek.closed.v1') && told;
    });
    for (const type of [
      'vek.created',
      'vek.service_accepted',
      'assignment.created',
      'unit.status_changed',
      'vek.closed',
    ])
      expect(types).toContain(`lv.vanags.${type}.v1`);
  });

  it('M20 what was refused, or is for others, is no entry', async () => {
    const refused = await newVek(vp, { offerTo: ['RPP'] });
    await answer(refused, 'refused', rpp);
    const vugd = await hub.api.token('VUGD', 'dispatcher', 'call_taker');
    const others = await newVek(vugd);
    const last = await newVek(rpp);
    await eventually('a later one', () => entryOf(rpp, last));
    const ids = [...(await entries(rpp)), ...(await entries(vp))].map(({ vekId }) => vekId);
    expect(ids.filter((id) => id === others)).toEqual([]);
    expect((await entries(rpp)).map(({ vekId }) => vekId)).not.toContain(refused);
  });

  it('M21 an entry stays when the part is given back, and says into which card its own was merged', async () => {
    const vekId = await newVek(vp, { offerTo: ['RPP'] });
    await answer(vekId, 'accepted', rpp);
    const { agencyId } = await eventually('the entry', () => entryOf(rpp, vekId));
    await hub.api.ok(
      'POST',
      `/api/v1/veks/${vekId}/services/${agencyId}/return`,
      { reason: 'nav brīvas ekipāžas' },
      rpp,
    );
    await eventually('it is given back', async () => (await entryOf(rpp, vekId))!.partStatus === 'returned');
    const survivor = await newVek(vp);
    const merge = {
      version: await versionOf(vekId, vp),
      intoVekId: survivor,
      intoVersion: await versionOf(survivor, vp),
    };
    await hub.api.ok('POST', `/api/v1/veks/${vekId}/merge`, merge, vp);
    const merged = await eventually('the merge', async () => {
      const entry = await entryOf(vp, vekId);
      return entry?.mergedInto === survivor ? entry : undefined;
    });
    expect(merged.vekStatus).toBe('merged');
  });

  it('M22 all of the feed once more changes nothing: no entry, number, event or time', async () => {
    await eventually('all of it', async () => (await entries(vp)).length >= 2);
    await stop();
    const before = await rows();
    const trail = async () =>
      (
        await hub.database.query<{ event_id: string }>(
          'SELECT event_id FROM register.entry_event ORDER BY at, event_id',
        )
      ).rows;
    const trailBefore = await trail();
    await hub.database.query('DELETE FROM register.follower');
    await start();
    const last = await newVek(vp);
    await eventually('a new one', () => entryOf(vp, last));
    expect((await rows()).slice(0, before.length)).toEqual(before);
    expect((await trail()).slice(0, trailBefore.length)).toEqual(trailBefore);
  });

  it('M23 each agency reads its own, the operator’s people all, and nobody without a token', async () => {
    const own = (await entries(vp))[0]!;
    expect((await api().call('GET', '/api/v1/entries')).status).toBe(401);
    expect((await api().call('GET', '/api/v1/entries', undefined, 'rubbish')).body.code).toBe('token_invalid');
    const integrator = await hub.api.token('VP', 'integrator');
    expect((await api().call('GET', '/api/v1/entries', undefined, integrator)).body.code).toBe('role_not_allowed');
    expect((await api().call('GET', `/api/v1/entries/${own.id}`, undefined, rpp)).status).toBe(404);
    const theirs = await api().call('GET', `/api/v1/entries?agency=${own.agencyId}`, undefined, rpp);
    expect([theirs.status, theirs.body.code]).toEqual([403, 'agency_not_allowed']);
    const operator = await hub.api.admin();
    expect(new Set((await entries(operator)).map(({ agencyId }) => agencyId)).size).toBe(2);
    expect((await entries(operator, `&agency=${own.agencyId}`)).length).toBe((await entries(vp)).length);
  });

  // processes take seconds to start, and the transaction that this is about is the same on both databases
  it.skipIf(databaseKind !== 'postgres')(
    'M24 killed at random while VEKs flow: one entry each, numbers without gaps',
    async () => {
      await stop();
      const seed = 20_261_122;
      const random = createRandom(seed, 'register');
      const spawnRegister = () => {
        child = spawn(process.execPath, [...TYPESCRIPT_ARGS, MAIN], {
          env: { PATH: process.env.PATH, ...env() },
          stdio: 'ignore',
        });
      };
      const killRegister = async () => {
        const ended = new Promise((resolve) => child!.once('exit', resolve));
        child!.kill('SIGKILL');
        await ended;
        child = undefined;
      };
      if (child !== undefined) await killRegister(); // that of a first try
      const { rows: old } = await hub.database.query<{ id: number }>('SELECT max(id) AS id FROM register.entry');
      const known = async () =>
        (await hub.database.query('SELECT id FROM register.entry WHERE id > $1', [old[0]!.id])).rows.length;
      const veks: string[] = [];
      for (let round = 1; round <= 2; round++) {
        spawnRegister();
        for (let i = 0; i < 15; i++) veks.push(await newVek(vp));
        // somewhere in the middle of its work
        const some = 1 + random.below(10);
        const until = (round - 1) * 15 + some;
        await eventually(`${until} entries, seed ${seed}`, async () => (await known()) >= until, 100_000);
        await killRegister();
      }
      await start();
      // and two at once: only one of them stores a batch
      const second = await startRegister(readModuleSettings({ ...env(), PORT: '0' }, 0, ['registrar']), log);
      for (let i = 0; i < 10; i++) veks.push(await newVek(vp));
      await eventually('all of them', () => entryOf(vp, veks.at(-1)!), 100_000);
      await second.stop();
      const mine = await entries(vp);
      const registered = mine.map(({ vekId }) => vekId).filter((id) => veks.includes(id));
      expect(registered.sort(), `seed ${seed}`).toEqual([...veks].sort());
      const numbers = mine.map(({ number }) => Number(number.split('-')[2])).sort((a, b) => a - b);
      expect(numbers, `seed ${seed}`).toEqual(numbers.map((_, i) => i + 1));
    },
    300_000,
  );

  it('M31 an event that came to the agency itself is entered by hand, once, and changed by who knows its version', async () => {
    const registrar = await hub.api.token('RPP', 'registrar');
    const id = uuidv7();
    const fields = {
      typeCode: 'police.noise',
      priority: 'P4',
      lon: 24.11,
      lat: 56.95,
      address: 'Čaka iela 12-5, Rīga',
      summary: 'Trokšņo kaimiņi',
    };
    const receivedAt = new Date(Date.now() - 3_600_000).toISOString();
    const enter = (body: object = {}, token = registrar) =>
      api().call<Entry & { code: string }>('POST', '/api/v1/entries', { id, receivedAt, ...fields, ...body }, token);
    const [first, second] = await Promise.all([enter(), enter()]);
    expect([first.status, second.status].sort()).toEqual([200, 201]);
    expect(second.body).toEqual(first.body);
    const { body: made } = first;
    expect(made).toMatchObject({ ...fields, vekId: null, channel: 'manual', partStatus: 'own', version: 1 });
    expect(made).toMatchObject({ receivedAt: Date.parse(receivedAt), enteredBy: 'RPP-registrar', closedAt: null });
    const numbers = (await entries(rpp)).map(({ number }) => Number(number.split('-')[2])).sort((a, b) => a - b);
    expect(numbers).toEqual(numbers.map((_, i) => i + 1));

    const change = (of: number, body: object) =>
      api().call<Entry & { code: string }>('PATCH', `/api/v1/entries/${of}`, body, registrar);
    const closed = await change(made.id, { version: 1, closedAt: new Date().toISOString(), outcomeCode: 'warned' });
    expect(closed.body).toMatchObject({ ...fields, version: 2, outcomeCode: 'warned', number: made.number });
    expect((await change(made.id, { version: 1, summary: 'x' })).body.code).toBe('version_conflict');
    expect((await change(made.id, { version: 2, outcomeCode: 'warned' })).body.version).toBe(2); // the same already
    const early = new Date(Date.parse(receivedAt) - 1000).toISOString();
    expect((await change(made.id, { version: 2, onSceneAt: early })).body.code).toBe('times_inverted');
    const ofVek = await newVek(rpp);
    const follows = await eventually('an entry of a VEK', () => entryOf(rpp, ofVek));
    expect((await change(follows.id, { version: 1, summary: 'x' })).body.code).toBe('follows_vek');
    const { trail } = await api().ok<{ trail: { type: string; subject: string; data: object }[] }>(
      'GET',
      `/api/v1/entries/${made.id}`,
      undefined,
      rpp,
    );
    expect(trail.map(({ type, subject }) => [type, subject])).toEqual([
      ['entered', 'RPP-registrar'],
      ['changed', 'RPP-registrar'],
    ]);
    expect(trail[1]!.data).toMatchObject({ outcomeCode: 'warned' });

    // nobody else, nothing that makes no sense
    expect((await enter({}, rpp)).body.code).toBe('role_not_allowed');
    expect((await enter({}, await hub.api.token('VUGD', 'registrar'))).body.code).toBe('agency_not_allowed');
    for (const wrong of [{ lat: null }, { receivedAt: '2999-01-01T00:00:00Z' }, { typeCode: null }, { lon: 181 }])
      expect((await enter({ id: uuidv7(), ...wrong })).status, JSON.stringify(wrong)).toBe(400);
  });

  it('M32 a code that is retired stays readable and cannot be used any more; one that is not known cannot be used at all', async () => {
    const operator = await hub.api.admin();
    const registrar = await hub.api.token('RPP', 'registrar');
    const codes = ['police.noise', 'police.theft'].map((code) => ({
      code,
      labelLv: `${code} lv`,
      labelEn: `${code} en`,
      validFrom: '2020-01-01',
      validTo: null as string | null,
    }));
    const put = (given: object, token = operator) =>
      api().call<{ written: number; retired: number }>('PUT', '/api/v1/classifiers/type', { codes: given }, token);
    const used = async (typeCode: string, receivedAt = new Date().toISOString()) => {
      const entry = { id: uuidv7(), receivedAt, typeCode };
      const { status, body } = await api().call('POST', '/api/v1/entries', entry, registrar);
      return body.code ?? status;
    };
    expect(await used('police.anything')).toBe(201); // no codes yet
    expect((await put(codes, registrar)).status).toBe(403);
    expect((await put(codes)).body).toEqual({ written: 2, retired: 0 });
    expect((await put(codes)).body).toEqual({ written: 0, retired: 0 });
    expect(await used('police.theft')).toBe(201);
    expect((await put(codes.slice(0, 1))).body).toEqual({ written: 0, retired: 1 });
    expect(await used('police.theft')).toBe('code_retired');
    expect(await used('police.theft', new Date(Date.now() - 2 * DAY_MS).toISOString())).toBe(201); // of when it was good
    expect(await used('police.theft', '2019-01-01T00:00:00Z')).toBe('code_retired');
    expect(await used('police.thef')).toBe('code_unknown');
    const told = await api().ok<{ codes: typeof codes }>('GET', '/api/v1/classifiers/type', undefined, rpp);
    expect(told.codes.map(({ code }) => code)).toEqual(['police.noise', 'police.theft']);
    expect(told.codes[0]).toEqual(codes[0]);
    expect(told.codes[1]).toMatchObject({ ...codes[1], validTo: expect.stringMatching(/^20\d\d-\d\d-\d\d$/) });
    expect((await put([codes[0], codes[0]])).status).toBe(400);
    // what a card brings is registered as it is: the register does not judge 112
    const vekId = await newVek(rpp, { typeCode: 'police.unheard_of' });
    await eventually('its entry', () => entryOf(rpp, vekId));
    await hub.database.query('DELETE FROM register.code');
  });

  it('M33 words are found with or without diacritics and case, by their beginnings, numbers as they are', async () => {
    const seed = 3371;
    const random = createRandom(seed, 'register words');
    const streets = ['Brīvības', 'Čaka', 'Ķengaraga', 'Lāčplēša', 'Žagatu'];
    const folded = (text: string) =>
      text
        .normalize('NFD')
        .replace(/\p{M}/gu, '')
        .toLowerCase()
        .match(/[a-z0-9]+/g) ?? [];
    const registrar = await hub.api.token('RPP', 'registrar');
    const receivedAt = new Date().toISOString();
    for (let i = 0; i < 12; i++) {
      const address = `${random.pick(streets)} iela ${1 + random.below(3)}-${10 + random.below(3)}`;
      const summary = random.pick(['zagts ŪDENSMĒRĪTĀJS', 'suns bez saimnieka', 'Lāču iela', '']) || null;
      const entry = { id: uuidv7(), typeCode: 'police.noise', receivedAt, address, summary };
      await api().ok('POST', '/api/v1/entries', entry, registrar);
    }
    const all = await entries(rpp);
    const ask = async (q: string) => {
      const found = await api().ok<{ entries: Entry[] }>('POST', '/api/v1/entries/search', { q, limit: 500 }, rpp);
      return found.entries.map(({ number }) => number).sort();
    };
    for (const q of [
      'brivibas',
      'BRĪV',
      'lac',
      'lāč 2',
      'iela 1-11',
      'udensmer',
      'caka 11',
      'bez suns',
      'nav tāda',
      '1',
    ]) {
      const wanted = all.filter(({ address, summary }) => {
        const words = folded(`${address ?? ''} ${summary ?? ''}`);
        return folded(q).every((asked) =>
          words.some((word) => (/\d/.test(asked) ? word === asked : word.startsWith(asked))),
        );
      });
      expect(await ask(q), `${q}, seed ${seed}`).toEqual(wanted.map(({ number }) => number).sort());
    }
    const one = all[0]!.number;
    expect(await ask(one.toLowerCase())).toContain(one);
    for (const nothing of ['!!!', "' | & ! :* \\", '%_']) expect(await ask(nothing)).toEqual([]);
    // in a URL they are refused, not passed over: whoever asks so would take all entries for what was found
    for (const query of ['q=brivibas', 'type=%00', 'limit='])
      expect((await api().call('GET', `/api/v1/entries?${query}`, undefined, rpp)).status, query).toBe(400);
  });

  it('M34 who reads entries is written down, with purpose and address, the first time in ten minutes; so is each change; for good', async () => {
    const { id } = (await entries(vp))[0]!;
    const log = async (subject: string) =>
      (
        await hub.database.query(
          'SELECT purpose, source_ip, action, entry_id::int FROM register.access_log WHERE subject = $1 ORDER BY seq',
          [subject],
        )
      ).rows;
    /** Somebody new each time, so that this can be tried again. */
    const somebody = async (role: string) => {
      const subject = `${role} ${uuidv7()}`;
      const person = { agency: 'VP', roles: [role], subject };
      return { subject, ...(await hub.api.ok<{ token: string }>('POST', '/api/v1/demo/token', person)) };
    };
    const [commander, registrar] = [await somebody('commander'), await somebody('registrar')];
    for (let i = 0; i < 2; i++) {
      await entries(commander.token);
      await api().ok('GET', `/api/v1/entries/${id}`, undefined, commander.token);
    }
    const usual = { purpose: 'event_register', source_ip: '127.0.0.1' };
    expect(await log(commander.subject)).toEqual([
      { ...usual, action: 'list_entries', entry_id: null },
      { ...usual, action: 'read_entry', entry_id: id },
    ]);
    const made = { id: uuidv7(), typeCode: 'police.noise', receivedAt: new Date().toISOString() };
    const entry = await api().ok<Entry>('POST', '/api/v1/entries', made, registrar.token);
    const change = { version: entry.version, summary: 'x' };
    await api().ok('PATCH', `/api/v1/entries/${entry.id}`, change, registrar.token);
    expect(await log(registrar.subject)).toEqual([
      { ...usual, action: 'create_entry', entry_id: entry.id },
      { ...usual, action: 'change_entry', entry_id: entry.id },
    ]);
    const headers = { authorization: `Bearer ${commander.token}`, 'x-forwarded-for': '192.0.2.7, 198.51.100.4' };
    expect((await fetch(`${api().url}/api/v1/entries/${id}`, { headers })).status).toBe(200);
    expect((await log(commander.subject)).at(-1)).toMatchObject({ action: 'read_entry', source_ip: '198.51.100.4' });
    for (const done of ['DELETE FROM', 'TRUNCATE'])
      await expect(hub.database.query(`${done} register.access_log`)).rejects.toThrow('only grows');
  });

  it('M41 a registrar enters an event at the page, finds it and changes it, by forms alone and each once; nobody else does', async () => {
    const page = new PageVisitor(api().url);
    expect(await page.get('/')).toMatchObject({ status: 303, to: '/sign-in' });
    expect((await page.get('/sign-in')).text).toContain('Pieteikties');
    const signIn = async (...roles: string[]) =>
      page.submit('/sign-in', { token: await hub.api.token('RPP', ...roles) });
    expect((await signIn('dispatcher')).status).toBe(403);
    expect(await signIn('registrar')).toMatchObject({ status: 303, to: '/' });
    expect(page.setCookie).toMatch(/HttpOnly.*SameSite=Strict/);

    const empty = await page.get('/new');
    const typed = {
      id: fieldOf(empty, 'id'),
      typeCode: 'police.noise',
      priority: 'P3',
      address: 'Tērbatas iela 7',
      place: '56,955; 24,12',
      summary: '<script>alert(1)</script>',
      receivedAt: '2026-01-15T12:30', // two hours ahead of UTC
    };
    expect((await page.submit('/new', typed, 'https://elsewhere.example')).status).toBe(403);
    const wrong = await page.submit('/new', { ...typed, receivedAt: '2026-02-30T12:00' });
    expect(wrong.status).toBe(422);
    expect(wrong.text).toContain('Tērbatas iela 7'); // what was typed stays
    const made = await page.submit('/new', typed);
    expect([made.status, made.to]).toEqual([303, expect.stringMatching(/^\/entries\/\d+$/)]);
    expect(await page.submit('/new', typed)).toMatchObject({ to: made.to });
    const read = () => api().ok<Entry>('GET', `/api/v1${made.to}`, undefined, rpp);
    expect(await read()).toMatchObject({
      ...{ typeCode: 'police.noise', priority: 'P3', address: 'Tērbatas iela 7', lon: 24.12, lat: 56.955, version: 1 },
      receivedAt: Date.UTC(2026, 0, 15, 10, 30),
      enteredBy: 'RPP-registrar',
    });

    const shown = await page.get(made.to!);
    expect(shown.text).toContain('&lt;script&gt;alert(1)');
    expect(shown.text).not.toContain('<script>');
    const change = { ...typed, version: fieldOf(shown, 'version'), summary: 'Klusums', closedAt: '2026-01-15T13:00' };
    expect(await page.submit(made.to!, change)).toMatchObject({ status: 303 });
    expect(await read()).toMatchObject({ summary: 'Klusums', closedAt: Date.UTC(2026, 0, 15, 11), version: 2 });
    const stale = await page.submit(made.to!, { ...change, summary: 'Vecais' });
    expect([stale.status, fieldOf(stale, 'version')]).toEqual([409, '2']);
    expect(stale.text).toContain('Klusums');
    const found = await page.submit('/search', { q: 'terbatas' });
    expect(found.text).toContain(`href="${made.to}"`);

    const other = new PageVisitor(api().url);
    await other.submit('/sign-in', { token: await hub.api.token('VP', 'registrar') });
    expect((await other.get(made.to!)).status).toBe(404);
    expect((await other.submit(made.to!, change)).status).toBe(404);
    await other.submit('/sign-in', { token: await hub.api.token('VUGD', 'registrar') });
    expect((await other.get('/')).status).toBe(403);
    await page.submit('/sign-out', {});
    expect(await page.get(made.to!)).toMatchObject({ status: 303, to: '/sign-in' });
  });

  let rounds = 0;
  it('M25 M26 lists and maps are what a look at every entry finds', async () => {
    const seed = 4_550_000;
    const random = createRandom(seed, 'register');
    // further back each time, so that this can be tried again
    const since = Date.UTC(2021 - 5 * rounds++, 6, 1);
    const { agencyId } = (await entries(vp))[0]!;
    const types = ['police.theft', 'police.noise', 'police.burglary_now'];
    const made = Array.from({ length: 400 }, (_, i) => ({
      number: `VP-${since}-${i}`,
      type_code: random.pick(types),
      // whole hours, some of them the same; half in some days, half in years
      at: since + random.below(random.chance(0.5) ? 300 : 30_000) * 1000 * 3600,
      lon: random.chance(0.1) ? null : 21 + random.next() * 7,
      lat: 55.7 + random.next() * 2.3,
      closed: random.chance(0.5),
    }));
    await hub.database.query(
      `INSERT INTO register.entry (agency_id, number, vek_id, vek_number, vek_version, taken_by, channel, type_code, place, vek_status,
         part_status, received_at, closed_at)
       SELECT $1, number, gen_random_uuid(), 1, 1, $1, 'voice', type_code,
         CASE WHEN lon IS NULL THEN NULL ELSE ST_SetSRID(ST_MakePoint(lon, lat), 4326) END, 'closed', 'done',
         to_timestamp(at / 1000.0), CASE WHEN closed THEN now() END
       FROM jsonb_to_recordset($2::jsonb) AS m(number text, type_code text, at float8, lon float8, lat float8, closed boolean)`,
      [agencyId, JSON.stringify(made)],
    );
    const iso = (ms: number) => new Date(ms).toISOString();
    for (let question = 0; question < 6; question++) {
      const from = since + random.below(6) * DAY_MS;
      const to = from + (1 + random.below(8)) * DAY_MS;
      const type = random.chance(0.5) ? undefined : random.pick(types);
      const open = random.chance(0.3);
      const of = (each: (typeof made)[number]) =>
        each.at >= from && each.at < to && (type === undefined || each.type_code === type);
      const told = `seed ${seed}, question ${question}`;
      // pages of seven, one after the other
      const found: string[] = [];
      for (let after: string | null = ''; after !== null; ) {
        const query = new URLSearchParams({ from: iso(from), to: iso(to), limit: '7', open: open ? '1' : '0' });
        if (type !== undefined) query.set('type', type);
        if (after !== '') query.set('after', after);
        const page: { entries: Entry[]; next: string | null } = await api().ok(
          'GET',
          `/api/v1/entries?${query}`,
          undefined,
          vp,
        );
        for (const [i, entry] of page.entries.entries())
          if (i > 0) expect(entry.receivedAt, told).toBeLessThanOrEqual(page.entries[i - 1]!.receivedAt);
        found.push(...page.entries.map(({ number }) => number));
        after = page.next;
      }
      const listed = made.filter((each) => of(each) && !(open && each.closed)).map(({ number }) => number);
      expect(found.sort(), told).toEqual(listed.sort());

      // of days, or of years
      const until = random.chance(0.5) ? to : from + (1 + random.below(4)) * 400 * DAY_MS;
      const [west, south] = [21 + random.next() * 4, 55.7 + random.next()];
      const [east, north] = [west + 0.5 + random.next() * 3, south + 0.3 + random.next()];
      const query = new URLSearchParams({ from: iso(from), to: iso(until), box: [west, south, east, north].join() });
      if (type !== undefined) query.set('type', type);
      const map = await api().ok<{
        total: number;
        box: [number, number, number, number];
        cellDeg: number;
        cells: { lon: number; lat: number; count: number }[];
        entries: { number: string }[];
      }>('GET', `/api/v1/map?${query}`, undefined, vp);
      const [w, s, e, n] = map.box;
      for (const margin of [west - w, south - s, e - east, n - north]) {
        expect(margin, told).toBeGreaterThanOrEqual(0);
        expect(margin, told).toBeLessThan(map.cellDeg);
      }
      const inside = made.filter(
        ({ at, type_code, lon, lat }) =>
          at >= from &&
          at < until &&
          (type ?? type_code) === type_code &&
          lon !== null &&
          lon >= w &&
          lon < e &&
          lat >= s &&
          lat < n,
      );
      expect(map.entries.map(({ number }) => number).sort(), told).toEqual(inside.map(({ number }) => number).sort());
      expect(map.total, told).toBe(inside.length);
      const counts = new Map<string, number>();
      for (const { lon, lat } of inside) {
        const middle = [lon!, lat].map((deg) => (Math.floor(deg / map.cellDeg) + 0.5) * map.cellDeg).join();
        counts.set(middle, (counts.get(middle) ?? 0) + 1);
      }
      expect(new Map(map.cells.map(({ lon, lat, count }) => [`${lon},${lat}`, count])), told).toEqual(counts);
    }
  });

  it('M35 what a map has counted ahead is what a look at every entry counts, whatever was written', async () => {
    const { database } = hub;
    const counted = (from: string) =>
      database.query(`SELECT level, x, y, year::int, agency_id, entries::int FROM ${from} ORDER BY 1, 2, 3, 4, 5`);
    const isRight = async (what: string) => {
      const all = await counted(`(
        SELECT level, floor(ST_X(place) * 2 ^ level) AS x, floor(ST_Y(place) * 2 ^ level) AS y,
               extract(year FROM received_at AT TIME ZONE 'UTC') AS year, agency_id, count(*) AS entries
        FROM register.entry CROSS JOIN generate_series(0, 9) AS level WHERE place IS NOT NULL GROUP BY 1, 2, 3, 4, 5) AS c`);
      expect((await counted('register.year_cell WHERE entries <> 0')).rows, what).toEqual(all.rows);
    };
    await isRight('what the tests before made');
    const moves = [
      'SET place = ST_Translate(place, 0.01, -0.3) WHERE id % 3 = 0',
      "SET received_at = received_at + interval '170 days' WHERE id % 5 = 0",
      'SET place = NULL WHERE id % 7 = 0',
      'SET place = ST_SetSRID(ST_MakePoint(-24.5, -0.001), 4326) WHERE place IS NULL AND id % 2 = 0',
    ];
    for (const move of moves) await database.query(`UPDATE register.entry ${move}`);
    await isRight('moved');
    await database.query('DELETE FROM register.entry WHERE id % 4 = 0');
    await isRight('removed');
  });

  it('M23 every operation, for every role of each kind of agency, is as this table says', async () => {
    const { id } = (await entries(vp))[0]!;
    const readers = ['registrar', 'dispatcher', 'commander', 'admin'];
    const [ours, any, operator] = [['VP'], ['VP', 'VUGD', 'IEMIC'], ['IEMIC']];
    const box = 'box=20,55,29,58&from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z';
    const code = { code: 'none', labelLv: 'x', labelEn: 'x', validFrom: '2026-01-01', validTo: null };
    const entry = { id: uuidv7(), typeCode: 'not.there', receivedAt: '2026-01-01T00:00:00Z' };
    type Asked = readonly [
      method: string,
      path: string,
      roles: readonly string[],
      whose: readonly string[],
      body?: object,
    ];
    const OPERATIONS: Readonly<Record<string, Asked>> = {
      getEntries: ['GET', '/entries?limit=1', readers, any],
      findEntries: ['POST', '/entries/search', readers, any, { q: 'x', limit: 1 }],
      getEntry: ['GET', `/entries/${id}`, readers, ['VP', 'IEMIC']],
      getMap: ['GET', `/map?${box}`, readers, any],
      createEntry: ['POST', '/entries', ['registrar'], ours, entry],
      changeEntry: ['PATCH', `/entries/${id}`, ['registrar'], ours, { version: 0 }],
      getClassifier: ['GET', '/classifiers/outcome', readers, any],
      importClassifier: ['PUT', '/classifiers/outcome', ['admin'], operator, { codes: [code] }],
    };
    const { paths } = await api().ok<{ paths: Record<string, Record<string, { operationId: string }>> }>(
      'GET',
      '/openapi.json',
    );
    const described = Object.values(paths).flatMap((path) => Object.values(path).map(({ operationId }) => operationId));
    expect(described.sort()).toEqual(Object.keys(OPERATIONS).sort());
    const people = await Promise.all(
      ROLES.flatMap((role) => any.map(async (agency) => ({ role, agency, token: await hub.api.token(agency, role) }))),
    );
    const refusals = new Set(['token_missing', 'role_not_allowed', 'agency_not_allowed', 'not_found']);
    for (const [name, [method, path, roles, whose, body]] of Object.entries(OPERATIONS)) {
      const ask = async (token?: string) => {
        const { status, body: told } = await api().call(method, `/api/v1${path}`, body, token);
        expect(status, name).toBeLessThan(500);
        return refusals.has(told?.code ?? '') ? told!.code : 'through';
      };
      expect(await ask(), name).toBe('token_missing');
      const refused = name === 'getEntry' ? 'not_found' : 'agency_not_allowed';
      for (const { role, agency, token } of people) {
        const wanted = !roles.includes(role) ? 'role_not_allowed' : whose.includes(agency) ? 'through' : refused;
        expect(await ask(token), `${name}, ${role} of ${agency}`).toBe(wanted);
      }
    }
  });
});
