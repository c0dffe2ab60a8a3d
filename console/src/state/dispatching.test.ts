import { describe, expect, it, vi } from 'vitest';
import { type Api, ApiProblem, type RouteAnswer } from './api.js';
import { Commands } from './commands.js';
import { Dispatching } from './dispatching.js';
import type { ChosenUnit, IncidentAnswer, Recommendation, RecommendationQuestion } from './recommendation.js';
import { type State, Store } from './store.js';

const HOUR_MS = 3_600_000;

function createUnit(unitId: string): ChosenUnit {
  return {
    unitId,
    callsign: unitId.toUpperCase(),
    agencyId: 'a',
    service: 'VUGD',
    lon: 24,
    lat: 57,
    need: 'must',
    status: 'available',
    profile: 'heavy',
    response: { responseMs: 300_000, waitMs: 0, intervalMs: [280_000, 330_000] },
    from: { kind: 'fix' },
    why: [],
  };
}

function createIncident(vekId: string, unitIds: readonly string[]): IncidentAnswer {
  const { need, status, profile, why, ...bypassed } = createUnit('b1');
  return {
    decisionId: 'd',
    record: 'queued',
    vekId,
    place: { lon: 24.1, lat: 56.9, accuracyM: null },
    level: 1,
    highestLevel: 2,
    card: null,
    asked: [],
    already: [],
    territories: [],
    norms: [],
    units: unitIds.map(createUnit),
    lines: [
      {
        requirements: [{ line: 0, wanted: 2, met: 2 }],
        need: 'must',
        served: [],
        notChosen: [{ ...bypassed, reason: { code: 'farther', byMs: 1 } }],
        restByReason: {},
        shortfall: null,
      },
    ],
    sums: { services: [], people: { known: 0, unitsOfUnknownCrew: 0 }, capabilities: {}, equipment: {} },
    proof: null,
    uncertainty: null,
  };
}

/** A tracker that recommends u1 and u2, less those skipped and sent, also while the desk holds them, and gives u2 to nobody. */
function createTracker(travel: 'roads' | 'straight_line' = 'roads') {
  const questions: RecommendationQuestion[] = [];
  const sent: string[] = [];
  const holdIds: string[] = [];
  const released: string[] = [];
  let answers: Promise<void> = Promise.resolve();
  const api = {
    async recommend(question: RecommendationQuestion): Promise<Recommendation> {
      questions.push(question);
      const left = ['u1', 'u2'].filter((id) => !(id in question.skipped) && !sent.includes(id));
      await answers;
      return {
        at: questions.length,
        basis: { travel, networkGenerated: false, closures: 'in_force', state: 'current', correction: 'none' },
        tiers: null,
        incidents: question.incidents.map(({ vekId }) => createIncident(vekId, left)),
      };
    },
    async hold(_vekId: string, id: string, unitId: string) {
      if (unitId === 'u2') throw new ApiProblem(409, 'unit_held', '', { heldBy: 'other' });
      holdIds.push(id);
      return { expiresAt: Date.now() + HOUR_MS };
    },
    async release(id: string) {
      released.push(id);
    },
    async assign(_vekId: string, _id: string, unitId: string) {
      if (unitId === 'u2') throw new ApiProblem(409, 'unit_busy', '');
      sent.push(unitId);
      return { id: 'a' };
    },
    async route(from: { lon: number; lat: number }): Promise<RouteAnswer> {
      const coordinates = [
        [from.lon, from.lat],
        [24.1, 56.9],
      ] as const;
      return {
        source: 'built-in',
        fallback: null,
        closures: 'in_force',
        generated: false,
        profile: 'heavy',
        refusal: null,
        route: {
          wholeMs: 1,
          distanceM: 1,
          start: { ...from, offRoadM: 0 },
          end: { lon: 24.1, lat: 56.9, offRoadM: 0 },
          geometry: { type: 'LineString', coordinates },
        },
      };
    },
  };
  const waitUntil = (ready: Promise<void>) => {
    answers = ready;
  };
  return { api: api as unknown as Api, questions, sent, holdIds, released, waitUntil };
}

function createDesk(tracker = createTracker()) {
  const store = new Store({ whoGoes: undefined, ways: [] } as unknown as State);
  const changed = vi.fn();
  const desk = { store, commands: new Commands(() => {}), api: () => tracker.api, changed, profileOf: () => 'car' };
  return { ...tracker, store, changed, dispatching: new Dispatching(desk) };
}

const stepsOf = (store: Store) =>
  Object.fromEntries([...store.get().whoGoes!.steps].map(([unitId, { kind }]) => [unitId, kind]));

describe('dispatching from a desk', () => {
  it('C4 holds all who should go; who was not got says why, and the others stay held', async () => {
    const { dispatching, store, holdIds } = createDesk();
    await dispatching.ask(['v1']);
    await dispatching.hold();
    expect(stepsOf(store)).toEqual({ u1: 'held', u2: 'refused' });
    // held already: only the one that was refused is tried again
    await dispatching.hold();
    expect(holdIds).toHaveLength(1);
  });

  it('C5 sends all who should go, tells who was refused, and asks again for what is missing', async () => {
    const { dispatching, store, questions, changed } = createDesk();
    await dispatching.ask(['v1']);
    await dispatching.send();
    expect(stepsOf(store)).toEqual({ u2: 'refused' });
    expect(changed.mock.calls).toEqual([['v1', 'u1']]);
    expect(questions).toHaveLength(2);
    expect(store.get().whoGoes!.answer!.incidents[0]!.units.map(({ unitId }) => unitId)).toEqual(['u2']);
  });

  it('C8 asks on while units are held: those that the answer still names stay held, the others are given back', async () => {
    const { dispatching, store, questions, holdIds, released } = createDesk();
    await dispatching.ask(['v1']);
    await dispatching.hold();
    await dispatching.ask(['v1']);
    await dispatching.send(['u2']);
    expect(questions).toHaveLength(3);
    expect(stepsOf(store)).toEqual({ u1: 'held', u2: 'refused' });
    await dispatching.again();
    expect(stepsOf(store)).toEqual({ u1: 'held' });
    expect(released).toEqual([]);
    await dispatching.skip('u1', 'riepa');
    expect(stepsOf(store)).toEqual({});
    expect(released).toEqual(holdIds);
    expect(questions.at(-1)!.skipped).toEqual({ u1: 'riepa' });
    await dispatching.unskip('u1');
    expect(questions.at(-1)!.skipped).toEqual({});
  });

  it('keeps level, own lines and skipped units while the VEKs are the same, and forgets them with others', async () => {
    const { dispatching, questions } = createDesk();
    const line = { kind: 'capability', capability: 'search', quantity: 1, service: 'VP', need: 'must' } as const;
    await dispatching.ask(['v1']);
    await dispatching.setLevel('v1', 2);
    await dispatching.askFor('v1', [line]);
    await dispatching.ask(['v1']);
    expect(questions.at(-1)!.incidents).toEqual([{ vekId: 'v1', level: 2, requirements: [line] }]);
    await dispatching.ask(['v1', 'v2']);
    expect(questions.at(-1)!.incidents).toEqual([{ vekId: 'v1' }, { vekId: 'v2' }]);
  });

  it('drops an answer that a newer question has overtaken', async () => {
    const { dispatching, store, waitUntil } = createDesk();
    let answerFirst = () => {};
    waitUntil(
      new Promise((resolve) => {
        answerFirst = resolve;
      }),
    );
    const first = dispatching.ask(['v1']);
    waitUntil(Promise.resolve());
    await dispatching.ask(['v2']);
    answerFirst();
    await first;
    expect(store.get().whoGoes!.answer!.incidents[0]!.vekId).toBe('v2');
  });

  it('draws who should go, and who should not while their line is looked at', async () => {
    const { dispatching, store } = createDesk();
    const drawn = () => store.get().ways.map(({ unitId, isChosen, isByRoad }) => [unitId, isChosen, isByRoad]);
    await dispatching.ask(['v1']);
    const chosen = [
      ['u1', true, true],
      ['u2', true, true],
    ];
    expect(drawn()).toEqual(chosen);
    await dispatching.lookAt({ vekId: 'v1', line: 0 });
    expect(drawn()).toEqual([['b1', false, true], ...chosen]);
    await dispatching.lookAt(undefined);
    expect(drawn()).toEqual(chosen);
  });

  it('C6 draws a straight line, and says so, where the answer knows no roads', async () => {
    const { dispatching, store } = createDesk(createTracker('straight_line'));
    await dispatching.ask(['v1']);
    expect(store.get().ways.map(({ isByRoad, line }) => [isByRoad, line.length])).toEqual([
      [false, 2],
      [false, 2],
    ]);
  });
});

describe('Commands', () => {
  it('repeats a command without an answer under the same id, and begins anew after one', async () => {
    const commands = new Commands(() => {});
    const ids: string[] = [];
    const fails = (status: number) =>
      commands.run('assign', async (id) => {
        ids.push(id);
        throw new ApiProblem(status, 'x', '');
      });
    for (const status of [0, 503, 409, 0]) await expect(fails(status)).rejects.toThrow(ApiProblem);
    await commands.run('assign', async (id) => ids.push(id));
    expect(ids[0]).toBe(ids[1]);
    expect(ids[1]).toBe(ids[2]);
    expect(ids[3]).not.toBe(ids[2]);
    expect(ids[4]).toBe(ids[3]);
  });
});
