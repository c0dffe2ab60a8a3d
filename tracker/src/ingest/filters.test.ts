import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { CellTable, LiveIndex } from '../../../geo-engine/src/index.js';
import { LiveTable } from '../live/live-table.js';
import type { FixItem } from '../protocol/crew.js';
import { FILTERS, FixJudge, VERDICTS } from './filters.js';

const T0 = 1_760_000_000_000;
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const RIGA = { lon: 24.1, lat: 56.95 };
const SOURCE = { deviceHandle: 1, priority: 0, reportIntervalS: 1 };
/** One degree of latitude, of the sphere that the filters use. */
const M_PER_DEG = 111_195;

/** One unit, its judge and its live position, moved as the intake moves it. */
class Bench {
  readonly live: LiveTable;
  readonly judge: FixJudge;
  readonly slot: number;

  constructor() {
    const cells = new CellTable();
    this.live = new LiveTable(cells, new LiveIndex(cells));
    this.judge = new FixJudge(this.live);
    this.slot = this.live.add(7, 1, 3, 1);
  }

  /** A fix north of Riga by metres, seconds after T0, received with no delay unless it says so. Returns the verdict. */
  at(seconds: number, northM: number, { receivedS = seconds }: { receivedS?: number } = {}): string {
    return this.fix(seconds, RIGA.lon, RIGA.lat + northM / M_PER_DEG, receivedS);
  }

  fix(seconds: number, lon: number, lat: number, receivedS = seconds): string {
    const fix: FixItem = {
      fixTime: T0 + seconds * SECOND,
      lonE7: Math.round(lon * 1e7),
      latE7: Math.round(lat * 1e7),
      speedCmps: null,
      headingCdeg: null,
      accuracyDm: null,
      altitudeM: null,
      flags: 0,
    };
    const receivedAt = T0 + receivedS * SECOND;
    const verdict = this.judge.judge(this.slot, fix, receivedAt);
    if (verdict === 'good') this.live.move(this.slot, SOURCE, fix, receivedAt);
    return verdict;
  }

  /** Metres north of Riga where the unit is shown. */
  get northM(): number {
    return Math.round((this.live.latE7[this.slot] / 1e7 - RIGA.lat) * M_PER_DEG);
  }

  get setAside() {
    return this.judge.setAside(this.slot);
  }
}

let unit: Bench;
beforeEach(() => {
  unit = new Bench();
});

describe('fix filters', () => {
  it('are one ordered list, and their numbers in the database never change', () => {
    expect(FILTERS.map((filter) => filter.code)).toEqual([
      'untrusted_source',
      'future',
      'null_island',
      'implied_speed',
    ]);
    expect(VERDICTS).toEqual({ good: 0, future: 1, null_island: 2, implied_speed: 3, untrusted_source: 4 });
  });

  it('take the first fix of a unit wherever it is', () => {
    expect(unit.fix(0, -70.9, -53.1)).toBe('good');
  });

  describe('future', () => {
    it('takes a clock that runs ahead by a minute, and nothing beyond', () => {
      expect(unit.at(60, 0, { receivedS: 0 })).toBe('good');
      expect(unit.at(120.001, 0, { receivedS: 60 })).toBe('future');
      expect(unit.setAside).toEqual({ future: 1 });
    });

    it('does not let such a fix begin or end a run of jumps', () => {
      unit.at(0, 0);
      expect(unit.at(1, 50_000)).toBe('implied_speed');
      expect(unit.at(900, 50_000, { receivedS: 2 })).toBe('future');
      expect(unit.at(3, 50_000)).toBe('implied_speed');
      expect(unit.at(4, 50_000)).toBe('good'); // the third that agrees, counted without the one in between
    });
  });

  describe('null_island', () => {
    it.each([
      [0, 0, 'null_island'],
      [0.009, -0.009, 'null_island'],
      [-0.0099, 0.0099, 'null_island'],
      [0.0101, 0, 'good'],
      [0, 0.0101, 'good'],
      [0, 51.48, 'good'], // Greenwich
      [-78.5, 0, 'good'], // Quito
    ])('at %d, %d says %s', (lon, lat, verdict) => {
      expect(unit.fix(0, lon, lat)).toBe(verdict);
    });
  });

  describe('implied_speed', () => {
    //   200 m of slack + 97.2 m/s: after 10 s a unit may be 1172 m away
    it.each([
      [10, 1150, 'good'],
      [10, 1200, 'implied_speed'],
      [1, 290, 'good'],
      [1, 310, 'implied_speed'],
      [60, 5900, 'good'], // a helicopter at 340 km/h
      [60, 6200, 'implied_speed'],
    ])('after %d s, %d m away is %s', (seconds, metres, verdict) => {
      unit.at(0, 0);
      expect(unit.at(seconds, metres)).toBe(verdict);
      expect(unit.at(seconds + 1, 0)).toBe(verdict === 'good' && metres > 297 ? 'implied_speed' : 'good');
    });

    it('does not take the antimeridian for a jump', () => {
      expect(unit.fix(0, 179.9999, -17)).toBe('good');
      expect(unit.fix(10, -179.9999, -17)).toBe('good');
    });

    //  time   0   1      2      3      4
    //  place  0   50 km  50 km  50 km  50 km
    //         ok  aside  aside  believed, live from here
    it('believes the third fix in a row that agrees with the two before it', () => {
      expect(unit.at(0, 0)).toBe('good');
      expect(unit.at(1, 50_000)).toBe('implied_speed');
      expect(unit.at(2, 50_020)).toBe('implied_speed');
      expect(unit.northM).toBe(0);
      expect(unit.at(3, 50_040)).toBe('good');
      expect(unit.northM).toBe(50_040);
      expect(unit.at(4, 50_060)).toBe('good');
      expect(unit.setAside).toEqual({ implied_speed: 2 });
    });

    //  one receiver reflects: 50 km, home, 50 km, home … never a run
    it('does not add up jumps that plausible fixes stand between', () => {
      unit.at(0, 0);
      for (let s = 1; s < 20; s += 2) {
        expect(unit.at(s, 50_000)).toBe('implied_speed');
        expect(unit.at(s + 1, s)).toBe('good');
      }
    });

    it('does not add up jumps that disagree with each other', () => {
      unit.at(0, 0);
      for (let s = 1; s < 20; s++) expect(unit.at(s, s % 2 === 0 ? 50_000 : 90_000)).toBe('implied_speed');
      expect(unit.northM).toBe(0);
    });

    it('starts a new run where a jump disagrees with the one before', () => {
      unit.at(0, 0);
      expect(unit.at(1, 50_000)).toBe('implied_speed');
      expect(unit.at(2, 50_000)).toBe('implied_speed');
      expect(unit.at(3, 90_000)).toBe('implied_speed'); // first of another run
      expect(unit.at(4, 90_000)).toBe('implied_speed');
      expect(unit.at(5, 90_000)).toBe('good');
    });

    it('does not count the same instant twice towards a run', () => {
      unit.at(0, 0);
      for (let i = 0; i < 5; i++) expect(unit.at(1, 50_000)).toBe('implied_speed');
    });

    it('believes the first fix after a gap of more than a quarter of an hour', () => {
      const quarterS = (15 * MINUTE) / SECOND;
      unit.at(0, 0);
      expect(unit.at(quarterS, 300_000)).toBe('implied_speed');
      expect(unit.at(quarterS + 1, 300_000)).toBe('good');
      expect(unit.setAside).toEqual({ implied_speed: 1 });
    });

    //  fix time  0   100  | 50 (late, 50 km off)  50 (late, near)  | 101
    it('judges late fixes against the live position, and they leave runs as they are', () => {
      unit.at(0, 0);
      unit.at(100, 0);
      expect(unit.at(50, 50_000, { receivedS: 101 })).toBe('implied_speed');
      expect(unit.at(50, 100, { receivedS: 101 })).toBe('good');
      expect(unit.northM).toBe(0); // a late fix moves nothing
      expect(unit.at(101, 10)).toBe('good');
    });

    it('counts a run on over late fixes that come between its parts', () => {
      unit.at(0, 0);
      unit.at(100, 0);
      expect(unit.at(101, 50_000)).toBe('implied_speed');
      expect(unit.at(20, 0, { receivedS: 102 })).toBe('good');
      expect(unit.at(103, 50_000)).toBe('implied_speed');
      expect(unit.at(21, 60_000, { receivedS: 104 })).toBe('implied_speed');
      expect(unit.at(105, 50_000)).toBe('good');
    });

    it('takes any number of late fixes that agree with each other for what they are: late', () => {
      unit.at(0, 0);
      unit.at(100, 0);
      for (let i = 0; i < 10; i++) expect(unit.at(40 + i, 50_000, { receivedS: 101 })).toBe('implied_speed');
      expect(unit.at(101, 5)).toBe('good');
    });
  });

  it('count by unit and reason, far beyond the first room for units', () => {
    const slots = Array.from({ length: 3000 }, (_, i) => unit.live.add(100 + i, 1, 3, 1));
    const nowhere = { fixTime: T0, lonE7: 0, latE7: 0, flags: 0 };
    const unknown = { speedCmps: null, headingCdeg: null, accuracyDm: null, altitudeM: null };
    for (const slot of slots) unit.judge.judge(slot, { ...nowhere, ...unknown }, T0);
    expect(unit.judge.setAside(slots[2999]!)).toEqual({ null_island: 1 });
    expect(unit.judge.setAside(slots[0]!)).toEqual({ null_island: 1 });
    expect(unit.setAside).toEqual({});
  });

  it('never lock a unit out: whatever came before, the third of three fixes that agree is good', () => {
    const anything = fc.record({
      // seconds by the device's clock, and by ours
      fixS: fc.integer({ min: -100_000, max: 100_000 }),
      receivedS: fc.integer({ min: 0, max: 50_000 }),
      lon: fc.double({ min: -180, max: 180, noNaN: true }),
      lat: fc.double({ min: -90, max: 90, noNaN: true }),
    });
    const near = fc.record({
      fixS: fc.integer({ min: 0, max: 50_000 }),
      receivedS: fc.integer({ min: 0, max: 50_000 }),
      lon: fc.double({ min: 23.9, max: 24.3, noNaN: true }),
      lat: fc.double({ min: 56.8, max: 57.1, noNaN: true }),
    });
    fc.assert(
      fc.property(
        fc.array(fc.oneof(anything, near), { maxLength: 60 }),
        fc.double({ min: -179, max: 179, noNaN: true }),
        fc.double({ min: 1, max: 89, noNaN: true }),
        (history, lon, lat) => {
          const tried = new Bench();
          let nowS = 0;
          for (const { fixS, receivedS, ...place } of history) {
            nowS = Math.max(nowS, receivedS);
            tried.fix(fixS, place.lon, place.lat, receivedS);
          }
          // the device reports what it sees now, once a second, at a walk
          const startS = Math.max(nowS, (tried.live.fixTime[tried.slot] - T0) / SECOND) + 1;
          const verdicts = [0, 1, 2].map((i) => tried.fix(startS + i, lon, lat + i * 1e-5));
          expect(verdicts[2]).toBe('good');
          expect(tried.live.fixTime[tried.slot]).toBe(T0 + (startS + 2) * SECOND);
        },
      ),
      { numRuns: 500 },
    );
  });
});
