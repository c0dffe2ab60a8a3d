import { io, type Socket } from 'socket.io-client';
import type { LiveLevel, ViewAnswer, ViewRequest } from '../../../tracker/src/protocol/live-frame.js';
import { LivePicture } from './live-picture.js';

/** While the map is being moved the hub is not asked for every step. */
const VIEW_DEBOUNCE_MS = 150;
/** The box asked for is wider than the one shown by this share on each side: small moves need no new view. */
const PADDING = 0.35;
/** A subscribed box this many times wider than what is shown is given up for a closer one. */
const TOO_WIDE = 4;
/** The hub sends at least a digest a second; nothing for so long means that the picture has stopped. */
const STALLED_AFTER_MS = 3000;
/** A hub that answers nothing for so long on an open connection is left and sought again. */
const RECONNECT_AFTER_MS = 4500;
const WATCH_EVERY_MS = 250;
/** Between two requests for all of the picture. */
const RESYNC_EVERY_MS = 500;
/** A timer that comes so late was held up by something else on the page. */
const LATE_MS = 1000;
/** A timer that comes so late has slept: the machine, or the tab. */
const SLEPT_MS = 3000;
/** After a sleep the old connection gets this long to show that it lives. */
const WAKE_GRACE_MS = 700;
const ANSWER_TIMEOUT_MS = 5000;
/** The clock offset is the best of so many bundles: the one that was least delayed. */
const CLOCK_SAMPLES = 40;

const REGION_ZOOM = 8;
const CITY_ZOOM = 11;

export type Box = readonly [west: number, south: number, east: number, north: number];

/**
 * `connecting`: for the first time. `live`: bundles come. `stalled`: connected, but nothing comes. `offline`: the connection is
 * lost and is being sought. `refused`: the token is not taken; nothing is tried any more.
 */
export type ConnectionState = 'connecting' | 'live' | 'stalled' | 'offline' | 'refused';

/** An event of the feed as it comes over the wire (CloudEvents 1.0). */
export interface FeedEvent {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly cursor: string;
  readonly aggregateversion: number;
}

/** Somebody who looks at an incident at this moment, or edits it. */
export interface Present {
  readonly subject: string;
  readonly name: string;
  readonly agencyId: string;
  readonly mode: 'viewing' | 'editing';
  /** Epoch ms. */
  readonly since: number;
}

export interface ConsoleClientEvents {
  /** The picture has changed. */
  picture: [picture: LivePicture];
  state: [state: ConnectionState, code: string | undefined];
  /** In order, each at least once. */
  events: [events: readonly FeedEvent[]];
  /** Events before now may be missing: fetch what they would have changed. Also after the first connection. */
  gap: [];
  /** Who is at an incident now; undefined after a new connection: nobody that was told of before. */
  presence: [change: { readonly vekId: string; readonly present: readonly Present[] } | undefined];
}

export interface ConsoleClientOptions {
  /** Of the tracker: `https://host` or `http://host:port`. */
  readonly url: string;
  readonly token: string;
  readonly now?: () => number;
}

type Listener<T extends keyof ConsoleClientEvents> = (...args: ConsoleClientEvents[T]) => void;

/** The level of detail for a zoom of 512-pixel tiles. */
export function levelForZoom(zoom: number): LiveLevel {
  if (zoom < REGION_ZOOM) return 'nation';
  return zoom < CITY_ZOOM ? 'region' : 'city';
}

/**
 * One console's connection: keeps the picture of its view right and its events complete, through lost frames, lost connections
 * and sleep. It connects with `start` and stays connected until `stop`.
 */
export class ConsoleClient {
  readonly picture = new LivePicture();
  readonly #now: () => number;
  readonly #socket: Socket;
  readonly #listeners: { [T in keyof ConsoleClientEvents]: Set<Listener<T>> } = {
    picture: new Set(),
    state: new Set(),
    events: new Set(),
    gap: new Set(),
    presence: new Set(),
  };
  #state: ConnectionState = 'connecting';
  #refusal: string | undefined;
  #view = 0;
  #wanted: { readonly level: LiveLevel; readonly box: Box } | undefined;
  #subscribed: { readonly level: LiveLevel; readonly box: Box } | undefined;
  #viewTimer: ReturnType<typeof setTimeout> | undefined;
  #watchTimer: ReturnType<typeof setInterval> | undefined;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #watchedAt = 0;
  #heardAt = 0;
  #lastBundleAt: number | undefined;
  #resyncAt = 0;
  #cursor: string | undefined;
  readonly #clock: number[] = [];
  /** How often something had to be asked for again, by reason; for tests and for the curious. */
  readonly resyncs: Record<string, number> = {};

  constructor({ url, token, now = Date.now }: ConsoleClientOptions) {
    this.#now = now;
    this.#socket = io(`${url}/console`, {
      auth: { token },
      transports: ['websocket', 'polling'],
      reconnectionDelay: 200,
      reconnectionDelayMax: 1000,
      randomizationFactor: 0.3,
      timeout: 5000,
      autoConnect: false,
      forceNew: true,
    });
    const socket = this.#socket;
    socket.on('connect', () => this.#connected());
    socket.on('disconnect', (reason) => {
      this.#setState(this.#state === 'refused' ? 'refused' : 'offline');
      // the hub closed it on purpose; socket.io leaves it to us to come back
      if (reason === 'io server disconnect' && this.#state !== 'refused') this.#retry();
    });
    socket.on('connect_error', (error: Error & { data?: { code?: string } }) => {
      const code = error.data?.code;
      if (code !== undefined && isFinal(code)) return this.#refuse(code);
      if (this.#state !== 'connecting') this.#setState('offline');
      if (!socket.active) this.#retry(); // refused by the hub for now
    });
    socket.on('bundle', (bundle: ArrayBuffer | Uint8Array) => this.#take(bundle));
    socket.on('presence', (change: { vekId: string; present: readonly Present[] }) => this.#emit('presence', change));
    socket.on('events', (events: readonly FeedEvent[], cursor: string, ack: () => void) => {
      this.#emit('events', events);
      this.#cursor = cursor;
      ack();
    });
    socket.on('problem', ({ code }: { code: string }) => {
      if (code === 'cursor_gone') this.#cursor = undefined;
      else if (isFinal(code)) this.#refuse(code);
    });
  }

  /** Returns the function that ends the subscription. */
  on<T extends keyof ConsoleClientEvents>(type: T, listener: Listener<T>): () => void {
    const listeners: Set<Listener<T>> = this.#listeners[type];
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  #emit<T extends keyof ConsoleClientEvents>(type: T, ...args: ConsoleClientEvents[T]): void {
    const listeners: Set<Listener<T>> = this.#listeners[type];
    for (const listener of listeners) listener(...args);
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** When the last bundle came, by this machine's clock; undefined before the first. */
  get lastBundleAt(): number | undefined {
    return this.#lastBundleAt;
  }

  /** The hub's time now, epoch ms, as far as bundles tell; this machine's before the first. */
  hubNow(): number {
    return this.#now() + (this.#clock.length === 0 ? 0 : Math.max(...this.#clock));
  }

  get subscribed(): { readonly level: LiveLevel; readonly box: Box } | undefined {
    return this.#subscribed;
  }

  start(): void {
    this.#heardAt = this.#watchedAt = this.#now();
    this.#socket.connect();
    this.#watchTimer ??= setInterval(() => this.#watch(), WATCH_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#watchTimer);
    clearTimeout(this.#viewTimer);
    clearTimeout(this.#retryTimer);
    this.#watchTimer = undefined;
    this.#socket.disconnect();
  }

  /** Shows this box, in degrees. Calls in quick succession are one; what is within the padded box needs no word to the hub. */
  show(box: Box, zoom: number): void {
    this.#wanted = { level: levelForZoom(zoom), box };
    if (this.#isCovered(this.#wanted)) return clearTimeout(this.#viewTimer);
    clearTimeout(this.#viewTimer);
    this.#viewTimer = setTimeout(() => this.#subscribe(false), this.#subscribed === undefined ? 0 : VIEW_DEBOUNCE_MS);
  }

  #isCovered({ level, box }: { level: LiveLevel; box: Box }): boolean {
    const has = this.#subscribed;
    if (has === undefined || has.level !== level) return false;
    const [west, south, east, north] = has.box;
    if (box[0] < west || box[1] < south || box[2] > east || box[3] > north) return false;
    return east - west < (box[2] - box[0]) * TOO_WIDE;
  }

  #connected(): void {
    clearTimeout(this.#retryTimer);
    this.#heardAt = this.#now();
    this.#clock.length = 0;
    this.#emit('presence', undefined);
    this.#subscribe(true);
    const hadCursor = this.#cursor !== undefined;
    this.#socket
      .timeout(ANSWER_TIMEOUT_MS)
      .emitWithAck('start', { after: this.#cursor ?? null })
      .then((answer: { ok: boolean; cursor?: string }) => {
        if (answer.ok) this.#cursor ??= answer.cursor;
        else this.#cursor = undefined;
        // without a cursor events begin now: what happened before them must be fetched
        if (!hadCursor) this.#emit('gap');
        if (!answer.ok) this.#reconnect();
      })
      .catch(() => {}); // the connection was lost; the next one asks again
  }

  #subscribe(isNewConnection: boolean): void {
    const wanted = this.#wanted;
    if (wanted === undefined || !this.#socket.connected) return;
    this.#ask({ level: wanted.level, box: padded(wanted.box) }, isNewConnection);
  }

  #ask(view: { readonly level: LiveLevel; readonly box: Box }, isNewConnection: boolean): void {
    const request: ViewRequest = { view: ++this.#view, ...view };
    this.#subscribed = view;
    this.picture.setView(request.view, isNewConnection);
    this.#socket
      .timeout(ANSWER_TIMEOUT_MS)
      .emitWithAck('view', request)
      .then((answer: ViewAnswer) => {
        if (request.view !== this.#view) return;
        if (answer.ok) {
          this.picture.confirmView(answer.view, answer.h3);
        } else if (answer.code === 'too_many_cells' && view.level !== 'nation') {
          this.#ask({ ...view, level: view.level === 'city' ? 'region' : 'nation' }, isNewConnection);
        }
      })
      .catch(() => {}); // the connection was lost; the next one asks again
  }

  #take(bundle: ArrayBuffer | Uint8Array): void {
    const now = this.#now();
    this.#heardAt = now;
    const applied = this.picture.apply(bundle);
    if (applied.kind === 'ignored') return;
    this.#lastBundleAt = now;
    this.#clock.push(applied.time - now);
    if (this.#clock.length > CLOCK_SAMPLES) this.#clock.shift();
    this.#setState('live');
    if (applied.resync !== undefined) this.#resync(applied.resync, false);
    this.#emit('picture', this.picture);
  }

  #resync(reason: string, atOnce: boolean): void {
    const now = this.#now();
    if (!atOnce && now - this.#resyncAt < RESYNC_EVERY_MS) return;
    this.#resyncAt = now;
    this.resyncs[reason] = (this.resyncs[reason] ?? 0) + 1;
    this.#socket.emit('resync');
  }

  /** Notices that nothing comes any more, and that this machine has slept. */
  #watch(): void {
    const now = this.#now();
    const sinceWatchedMs = now - this.#watchedAt;
    const slept = sinceWatchedMs > SLEPT_MS;
    this.#watchedAt = now;
    // a busy page: what came meanwhile waits behind this timer, and is read before silence counts
    if (sinceWatchedMs > LATE_MS) this.#heardAt = Math.max(this.#heardAt, now - STALLED_AFTER_MS + LATE_MS);
    if (!this.#socket.connected) return;
    if (slept) {
      this.#clock.length = 0;
      this.#resync('slept', true);
      this.#heardAt = now - RECONNECT_AFTER_MS + WAKE_GRACE_MS;
      return;
    }
    const silentMs = now - this.#heardAt;
    if (this.#subscribed === undefined) return;
    if (silentMs > RECONNECT_AFTER_MS) this.#reconnect();
    else if (silentMs > STALLED_AFTER_MS) this.#setState('stalled');
  }

  #reconnect(): void {
    this.#setState('offline');
    this.#heardAt = this.#now();
    this.#socket.disconnect();
    this.#socket.connect();
  }

  #retry(): void {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => this.#socket.connect(), 500);
  }

  #refuse(code: string): void {
    this.#refusal = code;
    this.#setState('refused');
    this.#socket.disconnect();
  }

  #setState(state: ConnectionState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#emit('state', state, this.#refusal);
  }
}

/** Whether it makes no sense to come back with the same token. */
function isFinal(code: string): boolean {
  return code.startsWith('token_') || code === 'role_not_allowed';
}

function padded([west, south, east, north]: Box): Box {
  const dx = (east - west) * PADDING;
  const dy = (north - south) * PADDING;
  return [Math.max(-180, west - dx), Math.max(-90, south - dy), Math.min(180, east + dx), Math.min(90, north + dy)];
}
