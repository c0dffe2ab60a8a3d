import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../fixtures/world/seeded-random.js';
import { type CrewEvent, FIX_FLAG, type FixItem } from '../protocol/crew.js';
import { DeviceClocks } from './device-clocks.js';

const NOW = Date.UTC(2026, 5, 1, 12);
const SECOND = 1000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const GPS_ERA = 1024 * 7 * DAY;
const DEVICE = 7;

const fixAt = (fixTime: number): FixItem => ({
  fixTime,
  lonE7: 241_000_000,
  latE7: 569_500_000,
  speedCmps: null,
  headingCdeg: null,
  accuracyDm: null,
  altitudeM: null,
  flags: FIX_FLAG.moving,
});

/** A fix's time after correction, and whether it was marked. */
function corrected(clocks: DeviceClocks, fixTime: number, receivedAt: number, device = DEVICE): [number, boolean] {
  const fix = fixAt(fixTime);
  clocks.correct(device, fix, receivedAt);
  expect(fix.flags & FIX_FLAG.moving).toBe(FIX_FLAG.moving);
  return [fix.fixTime, (fix.flags & FIX_FLAG.timeCorrected) !== 0];
}

describe('T39 clocks', () => {
  it('that are right are left alone, and so are slow ones and what was stored for an hour', () => {
    const clocks = new DeviceClocks();
    for (let i = 0; i < 100; i++) {
      const now = NOW + i * SECOND;
      for (const offset of [0, 60 * SECOND, -HOUR])
        expect(corrected(clocks, now + offset, now)).toEqual([now + offset, false]);
    }
  });

  it.each([1, 2])(
    'of receivers that lost %i times 1024 weeks are put right at once, also for what waited some days',
    (eras) => {
      const clocks = new DeviceClocks();
      for (const waited of [0, 10 * SECOND, 6 * DAY]) {
        const made = NOW - waited;
        expect(corrected(clocks, made - eras * GPS_ERA, NOW)).toEqual([made, true]);
      }
    },
  );

  it('that are a little beyond an era back are not taken for one', () => {
    const clocks = new DeviceClocks();
    for (const off of [8 * DAY, -61 * SECOND]) {
      const fixTime = NOW - GPS_ERA - off;
      expect(corrected(clocks, fixTime, NOW)).toEqual([fixTime, false]);
    }
  });

  //  received   0 s   10 s   20 s   30 s
  //  clock     +2 h  +2 h   +2 h   +2 h
  //             no    no    yes    yes
  it.each([2 * HOUR, -5 * HOUR, -20 * 365 * DAY, 900 * DAY])(
    'that are wrong by %i ms are believed to be so at the third fix after 20 s',
    (offset) => {
      const clocks = new DeviceClocks();
      const at = (s: number) => corrected(clocks, NOW + s * SECOND + offset, NOW + s * SECOND);
      expect([at(0)[1], at(10)[1]]).toEqual([false, false]);
      for (let s = 20; s < 100; s += 10) expect(at(s)).toEqual([NOW + s * SECOND, true]);
    },
  );

  it('that are wrong are put right for what waited as well, in its order', () => {
    const clocks = new DeviceClocks();
    const offset = 2 * HOUR;
    for (let s = 0; s <= 20; s += 10) corrected(clocks, NOW + s * SECOND + offset, NOW + s * SECOND);
    const receivedAt = NOW + 30 * SECOND;
    const times = [600, 400, 200, 0].map(
      (agoS) => corrected(clocks, receivedAt - agoS * SECOND + offset, receivedAt)[0],
    );
    expect(times).toEqual([600, 400, 200, 0].map((agoS) => receivedAt - agoS * SECOND));
  });

  it('are not judged by what is forwarded: it comes faster than it was made', () => {
    const random = createRandom(112, 'forwarded');
    for (let run = 0; run < 200; run++) {
      const clocks = new DeviceClocks();
      const intervalMs = random.between(1, 60) * SECOND;
      const speed = random.between(3, 500); // times as fast as it was made
      const startAt = NOW - random.between(2, 200) * HOUR;
      for (let i = 0; i < 300; i++) {
        const fixTime = startAt + i * intervalMs;
        const receivedAt = NOW + (i * intervalMs) / speed;
        if (fixTime > receivedAt - HOUR) break;
        expect(corrected(clocks, fixTime, receivedAt), `seed 112, run ${run}, fix ${i}`).toEqual([fixTime, false]);
      }
    }
  });

  it('that were wrong and are right again are left alone from then on', () => {
    const clocks = new DeviceClocks();
    for (let s = 0; s <= 20; s += 10) corrected(clocks, NOW + s * SECOND + 2 * HOUR, NOW + s * SECOND);
    const later = NOW + 30 * SECOND;
    expect(corrected(clocks, later, later)).toEqual([later, false]);
    const last = NOW + 40 * SECOND;
    expect(corrected(clocks, last + 2 * HOUR, last)[1]).toBe(false);
  });

  it('of one device say nothing of another’s', () => {
    const clocks = new DeviceClocks();
    for (let s = 0; s <= 20; s += 10) corrected(clocks, NOW + s * SECOND + 2 * HOUR, NOW + s * SECOND);
    const later = NOW + 30 * SECOND;
    expect(corrected(clocks, later + 2 * HOUR, later, DEVICE + 1)[1]).toBe(false);
  });

  it('are known for what the device says of itself as well, and learnt from fixes alone', () => {
    const clocks = new DeviceClocks();
    const offset = -5 * HOUR;
    const event = (time: number): CrewEvent => ({ kind: 'sos', time, lonE7: null, latE7: null, text: '' });
    for (let s = 0; s <= 20; s += 10) {
      const now = NOW + s * SECOND;
      expect(clocks.corrected(DEVICE, event(now + offset), now)).toEqual(event(now + offset));
      corrected(clocks, now + offset, now);
    }
    const now = NOW + 30 * SECOND;
    expect(clocks.corrected(DEVICE, event(now + offset), now)).toEqual({ ...event(now + offset), correctedTime: now });
    expect(clocks.corrected(DEVICE + 1, event(now - GPS_ERA), now).correctedTime).toBe(now);
    expect(clocks.corrected(DEVICE, event(now), now)).toEqual(event(now));
    expect(corrected(clocks, now + offset, now)[1], 'an event that was right has unlearnt nothing').toBe(true);
  });
});
