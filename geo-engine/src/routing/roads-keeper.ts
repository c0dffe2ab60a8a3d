import type { SpeedOverlay } from '../graph/speed-overlay.js';
import type { CurrentRoads } from '../roads/generations.js';
import { closureOverlay, closuresAt, concerns, joinOverlays, nextClosureChange, type RoadClosure } from './closures.js';
import { HeavyRoads } from './heavy-roads.js';
import { NOTHING_IN_FORCE } from './live-times.js';
import { type LoadedRoads, preparationInThreads, type RoadsPreparation } from './prepare-roads.js';
import type { ProfileRoads } from './profile-roads.js';
import { Roads, type RoadsDescription } from './roads.js';
import { RoadsOrders } from './roads-orders.js';
import type {
  AnswerOrigin,
  IsochroneAnswer,
  IsochroneQuestion,
  NearestSourcesAnswer,
  NearestSourcesQuestion,
  RouteAnswer,
  RouteQuestion,
  RouteRefusal,
  Router,
  TableAnswer,
  TableQuestion,
} from './router.js';
import { type Position, segmentLine } from './segment-line.js';

/** Tables up to this size are answered at once, in about 2 ms; larger ones in the thread for heavy questions. */
const CELLS_HERE = 2500;
const PLACES_HERE = 150;
/** Nodes that a drive round a closure may look at in this thread: about 3 ms. */
const SETTLED_HERE = 5000;
/** After a rebuild that failed, the next attempt, unless the closures change before. */
const RETRY_MS = 30_000;
/** setTimeout takes no more; whoever wakes up too early looks again. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

export interface RoadsKeeperOptions {
  /** Where networks are imported to. */
  readonly dir: string;
  /** Epoch ms. */
  readonly now?: () => number;
  readonly preparation?: RoadsPreparation;
  /** Told whenever `closureState` has changed. */
  readonly onClosureState?: (state: ClosureProgress) => void;
}

/** How far the closures in force are in the prepared network. */
export interface ClosureProgress {
  readonly inForce: number;
  /** Profiles that do not have them all yet: directed segments that are slower now, and that are faster now. */
  readonly pending: readonly { readonly profile: string; readonly tightened: number; readonly loosened: number }[];
  readonly rebuild:
    | { readonly kind: 'idle' }
    | { readonly kind: 'running'; readonly profile: string; readonly since: number }
    | { readonly kind: 'failed'; readonly profile: string; readonly at: number; readonly message: string };
}

/**
 * The roads in use: answers questions, takes closures, and follows a new import. What is quick is answered here, the rest in a thread.
 *
 * A change of the closures is in force for drives at once, and for tables when each profile's hierarchy has been made anew in a thread
 * and taken the place of the old one. Changes meanwhile are taken together afterwards. A rebuild that fails leaves the old one in use.
 */
export class RoadsKeeper implements Router {
  readonly #options: RoadsKeeperOptions;
  readonly #now: () => number;
  readonly #preparation: RoadsPreparation;
  #current: CurrentRoads;
  #roads: Roads;
  /** For threads that answer from the same roads. */
  readonly orders: RoadsOrders;
  readonly #heavy: HeavyRoads;
  #closures: readonly RoadClosure[] = [];
  /** What each closure changes in the network in use. */
  #overlays = new WeakMap<RoadClosure, SpeedOverlay>();
  #inForce = new Map<string, SpeedOverlay>(); // by profile
  #rebuild: ClosureProgress['rebuild'] = { kind: 'idle' };
  #wakeUp: NodeJS.Timeout | undefined;
  #isClosed = false;

  private constructor(options: RoadsKeeperOptions, { current, data }: LoadedRoads) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#preparation = options.preparation ?? preparationInThreads;
    this.#current = current;
    this.#roads = new Roads(data);
    this.orders = new RoadsOrders(data);
    this.#heavy = new HeavyRoads(this.orders);
  }

  /** Reads the roads in use. @throws RoadsError `network_missing` when no map was ever imported, others when they cannot be read */
  static async open(options: RoadsKeeperOptions): Promise<RoadsKeeper> {
    const preparation = options.preparation ?? preparationInThreads;
    return new RoadsKeeper(options, await preparation.load(options.dir));
  }

  /** The generation that is answered from. */
  get current(): CurrentRoads {
    return this.#current;
  }

  describe(): RoadsDescription {
    return this.#roads.describe();
  }

  /** The roads in use as one profile may drive them, for questions that are answered at once; not to be kept. */
  profile(code: string): ProfileRoads | undefined {
    return this.#roads.profile(code);
  }

  /** Reads the roads in use again, after an import. Until they are read, and when they cannot be, the old ones answer. */
  async reload(): Promise<void> {
    const { current, data } = await this.#preparation.load(this.#options.dir);
    if (this.#isClosed) return;
    this.#current = current;
    this.#roads = new Roads(data);
    this.orders.give({ kind: 'use', data });
    this.#overlays = new WeakMap();
    this.#inForce = new Map();
    this.#follow();
  }

  /** All closures, those of the future too, in the place of those before. */
  setClosures(closures: readonly RoadClosure[]): void {
    this.#closures = [...closures];
    this.#follow();
  }

  /** Directed segments that a closure changes; 0: nothing here is meant by it. */
  segmentsOf(closure: RoadClosure): number {
    return this.#overlayOf(closure).directed.length;
  }

  /** The segments that a closure changes, each as a line of positions. */
  linesOf(closure: RoadClosure): Position[][] {
    const { network } = this.#roads;
    const segments = new Set(Array.from(this.#overlayOf(closure).directed, (directed) => directed >> 1));
    return Array.from(segments, (segment) => segmentLine(network, segment, 0, 1));
  }

  /** Whether closures that concern a profile are in force now. */
  closuresInForce(profile: string): boolean {
    return (this.#inForce.get(profile)?.directed.length ?? 0) > 0;
  }

  get closureState(): ClosureProgress {
    const pending = this.#roads
      .describe()
      .profiles.map(({ code }) => ({ profile: code, ...this.#roads.profile(code)!.pending }))
      .filter(({ tightened, loosened }) => tightened + loosened > 0);
    return { inForce: closuresAt(this.#closures, this.#now()).length, pending, rebuild: this.#rebuild };
  }

  async route(question: RouteQuestion): Promise<RouteAnswer> {
    return this.#roads.route(question, SETTLED_HERE) ?? (await this.#heavy.route(question));
  }

  async table(question: TableQuestion): Promise<TableAnswer> {
    const { sources, targets } = question;
    const isQuick = sources.length * targets.length <= CELLS_HERE && sources.length + targets.length <= PLACES_HERE;
    return isQuick ? this.#roads.table(question) : this.#heavy.table(question);
  }

  isochrone(question: IsochroneQuestion): Promise<IsochroneAnswer> {
    return this.#heavy.isochrone(question);
  }

  nearestSources(question: NearestSourcesQuestion): Promise<NearestSourcesAnswer> {
    return this.#heavy.nearestSources(question);
  }

  tile(z: number, x: number, y: number): Promise<Uint8Array | (RouteRefusal & AnswerOrigin)> {
    return this.#heavy.tile(z, x, y);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#wakeUp);
    await this.#heavy.close();
  }

  #overlayOf(closure: RoadClosure): SpeedOverlay {
    let overlay = this.#overlays.get(closure);
    if (overlay === undefined) {
      const { network, index } = this.#roads.data;
      overlay = closureOverlay(network, index, closure);
      this.#overlays.set(closure, overlay);
    }
    return overlay;
  }

  /** Puts what is in force now into force, and sees to what it leads to. */
  #follow(): void {
    if (this.#isClosed) return;
    const now = this.#now();
    const inForce = closuresAt(this.#closures, now);
    for (const profile of this.#roads.describe().profiles) {
      const overlays = inForce
        .filter((closure) => concerns(closure, profile))
        .map((closure) => this.#overlayOf(closure));
      this.#putInForce(profile.code, overlays.length === 0 ? NOTHING_IN_FORCE : joinOverlays(overlays));
    }
    const next = nextClosureChange(this.#closures, now);
    this.#wakeUpAt(next);
    void this.#rebuildPending();
    this.#tell();
  }

  #putInForce(profile: string, inForce: SpeedOverlay): void {
    this.#inForce.set(profile, inForce);
    this.#roads.setInForce(profile, inForce);
    this.orders.give({ kind: 'in_force', profile, inForce });
  }

  #wakeUpAt(at: number | null): void {
    clearTimeout(this.#wakeUp);
    if (at === null) return;
    this.#wakeUp = setTimeout(() => this.#follow(), Math.min(LONGEST_TIMEOUT_MS, Math.max(0, at - this.#now())));
    this.#wakeUp.unref();
  }

  /** Makes one profile after the other anew until all have what is in force; whatever changes meanwhile is seen at the end of each. */
  async #rebuildPending(): Promise<void> {
    if (this.#rebuild.kind === 'running') return;
    for (let next = this.closureState.pending.at(0); next !== undefined; next = this.closureState.pending.at(0)) {
      const roads = this.#roads;
      const { profile } = next;
      this.#rebuild = { kind: 'running', profile, since: this.#now() };
      this.#tell();
      try {
        const inForce = this.#inForce.get(profile)!;
        const prepared = await this.#preparation.rebuild(roads.network, roads.profile(profile)!.prepared, inForce);
        if (this.#isClosed) return;
        if (this.#roads !== roads) continue; // another network is in use by now
        roads.setProfile(prepared);
        this.orders.give({ kind: 'profile', prepared });
        this.#putInForce(profile, this.#inForce.get(profile)!);
      } catch (error) {
        if (this.#isClosed) return;
        this.#rebuild = { kind: 'failed', profile, at: this.#now(), message: (error as Error).message };
        const nextChange = nextClosureChange(this.#closures, this.#now());
        this.#wakeUpAt(Math.min(nextChange ?? Number.POSITIVE_INFINITY, this.#now() + RETRY_MS));
        this.#tell();
        return;
      }
    }
    this.#rebuild = { kind: 'idle' };
    this.#tell();
  }

  #tell(): void {
    this.#options.onClosureState?.(this.closureState);
  }
}
