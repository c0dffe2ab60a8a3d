import { describe, expect, it } from 'vitest';
import { CellTable, cellsOverBox, type Level, LiveIndex } from '../../geo-engine/src/index.js';
import { type Audience, Audiences } from '../src/live/audiences.js';
import { LiveTable } from '../src/live/live-table.js';
import { MAX_VIEW_CELLS, PICTURE_TICK_MS, Picture, type Viewer } from '../src/live/picture.js';
import { LIVE_LEVELS, type LiveLevel } from '../src/protocol/live-frame.js';
import { PictureReader } from './harness/picture-reader.js';

const SOURCE = { deviceHandle: 1, priority: 100, reportIntervalS: 5 };
const AGENCIES = 3;
/** Two seconds of ticks: how long a console may be wrong after it missed something. */
const HEAL_TICKS = 2000 / PICTURE_TICK_MS;

/** mulberry32 (Ettinger, public domain): small, seeded. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** A console on an imperfect line: bundles may be lost, and it may stop reading. */
class TestConsole implements Viewer {
  readonly reader = new PictureReader();
  lossRate = 0;
  stuck = false;
  dropped = false;
  sent = 0;
  level: LiveLevel = 'city';
  box: [number, number, number, number] = [23.9, 56.85, 24.4, 57.1];
  audience: Audience;
  #view = 0;
  readonly #picture: Picture;
  readonly #random: () => number;
  #wantsResync = false;

  constructor(picture: Picture, audience: Audience, random: () => number) {
    this.#picture = picture;
    this.audience = audience;
    this.#random = random;
  }

  backlogBytes(): number {
    return this.stuck ? 1e9 : 0;
  }

  send(bundle: Buffer): void {
    this.sent++;
    if (this.#random() < this.lossRate) return;
    if (this.reader.take(bundle)) this.#wantsResync = true;
  }

  drop(): void {
    this.dropped = true;
  }

  look(level: LiveLevel, box: [number, number, number, number], now: number): void {
    if (level !== this.level || this.#view === 0) this.reader.clear();
    this.level = level;
    this.box = box;
    const answer = this.#picture.watch(this, this.audience, { view: ++this.#view, level, box }, now);
    if (!answer.ok) throw new Error(answer.code);
    this.reader.keepOnly(answer);
  }

  /** As a console does between bundles. */
  heal(now: number): void {
    if (!this.#wantsResync || this.stuck) return;
    this.#wantsResync = false;
    this.reader.clear();
    this.#picture.resync(this, now);
  }
}

/** What the console must show: every unit of its audience whose cell is one of its view's, by a scan of the table. */
function expected(table: LiveTable, view: TestConsole): Map<number, [number, number, number]> {
  const level = LIVE_LEVELS.indexOf(view.level) as Level;
  const over = cellsOverBox(table.cells, view.box as never, level, MAX_VIEW_CELLS);
  if (!over.ok) throw new Error(over.code);
  const cells = new Set(over.cells);
  const units = new Map<number, [number, number, number]>();
  for (let slot = 0; slot < table.slots; slot++) {
    if (!table.hasPosition(slot) || !view.audience.sees(table.agencyNo[slot])) continue;
    if (cells.has(table.cells.parent(table.cell[slot], level)))
      units.set(table.handle[slot], [table.lonE7[slot], table.latE7[slot], table.status[slot]]);
  }
  return units;
}

const shown = (view: TestConsole) =>
  new Map([...view.reader.units].map(([handle, unit]) => [handle, [unit.lonE7, unit.latE7, unit.status]]));
const sorted = <T>(units: Map<number, T>) => [...units].sort(([a], [b]) => a - b);

/** Units that wander about Rīga, some far, and consoles of all levels and audiences. */
function scene(seed: number, units: number) {
  const random = seeded(seed);
  const cells = new CellTable();
  const table = new LiveTable(cells, new LiveIndex(cells));
  const picture = new Picture(table);
  const audiences = new Audiences();
  const all = audiences.of('all');
  for (let i = 0; i < units; i++) table.add(1000 + i * 3, 1 + (i % AGENCIES), i % 10, 5);
  let now = 1_790_000_000_000;
  const consoles = LIVE_LEVELS.flatMap((level) =>
    [all, audiences.of(new Set([1])), audiences.of(new Set([2, 3]))].map((audience) => {
      const view = new TestConsole(picture, audience, random);
      view.look(level, view.box, now);
      return view;
    }),
  );
  const move = (slot: number) => {
    const far = random() < 0.05;
    const spread = far ? 3 : 0.02;
    const lonE7 = table.hasPosition(slot)
      ? table.lonE7[slot] + (random() - 0.5) * spread * 1e7
      : (23.8 + random() * 0.8) * 1e7;
    const latE7 = table.hasPosition(slot)
      ? table.latE7[slot] + (random() - 0.5) * spread * 1e7
      : (56.8 + random() * 0.4) * 1e7;
    const fix = {
      fixTime: now,
      lonE7: Math.round(Math.max(-1.79e9, Math.min(1.79e9, lonE7))),
      latE7: Math.round(Math.max(-8.9e8, Math.min(8.9e8, latE7))),
      speedCmps: null,
      headingCdeg: null,
      accuracyDm: null,
      altitudeM: null,
      flags: 0,
    };
    table.move(slot, SOURCE, fix, now);
  };
  const tick = () => {
    now += PICTURE_TICK_MS;
    picture.tick(now);
    for (const view of consoles) view.heal(now);
  };
  return { random, table, picture, audiences, consoles, move, tick, now: () => now };
}

describe('the live picture', () => {
  it.each([1, 2, 3, 4])(
    'L1 shows each console exactly the units of its audience in its cells, whatever moves (seed %i)',
    (seed) => {
      const { random, table, consoles, move, tick } = scene(seed, 150);
      for (let round = 0; round < 60; round++) {
        for (let i = 0; i < 60; i++) move(Math.floor(random() * table.slots));
        if (random() < 0.3) table.setStatus(Math.floor(random() * table.slots), Math.floor(random() * 10));
        if (random() < 0.1) table.remove(Math.floor(random() * table.slots));
        if (random() < 0.1) table.setAgency(Math.floor(random() * table.slots), 1 + Math.floor(random() * AGENCIES));
        tick();
      }
      // the nation's tick is the slowest: four quiet ticks, and every console has the last of it
      for (let i = 0; i < 4; i++) tick();
      for (const view of consoles)
        expect(sorted(shown(view)), `seed ${seed}, level ${view.level}`).toEqual(sorted(expected(table, view)));
      expect(consoles.some((view) => view.reader.units.size > 20)).toBe(true);
    },
  );

  it.each([11, 12, 13, 14])(
    'L2 a console that loses bundles, stops reading or pans is right again within two seconds (seed %i)',
    (seed) => {
      const { random, table, consoles, move, tick, now } = scene(seed, 120);
      for (let round = 0; round < 12; round++) {
        for (const view of consoles) {
          view.lossRate = random() < 0.5 ? 0.3 : 0;
          view.stuck = random() < 0.3;
          if (random() < 0.4 && !view.stuck) {
            const west = 23 + random() * 2;
            const south = 56.3 + random();
            view.look(view.level, [west, south, west + 0.4, south + 0.2], now());
          }
        }
        for (let t = 0; t < 10; t++) {
          for (let i = 0; i < 30; i++) move(Math.floor(random() * table.slots));
          tick();
        }
        for (const view of consoles) {
          view.lossRate = 0;
          view.stuck = false;
        }
        for (let t = 0; t < HEAL_TICKS; t++) tick();
        for (const view of consoles)
          expect(sorted(shown(view)), `seed ${seed}, round ${round}, level ${view.level}`).toEqual(
            sorted(expected(table, view)),
          );
      }
    },
  );

  it('L3 even the last bundle of a cell that went quiet is missed by nobody: the digest tells', () => {
    const { consoles, move, tick } = scene(21, 10);
    const view = consoles.at(-3)!; // city, all
    for (let i = 0; i < 10; i++) move(i);
    tick();
    view.lossRate = 1;
    move(0);
    tick();
    view.lossRate = 0; // nothing moves from here on
    const before = sorted(shown(view));
    for (let t = 0; t < HEAL_TICKS; t++) tick();
    expect(sorted(shown(view))).not.toEqual(before);
  });

  it('L4 what changes in a cell is encoded once per audience and tick, however many consoles watch it', () => {
    const { table, picture, audiences, move, tick, random, now } = scene(31, 100);
    const audience = audiences.of('all');
    for (let i = 0; i < 40; i++)
      new TestConsole(picture, audience, random).look('city', [23.9, 56.85, 24.4, 57.1], now());
    for (let i = 0; i < table.slots; i++) move(i);
    for (let t = 0; t < 4; t++) tick(); // all levels have sent it
    const before = { ...picture.counters };
    move(5);
    tick();
    // at most the cell it left and the cell it entered, for each of the levels and audiences that are due
    expect(picture.counters.blocksEncoded - before.blocksEncoded).toBeLessThanOrEqual(2 * 3 * 3);
    expect(picture.counters.bundles - before.bundles).toBeGreaterThanOrEqual(40);
  });

  it('L5 a console that never reads is dropped and told; the others get every tick', () => {
    const { table, picture, audiences, random, tick, now } = scene(41, 1);
    const [stuck, other] = [0, 1].map(() => {
      const view = new TestConsole(picture, audiences.of('all'), random);
      view.look('city', view.box, now());
      return view;
    }) as [TestConsole, TestConsole];
    stuck.stuck = true;
    const before = { stuck: stuck.sent, other: other.sent };
    const ticks = 40_000 / PICTURE_TICK_MS;
    for (let t = 0; t < ticks; t++) {
      table.move(
        0,
        SOURCE,
        {
          fixTime: now() + 1,
          lonE7: 241_000_000 + t,
          latE7: 569_000_000,
          speedCmps: null,
          headingCdeg: null,
          accuracyDm: null,
          altitudeM: null,
          flags: 0,
        },
        now(),
      );
      tick();
    }
    expect(stuck.dropped).toBe(true);
    expect(stuck.sent, 'nothing was queued for it').toBe(before.stuck);
    expect(other.sent - before.other).toBe(ticks);
    expect(other.dropped).toBe(false);
  });

  it.each([1, 20, 29])(
    'L11 a console that slept for %i s is right within two seconds of waking, and the others get every change meanwhile',
    (sleptS) => {
      const { table, consoles, move, tick } = scene(51, 60);
      for (let i = 0; i < table.slots; i++) move(i);
      for (let t = 0; t < 4; t++) tick();
      const [sleeper, ...others] = consoles as [TestConsole, ...TestConsole[]];
      const snapshots = others.map(({ reader }) => reader.snapshots);
      sleeper.stuck = true;
      for (let t = 0; t < (sleptS * 1000) / PICTURE_TICK_MS; t++) {
        for (let i = t % 7; i < table.slots; i += 7) move(i);
        tick();
      }
      sleeper.stuck = false;
      for (let t = 0; t < HEAL_TICKS; t++) tick();
      expect(sleeper.dropped).toBe(false);
      for (const view of consoles)
        expect(sorted(shown(view)), `level ${view.level}`).toEqual(sorted(expected(table, view)));
      expect(others.map(({ reader }) => reader.snapshots)).toEqual(snapshots);
    },
  );

  it('L6 a change of what a console may see takes effect with the next bundle', () => {
    const { table, picture, audiences, consoles, move, tick, now } = scene(51, 90);
    for (let i = 0; i < table.slots; i++) move(i);
    for (let t = 0; t < 4; t++) tick();
    const view = consoles.at(-3)!;
    expect(new Set([...view.reader.units.keys()].map((handle) => ((handle - 1000) / 3) % AGENCIES)).size).toBe(
      AGENCIES,
    );
    view.audience = audiences.of(new Set([2]));
    picture.setAudience(view, view.audience, now());
    expect(sorted(shown(view))).toEqual(sorted(expected(table, view)));
    for (let i = 0; i < table.slots; i++) move(i);
    tick();
    expect(sorted(shown(view))).toEqual(sorted(expected(table, view)));
    expect(view.reader.units.size).toBeGreaterThan(0);
  });

  it('L7 a box too large for its level is refused, and the view before stays', () => {
    const { picture, audiences, random, tick, move, now } = scene(61, 10);
    const view = new TestConsole(picture, audiences.of('all'), random);
    view.look('city', [23.9, 56.85, 24.4, 57.1], now());
    expect(
      picture.watch(view, view.audience, { view: 99, level: 'city', box: [-20, 30, 60, 70] }, now()),
    ).toMatchObject({ ok: false, code: 'too_many_cells' });
    for (let i = 0; i < 10; i++) move(i);
    const before = view.sent;
    tick();
    expect(view.sent).toBeGreaterThan(before);
  });

  it('L8 a position is shown with the instants it came with, never fresher', () => {
    const { table, consoles, move, tick, now } = scene(71, 5);
    for (let i = 0; i < 5; i++) move(i);
    const fixTime = now();
    for (let t = 0; t < 20; t++) tick();
    for (const unit of consoles.at(-3)!.reader.units.values()) expect(unit.fixTime).toBe(fixTime);
    // a late fix changes nothing
    table.move(
      0,
      SOURCE,
      {
        fixTime: fixTime - 60_000,
        lonE7: 1,
        latE7: 1,
        speedCmps: null,
        headingCdeg: null,
        accuracyDm: null,
        altitudeM: null,
        flags: 0,
      },
      now(),
    );
    expect(table.lonE7[0]).not.toBe(1);
  });

  it('L9 the freshest of the highest priority is live; a lower one takes over once that is stale', () => {
    const { table, now } = scene(81, 1);
    const fix = (fixTime: number, lonE7: number) => ({
      fixTime,
      lonE7,
      latE7: 569_000_000,
      speedCmps: null,
      headingCdeg: null,
      accuracyDm: null,
      altitudeM: null,
      flags: 0,
    });
    const vehicle = { deviceHandle: 1, priority: 100, reportIntervalS: 5 };
    const phone = { deviceHandle: 2, priority: 10, reportIntervalS: 5 };
    const start = now();
    expect(table.move(0, vehicle, fix(start, 1), start)).toBe(true);
    expect(table.move(0, phone, fix(start + 2000, 2), start + 2000)).toBe(false);
    expect(table.move(0, phone, fix(start + 15_000, 3), start + 15_000)).toBe(false); // not older than three intervals yet
    expect(table.move(0, phone, fix(start + 15_001, 4), start + 15_001)).toBe(true);
    expect(table.move(0, vehicle, fix(start + 15_002, 5), start + 15_002)).toBe(true);
  });
});
