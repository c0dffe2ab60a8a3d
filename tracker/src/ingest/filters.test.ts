import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { CellTable, haversineM, LiveIndex } from '../../../geo-engine/src/index.js';
import { type FixSource, LiveTable } from '../live/live-table.js';
import { FIX_FLAG, type FixItem } from '../protocol/crew.js';
import { UNIT_FLAG } from '../protocol/live-frame.js';
import { FILTERS, FixJudge, type Handling, VERDICTS } from './filters.js';

const T0 = 1_760_000_000_000;
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const RIGA = { lon: 24.1, lat: 56.95 };
const SOURCE = { deviceHandle: 1, priority: 0, reportIntervalS: 1 };
/** One degree of latitude, of the sphere that the filters use. */
const M_PER_DEG = 111_195;

/** What a fix says besides where and when, and how it came. */
type Said = Partial<Pick<FixItem, 'speedCmps' | 'accuracyDm' | 'flags'>> & {
  readonly source?: FixSource;
  readonly handling?: Handling;
};

/** One unit, its judge and its live position. */
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

  fix(seconds: number, lon: number, lat: number, receivedS = seconds, said: Said = {}): string {
    const { source = SOURCE, handling = 'stored', ...quantities } = said;
    const fix: FixItem = {
      fixTime: T0 + seconds * SECOND,
      lonE7: Math.round(lon * 1e7),
      latE7: Math.round(lat * 1e7),
      speedCmps: null,
      headingCdeg: null,
      accuracyDm: null,
      altitudeM: null,
      flags: 0,
      ...quantities,
    };
    return this.judge.take(this.slot, source, fix, T0 + receivedS * SECOND, handling);
  }

  /** As `at`, with what else the device says. */
  said(seconds: number, northM: number, said: Said): string {
    return this.fix(seconds, RIGA.lon, RIGA.lat + northM / M_PER_DEG, seconds, said);
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
      'past',
      'null_island',
      'inaccurate',
      'duplicate',
      'implied_speed',
      'late',
      'static_drift',
    ]);
    expect(VERDICTS).toEqual({
      good: 0,
      future: 1,
      null_island: 2,
      implied_speed: 3,
      untrusted_source: 4,
      past: 5,
      inaccurate: 6,
      duplicate: 7,
    });
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

  describe('T56 past', () => {
    it('takes what waited for a year, and sets aside what a reset clock says', () => {
      const yearS = 366 * 86_400;
      expect(unit.at(-yearS, 0, { receivedS: 0 })).toBe('good');
      expect(unit.at(-yearS - 1, 0, { receivedS: 0 })).toBe('past');
      expect(unit.fix(-T0 / SECOND, RIGA.lon, RIGA.lat, 0)).toBe('past'); // 1970
      expect(unit.setAside).toEqual({ past: 2 });
    });
  });

  describe('T54 inaccurate', () => {
    it('sets a wide circle aside for three minutes after a good place, and takes it then', () => {
      expect(unit.said(0, 0, { accuracyDm: 50 })).toBe('good');
      expect(unit.said(10, 400, { accuracyDm: 5000 })).toBe('good');
      expect(unit.said(20, 0, { accuracyDm: 5001 })).toBe('inaccurate');
      expect(unit.said(190, 0, { accuracyDm: 9000 })).toBe('inaccurate');
      expect(unit.northM).toBe(400);
      expect(unit.said(191, 0, { accuracyDm: 9000 })).toBe('good');
      expect(unit.northM).toBe(0);
    });

    it('takes wide circles where there is nothing better', () => {
      for (let s = 0; s < 60; s += 10) expect(unit.said(s, 10 * s, { accuracyDm: 20_000 })).toBe('good');
      expect(unit.northM).toBe(500);
    });
  });

  describe('T55 duplicate', () => {
    it('sets aside the live place told once more by its device, without a mark', () => {
      expect(unit.at(0, 0)).toBe('good');
      expect(unit.at(0, 0, { receivedS: 5 })).toBe('duplicate');
      expect(unit.setAside).toEqual({ duplicate: 1 });
      expect(unit.live.flags[unit.slot]! & UNIT_FLAG.setAside).toBe(0);
      expect(unit.at(1, 0)).toBe('good');
    });

    it('takes the same place and instant from another device for what it is: its own', () => {
      expect(unit.at(0, 0)).toBe('good');
      expect(unit.said(0, 0, { source: { ...SOURCE, deviceHandle: 2 } })).toBe('good');
    });

    //   shown (no streams)   the same, stored   and once more
    it('never sets aside the copy that is stored, however often it was shown before', () => {
      for (let i = 0; i < 3; i++) expect(unit.said(0, 0, { handling: 'shown' })).toBe('good');
      expect(unit.said(0, 0, { handling: 'stored' })).toBe('good');
      expect(unit.said(0, 0, { handling: 'stored' })).toBe('duplicate');
    });
  });

  //   shown while the database was away: 1 2 3      then all of it again, to be stored: 1 2 3
  it('T55 set nothing aside of what was shown during an outage and comes to be stored after it', () => {
    const pass = (handling: Handling) => [1, 2, 3].map((s) => unit.said(s, 10 * s, { handling }));
    expect(pass('shown')).toEqual(['good', 'good', 'good']);
    expect(pass('stored')).toEqual(['good', 'good', 'good']);
    expect(unit.setAside).toEqual({});
    expect(unit.said(3, 30, {})).toBe('duplicate');
  });

  describe('T53 static_drift', () => {
    const parked = { speedCmps: 20, accuracyDm: 60 };

    it('holds the place of a unit that stands, and keeps it fresh', () => {
      expect(unit.said(0, 0, parked)).toBe('good');
      const random = [12, -8, 24, 3, -19, 7];
      for (const [i, northM] of random.entries()) {
        expect(unit.said(10 * (i + 1), northM, parked)).toBe('good');
        expect(unit.northM).toBe(0);
        expect(unit.live.fixTime[unit.slot]).toBe(T0 + 10 * (i + 1) * SECOND);
        expect(unit.live.receivedAt[unit.slot]).toBe(T0 + 10 * (i + 1) * SECOND);
      }
    });

    it.each([
      ['farther than a receiver wanders', 26, parked],
      ['at a walk', 10, { ...parked, speedCmps: 50 }],
      ['said to be moving', 10, { ...parked, flags: FIX_FLAG.moving }],
      ['of unknown speed', 10, { ...parked, speedCmps: null }],
      ['known better than before', 10, { ...parked, accuracyDm: 59 }],
      ['of another device', 10, { ...parked, source: { ...SOURCE, deviceHandle: 2 } }],
    ])('moves to a place %s', (_, northM, said) => {
      unit.said(0, 0, parked);
      expect(unit.said(10, northM, said)).toBe('good');
      expect(unit.northM).toBe(northM);
    });

    it('does not let a place creep away by small steps', () => {
      for (let s = 0; s < 100; s++) unit.said(s, 2 * s, parked);
      expect(unit.northM).toBe(7 * 26); // by steps that no drift explains: 26 m from the last place that counts
    });

    it('holds no place against a late fix', () => {
      unit.said(10, 0, parked);
      expect(unit.said(5, 10, parked)).toBe('good');
      expect(unit.live.fixTime[unit.slot]).toBe(T0 + 10 * SECOND);
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
    it('a second fix is one exactly when the great circle is longer than 350 km/h and 200 m allow, wherever on Earth', () => {
      const e7 = (degrees: number) => Math.round(degrees * 1e7) / 1e7;
      fc.assert(
        fc.property(
          fc.double({ min: -180, max: 180, noNaN: true }),
          fc.double({ min: -90, max: 90, noNaN: true }),
          fc.double({ min: -0.006, max: 0.006, noNaN: true }),
          fc.double({ min: -0.003, max: 0.003, noNaN: true }),
          fc.integer({ min: 1, max: 2 }),
          (lon, lat, east, north, seconds) => {
            const from = [e7(lon), e7(lat)] as const;
            // over the antimeridian too
            const to = [e7(((lon + east + 540) % 360) - 180), e7(Math.max(-90, Math.min(90, lat + north)))] as const;
            const one = new Bench();
            fc.pre(one.fix(0, ...from) === 'good' && Math.max(Math.abs(to[0]), Math.abs(to[1])) > 0.01);
            const allowedM = 200 + (seconds * 350) / 3.6;
            expect(one.fix(seconds, ...to)).toBe(haversineM(...from, ...to) > allowedM ? 'implied_speed' : 'good');
          },
        ),
      );
    });

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

    it('judges each device by what it said itself: a street away from the other is no jump', () => {
      const phone = { ...SOURCE, deviceHandle: 2, priority: -1 };
      expect(unit.at(0, 0)).toBe('good');
      for (let s = 1; s < 10; s++) {
        expect(unit.said(s, 3000 + s, { source: phone })).toBe('good');
        expect(unit.at(s, s)).toBe('good');
        expect(unit.northM).toBe(s);
      }
      expect(unit.said(10, 9000, { source: phone })).toBe('implied_speed');
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
    for (const slot of slots) unit.judge.take(slot, SOURCE, { ...nowhere, ...unknown }, T0, 'stored');
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
