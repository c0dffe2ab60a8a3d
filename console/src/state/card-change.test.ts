import { expect, it } from 'vitest';
import type { Vek } from './api.js';
import { changesOf, versionToSave } from './card-change.js';

const createVek = (change: Partial<Vek>): Vek => ({
  id: '0',
  number: 1,
  agencyId: '1',
  channel: 'voice',
  typeCode: 'fire.building',
  priority: 'P2',
  lon: 24.1,
  lat: 56.9,
  accuracyM: null,
  address: 'Tvaika iela 7',
  summary: null,
  objects: ['school', 'hotel'],
  alarmLevel: 1,
  status: 'new',
  receivedAt: 0,
  closedAt: null,
  version: 3,
  restricted: [],
  services: [],
  responsibleId: '1',
  mergedInto: null,
  outcome: null,
  assignments: [],
  ...change,
});

it('C19 only what differs from the card is sent, and objects in another order do not', () => {
  const vek = createVek({});
  const typed = { address: 'Tvaika iela 7', priority: 'P1', objects: ['hotel', 'school'], summary: null };
  expect(changesOf(vek, typed)).toEqual({ priority: 'P1' });
  expect(changesOf(vek, { objects: ['hotel'] })).toEqual({ objects: ['hotel'] });
});

it('C19 who typed what nobody else touched saves on the newest version, whoever was overtaken on the one that was seen', () => {
  const seen = createVek({});
  const now = createVek({ version: 5, status: 'in_progress', address: 'Tvaika iela 9' });
  expect(versionToSave(seen, now, { priority: 'P1' })).toBe(5);
  expect(versionToSave(seen, now, { priority: 'P1', address: 'Tvaika iela 7a' })).toBe(3);
  expect(versionToSave(seen, createVek({ version: 4, objects: ['hotel', 'school'] }), { objects: [] })).toBe(4);
});
