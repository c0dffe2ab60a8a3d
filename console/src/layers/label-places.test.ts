import { expect, it } from 'vitest';
import { createRandom } from '../../../fixtures/world/seeded-random.js';
import { type LabelWish, placeLabels } from './label-places.js';

const HEIGHT_PX = 16;

/** The same by trying every label against every other. */
function slowPlaces(wishes: readonly LabelWish[], most: number) {
  const placed: (LabelWish & { others: number })[] = [];
  for (const wish of wishes.toSorted((a, b) => b.rank - a.rank || a.handle - b.handle)) {
    const hit = placed.find(
      ({ x, y, widthPx }) => 2 * Math.abs(x - wish.x) < widthPx + wish.widthPx && Math.abs(y - wish.y) < HEIGHT_PX,
    );
    if (hit !== undefined) hit.others++;
    else if (placed.length < most) placed.push({ ...wish, others: 0 });
  }
  return placed.map(({ slot, others }) => ({ slot, others }));
}

it('C26 places names as trying each against every other does, the most urgent first', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const random = createRandom(seed, 'labels');
    const wishes = Array.from({ length: 150 }, (_, slot) => ({
      slot,
      handle: 1000 - slot,
      rank: random.below(5),
      x: random.between(-100, 800),
      y: random.between(-50, 350),
      widthPx: random.between(30, 280),
    }));
    const most = seed % 2 === 0 ? 20 : 350;
    expect(placeLabels(wishes, HEIGHT_PX, most), `seed ${seed}`).toEqual(slowPlaces(wishes, most));
  }
});

it('C26 of two names that would touch, that of the unit at work stands, with the other counted', () => {
  const wish = { handle: 1, y: 0, widthPx: 60 };
  const wishes = [
    { ...wish, slot: 0, rank: 1, x: 0 },
    { ...wish, slot: 1, rank: 9, x: 59 },
    { ...wish, slot: 2, rank: 1, x: 120 },
  ];
  expect(placeLabels(wishes, HEIGHT_PX, 10)).toEqual([
    { slot: 1, others: 1 },
    { slot: 2, others: 0 },
  ]);
});
