import type { Feed } from '../feed/feed.js';
import type { Changes } from '../feed/record.js';
import type { LiveTable } from '../live/live-table.js';
import type { Access } from '../rights/access.js';
import type { RoadService } from '../roads/road-service.js';
import type { Database } from '../store/database.js';
import { isAway } from '../store/errors.js';
import { Lease } from '../store/leases.js';
import type { Directory } from '../units/directory.js';
import { DecisionLog } from './decision-log.js';
import { EngineThread } from './engine/engine-thread.js';
import { OpenVeks } from './open-veks.js';
import { Places } from './places.js';
import { Policies } from './policies.js';
import { QuestionTurns } from './question-turns.js';
import { ReEvaluation } from './re-evaluation.js';
import { Recommender } from './recommender.js';
import { RosterKeeper } from './roster-keeper.js';
import { RunCards } from './run-cards.js';
import { TravelCorrections } from './travel-corrections.js';

const LEARN_EVERY_MS = 3_600_000;

export interface DispatchParts {
  readonly database: Database;
  readonly feed: Feed;
  readonly changes: Changes;
  readonly directory: Directory;
  readonly live: LiveTable;
  readonly roads: RoadService;
  readonly access: Access;
  /** Of leases. */
  readonly holder: string;
  /** Settings.realTime */
  readonly realTime: boolean;
  readonly onError: (text: string, error: unknown) => void;
}

/** Everything behind "who goes", put together: made before the directory is loaded, so that it hears of every unit. */
export class Dispatch {
  readonly veks: OpenVeks;
  readonly places: Places;
  readonly cards: RunCards;
  readonly policies: Policies;
  readonly roster: RosterKeeper;
  readonly corrections: TravelCorrections;
  readonly decisions: DecisionLog;
  readonly turns = new QuestionTurns();
  readonly engine: EngineThread;
  readonly recommender: Recommender;
  readonly reEvaluation: ReEvaluation;
  readonly #parts: DispatchParts;
  readonly #learning: Lease;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: DispatchParts) {
    const { database, feed, directory, live, roads, changes, access, holder, realTime, onError } = parts;
    this.#parts = parts;
    this.veks = new OpenVeks(database, feed);
    this.places = new Places(database, feed);
    this.cards = new RunCards(database, feed);
    this.policies = new Policies(database, feed);
    this.roster = new RosterKeeper(directory, live, this.veks, this.policies);
    this.corrections = new TravelCorrections(database);
    this.decisions = new DecisionLog(database, onError);
    this.engine = new EngineThread(roads, this.roster, realTime, onError);
    const { veks, places, cards, policies, roster, corrections, decisions, engine } = this;
    const sources = { database, directory, veks, places, cards, roster, corrections, decisions, engine };
    this.recommender = new Recommender(sources);
    const watched = { ...sources, changes, access, policies };
    this.reEvaluation = new ReEvaluation(watched, this.recommender, holder, onError);
    this.#learning = new Lease('travel-corrections', holder, LEARN_EVERY_MS / 2);
  }

  /** Reads all that recommendations ask. The directory is there by then. */
  async load(): Promise<void> {
    await this.policies.reload(null);
    await this.veks.reload(null);
    await this.cards.reload(null);
    await this.places.load();
    await this.corrections.reload();
  }

  start(): void {
    this.places.start();
    this.decisions.start();
    this.reEvaluation.start();
    this.#timer = setInterval(() => void this.#learn(), LEARN_EVERY_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.reEvaluation.stop();
    await this.places.stop();
    await this.decisions.stop();
    await this.engine.stop();
  }

  /** Hourly; one node learns, the others read what it learnt. */
  async #learn(): Promise<void> {
    try {
      if ((await this.#learning.take(this.#parts.database)) === undefined) await this.corrections.reload();
      else await this.corrections.learn();
    } catch (error) {
      if (!isAway(error)) this.#parts.onError('travel times could not be learnt; the next hour tries again', error);
    }
  }
}
