import { expect, it } from 'vitest';
import { LocalPresence, PRESENCE_TTL_MS, type PresenceChange } from './presence.js';

const T0 = 1_767_225_600_000;
const [VEK, OWNER, PARTY] = ['vek', 'owner', 'party'];
const anna = { subject: 'anna', name: 'Anna', agencyId: OWNER, mode: 'viewing' } as const;
const juris = { subject: 'juris', name: 'Juris', agencyId: PARTY, mode: 'viewing' } as const;

function board() {
  const presence = new LocalPresence();
  const told: PresenceChange[] = [];
  presence.onChange((change) => told.push(change));
  const put = (person: typeof anna | typeof juris, now: number, mode: 'viewing' | 'editing' = 'viewing') =>
    presence.put(VEK, [OWNER, PARTY], { ...person, mode }, now);
  return { presence, told, put };
}

it('V45 tells of who comes, edits and leaves, and not of who stays', () => {
  const { presence, told, put } = board();
  expect(put(anna, T0)).toBe(true);
  expect(put(anna, T0 + 10_000)).toBe(false);
  put(juris, T0 + 11_000);
  put(juris, T0 + 12_000, 'editing');
  presence.leave(VEK, 'anna');
  presence.leave(VEK, 'anna');
  expect(told.map(({ present }) => present.map(({ subject, mode, since }) => [subject, mode, since - T0]))).toEqual([
    [['anna', 'viewing', 0]],
    [
      ['anna', 'viewing', 0],
      ['juris', 'viewing', 11_000],
    ],
    [
      ['anna', 'viewing', 0],
      ['juris', 'editing', 12_000],
    ],
    [['juris', 'editing', 12_000]],
  ]);
});

it('V45 forgets by itself who does not say so again', () => {
  const { presence, told, put } = board();
  put(anna, T0);
  put(juris, T0 + 1000);
  put(anna, T0 + 20_000);
  presence.sweep(T0 + 1000 + PRESENCE_TTL_MS - 1);
  expect(presence.of(VEK)).toHaveLength(2);
  presence.sweep(T0 + 1000 + PRESENCE_TTL_MS);
  expect(presence.of(VEK).map(({ subject }) => subject)).toEqual(['anna']);
  presence.sweep(T0 + 20_000 + PRESENCE_TTL_MS);
  expect(told.at(-1)).toEqual({ vekId: VEK, parties: [OWNER, PARTY], present: [] });
  expect(presence.forAgency(OWNER)).toEqual([]);
});

it('V45 tells a desk that comes who is at the VEKs of its agency, and of no other', () => {
  const { presence, put } = board();
  put(anna, T0);
  presence.put('other', ['stranger'], { ...anna, subject: 'eva', agencyId: 'stranger' }, T0);
  expect(presence.forAgency(PARTY).map(({ vekId }) => vekId)).toEqual([VEK]);
});
