/** Asks the engine alone who goes: no tracker, no HTTP, no database; the fleet moves between two questions as it would meanwhile. */
import { createRandom } from '../../fixtures/world/seeded-random.js';
import {
  DEFAULT_POLICY,
  decide,
  decideTogether,
  findStarts,
  gatherInput,
  gatherTogether,
  lonLat,
  type Requirement,
  RoadsKeeper,
  RoadWays,
} from '../../geo-engine/src/index.js';
import { createQuestion, createRoster, moveUnit } from './engine-fleet.js';
import { UNKNOWN_ALTITUDE, type WireFix } from './fix-encoder.js';
import { fixInto, type Route } from './movement.js';

export interface DispatchEngineOrder {
  /** ROADS_DIR, prepared for the profile. */
  readonly dir: string;
  readonly seed: number;
  readonly profile: string;
  /** Where crews may be, degrees. */
  readonly places: readonly (readonly [lon: number, lat: number])[];
  readonly fleet: number;
  readonly capabilities: readonly string[];
  /** Lines of one VEK, and of each of ten that are decided together. */
  readonly card: readonly Requirement[];
  readonly jointCard: readonly Requirement[];
  readonly questions: number;
  readonly jointQuestions: number;
}

/** Milliseconds of each question. */
export interface DispatchEngineTimes {
  readonly singleMs: readonly number[];
  readonly jointMs: readonly number[];
}

const WARM_UP = 50;
const VEKS_TOGETHER = 10;
/** What the fleet reports between two questions, ms of its time: a fix a second each. */
const STEP_MS = 25;
/** Of that time the thread of the engine spends so much on finding where those who moved start. */
const IDLE_SHARE = 1 / 8;
const START = Date.UTC(2026, 5, 1, 12);

const fix: WireFix = {
  timeMs: 0,
  lonE7: 0,
  latE7: 0,
  speedCmps: 0,
  headingCdeg: 0,
  accuracyDm: 0,
  altitudeM: UNKNOWN_ALTITUDE,
  flags: 0,
};

process.once('message', async (order: DispatchEngineOrder) => {
  const { dir, seed, profile, places, fleet, capabilities, card, jointCard } = order;
  const keeper = await RoadsKeeper.open({ dir });
  const random = createRandom(seed, 'engine');
  const roster = createRoster(fleet, capabilities, profile);
  const routes = Array.from({ length: fleet }, (): Route => {
    const [lon, lat] = random.pick(places);
    return { lon, lat, phase: random.between(0, 2 * Math.PI) };
  });
  let now = START;
  let next = 0;
  const report = () => {
    fixInto(fix, routes[next]!, now);
    const moving = { speedMps: fix.speedCmps / 100, headingDeg: fix.headingCdeg / 100 };
    moveUnit(roster, next + 1, [fix.lonE7 / 1e7, fix.latE7 / 1e7], now, moving);
    next = (next + 1) % fleet;
  };
  for (let i = 0; i < fleet; i++) report();
  const drive = () => {
    now += STEP_MS;
    for (let due = (fleet * STEP_MS) / 1000; due > 0; due--) report();
    findStarts(roster, keeper, (code) => code, performance.now() + STEP_MS * IDLE_SHARE);
  };
  const draw = (requirements: readonly Requirement[]) => {
    const { lon, lat } = random.pick(routes);
    const question = createQuestion(lonLat(lon, lat), requirements, now);
    return { question, surroundings: { roster, ways: new RoadWays(keeper, question.place) } };
  };

  const singleMs = timed(order.questions, drive, () => {
    const { question, surroundings } = draw(card);
    decide(gatherInput(question, surroundings));
  });
  const jointMs = timed(order.jointQuestions, drive, () => {
    const questions = Array.from({ length: VEKS_TOGETHER }, (_, i) => ({ vekId: `vek ${i}`, ...draw(jointCard) }));
    decideTogether(gatherTogether(questions, DEFAULT_POLICY.nodeLimit));
  });
  process.send!({ singleMs, jointMs } satisfies DispatchEngineTimes);
});

function timed(count: number, between: () => void, ask: () => void): number[] {
  const times: number[] = [];
  for (let i = -Math.min(WARM_UP, Math.ceil(count / 4)); i < count; i++) {
    between();
    const begun = performance.now();
    ask();
    if (i >= 0) times.push(performance.now() - begun);
  }
  return times;
}
