import type { ConnectionState } from '../feed/index.js';
import type { Language } from '../i18n/texts.js';
import type { Agency, Closure, Isochrone, Located, Me, Network, RouteAnswer, Shelter, Unit, Vek } from './api.js';

export interface Session {
  readonly me: Me;
  readonly agencies: ReadonlyMap<string, Agency>;
}

/** A crew's call for help. It stays until somebody says that it was seen. */
export interface Alarm {
  readonly id: string;
  readonly unitId: string;
  readonly at: number;
  readonly place: { readonly lon: number; readonly lat: number } | null;
}

export type Selection =
  | { readonly kind: 'none' }
  | { readonly kind: 'vek'; readonly id: string }
  | { readonly kind: 'unit'; readonly id: string }
  | { readonly kind: 'new_vek' }
  | { readonly kind: 'closures' };

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
  readonly alarms: readonly Alarm[];
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
