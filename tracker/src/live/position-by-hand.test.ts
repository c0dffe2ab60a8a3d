import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CellTable, LiveIndex } from '../../../geo-engine/src/index.js';
import { STALE_AFTER_INTERVALS, UNIT_FLAG } from '../protocol/live-frame.js';
import { type FixSource, LiveTable } from './live-table.js';

const T0 = 1_767_225_600_000;
const DEVICE: FixSource = { deviceHandle: 1, priority: 0, reportIntervalS: 10 };
const FRESH_MS = DEVICE.reportIntervalS * STALE_AFTER_INTERVALS * 1000;

/** A fix of the unit's device, or what somebody entered: when it was there, and so much later it was known to us. */
interface Told {
  readonly byHand: boolean;
  readonly at: number;
  readonly laterMs: number;
}

function take(live: LiveTable, slot: number, { byHand, at, laterMs }: Told, place: number): void {
  if (byHand) return live.placeByHand(slot, place, 569_500_000, at, at + laterMs);
  const unknown = { speedCmps: null, headingCdeg: null, accuracyDm: null, altitudeM: null };
  live.move(slot, DEVICE, { fixTime: at, lonE7: place, latE7: 569_500_000, ...unknown, flags: 0 }, at + laterMs);
}

/** The rule in words: what is newer is shown; but what a person says not while the device's last fix is fresh. */
function shown(told: readonly Told[]): number {
  let last = -1;
  for (const [i, { byHand, at, laterMs }] of told.entries()) {
    const live = told[last];
    if (live === undefined) last = i;
    else if (byHand && live.byHand) last = at >= live.at ? i : last;
    else if (at > live.at && !(byHand && at + laterMs - live.at <= FRESH_MS)) last = i;
  }
  return last;
}

it('V47 shows what is newest, and what was entered by hand only where no device says better', () => {
  const told = fc.record({
    byHand: fc.boolean(),
    at: fc.integer({ min: 0, max: 90 }).map((s) => T0 + s * 1000),
    laterMs: fc.integer({ min: 0, max: 5000 }),
  });
  fc.assert(
    fc.property(fc.array(told, { minLength: 1, maxLength: 12 }), (all) => {
      const cells = new CellTable();
      const live = new LiveTable(cells, new LiveIndex(cells));
      const slot = live.add(7, 1, 3, 10);
      for (const [i, one] of all.entries()) take(live, slot, one, 240_000_000 + i);
      const at = shown(all);
      expect(live.lonE7[slot]! - 240_000_000).toBe(at);
      expect(live.fixTime[slot]).toBe(all[at]!.at);
      expect((live.flags[slot]! & UNIT_FLAG.enteredByHand) !== 0).toBe(all[at]!.byHand);
      expect(live.flags[slot]! & UNIT_FLAG.sourcesApart).toBe(0);
    }),
  );
});
