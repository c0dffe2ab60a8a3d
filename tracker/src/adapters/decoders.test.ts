/** Bodies as off-the-shelf clients send them, and what each becomes: the fields worked out by hand from the clients' documents. */
import { describe, expect, it } from 'vitest';
import { FIX_FLAG } from '../protocol/crew.js';
import { geoPos } from './geo-pos.js';
import { gpslogger } from './gpslogger.js';
import { type Adapter, type AdapterRequest, type Decoded, MAX_MESSAGES, type Message } from './message.js';
import { osmand } from './osmand.js';
import { overland } from './overland.js';
import { owntracks } from './owntracks.js';

const NOW = 1_767_225_600_000; // 2026-01-01T00:00:00Z

function decoded(adapter: Adapter, request: Partial<AdapterRequest>): Extract<Decoded, { kind: 'messages' }> {
  const made = adapter.decode({
    query: '',
    contentType: '',
    header: () => undefined,
    body: '',
    receivedAt: NOW,
    ...request,
  });
  if (made.kind !== 'messages') throw new Error(`too many: ${made.count}`);
  return made;
}
const only = (adapter: Adapter, request: Partial<AdapterRequest>): Message => {
  const { messages } = decoded(adapter, request);
  expect(messages).toHaveLength(1);
  return messages[0]!;
};
const fix = (fields: object) => ({
  kind: 'fix',
  fix: {
    fixTime: NOW,
    lonE7: 241_059_000,
    latE7: 569_460_000,
    speedCmps: null,
    headingCdeg: null,
    accuracyDm: null,
    altitudeM: null,
    flags: 0,
    ...fields,
  },
});
const json = (value: unknown) => ({ contentType: 'application/json; charset=utf-8', body: JSON.stringify(value) });
const form = (body: string) => ({ contentType: 'application/x-www-form-urlencoded', body });

describe('OsmAnd query and form', () => {
  it('A1 reads every field; speed is in knots', () => {
    const request = {
      query:
        'id=phone-1&lat=56.946&lon=24.1059&timestamp=1767225600&speed=10&bearing=271.5&altitude=12.4&accuracy=4.25&hdop=0.9&batt=83.4&charge=true&valid=true&ignition=true&motion=true&rpm=900',
    };
    expect(decoded(osmand, request).names).toEqual(['phone-1']);
    expect(only(osmand, request)).toEqual({
      position: fix({
        speedCmps: 514, // 10 kn = 5.144 m/s
        headingCdeg: 27_150,
        accuracyDm: 43,
        altitudeM: 12,
        flags: FIX_FLAG.moving | FIX_FLAG.ignition,
      }),
      events: [],
      battery: { percent: 83, charging: true },
    });
  });

  it('A1 a form counts where the query says no more than who is asking', () => {
    const body = 'lat=56.946&lon=24.1059&timestamp=1767225600';
    expect(decoded(osmand, form(`id=x&${body}`)).names).toEqual(['x']);
    expect(only(osmand, form(`id=x&${body}`)).position).toEqual(fix({}));
    expect(only(osmand, { query: 'token=abc', ...form(body) }).position).toEqual(fix({}));
    expect(only(osmand, { query: `id=y&${body}`, ...form('lat=1&lon=1') }).position).toEqual(fix({}));
  });

  it.each([
    ['epoch seconds', '1767225600', NOW],
    ['epoch milliseconds', '1767225600000', NOW],
    ['the last second that counts as seconds', '2147483646', 2_147_483_646_000],
    ['the first number that counts as milliseconds', '2147483647', 2_147_483_647],
    ['seconds with a fraction', '1767225600.25', NOW + 250],
    ['ISO 8601', '2026-01-01T00:00:00Z', NOW],
    ['ISO 8601 with milliseconds and an offset', '2026-01-01T02:00:00.125%2B02:00', NOW + 125],
    ['an offset whose plus the query has eaten', '2026-01-01T02:00:00+02:00', NOW],
    ['west of Greenwich', '2025-12-31T19:00:00-0500', NOW],
    ['with a blank, taken for UTC', '2026-01-01 00:00:00', NOW],
  ])('A2 takes a time as %s', (_name, timestamp, expected) => {
    const query = `id=x&lat=56.946&lon=24.1059&timestamp=${timestamp}`;
    expect(only(osmand, { query }).position).toEqual(fix({ fixTime: expected }));
  });

  it.each(['yesterday', '-5', '', '1e300', '2026-13-01T00:00:00Z', '2026-02-30T00:00:00Z', '2026-01-01T25:00:00Z'])(
    'A2 a time that is none (%s) makes a rejected item, not a fix of now',
    (timestamp) => {
      const query = `id=x&lat=56.946&lon=24.1059&timestamp=${timestamp}`;
      expect(only(osmand, { query }).position).toMatchObject({ kind: 'rejected', code: 'item_malformed' });
    },
  );

  it('A2 without a time it is of now', () => {
    expect(only(osmand, { query: 'id=x&lat=56.946&lon=24.1059' }).position).toEqual(fix({}));
  });

  it.each([
    ['kn', 514],
    ['kmh', 278],
    ['mph', 447],
    ['mps', 1000],
    ['furlongs', 514],
  ])('A3 a source may say its own unit of speed: %s', (unit, speedCmps) => {
    const query = `id=x&lat=56.946&lon=24.1059&speed=10&speedUnit=${unit}`;
    expect(only(osmand, { query }).position).toEqual(fix({ speedCmps }));
  });

  it('A4 what a client does not know is unknown, however it says so', () => {
    for (const rest of [
      'speed=-1&bearing=-1&accuracy=-1',
      'speed=%25SPD&bearing={6}&accuracy=0&altitude=',
      'speed=1e9&bearing=361&accuracy=7000&altitude=40000',
    ])
      expect(only(osmand, { query: `id=x&lat=56.946&lon=24.1059&${rest}` }).position, rest).toEqual(fix({}));
  });

  it('A4 a place in one parameter, south and west', () => {
    expect(only(osmand, { query: 'id=x&location=-33.25,-70.5' }).position).toEqual(
      fix({ lonE7: -705_000_000, latE7: -332_500_000 }),
    );
    expect(only(osmand, { query: 'id=x&lat=0&lon=-0.00000001&bearing=-0' }).position).toEqual(
      fix({ lonE7: 0, latE7: 0, headingCdeg: 0 }),
    );
    expect(only(osmand, { query: 'id=x&lat=-16.8&lon=-180' }).position).toEqual(
      fix({ lonE7: -1_800_000_000, latE7: -168_000_000 }),
    );
  });

  it.each([
    ['lat=91&lon=24', 'item_out_of_range'],
    ['lat=56&lon=180.1', 'item_out_of_range'],
    ['lat=56', 'item_malformed'],
    ['lat=&lon=', 'item_malformed'],
    ['lat=NaN&lon=24', 'item_malformed'],
    ['lat=0x10&lon=24', 'item_malformed'],
    ['lat=%25LAT&lon=%25LON', 'item_malformed'],
    ['location=home', 'item_malformed'],
  ])('A5 %s is rejected as %s, and kept without who sent it', (rest, code) => {
    const { position } = only(osmand, { query: `id=my-token&token=secret&${rest}` });
    expect(position).toMatchObject({ kind: 'rejected', code });
    expect(JSON.stringify(position)).not.toMatch(/my-token|secret/);
  });

  it('A6 without coordinates it is a heartbeat', () => {
    const heartbeat = { kind: 'heartbeat', time: NOW - 1000 };
    expect(only(osmand, { query: `id=x&timestamp=${NOW - 1000}&batt=50` }).position).toEqual(heartbeat);
    expect(only(osmand, { query: 'id=x' }).position).toEqual({ kind: 'heartbeat', time: NOW });
  });

  it.each([
    ['lat=56.946&lon=24.1059&timestamp=1767225600&alarm=sos', NOW, 241_059_000, ''],
    ['timestamp=1767225600&alarm=SOS', NOW, null, ''],
    ['lat=91&lon=24&alarm=sos', NOW, null, ''],
    ['lat=56.946&lon=24.1059&timestamp=rubbish&alarm=sos', NOW, 241_059_000, ''],
    ['timestamp=1767139200&alarm=lowBattery,fallDown', NOW - 86_400_000, null, 'fallDown'],
  ])(
    'A7 a call for help is one with or without a place, late, and in a message that is broken: %s',
    (rest, time, lonE7, text) => {
      const { events } = only(osmand, { query: `id=x&${rest}` });
      expect(events).toEqual([{ kind: 'sos', time, lonE7, latE7: lonE7 === null ? null : 569_460_000, text }]);
    },
  );

  it('A7 other alarms are not a call for help', () => {
    expect(only(osmand, { query: 'id=x&lat=56&lon=24&alarm=lowBattery' }).events).toEqual([]);
  });

  it('A8 what its receiver calls invalid, or a mock, is an estimate', () => {
    for (const rest of ['valid=false', 'valid=0', 'mock=true'])
      expect(only(osmand, { query: `id=x&lat=56.946&lon=24.1059&${rest}` }).position).toEqual(
        fix({ flags: FIX_FLAG.estimated }),
      );
  });

  it('A9 answers with nothing: text would be a command', () => {
    expect(osmand.answer(['good']).body).toBe('');
  });
});

describe('Traccar JSON', () => {
  const location = {
    timestamp: '2026-01-01T00:00:00.000Z',
    coords: { latitude: 56.946, longitude: 24.1059, accuracy: 4.2, speed: 13.89, heading: 271.5, altitude: 12 },
    is_moving: true,
    odometer: 1234.5,
    event: 'motionchange',
    battery: { level: 0.83, is_charging: true },
    activity: { type: 'in_vehicle' },
    extras: {},
  };

  it('A10 reads the Traccar Client’s body; speed is in m/s', () => {
    const request = json({ device_id: 'phone-1', _: '&id=phone-1&lat=1&lon=1', location });
    expect(decoded(osmand, request).names).toEqual(['phone-1']);
    expect(only(osmand, request)).toEqual({
      position: fix({ speedCmps: 1389, headingCdeg: 27_150, accuracyDm: 42, altitudeM: 12, flags: FIX_FLAG.moving }),
      events: [],
      battery: { percent: 83, charging: true },
    });
  });

  it('A10 knows −1 for unknown, a heartbeat without coords, a mock, several at once', () => {
    const unknown = { ...location.coords, accuracy: -1, speed: -1, heading: -1, altitude: 12 };
    const still = {
      ...location,
      coords: unknown,
      is_moving: false,
      mock: true,
      battery: { level: -1, is_charging: false },
    };
    expect(only(osmand, json({ device_id: 7, location: still }))).toEqual({
      position: fix({ altitudeM: 12, flags: FIX_FLAG.estimated }),
      events: [],
      battery: { percent: null, charging: false },
    });
    const { coords: _none, ...heartbeat } = location;
    expect(only(osmand, json({ device_id: 'x', location: heartbeat })).position).toEqual({
      kind: 'heartbeat',
      time: NOW,
    });
    const both = decoded(osmand, json({ device_id: 'x', location: [location, heartbeat] })).messages;
    expect(both.map(({ position }) => position.kind)).toEqual(['fix', 'heartbeat']);
  });

  it('A10 raises its alarm, also without coords', () => {
    const { coords: _none, ...rest } = location;
    for (const alarmed of [
      { ...rest, alarm: 'sos' },
      { ...rest, extras: { alarm: 'sos' } },
    ])
      expect(only(osmand, json({ device_id: 'x', location: alarmed })).events).toEqual([
        { kind: 'sos', time: NOW, lonE7: null, latE7: null, text: '' },
      ]);
  });

  it('A11 reads what a Traccar server forwards; speed is in knots', () => {
    const request = json({
      position: {
        id: 5,
        deviceId: 3,
        protocol: 'teltonika',
        deviceTime: '2026-01-01T00:00:00.000+00:00',
        fixTime: '2026-01-01T00:00:00.000+00:00',
        serverTime: '2026-01-01T00:00:02.000+00:00',
        valid: true,
        latitude: 56.946,
        longitude: 24.1059,
        altitude: 12,
        speed: 27,
        course: 271.5,
        accuracy: 0,
        attributes: { ignition: true, motion: true, batteryLevel: 83, charge: false, alarm: 'sos' },
      },
      device: { id: 3, uniqueId: '860000000000001', name: 'Car 3', status: 'online' },
    });
    expect(decoded(osmand, request).names).toEqual(['860000000000001']);
    expect(only(osmand, request)).toEqual({
      position: fix({
        speedCmps: 1389,
        headingCdeg: 27_150,
        altitudeM: 12,
        flags: FIX_FLAG.moving | FIX_FLAG.ignition,
      }),
      events: [{ kind: 'sos', time: NOW, lonE7: 241_059_000, latE7: 569_460_000, text: '' }],
      battery: { percent: 83, charging: false },
    });
  });

  it('A19 reads that it tells a fix again which its device made before', () => {
    const position = { fixTime: '2025-12-31T23:00:00Z', deviceTime: '2026-01-01T00:00:00Z', latitude: 1, longitude: 2 };
    expect(only(osmand, json({ position })).saidAt).toBe(NOW);
    expect(only(osmand, json({ position: { ...position, deviceTime: position.fixTime } })).saidAt).toBeUndefined();
  });
});

describe('GPSLogger and the OsmAnd app', () => {
  it('A12 read the names that their templates use; speed is in m/s', () => {
    const logger =
      'lat=56.946&lon=24.1059&time=2026-01-01T00:00:00.000Z&spd=13.89&direction=271.5&alt=12&acc=4.2&batt=83&ischarging=false&sat=9';
    const app = 'lat=56.946&lon=24.1059&timestamp=1767225600000&hdop=4.2&altitude=12.0&speed=13.89&bearing=271.5';
    const expected = { speedCmps: 1389, headingCdeg: 27_150, altitudeM: 12 };
    expect(only(gpslogger, { query: `token=t&${logger}` }).position).toEqual(fix({ ...expected, accuracyDm: 42 }));
    expect(only(gpslogger, form(logger)).position).toEqual(fix({ ...expected, accuracyDm: 42 }));
    expect(only(gpslogger, { query: `id=x&${app}` }).position).toEqual(fix(expected));
    expect(decoded(gpslogger, { query: 'id=a', ...form(`id=b&${logger}`) }).names).toEqual(['a']);
  });
});

describe('OwnTracks', () => {
  const location = {
    _type: 'location',
    lat: 56.946,
    lon: 24.1059,
    tst: 1_767_225_600,
    acc: 5,
    alt: 12,
    vac: 3,
    vel: 50,
    cog: 271,
    batt: 83,
    bs: 2,
    conn: 'm',
    t: 'u',
    tid: 'jb',
    topic: 'owntracks/janis/phone',
    created_at: 1_767_225_601,
  };

  it('A13 reads a location; velocity is in km/h', () => {
    expect(only(owntracks, json(location))).toEqual({
      position: fix({ speedCmps: 1389, headingCdeg: 27_100, accuracyDm: 50, altitudeM: 12 }),
      events: [],
      battery: { percent: 83, charging: true },
    });
  });

  it('A19 tells a place again that it found before: so many seconds after, the device is there still', () => {
    const said = (created_at?: number) => only(owntracks, json({ ...location, created_at }));
    expect([said(), said(1_767_225_610), said(1_767_225_611)].map(({ saidAt }) => saidAt)).toEqual([
      undefined,
      undefined,
      1_767_225_611_000,
    ]);
    expect(said(1_767_225_611).position).toEqual(said().position);
  });

  it('A13 is named by its topic, then by user and device, then by its letters', () => {
    const names = (value: object, request: Partial<AdapterRequest> = {}) =>
      decoded(owntracks, { ...json(value), ...request }).names;
    const { topic: _topic, ...short } = location;
    expect(names(location, { query: 'u=janis&d=phone' })).toEqual(['owntracks/janis/phone', 'janis/phone', 'jb']);
    const headers: Record<string, string> = { 'x-limit-u': 'janis', 'x-limit-d': 'phone' };
    expect(names(short, { header: (name) => headers[name] })).toEqual(['jb', 'janis/phone']);
  });

  it('A14 a transition is a place; regions, cards, last wills and commands are not', () => {
    const transition = {
      _type: 'transition',
      event: 'enter',
      desc: 'Depo',
      wtst: 1,
      tst: 1_767_225_600,
      lat: 56.946,
      lon: 24.1059,
      acc: 10,
    };
    expect(only(owntracks, json(transition)).position).toEqual(fix({ accuracyDm: 100 }));
    const { lat: _lat, lon: _lon, ...placeless } = transition;
    expect(only(owntracks, json(placeless)).position).toEqual({ kind: 'none' });
    for (const _type of [
      'waypoint',
      'waypoints',
      'lwt',
      'status',
      'steps',
      'card',
      'cmd',
      'beacon',
      'request',
      'configuration',
      'dump',
    ])
      expect(only(owntracks, json({ _type, lat: 1, lon: 1, tst: 1 })), _type).toEqual({
        position: { kind: 'none' },
        events: [],
      });
    expect(only(owntracks, { body: '' }).position).toEqual({ kind: 'none' });
  });

  it('A14 what is encrypted, or of an unknown type, is kept', () => {
    expect(only(owntracks, json({ _type: 'encrypted', data: 'AAAA' })).position).toMatchObject({
      code: 'item_encrypted',
    });
    expect(only(owntracks, json({ _type: 'telepathy' })).position).toMatchObject({ code: 'item_malformed' });
    expect(only(owntracks, { body: '{"_type":' }).position).toMatchObject({ code: 'item_malformed', raw: '{"_type":' });
  });

  it('A9 answers with an array', () => {
    expect(owntracks.answer(['good'])).toEqual({ contentType: 'application/json', body: '[]' });
  });
});

describe('Overland', () => {
  const feature = (timestamp: string, properties: object = {}, coordinates: unknown = [24.1059, 56.946]) => ({
    type: 'Feature',
    geometry: { type: 'Point', coordinates },
    properties: {
      timestamp,
      altitude: 12,
      speed: 13.89,
      course: 271.5,
      horizontal_accuracy: 5,
      vertical_accuracy: -1,
      motion: ['driving'],
      battery_state: 'unplugged',
      battery_level: 0.83,
      wifi: '',
      device_id: 'phone-1',
      ...properties,
    },
  });

  it('A15 reads a batch in its order, and the newest first', () => {
    const [first, second, newest] = ['2026-01-01T00:00:00Z', '2026-01-01T00:00:10Z', '2026-01-01T01:00:00Z'].map((at) =>
      feature(at),
    );
    const { messages, names } = decoded(
      overland,
      json({ locations: [first, second], current: newest, trip: { mode: 'car' } }),
    );
    expect(names).toEqual(['phone-1']);
    expect(
      messages.map(({ position }) => (position.kind === 'fix' ? position.fix.fixTime - NOW : position.kind)),
    ).toEqual([3_600_000, 0, 10_000]);
    expect(messages[1]).toEqual({
      position: fix({ speedCmps: 1389, headingCdeg: 27_150, accuracyDm: 50, altitudeM: 12, flags: FIX_FLAG.moving }),
      events: [],
      battery: { percent: 83, charging: false },
    });
  });

  it('A15 one bad feature costs itself alone', () => {
    const at = '2026-01-01T00:00:00Z';
    const { messages } = decoded(
      overland,
      json({
        locations: [
          feature(at, { speed: -1, course: -1, battery_level: -1, battery_state: 'unknown', motion: [] }),
          feature(at, {}, [24.1059]),
          feature(at, {}, [24.1, 91]),
          feature('soon'),
          {
            type: 'Feature',
            geometry: { type: 'Point', coordinates: [1, 1] },
            properties: { type: 'trip', mode: 'car' },
          },
          null,
        ],
      }),
    );
    expect(messages[0]).toEqual({
      position: fix({ accuracyDm: 50, altitudeM: 12 }),
      events: [],
      battery: { percent: null, charging: null },
    });
    expect(
      messages.slice(1).map(({ position }) => (position.kind === 'rejected' ? position.code : position.kind)),
    ).toEqual(['item_malformed', 'item_out_of_range', 'item_malformed', 'none', 'item_malformed']);
  });

  it('A15 a batch of two devices names nobody', () => {
    const at = '2026-01-01T00:00:00Z';
    expect(decoded(overland, json({ locations: [feature(at), feature(at, { device_id: 'phone-2' })] })).names).toEqual(
      [],
    );
  });

  it('A9 answers ok, with a verdict for each', () => {
    expect(JSON.parse(overland.answer(['good', 'future']).body)).toEqual({
      result: 'ok',
      verdicts: ['good', 'future'],
    });
  });

  it('A16 more than a batch can hold is refused before it is taken apart', () => {
    const locations = Array.from({ length: MAX_MESSAGES + 1 }, () => 0);
    const request = { query: '', header: () => undefined, receivedAt: NOW, ...json({ locations }) };
    expect(overland.decode(request)).toEqual({ kind: 'too_many', count: MAX_MESSAGES + 1 });
  });
});

describe('GEO-POS', () => {
  const position = {
    resourceId: 'fr.health.samu440.resource.VLM250',
    datetime: '2026-01-01T01:00:00+01:00',
    coord: { lat: 56.946, lon: 24.1059, height: 12 },
    speed: 50,
    cap: 271,
    move: 'MOBILE',
    engineOn: true,
    status: 'INDISPONIBLE',
    engagedStatus: 'PARTIE',
  };
  const update = (...positions: unknown[]) => ({ geoPositionsUpdate: { position: positions } });

  it('A17 reads a position with its state; speed is in km/h', () => {
    expect(only(geoPos, json(update(position)))).toEqual({
      name: 'fr.health.samu440.resource.VLM250',
      position: fix({
        speedCmps: 1389,
        headingCdeg: 27_100,
        altitudeM: 12,
        flags: FIX_FLAG.moving | FIX_FLAG.ignition,
      }),
      events: [],
      status: { status: 'en_route', time: NOW },
    });
  });

  it('A17 finds it alone, in a message, and in the EDXL envelope', () => {
    const embedded = { content: [{ jsonContent: { embeddedJsonContent: { message: update(position) } } }] };
    for (const body of [update(position), { message: update(position) }, embedded])
      expect(only(geoPos, json(body)).name).toBe('fr.health.samu440.resource.VLM250');
  });

  it.each([
    ['ALERTEE', 'dispatched'],
    ['PARTIE', 'en_route'],
    ['ARRIVEE_LIEU', 'on_scene'],
    ['TRANSPORT_DESTINATION', 'transporting'],
    ['ARRIVEE_DESTINATION', 'at_destination'],
    ['FIN_MED', undefined],
    ['QUITTE_DESTINATION', 'returning'],
    ['RETOUR_DISPONIBLE', 'available'],
    ['RETOUR_INDISPONIBLE', 'out_of_service'],
    ['ARRIVEE_CENTRE', 'available_at_station'],
    ['ENCORE_AUTRE', undefined],
  ])('A18 engaged status %s means %s', (engagedStatus, expected) => {
    expect(only(geoPos, json(update({ ...position, engagedStatus }))).status?.status).toBe(expected);
  });

  it('A18 a resource that is engaged in nothing is available or not', () => {
    const { engagedStatus: _none, ...idle } = position;
    expect(only(geoPos, json(update(idle))).status?.status).toBe('out_of_service');
    expect(only(geoPos, json(update({ ...idle, status: 'DISPONIBLE' }))).status?.status).toBe('available');
    expect(only(geoPos, json(update({ ...idle, status: 'INCONNU' }))).status).toBeUndefined();
  });

  it('A17 an instant without its offset, and an id that is none, are not guessed at', () => {
    const local = only(geoPos, json(update({ ...position, datetime: '2026-01-01T01:00:00' })));
    expect(local.position).toMatchObject({ kind: 'rejected', code: 'item_malformed' });
    expect(only(geoPos, json(update({ ...position, resourceId: 'VLM250' }))).name).toBeUndefined();
  });
});

describe('every decoder', () => {
  it.each([osmand, gpslogger, owntracks, overland, geoPos].map((adapter) => [adapter.protocol, adapter] as const))(
    'A16 %s survives nesting that no stringify can follow',
    (_protocol, adapter) => {
      const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
      for (const body of [
        deep,
        `{"locations":[${deep}]}`,
        `{"location":{"coords":${deep}},"device_id":"x"}`,
        `{"_type":"x","a":${deep}}`,
      ]) {
        const { messages } = decoded(adapter, { contentType: 'application/json', body });
        for (const { position } of messages)
          if (position.kind === 'rejected') expect(position.raw.length).toBeLessThanOrEqual(2000);
      }
    },
  );
});
