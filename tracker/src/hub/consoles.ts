import type { TemplatedApp } from 'uWebSockets.js';
import { type Namespace, Server, type Socket } from 'socket.io';
import { z } from 'zod';
import type { Core } from '../core.js';
import { CONSUMER_NAME, cursorAt, positionOf, SNAPSHOT_PATH } from '../feed/event.js';
import { SubjectsSchema, TypesSchema } from '../feed/event-filter.js';
import { EventPump } from '../feed/event-pump.js';
import { Audiences } from '../live/audiences.js';
import { PICTURE_TICK_MS, type Viewer } from '../live/picture.js';
import type { Log } from '../log.js';
import { LIVE_LEVELS, type ViewAnswer } from '../protocol/live-frame.js';
import type { Principal } from '../rights/access.js';

const ACK_TIMEOUT_MS = 15_000;
const MAX_MESSAGE_BYTES = 64 * 1024;
/** A console that lost its connection learns it within their sum, and is here again soon after. */
const PING_INTERVAL_MS = 5000;
const PING_TIMEOUT_MS = 5000;
/** Grants also begin and end by the clock. */
const REGRANT_MS = 2000;

const View = z.object({
  view: z.number().int().min(0).max(0xffff_ffff),
  level: z.enum(LIVE_LEVELS),
  box: z
    .tuple([
      z.number().min(-180).max(180),
      z.number().min(-90).max(90),
      z.number().min(-180).max(180),
      z.number().min(-90).max(90),
    ])
    .refine(([, south, , north]) => south <= north, 'south is above north'),
});
const Start = z.object({
  after: z.string().max(64).nullish(),
  consumer: z.string().regex(CONSUMER_NAME).nullish(),
  types: TypesSchema.default([]),
  subjects: SubjectsSchema.default([]),
});

type StartAnswer = { ok: true; cursor: string } | { ok: false; code: string; detail: string };

/** The uWebSockets.js socket under a socket.io one, if that is its transport: engine.io does not tell how much waits in it. */
interface Transport {
  readonly name: string;
  readonly writable: boolean;
  readonly socket?: { getBufferedAmount(): number };
}

/**
 * The socket.io side: consoles (`/console`: live picture, and events on an acknowledged channel) and consumers (`/feed`: events).
 * Both are let in by token, before anything is sent.
 */
export class Consoles {
  readonly #core: Core;
  readonly #log: Log;
  readonly #io = new Server({
    serveClient: false,
    maxHttpBufferSize: MAX_MESSAGE_BYTES,
    pingInterval: PING_INTERVAL_MS,
    pingTimeout: PING_TIMEOUT_MS,
    transports: ['websocket', 'polling'],
  });
  readonly #audiences = new Audiences();
  readonly #viewers = new Map<Viewer, Principal>();
  /** Sockets of consoles by the agency of who sits there. */
  readonly #desks = new Map<string, Set<Socket>>();
  #tick: NodeJS.Timeout | undefined;
  #regrantTimer: NodeJS.Timeout | undefined;

  constructor(core: Core, log: Log) {
    this.#core = core;
    this.#log = log;
    this.#gate(this.#io.of('/console'), 'openConsole');
    this.#gate(this.#io.of('/feed'), 'openFeed');
    this.#io.of('/console').on('connection', (socket) => this.#openConsole(socket));
    this.#io.of('/feed').on('connection', (socket) => this.#pump(socket, socket.data.principal));
    core.presence.onChange(({ vekId, parties, present }) => {
      for (const [agencyId, sockets] of this.#desks)
        if (parties.includes(agencyId)) for (const socket of sockets) socket.emit('presence', { vekId, present });
    });
    core.directory.onChange((change) => {
      if (change.kind === 'agencies') this.#regrant();
    });
  }

  attach(app: TemplatedApp): void {
    this.#io.attachApp(app);
    this.#tick = setInterval(() => {
      try {
        this.#core.picture.tick(Date.now());
      } catch (error) {
        this.#log.error('the picture’s tick failed', error);
      }
    }, PICTURE_TICK_MS);
    this.#regrantTimer = setInterval(() => this.#regrant(), REGRANT_MS);
  }

  #gate(namespace: Namespace, operation: 'openConsole' | 'openFeed'): void {
    namespace.use(async (socket, next) => {
      const { token } = socket.handshake.auth as { token?: unknown };
      const answer =
        typeof token === 'string'
          ? await this.#core.tokens.verify(token)
          : ({ ok: false, code: 'token_missing', detail: 'auth: {token} is missing' } as const);
      const refused = (code: string, message: string) => next(Object.assign(new Error(message), { data: { code } }));
      if (!answer.ok) return refused(answer.code, answer.detail);
      if (!this.#core.access.roleMay(answer.principal, operation))
        return refused('role_not_allowed', `${operation} is not for ${answer.principal.roles.join(', ')}`);
      socket.data.principal = answer.principal;
      // a token ends while its socket is open
      const left = Math.min(answer.expiresAt - Date.now(), 2 ** 31 - 1);
      const expiry = setTimeout(() => {
        socket.emit('problem', { code: 'token_invalid', detail: 'the token has run out' });
        socket.disconnect(true);
      }, left);
      socket.on('disconnect', () => clearTimeout(expiry));
      next();
    });
  }

  #openConsole(socket: Socket): void {
    const principal: Principal = socket.data.principal;
    const { picture } = this.#core;
    const viewer: Viewer = {
      backlogBytes: () => {
        const transport = socket.conn.transport as unknown as Transport;
        if (transport.name === 'websocket') return transport.socket?.getBufferedAmount() ?? 0;
        return transport.writable ? 0 : Number.POSITIVE_INFINITY; // a poll is awaited: what is written now would queue
      },
      send: (bundle) => void socket.emit('bundle', bundle),
      drop: (code) => {
        socket.emit('problem', { code, detail: 'this console did not read for too long' });
        socket.disconnect(true);
      },
    };
    this.#viewers.set(viewer, principal);
    socket.on('view', (request: unknown, answer: unknown) => {
      const reply = typeof answer === 'function' ? (answer as (value: ViewAnswer) => void) : () => {};
      const view = View.safeParse(request);
      if (!view.success) return reply({ ok: false, code: 'view_malformed', detail: view.error.issues[0]!.message });
      const now = Date.now();
      reply(picture.watch(viewer, this.#audience(principal, now), view.data, now));
    });
    this.#seat(socket, principal.agency.id);
    socket.on('resync', () => picture.resync(viewer, Date.now()));
    socket.on('disconnect', () => {
      picture.leave(viewer);
      this.#viewers.delete(viewer);
    });
    this.#pump(socket, principal);
  }

  /** From now on the desk hears who is at the VEKs of its agency; first, who is there already. */
  #seat(socket: Socket, agencyId: string): void {
    const sockets = this.#desks.get(agencyId) ?? new Set();
    this.#desks.set(agencyId, sockets.add(socket));
    socket.on('disconnect', () => sockets.delete(socket));
    for (const { vekId, present } of this.#core.presence.forAgency(agencyId))
      socket.emit('presence', { vekId, present });
  }

  #audience(principal: Principal, now: number) {
    return this.#audiences.of(this.#core.access.visibleAgencyNos(principal, now));
  }

  /** Grants have changed: every console is shown what it may see from now on. */
  #regrant(): void {
    const now = Date.now();
    for (const [viewer, principal] of this.#viewers)
      this.#core.picture.setAudience(viewer, this.#audience(principal, now), now);
  }

  /** Events on an acknowledged channel, once the other side says from where. */
  #pump(socket: Socket, principal: Principal): void {
    const { feed, access } = this.#core;
    let pump: EventPump | undefined;
    socket.on('disconnect', () => pump?.stop());
    socket.on('start', async (request: unknown, answer: unknown) => {
      const reply = typeof answer === 'function' ? (answer as (value: StartAnswer) => void) : () => {};
      const start = Start.safeParse(request);
      if (!start.success) return reply({ ok: false, code: 'start_malformed', detail: start.error.issues[0]!.message });
      if (pump !== undefined)
        return reply({ ok: false, code: 'start_repeated', detail: 'this socket has its events already' });
      const { after, consumer, types, subjects } = start.data;
      try {
        const asked = after === null || after === undefined ? undefined : positionOf(after);
        if (typeof after === 'string' && asked === undefined)
          return reply({ ok: false, code: 'cursor_malformed', detail: 'not a cursor of this feed' });
        const kept = consumer ? await feed.cursorOf(consumer, principal.agency.id) : undefined;
        const position = asked ?? kept ?? feed.position;
        pump = new EventPump(feed, position, {
          reader: () => ({
            own: principal.agency.id,
            seen: [...access.agencies(principal, 'see', Date.now())],
            filter: { types, subjects },
          }),
          deliver: async (events, cursor) => {
            await socket.timeout(ACK_TIMEOUT_MS).emitWithAck('events', events, cursor);
            if (consumer) await feed.saveCursor(consumer, principal.agency.id, positionOf(cursor)!);
          },
          gone: (detail) => {
            socket.emit('problem', { code: 'cursor_gone', detail, snapshot: SNAPSHOT_PATH });
            socket.disconnect(true);
          },
        });
        reply({ ok: true, cursor: cursorAt(position) });
        await pump.run();
      } catch (error) {
        // no ack in time, or the socket is gone: the consumer comes back with its cursor
        if (socket.connected) {
          socket.emit('problem', { code: 'not_acknowledged', detail: (error as Error).message });
          socket.disconnect(true);
        }
      }
    });
  }

  async close(): Promise<void> {
    clearInterval(this.#tick);
    clearInterval(this.#regrantTimer);
    this.#io.disconnectSockets(true);
    await this.#io.close().catch(() => {});
  }
}
