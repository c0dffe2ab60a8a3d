import type {
  AvailableQuestion,
  AvailableWithin,
  DecisionRecord,
  DispatchQuestion,
  LonLat,
  Priority,
  Proposal,
  ReEvaluationPolicy,
  Replay,
  RoadsOrder,
  StandingUnit,
  TravelCorrection,
} from '../../../../geo-engine/src/index.js';
import type { FleetOrder } from './fleet-order.js';

/** What the thread of the engine is started with. */
export interface EngineStart {
  /** It runs before other threads of the machine, if that is allowed. */
  readonly realTime: boolean;
}

/** What the thread of the engine is told, and asked. Plain values: they are copied from thread to thread. */
export type EngineOrder =
  | { readonly kind: 'roads'; readonly order: RoadsOrder }
  | { readonly kind: 'fleet'; readonly order: FleetOrder }
  | { readonly kind: 'ask'; readonly id: number; readonly question: EngineQuestion };

export type EngineQuestion =
  | { readonly kind: 'recommend'; readonly asked: RecommendationAsked }
  | { readonly kind: 'available'; readonly asked: AvailableUnitsAsked }
  | { readonly kind: 're_evaluate'; readonly asked: ReEvaluationAsked }
  | { readonly kind: 'replay'; readonly record: DecisionRecord };

/** What a question of a kind is answered with. */
export interface EngineAnswers {
  /** JSON in UTF-8. */
  readonly recommend: Uint8Array<ArrayBuffer>;
  readonly available: Uint8Array<ArrayBuffer>;
  readonly re_evaluate: readonly Proposal[];
  readonly replay: Replay;
}

/** What the thread says. `written` follows the answer to a recommendation. */
export type EngineSaid =
  | { readonly kind: 'answer'; readonly id: number; readonly answer: EngineAnswers[EngineQuestion['kind']] }
  | { readonly kind: 'written'; readonly id: number; readonly written: WrittenDecision }
  | { readonly kind: 'error'; readonly id: number; readonly error: Error };

/** What is asked about one incident, with all that the engine does not know of itself. */
export interface IncidentQuestion {
  /** null: a place. */
  readonly vekId: string | null;
  /** With all that is wanted, whoever works there already. */
  readonly question: DispatchQuestion;
  /** Agencies whose units there are for whoever asks. */
  readonly visible: readonly string[];
  readonly correction: TravelCorrection;
  /** Handles of the units at work there. */
  readonly work: readonly number[];
}

export interface IncidentAskedOfEngine extends IncidentQuestion {
  /** Of the circle that the place lies in; null: it is known. */
  readonly radiusM: number | null;
  /** For what is learnt of travel times. */
  readonly zone: string;
  /** What else the answer says of it. */
  readonly told: Readonly<Record<string, unknown>>;
}

export interface RecommendationAsked {
  /** Several are decided together. */
  readonly incidents: readonly IncidentAskedOfEngine[];
  readonly nodeLimit: number;
  readonly now: number;
  readonly decisionId: string;
  readonly record: 'queued' | 'not_kept';
  readonly state: AnswerState;
}

/** `last_known`: the database does not answer; places, cards and VEKs are as they were last read. */
export type AnswerState = 'current' | 'last_known';

/** What is written down of a decision after it was given. */
export interface WrittenDecision {
  readonly record: DecisionRecord;
  readonly expected: readonly ExpectedTravel[];
}

/** The travel time on which a unit was named. */
export interface ExpectedTravel {
  readonly vekId: string | null;
  readonly unitId: string;
  /** Code of the municipality of the place, '' outside of all. */
  readonly zone: string;
  /** By road and off it, without a correction. */
  readonly travelMs: number;
}

export interface AvailableUnitsAsked {
  readonly question: Omit<AvailableQuestion, 'within'>;
  readonly within:
    | (Omit<Extract<AvailableWithin, { kind: 'time' }>, 'ways'> & { readonly place: LonLat })
    | Extract<AvailableWithin, { kind: 'area' }>;
  readonly priority: Priority;
  readonly visible: readonly string[];
  /** Units that stand otherwise at the instant meant than now. */
  readonly otherwise: readonly StandingUnit[];
}

/** An open VEK, as its owner would ask about it. */
export interface OpenVekAsked extends IncidentQuestion {
  readonly vekId: string;
  /** Handles of units at work elsewhere that may be taken for it by the preemption matrix. */
  readonly elsewhere: readonly number[];
  /** Units were taken from it before. */
  readonly wasDiverted: boolean;
}

export interface ReEvaluationAsked {
  /** In the order in which they are served. */
  readonly veks: readonly OpenVekAsked[];
  /** Keys of the proposals that are shown. */
  readonly shown: readonly string[];
  readonly settings: ReEvaluationPolicy;
}
