import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newName } from '../harness/new-name.js';
import {
  createAgency,
  createHome,
  databaseIsThere,
  databaseKind,
  eventually,
  startTestTracker,
  type TestHome,
  type TestTracker,
} from '../harness/test-tracker.js';

interface Imported {
  readonly added: number;
  readonly unchanged: number;
  readonly code?: string;
  readonly errors?: readonly { readonly line: number; readonly column: number; readonly code: string }[];
}
interface Choice {
  readonly card: {
    readonly id: string;
    readonly code: string;
    readonly version: number;
    readonly textLv: string;
    readonly textEn: string;
  } | null;
  readonly notChosen: readonly {
    readonly code: string;
    readonly reason: { readonly code: string; readonly by?: string };
  }[];
}

const line = (capability: string, quantity = 1) => ({ capability, quantity, service: 'VUGD', need: 'must', each: 1 });

describe.skipIf(!databaseIsThere)('run cards', () => {
  let home: TestHome;
  let hub: TestTracker;
  let admin: string;
  let dispatcher: string;

  beforeAll(async () => {
    home = await createHome();
    hub = await startTestTracker(home);
    admin = await hub.api.admin();
    await createAgency(hub.api, admin, 'VUGD');
    dispatcher = await hub.api.token('VUGD', 'dispatcher');
    const square = (code: string, west: number) => ({
      id: uuidv7(),
      agencyCode: 'IEMIC',
      kind: 'municipality',
      code,
      nameLv: code,
      nameEn: code,
      approximate: false,
      boundary: {
        type: 'Polygon',
        coordinates: [
          [
            [west, 56],
            [west + 1, 56],
            [west + 1, 57],
            [west, 57],
            [west, 56],
          ],
        ],
      },
    });
    const rows = [square('0001', 24), square('0002', 25)].map((row) => JSON.stringify(row)).join('\n');
    await hub.api.ok('POST', '/api/v1/import/territories', rows, admin);
    const { places } = hub.tracker.core.dispatch;
    await eventually('the territories are known', () => places.lastKnown([24.5, 56.5] as never).grounds.length === 1);
  });
  afterAll(async () => {
    await hub.stop();
    await home.remove();
    expect(hub.errors).toEqual([]);
  });

  async function put(file: string, type: string, token = admin): Promise<{ status: number; body: Imported }> {
    const response = await fetch(`${hub.api.url}/api/v1/run-cards`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${token}`, 'content-type': type },
      body: file,
    });
    return { status: response.status, body: (await response.json()) as Imported };
  }
  const putJson = (cards: object[], token?: string) =>
    put(JSON.stringify({ runCards: cards }, null, 1), 'application/json', token);
  const file = async (format: string) =>
    (
      await fetch(`${hub.api.url}/api/v1/run-cards?format=${format}`, {
        headers: { authorization: `Bearer ${dispatcher}` },
      })
    ).text();
  const choice = (query: Record<string, string>) =>
    hub.api.ok<Choice>('GET', `/api/v1/run-cards/choice?${new URLSearchParams(query)}`, undefined, dispatcher);
  const here = { priority: 'P1', lon: '24.5', lat: '56.5' };

  it('D14 the most specific card that holds is chosen by type, priority, place, object, hours and day; the others say why not', async () => {
    const type = newName('d14');
    const named = (name: string) => `${type} ${name}`;
    const card = (name: string, more: object) => ({
      code: named(name),
      eventType: type,
      validFrom: '2026-01-01',
      requirements: [line('pump')],
      ...more,
    });
    const cards = [
      card('any', {}),
      card('p1', { priority: 'P1' }),
      card('there', { territory: '0002' }),
      card('refinery', { object: 'refinery' }),
      card('grass', { eventType: `${type}.grass` }),
      card('night', { priority: 'P1', window: { weekdays: [1, 2, 3, 4, 5, 6, 7], from: '22:00', to: '06:00' } }),
      card('next year', { validFrom: '2031-01-01' }),
    ];
    expect((await putJson(cards)).body).toEqual({ added: cards.length, unchanged: 0 });
    const noon = String(Date.parse('2026-06-10T09:00:00Z')); // in Rīga 12:00
    const chosen = async (query: Record<string, string>) =>
      (await choice({ ...here, typeCode: type, at: noon, ...query })).card?.code;
    expect(await chosen({})).toBe(named('p1'));
    expect(await chosen({ priority: 'P2' })).toBe(named('any'));
    expect(await chosen({ lon: '25.5', priority: 'P2' })).toBe(named('there'));
    expect(await chosen({ object: 'refinery' })).toBe(named('refinery'));
    expect(await chosen({ typeCode: `${type}.grass.dry` })).toBe(named('grass'));
    expect(await chosen({ at: String(Date.parse('2026-06-10T20:30:00Z')) })).toBe(named('night'));
    expect(await chosen({ typeCode: 'd14_none' })).toBeUndefined();
    const { notChosen } = await choice({ ...here, typeCode: type, at: noon });
    expect(Object.fromEntries(notChosen.map(({ code, reason }) => [code, reason.by ?? reason.code]))).toEqual({
      [named('any')]: 'priority',
      [named('there')]: 'other_territory',
      [named('refinery')]: 'other_object',
      [named('night')]: 'other_hours',
      [named('next year')]: 'not_yet_valid',
    });
  });

  it('D15 published again nothing changes; a version is never changed; a newer one takes its place; a withdrawn one is not chosen', async () => {
    const type = newName('d15');
    const card = (version: number, quantity: number) => ({
      code: type,
      version,
      eventType: type,
      validFrom: '2026-01-01',
      requirements: [line('pump', quantity)],
    });
    expect((await putJson([card(1, 1)])).body).toEqual({ added: 1, unchanged: 0 });
    expect((await putJson([card(1, 1)])).body).toEqual({ added: 0, unchanged: 1 });
    const changed = await putJson([card(1, 2)]);
    expect([changed.status, changed.body.code]).toEqual([409, 'card_version_taken']);
    const own = await hub.api.token('VUGD', 'admin');
    expect((await putJson([card(1, 1)], own)).body.code).toBe('card_version_taken');
    expect((await putJson([card(1, 1), card(2, 3)])).body).toEqual({ added: 1, unchanged: 1 });
    const asked = { ...here, typeCode: type };
    const newest = (await choice(asked)).card!;
    expect(newest.version).toBe(2);
    await hub.api.ok('DELETE', `/api/v1/run-cards/${newest.id}`, undefined, admin);
    expect((await choice(asked)).card!.version).toBe(1);
    expect((await putJson([card(2, 3)])).body.code).toBe('card_version_taken');
  });

  it('D16 a file is taken whole or not at all, and every error is named by line and column', async () => {
    const broken = `{ "runCards": [
  { "eventType": "d16", "validFrom": "2026-01-01",
    "requirements": [{ "capability": "pump", "quantity": 0, "service": "VUGD", "need": "must" }] },
  { "eventType": "d16", "validFrom": "2026-02-31", "requirements": [] }
] }`;
    const { status, body } = await put(broken, 'application/json');
    expect([status, body.code]).toEqual([422, 'run_cards_refused']);
    expect(body.errors!.map(({ line: at }) => at)).toEqual(expect.arrayContaining([3, 4]));
    expect((await choice({ ...here, typeCode: 'd16' })).card).toBeNull();
    const csv = 'event_type,valid_from,need,service,code,quantity\nd16,2026-01-01,must,VUGD,pump,many\n';
    const table = await put(csv, 'text/csv');
    expect(table.body.errors).toMatchObject([{ line: 2, column: 31 }]);
    // what the schema takes, the tables take
    const requirements = [line('pump')];
    const edge = { eventType: newName('d16.edge'), version: 2_147_483_647, validFrom: '0001-01-01', requirements };
    expect((await putJson([edge])).body).toEqual({ added: 1, unchanged: 0 });
    for (const wrong of [{ version: 2_147_483_648 }, { validFrom: '0000-12-31' }, { code: 'd16\0' }])
      expect((await putJson([{ ...edge, ...wrong }])).body.code, JSON.stringify(wrong)).toBe('run_cards_refused');
  });

  it('D17 what is exported, as JSON or as a table, imports again as the same', async () => {
    for (const [format, type] of [
      ['json', 'application/json'],
      ['csv', 'text/csv'],
    ] as const) {
      const exported = await file(format);
      const count = hub.tracker.core.dispatch.cards.all().length;
      expect(count).toBeGreaterThan(3);
      expect((await put(exported, type)).body, format).toEqual({ added: 0, unchanged: count });
      expect(await file(format)).toBe(exported);
    }
  });

  it('D18 a card is told as text in Latvian and in English', async () => {
    const requirements = [
      { capability: 'extinguish', quantity: 2, service: 'VUGD', need: 'must', each: 1 },
      { kind: 'crew', quantity: 9, service: 'VUGD', need: 'must' },
    ];
    await putJson([{ eventType: 'd18', validFrom: '2026-01-01', requirements }]);
    const { card } = await choice({ ...here, typeCode: 'd18' });
    expect(card!.textLv).toMatch(/\b9\b/);
    expect(card!.textEn).toMatch(/\b9\b/);
    expect(card!.textLv).not.toBe(card!.textEn);
  });

  it.skipIf(databaseKind !== 'postgres')('D19 every node knows the cards', async () => {
    const other = await startTestTracker(home, { NODE_ID: 'other' });
    try {
      const type = newName('d19');
      await putJson([{ eventType: type, validFrom: '2026-01-01', requirements: [line('pump')] }]);
      const { cards } = other.tracker.core.dispatch;
      const known = () => cards.all().find(({ card }) => card.eventType === type);
      const stored = await eventually('the other node has it', known);
      await hub.api.ok('DELETE', `/api/v1/run-cards/${stored.id}`, undefined, admin);
      await eventually('and no longer', () => known() === undefined);
    } finally {
      await other.stop();
    }
    expect(other.errors).toEqual([]);
  });
});
