import { getHeapSpaceStatistics } from 'node:v8';
import { describe, expect, it } from 'vitest';
import { collectWhileIdle } from './idle-collection.js';

const youngMb = () =>
  getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')!.space_used_size / 2 ** 20;

let lately: unknown[] = [];
/** About as much as some questions leave behind; all of it is garbage by the next time. */
function litter(): void {
  for (let part = 0; part < 600; part++) lately = Array.from({ length: 100 }, (_, i) => ({ i, list: [i] }));
}

describe('collectWhileIdle', () => {
  it('collects young objects once there are enough, and does nothing while there are few', () => {
    let collected = 0;
    for (let turn = 0; turn < 100; turn++) {
      collectWhileIdle();
      const begin = youngMb();
      litter();
      expect(lately).toHaveLength(100);
      const made = youngMb() - begin;
      if (made < 5) continue; // collected in the meantime, by itself
      const before = youngMb();
      collectWhileIdle();
      expect(youngMb()).toBeLessThan(before - 4);
      const after = youngMb();
      collectWhileIdle();
      expect(youngMb()).toBeGreaterThanOrEqual(after);
      collected++;
    }
    expect(collected).toBeGreaterThan(3);
  });
});
