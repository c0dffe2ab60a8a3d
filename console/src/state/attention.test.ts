import { describe, expect, it } from 'vitest';
import { ATTENTION_KINDS, ATTENTION_LEVELS } from '../../../tracker/src/protocol/attention.js';
import { VEK_SERVICE_STATUSES, VEK_STATUSES } from '../../../tracker/src/protocol/status.js';
import { changeText } from '../i18n/change-words.js';
import { Words } from '../i18n/words.js';
import type { Attention, Unit, Vek } from './api.js';
import { attentionText, byUrgency, isForDesk } from './attention.js';

const T0 = 1_767_225_600_000;
const item = (fields: Partial<Attention>): Attention => ({
  id: 'a',
  kind: 'vek_unopened',
  agencyId: 'vugd',
  desk: null,
  vekId: 'v',
  unitId: null,
  since: T0,
  level: 'agency',
  repeats: 0,
  acknowledged: null,
  quiet: false,
  ...fields,
});
const latvian = new Words('lv');
const english = new Words('en');

describe('what waits', () => {
  it('C13 is for this desk unless another is told first, or somebody has seen to it', () => {
    expect(isForDesk(item({}), 'anna')).toBe(true);
    expect(isForDesk(item({ level: 'desk', desk: 'anna' }), 'anna')).toBe(true);
    expect(isForDesk(item({ level: 'desk', desk: 'juris' }), 'anna')).toBe(false);
    expect(isForDesk(item({ level: 'agency', desk: 'juris' }), 'anna')).toBe(true);
    expect(isForDesk(item({ quiet: true }), 'anna')).toBe(false);
  });

  it('C13 is told the worst first: life in danger without a unit, then by level, then the oldest', () => {
    const waiting = [
      item({ id: 'young', since: T0 + 1 }),
      item({ id: 'old' }),
      item({ id: 'at the commander', level: 'commander', since: T0 + 2 }),
      item({ id: 'life', kind: 'vek_without_unit', since: T0 + 3 }),
      item({ id: 'desk', level: 'desk', since: T0 - 1 }),
    ];
    expect(waiting.sort(byUrgency).map(({ id }) => id)).toEqual(['life', 'at the commander', 'old', 'young', 'desk']);
  });

  it('C13 names the unit and the incident as people do', () => {
    const units = new Map([['u', { callsign: 'Ķekava AC-1' } as Unit]]);
    const veks = new Map([['v', { number: 12 } as Vek]]);
    const text = attentionText(item({ kind: 'assignment_unacknowledged', unitId: 'u' }), latvian, veks, units);
    expect(text).toBe('Ķekava AC-1, VEK 12: ekipāža nav apstiprinājusi');
    expect(attentionText(item({}), english, new Map(), units)).toBe('VEK ?: nobody has opened it');
  });

  it('C2 every kind, level and status has a text in both languages', () => {
    const codes = [
      ...ATTENTION_KINDS.map((code) => ['attention', code] as const),
      ...ATTENTION_LEVELS.map((code) => ['attentionLevel', code] as const),
      ...VEK_SERVICE_STATUSES.map((code) => ['part', code] as const),
      ...VEK_STATUSES.map((code) => ['vekStatus', code] as const),
    ];
    // without a text a label is the code itself
    for (const [group, code] of codes)
      expect(latvian.label(group, code), `${group}.${code}`).not.toBe(code.replaceAll('_', ' '));
    expect(codes.map(([group, code]) => english.label(group, code))).not.toContain('');
  });
});

describe('C15 a change is told', () => {
  const names = { agency: (id: string) => ({ n: 'NMPD' })[id] };
  it.each([
    [{ field: 'priority', from: 'P3', to: 'P1' }, 'prioritāte: P3 → P1'],
    [{ field: 'services.n', from: 'offered', to: 'accepted' }, 'NMPD: piedāvāts → pieņemts'],
    [{ field: 'services.x', from: null, to: 'offered' }, '?: – → piedāvāts'],
    [{ field: 'status', from: 'new', to: 'closed' }, 'statuss: jauns → slēgts'],
    [{ field: 'typeCode', from: null, to: 'fire.grass' }, 'veids: – → kūlas ugunsgrēks'],
    [{ field: 'responsibleId', from: 'x', to: 'n' }, 'atbild: ? → NMPD'],
    [{ field: 'place', from: null, to: [24.1, 56.95] }, 'vieta: – → 24.10000, 56.95000'],
    [{ field: 'objects', from: [], to: ['school', 'tunnel'] }, 'objekti: – → school, tunnel'],
  ])('%o', (change, text) => {
    expect(changeText(change, latvian, names)).toBe(text);
  });
});
