import type { ConnectionState, Present } from '../feed/index.js';
import type { Language } from '../i18n/texts.js';
import type {
  Agency,
  Alarm,
  Attention,
  Closure,
  Comment,
  Duplicate,
  HistoryLine,
  Isochrone,
  Line,
  Me,
  Network,
  RouteAnswer,
  Shelter,
  Unit,
  Vek,
} from './api.js';
import type { Located } from './located.js';
import type { Available, IntervalMs, OwnRequirement, Proposal, Recommendation } from './recommendation.js';

export interface Session {
  readonly me: Me;
  readonly agencies: ReadonlyMap<string, Agency>;
}

export type Selection =
  | { readonly kind: 'none' }
  /** editing: what it says is being changed; freeing: when and where the unit of an assignment will be free is being entered */
  | { readonly kind: 'vek'; readonly id: string; readonly editing?: boolean; readonly freeing?: string }
  /** placing: where it is is being entered */
  | { readonly kind: 'unit'; readonly id: string; readonly placing?: boolean }
  | { readonly kind: 'new_vek' }
  | { readonly kind: 'closures' }
  | { readonly kind: 'together' }
  | { readonly kind: 'proposals' }
  | { readonly kind: 'attention' }
  | { readonly kind: 'available' };

/** Whether a click on the map says where something is that is being written. */
export function isPlacing(selection: Selection): boolean {
  if (selection.kind === 'unit') return selection.placing === true;
  if (selection.kind === 'vek') return selection.editing === true || selection.freeing !== undefined;
  return selection.kind === 'new_vek' || selection.kind === 'closures' || selection.kind === 'available';
}

/** The way of a unit to an incident, as it was asked for: the unit drives on meanwhile. */
export interface DrawnRoute {
  readonly unitId: string;
  readonly vekId: string;
  readonly askedAt: number;
  /** The places asked about; undefined while the unit's is being looked up. */
  readonly from: Located | undefined;
  readonly to: Located | undefined;
  /** Undefined while the answer is on its way. */
  readonly answer: RouteAnswer | undefined;
  /** Code of what went wrong. */
  readonly problem: string | undefined;
}

/** From where an incident's place is reached within so many minutes. */
export interface DrawnReach {
  readonly vekId: string;
  readonly profile: string | undefined;
  readonly answer: Isochrone | undefined;
  readonly problem: string | undefined;
}

/** What is read of the open incident besides its card. */
export interface Journal {
  readonly vekId: string;
  readonly comments: readonly Comment[];
  readonly history: readonly HistoryLine[];
  /** Incidents that may be the same; of one that has ended none. */
  readonly duplicates: readonly Duplicate[];
}

/** How far a hold or a sending of a unit has come. */
export type Step =
  | { readonly kind: 'holding' | 'sending' | 'sent' }
  | { readonly kind: 'held'; readonly holdId: string; readonly expiresAt: number }
  | { readonly kind: 'refused'; readonly callsign: string; readonly error: unknown };

/** The question who goes, as it is put now, and the last answer to it. */
export interface WhoGoes {
  readonly vekIds: readonly string[];
  /** Alarm level by VEK, where it is not the first. */
  readonly levels: ReadonlyMap<string, number>;
  /** What the dispatcher asks for in the place of the run card, by VEK. */
  readonly own: ReadonlyMap<string, readonly OwnRequirement[]>;
  /** Why the dispatcher does not want a unit. */
  readonly skipped: ReadonlyMap<string, string>;
  readonly isAsking: boolean;
  /** Stays while a newer one is on its way, with its age. */
  readonly answer: Recommendation | undefined;
  /** What came instead of an answer. */
  readonly error: unknown;
  /** By unit. */
  readonly steps: ReadonlyMap<string, Step>;
}

/** A unit's way as part of an answer: along the roads, or straight where the answer knows none. */
export interface DrawnWay {
  readonly unitId: string;
  readonly callsign: string;
  readonly intervalMs: IntervalMs;
  readonly isChosen: boolean;
  readonly isByRoad: boolean;
  readonly line: Line;
}

export type Theme = 'dark' | 'light';

/** All that the panels show, except positions: those stay in the picture's arrays. Replaced as a whole with every change. */
export interface State {
  readonly session: Session | undefined;
  readonly signInProblem: string | undefined;
  readonly connection: ConnectionState;
  readonly lastBundleAt: number | undefined;
  readonly degraded: readonly string[];
  readonly units: ReadonlyMap<string, Unit>;
  readonly unitByHandle: ReadonlyMap<number, Unit>;
  readonly veks: ReadonlyMap<string, Vek>;
  readonly veksLoaded: boolean;
  readonly shelters: readonly Shelter[];
  readonly network: Network | undefined;
  readonly closures: readonly Closure[];
  readonly route: DrawnRoute | undefined;
  readonly reach: DrawnReach | undefined;
  readonly whoGoes: WhoGoes | undefined;
  readonly ways: readonly DrawnWay[];
  /** Incidents that are marked to be served together. */
  readonly marked: ReadonlySet<string>;
  readonly proposals: readonly Proposal[];
  readonly available: Available | undefined;
  /** Corners of an area that is being drawn; undefined: a place is asked for, no area. */
  readonly draftArea: readonly Located[] | undefined;
  /** Objects for which run cards ask for something else; undefined until they were asked for. */
  readonly cardObjects: readonly string[] | undefined;
  readonly alarms: readonly Alarm[];
  /** What waits for a person, oldest first. */
  readonly attention: readonly Attention[];
  /** Who is at which incident, by its id. */
  readonly present: ReadonlyMap<string, readonly Present[]>;
  /** Of the incident that is open; undefined until it was read. */
  readonly journal: Journal | undefined;
  readonly selection: Selection;
  /** Where a new VEK or closure is to be, while it is being written. */
  readonly draftPlace: { readonly lon: number; readonly lat: number } | undefined;
  readonly announcement: string;
  readonly language: Language;
  readonly theme: Theme;
  readonly showShelters: boolean;
  readonly unitsInPicture: number;
}

export class Store {
  #state: State;
  readonly #listeners = new Set<() => void>();

  constructor(state: State) {
    this.#state = state;
  }

  get = (): State => this.#state;

  set(change: Partial<State>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}
