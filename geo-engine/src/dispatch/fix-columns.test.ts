import { expect, it } from 'vitest';
import { createRandom } from '../../test/random.js';
import { lonLat } from '../geo/lon-lat.js';
import type { UnitFix } from './dispatch-unit.js';
import { FixColumns } from './fix-columns.js';

const SEED = 140;

it('a slot holds the newest fix put there, until it is cleared, and growing changes none', () => {
  const random = createRandom(SEED);
  const columns = new FixColumns(4);
  const known = new Map<number, UnitFix>();
  const orUnknown = (value: number) => (random() < 0.3 ? null : value);
  let slots = 4;
  for (let step = 0; step < 2000; step++) {
    if (slots < 64 && random() < 0.02) {
      slots *= 2;
      columns.grow(slots);
    }
    const slot = Math.floor(random() * slots);
    if (random() < 0.2) {
      columns.clear(slot);
      known.delete(slot);
    } else {
      const fix: UnitFix = {
        place: lonLat(random() * 360 - 180, random() * 180 - 90),
        fixTime: Math.floor(random() * 2e12),
        receivedAt: Math.floor(random() * 2e12),
        accuracyM: orUnknown(random() * 500),
        speedMps: orUnknown(Math.floor(random() * 2)),
        headingDeg: orUnknown(random() * 360),
        suspect: random() < 0.1 ? ['fixes_set_aside'] : [],
      };
      columns.put(slot, fix);
      known.set(slot, fix);
    }
    const one = Math.floor(random() * slots);
    expect(columns.at(one), `seed ${SEED}, step ${step}, slot ${one}`).toEqual(known.get(one));
  }
});
