import {
  CircuitBreaker,
  type ClosureProgress,
  FallbackRouter,
  type IsochroneAnswer,
  type IsochroneQuestion,
  OsrmRouter,
  type RoadClosure,
  type RoadsDescription,
  RoadsError,
  RoadsKeeper,
  type RoadsOrder,
  type RouteAnswer,
  type RouteQuestion,
  type Router,
  type RouterError,
  type TableAnswer,
  type TableQuestion,
  ValhallaRouter,
  type VehicleProfile,
} from '../../../geo-engine/src/index.js';
import { KickedTask } from '../kicked-task.js';
import type { Log } from '../log.js';
import type { Settings } from '../settings.js';
import type { Closures } from './closures.js';
import { CurrentFile } from './current-file.js';
import { RoadRefusal } from './errors.js';
import { RoadTiles } from './road-tiles.js';

/** Where the file system does not tell of a new generation, it is found this soon. */
const POLL_MS = 5000;
/** A generation that was refused is tried again now and then: its disk may have been away, its files mended. */
const RETRY_MS = 60_000;
/** A closure that takes more stretches is shown by its shape alone. */
const MAX_STRETCHES = 1000;
/** OSRM serves what it was prepared with, whatever the path says; this is what its documentation writes there. */
const OSRM_PROFILE = 'driving';
/** Heavier than this, a vehicle is a lorry: the limit of the ordinary driving licence. */
const LORRY_T = 3.5;

/** A newer generation that could not be taken into use, and what was in use before still is. */
export interface RefusedGeneration {
  readonly code: string;
  readonly detail: string;
  /** Epoch ms. */
  readonly at: number;
}

/** An answer, and the network by which it was found. */
export interface Answered<Answer> {
  readonly answer: Answer;
  readonly network: RoadsDescription;
}

/**
 * The roads of this node: reads the generation that `current.json` names, follows new ones while questions are answered, and tells the
 * network which closures are in force. The start does not wait for it.
 */
export class RoadService {
  readonly #dir: string;
  readonly #router: Settings['router'];
  readonly #closures: Closures;
  readonly #log: Log;
  readonly #file: CurrentFile;
  readonly #task = new KickedTask(() => this.#follow(), POLL_MS);
  readonly #breaker = new CircuitBreaker();
  readonly #followers = new Set<(order: RoadsOrder) => void>();
  readonly tiles = new RoadTiles((z, x, y) => this.#mustBeThere().tile(z, x, y));
  #keeper: RoadsKeeper | undefined;
  #loadedAt = 0;
  /** Text of current.json when it was last taken into use or refused. */
  #seen: string | undefined;
  #refused: RefusedGeneration | undefined;
  #isLoading = true;
  #isStopped = false;
  #routerFailures = 0;
  #lastRouterFailure: string | null = null;
  #rebuildFailedAt = 0;

  constructor({ roadsDir, router }: Settings, closures: Closures, log: Log) {
    this.#dir = roadsDir;
    this.#router = router;
    this.#closures = closures;
    this.#log = log;
    this.#file = new CurrentFile(roadsDir, () => this.#task.kick());
    closures.onChange(() => this.#keeper?.setClosures(closures.open(Date.now())));
  }

  start(): void {
    this.#task.start();
  }

  /** Ends what was started. A generation that is being read is left to be read in vain. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    void this.#task.stop();
    this.#file.close();
    await this.#keeper?.close();
  }

  get state(): 'ready' | 'loading' | 'none' {
    if (this.#keeper !== undefined) return 'ready';
    return this.#isLoading ? 'loading' : 'none';
  }

  get refused(): RefusedGeneration | undefined {
    return this.#refused;
  }

  /** The network in use and since when, epoch ms. */
  get inUse(): { readonly network: RoadsDescription; readonly loadedAt: number } | undefined {
    return this.#keeper && { network: this.#keeper.describe(), loadedAt: this.#loadedAt };
  }

  get closureProgress(): ClosureProgress | undefined {
    return this.#keeper?.closureState;
  }

  get routerState() {
    if (this.#router === undefined) return null;
    const { state } = this.#breaker;
    return { kind: this.#router.kind, state, failures: this.#routerFailures, lastFailure: this.#lastRouterFailure };
  }

  /** What a person should know, by code, for `/readyz`. */
  reasons(): string[] {
    const reasons: string[] = [];
    if (this.#refused !== undefined) reasons.push('network_stale');
    else if (this.#keeper === undefined) reasons.push(this.#isLoading ? 'network_loading' : 'no_network');
    if (this.#router !== undefined && this.#breaker.state !== 'closed') reasons.push('router_unavailable');
    return reasons;
  }

  /** The network in use. @throws RoadRefusal `network_loading`, `no_network` */
  describe(): RoadsDescription {
    return this.#mustBeThere().describe();
  }

  /** @throws RoadRefusal `network_loading`, `no_network` */
  route(question: RouteQuestion): Promise<Answered<RouteAnswer>> {
    return this.#ask(question.profile, (router) => router.route(question));
  }

  /** @throws RoadRefusal `network_loading`, `no_network` */
  table(question: TableQuestion): Promise<Answered<TableAnswer>> {
    return this.#ask(question.profile, (router) => router.table(question));
  }

  /** @throws RoadRefusal `network_loading`, `no_network` */
  async isochrone(question: IsochroneQuestion): Promise<Answered<IsochroneAnswer>> {
    const keeper = this.#mustBeThere();
    const network = keeper.describe();
    return { network, answer: await keeper.isochrone(question) };
  }

  /** What a thread is to be told for its roads to be those in use; nothing while there are none. */
  roadsSoFar(): Iterable<RoadsOrder> {
    return this.#keeper?.orders.soFar() ?? [];
  }

  /** Told what such a thread is to be told from now on. */
  onRoads(listener: (order: RoadsOrder) => void): void {
    this.#followers.add(listener);
  }

  /** The stretches that a closure takes in the network in use, as lines; undefined without one, or where they are too many to draw. */
  stretchesOf(closure: RoadClosure) {
    if (this.#keeper === undefined || this.#keeper.segmentsOf(closure) > 2 * MAX_STRETCHES) return undefined;
    return this.#keeper.linesOf(closure);
  }

  #mustBeThere(): RoadsKeeper {
    if (this.#keeper !== undefined) return this.#keeper;
    throw this.#isLoading
      ? new RoadRefusal('network_loading', 'the road network is being read; try again soon')
      : new RoadRefusal('no_network', 'no road network is in use: import one with `npm run roads -- FILE.osm.pbf`');
  }

  async #ask<Answer>(profile: string, ask: (router: Router) => Promise<Answer>): Promise<Answered<Answer>> {
    const keeper = this.#mustBeThere();
    let network = keeper.describe();
    // by the time the outside router has failed, another network may be in use: it is named by who answers
    const builtIn: Router = {
      route: (question) => {
        network = keeper.describe();
        return keeper.route(question);
      },
      table: (question) => {
        network = keeper.describe();
        return keeper.table(question);
      },
    };
    const known = network.profiles.find(({ code }) => code === profile);
    if (this.#router === undefined || known === undefined) return { answer: await ask(builtIn), network };
    const router = new FallbackRouter({
      outside: outsideRouter(this.#router, known),
      builtIn,
      breaker: this.#breaker,
      closuresInForce: (code) => keeper.closuresInForce(code),
      onFailure: (error) => this.#routerFailed(error),
    });
    const answer = await ask(router);
    return { answer, network };
  }

  #routerFailed({ code, message }: RouterError): void {
    this.#routerFailures++;
    if (this.#lastRouterFailure !== code) this.#log.warn(`the external router does not answer: ${message}`);
    this.#lastRouterFailure = code;
  }

  /** Takes the generation that current.json names into use, if it is another one than before. */
  async #follow(): Promise<void> {
    try {
      const text = await this.#file.read();
      const isRetried = this.#refused !== undefined && Date.now() - this.#refused.at >= RETRY_MS;
      if (text === undefined || (text === this.#seen && !isRetried)) return;
      this.#seen = text;
      await this.#load();
    } catch (error) {
      this.#refuse(error as Error);
    } finally {
      this.#isLoading = false;
    }
  }

  async #load(): Promise<void> {
    if (this.#keeper === undefined) {
      const keeper = await RoadsKeeper.open({ dir: this.#dir, onClosureState: (state) => this.#watchRebuild(state) });
      if (this.#isStopped) return keeper.close();
      keeper.setClosures(this.#closures.open(Date.now()));
      this.#keeper = keeper;
      const tell = (order: RoadsOrder) => {
        for (const follower of this.#followers) follower(order);
      };
      for (const order of keeper.orders.soFar()) tell(order);
      keeper.orders.follow(tell);
    } else await this.#keeper.reload();
    if (this.#isStopped) return;
    this.#loadedAt = Date.now();
    this.#refused = undefined;
    this.tiles.clear();
    const { source, generated, counts, id } = this.#keeper.describe();
    const kind = generated ? 'generated roads' : 'roads';
    this.#log.info(`${kind} in use: ${source}, ${counts.nodes} nodes, network ${id.slice(0, 12)}`);
  }

  #refuse(error: Error): void {
    if (this.#isStopped) return;
    const code = error instanceof RoadsError ? error.code : 'load_failed';
    const isNews = this.#refused?.code !== code || this.#refused.detail !== error.message;
    this.#refused = { code, detail: error.message, at: Date.now() };
    const meanwhile = this.#keeper === undefined ? 'there are no roads' : 'the roads before it stay in use';
    if (isNews) this.#log.warn(`the road network in ${this.#dir} cannot be used, ${meanwhile}: ${error.message}`);
  }

  #watchRebuild({ rebuild }: ClosureProgress): void {
    if (rebuild.kind !== 'failed' || rebuild.at === this.#rebuildFailedAt) return;
    this.#rebuildFailedAt = rebuild.at;
    this.#log.warn(
      `closures could not be built into the roads of ${rebuild.profile}, which tries again: ${rebuild.message}`,
    );
  }
}

function outsideRouter({ kind, url }: NonNullable<Settings['router']>, { code, weightT }: VehicleProfile): Router {
  if (kind === 'osrm') return new OsrmRouter({ url, profiles: { [code]: OSRM_PROFILE } });
  return new ValhallaRouter({ url, costings: { [code]: (weightT ?? 0) > LORRY_T ? 'truck' : 'auto' } });
}
