import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { STEADY, STEADY_EMERGENCY } from '../../test/drawn-roads.js';
import { drawTown } from '../../test/drawn-town.js';
import { createRoadsData } from '../../test/prepared-roads.js';
import { CENTRES } from '../../test/random.js';
import type { SpeedOverlay } from '../graph/speed-overlay.js';
import { RoadsError } from '../roads/errors.js';
import type { RoadClosure } from './closures.js';
import { type LoadedRoads, type RoadsPreparation, rebuildProfile } from './prepare-roads.js';
import type { PreparedProfile } from './prepared-profile.js';
import { type ClosureProgress, RoadsKeeper } from './roads-keeper.js';
import type { Route, TravelTable } from './router.js';

//   A-------B-------C     way 1, 400 m each
//           |       |
//           D-------E     ways 2, 3, 4: 300 m down, 400 m along, 300 m up
const TOWN = drawTown(CENTRES.riga, { A: [0, 0], B: [400, 0], C: [800, 0], D: [400, -300], E: [800, -300] }, [
  { way: 'A-B-C' },
  { way: 'B-D' },
  { way: 'D-E' },
  { way: 'E-C' },
]);
const FROM = { at: TOWN.place(200, 0) };
const TO = { at: TOWN.place(800, -50) };
const STRAIGHT_MS = 65_000; // 200 + 400 + 50 m at 36 km/h
const AROUND_MS = 115_000; // 200 + 300 + 400 + 250 m
const START = 1_700_000_000_000;

/** B-C closed from the start, unless said otherwise. */
function closed(parts: Partial<RoadClosure> = {}): RoadClosure {
  const shape = {
    type: 'LineString' as const,
    coordinates: [[...TOWN.place(500, -20)], [...TOWN.place(500, 20)]] as [number, number][],
  };
  return { id: 'c', shape, wayIds: null, speedShare: 0, validFrom: START, validUntil: null, ...parts };
}

interface Task {
  readonly profile: string;
  readonly changes: number;
  /** Does the work and lets the keeper know. */
  finish(): Promise<void>;
  fail(message: string): Promise<void>;
}

/** Loads at once; rebuilds when the test says so. */
class ManualPreparation implements RoadsPreparation {
  readonly tasks: Task[] = [];
  loads = 0;
  broken: Error | undefined;

  async load(): Promise<LoadedRoads> {
    this.loads++;
    if (this.broken) throw this.broken;
    const current = {
      version: 1,
      generation: `g${this.loads}`,
      previous: null,
      networkId: '',
      source: '',
      importedAt: 0,
      profiles: [],
    } as const;
    return { current, data: createRoadsData(TOWN.network, [STEADY, STEADY_EMERGENCY]) };
  }

  rebuild(network: typeof TOWN.network, prepared: PreparedProfile, inForce: SpeedOverlay): Promise<PreparedProfile> {
    return new Promise((resolve, reject) => {
      const settled = () => new Promise<void>((done) => setImmediate(done));
      this.tasks.push({
        profile: prepared.profile.code,
        changes: inForce.directed.length,
        finish: () => {
          resolve(rebuildProfile(network, prepared, inForce));
          return settled();
        },
        fail: (message) => {
          reject(new Error(message));
          return settled();
        },
      });
    });
  }
}

describe('RoadsKeeper', () => {
  let keeper: RoadsKeeper;
  let preparation: ManualPreparation;
  let states: ClosureProgress[];

  beforeEach(async () => {
    vi.useFakeTimers({ now: START, toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    preparation = new ManualPreparation();
    states = [];
    keeper = await RoadsKeeper.open({ dir: 'unused', preparation, onClosureState: (state) => states.push(state) });
  });
  afterEach(async () => {
    await keeper.close();
    vi.useRealTimers();
  });

  async function driveMs(profile = 'steady'): Promise<[ms: number, closures: string]> {
    const answer = (await keeper.route({ from: FROM, to: TO, profile })) as Route;
    return [Math.round(answer.travelMs / 100) * 100, answer.closures];
  }
  async function tableMs(profile = 'steady'): Promise<[ms: number, closures: string]> {
    const answer = (await keeper.table({ sources: [FROM], targets: [TO], profile })) as TravelTable;
    return [Math.round(answer.travelMs[0] / 100) * 100, answer.closures];
  }

  it('G69 a closure is in every drive at once and in tables after the rebuild', async () => {
    expect(await driveMs()).toEqual([STRAIGHT_MS, 'in_force']);
    keeper.setClosures([closed()]);
    expect(await driveMs()).toEqual([AROUND_MS, 'checked']);
    expect(await tableMs()).toEqual([STRAIGHT_MS, 'pending']);
    expect(keeper.closureState).toMatchObject({ inForce: 1, rebuild: { kind: 'running', profile: 'steady' } });
    expect(keeper.closureState.pending).toEqual([
      { profile: 'steady', tightened: 2, loosened: 0 },
      { profile: 'steady-emergency', tightened: 2, loosened: 0 },
    ]);
    await preparation.tasks[0].finish();
    expect(await tableMs()).toEqual([AROUND_MS, 'in_force']);
    expect(await tableMs('steady-emergency')).toEqual([STRAIGHT_MS, 'pending']);
    await preparation.tasks[1].finish();
    expect(await tableMs('steady-emergency')).toEqual([AROUND_MS, 'in_force']);
    expect(await driveMs()).toEqual([AROUND_MS, 'in_force']);
    expect(keeper.closureState).toMatchObject({ pending: [], rebuild: { kind: 'idle' } });
    expect(states.at(-1)).toEqual(keeper.closureState);
    expect(preparation.tasks).toHaveLength(2);
  });

  it('G69 an opened road is said to be pending until the rebuild', async () => {
    keeper.setClosures([closed()]);
    await preparation.tasks[0].finish();
    await preparation.tasks[1].finish();
    keeper.setClosures([]);
    expect(await driveMs()).toEqual([AROUND_MS, 'pending']);
    await preparation.tasks[2].finish();
    expect(await driveMs()).toEqual([STRAIGHT_MS, 'in_force']);
  });

  it('G67 who goes to a place on a closed road drives to the nearest open one', async () => {
    keeper.setClosures([closed()]);
    const answer = (await keeper.route({ from: FROM, to: { at: TOWN.place(700, 0) }, profile: 'steady' })) as Route;
    expect(Math.round(answer.end.offRoadM)).toBe(100);
    expect(Math.round(answer.travelMs / 100) * 100).toBe(AROUND_MS + 5000); // up to C
  });

  it('G70 changes during a rebuild are taken together afterwards', async () => {
    keeper.setClosures([closed()]);
    keeper.setClosures([closed(), closed({ id: 'd', shape: null, wayIds: [2], speedShare: 0.5 })]);
    keeper.setClosures([closed({ id: 'd', shape: null, wayIds: [2], speedShare: 0.5 })]);
    keeper.setClosures([closed(), closed({ id: 'e', shape: null, wayIds: [3], speedShare: 0.25 })]);
    expect(preparation.tasks).toHaveLength(1);
    await preparation.tasks[0].finish();
    // the profile that was made is not up to date any more, so it comes again, with all of it at once
    expect(preparation.tasks.map(({ profile, changes }) => `${profile} ${changes}`)).toEqual(['steady 2', 'steady 4']);
    await preparation.tasks[1].finish();
    await preparation.tasks[2].finish();
    expect(preparation.tasks).toHaveLength(3);
    expect(keeper.closureState).toMatchObject({ pending: [], rebuild: { kind: 'idle' } });
    expect(await driveMs()).toEqual([AROUND_MS + 120_000, 'in_force']); // D-E at a quarter of the speed
  });

  it('G70 a closure that changes nothing rebuilds nothing', async () => {
    keeper.setClosures([closed({ shape: null, wayIds: [99] })]);
    expect(preparation.tasks).toEqual([]);
    expect(keeper.closureState).toMatchObject({ inForce: 1, pending: [], rebuild: { kind: 'idle' } });
    expect(keeper.segmentsOf(closed({ shape: null, wayIds: [99] }))).toBe(0);
    expect(keeper.segmentsOf(closed())).toBe(2);
    expect(keeper.closuresInForce('steady')).toBe(false);
  });

  it('G68 it begins and ends by itself, for whom it is meant', async () => {
    keeper.setClosures([closed({ validFrom: START + 60_000, validUntil: START + 120_000, emergencyPasses: true })]);
    expect(await driveMs()).toEqual([STRAIGHT_MS, 'in_force']);
    vi.advanceTimersByTime(59_999);
    expect(keeper.closuresInForce('steady')).toBe(false);
    vi.advanceTimersByTime(1);
    expect([keeper.closuresInForce('steady'), keeper.closuresInForce('steady-emergency')]).toEqual([true, false]);
    expect(await driveMs()).toEqual([AROUND_MS, 'checked']);
    expect(await driveMs('steady-emergency')).toEqual([STRAIGHT_MS, 'in_force']);
    await preparation.tasks[0].finish();
    vi.advanceTimersByTime(60_000);
    expect(keeper.closuresInForce('steady')).toBe(false);
    expect(await driveMs()).toEqual([AROUND_MS, 'pending']);
    await preparation.tasks[1].finish();
    expect(await driveMs()).toEqual([STRAIGHT_MS, 'in_force']);
    expect(preparation.tasks.map(({ profile }) => profile)).toEqual(['steady', 'steady']);
  });

  it('G70 a rebuild that fails leaves the old hierarchy in use, says so, and is tried again', async () => {
    keeper.setClosures([closed()]);
    await preparation.tasks[0].fail('out of memory');
    expect(keeper.closureState.rebuild).toEqual({
      kind: 'failed',
      profile: 'steady',
      at: START,
      message: 'out of memory',
    });
    expect(states.at(-1)!.rebuild.kind).toBe('failed');
    expect(await driveMs()).toEqual([AROUND_MS, 'checked']);
    expect(await tableMs()).toEqual([STRAIGHT_MS, 'pending']);
    vi.advanceTimersByTime(30_000);
    expect(preparation.tasks).toHaveLength(2);
    await preparation.tasks[1].finish();
    expect(await tableMs()).toEqual([AROUND_MS, 'in_force']);
  });

  it('G70 another import takes over, closures and all, and one that cannot be read does not', async () => {
    keeper.setClosures([closed()]);
    expect(keeper.current.generation).toBe('g1');
    await keeper.reload();
    expect(keeper.current.generation).toBe('g2');
    expect(await driveMs()).toEqual([AROUND_MS, 'checked']);
    // what was made for the network before is of no use to this one
    await preparation.tasks[0].finish();
    expect(await driveMs()).toEqual([AROUND_MS, 'checked']);
    expect(preparation.tasks).toHaveLength(2);

    preparation.broken = new RoadsError('network_truncated', 'too short');
    await expect(keeper.reload()).rejects.toMatchObject({ code: 'network_truncated' });
    expect(keeper.current.generation).toBe('g2');
    expect(await driveMs()).toEqual([AROUND_MS, 'checked']);
    await expect(RoadsKeeper.open({ dir: 'unused', preparation })).rejects.toMatchObject({ code: 'network_truncated' });
  });

  it('G61 a profile that nobody prepared is refused with its code', async () => {
    const refused = { kind: 'refused', code: 'profile_unknown' };
    expect(await keeper.route({ from: FROM, to: TO, profile: 'boat' })).toMatchObject(refused);
    expect(await keeper.table({ sources: [FROM], targets: [TO], profile: 'boat' })).toMatchObject(refused);
  });
});
