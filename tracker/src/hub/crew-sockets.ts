import type { HttpResponse, TemplatedApp, WebSocket } from 'uWebSockets.js';
import { problemBody } from '../api/problem.js';
import type { Core } from '../core.js';
import { CrewSession, type CrewTransport } from '../ingest/crew-session.js';
import { type HubMessage, LANES, LIMITS } from '../protocol/crew.js';
import { deviceTokenSha256 } from '../rights/tokens.js';
import type { CrewDevice } from '../units/directory.js';
import type { CrewEventOutcome } from '../veks/crew-events.js';
import { unreadMessages } from '../veks/crew-messages.js';
import { veksSql as sql } from '../veks/veks-sql.js';

const SUBPROTOCOL = 'vanags.crew.v1';
/** A frame above the limit is still read up to here, so that its sender can be told what was wrong. */
const MAX_PAYLOAD_BYTES = 4 * LIMITS.frameBytes;
/** What a device has not read: acks and assignments. Above it the socket is closed; it comes back and resumes. */
const MAX_BACKPRESSURE_BYTES = 64 * 1024;
/** Assignments and messages are sent again until their crew says that it has them. */
const REPEAT_MS = 10_000;
const GATHER_MS = 25;

interface SocketData {
  readonly device: CrewDevice;
  readonly tokenSha256: string;
  session: CrewSession | undefined;
}

interface Undelivered {
  readonly id: string;
  readonly unit_id: string;
  readonly vek_id: string;
  readonly number: number;
  readonly type_code: string | null;
  readonly priority: string | null;
  readonly address: string | null;
  readonly summary: string | null;
  readonly lon: number | null;
  readonly lat: number | null;
  readonly dispatched_at: number;
}

/** The sockets of crews at `/crew`: one session a device, and what goes down to them. */
export class CrewSockets {
  readonly #core: Core;
  readonly #sessions = new Map<string, CrewSession>(); // by device id
  readonly #tokens = new Map<string, string>(); // SHA-256 of what opened each of them
  readonly #justGreeted = new Set<string>();
  #greetedTimer: NodeJS.Timeout | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(core: Core) {
    this.#core = core;
    core.directory.onChange((change) => {
      if (change.kind !== 'devices') return;
      for (const device of change.devices) {
        const session = this.#sessions.get(device.id);
        if (device.revoked) session?.fail('device_revoked', 'the token of this device was revoked');
        else session?.configure();
      }
      this.#endOldTokens(change.devices);
    });
    core.feed.listen((events) => {
      for (const event of events) {
        if (event.type === 'lv.vanags.crew_message.sent.v1') void this.#deliverMessages([event.data.unitId as string]);
        else if (event.type === 'lv.vanags.assignment.created.v1') void this.#deliver([event.data.unitId as string]);
        else if (event.type === 'lv.vanags.assignment.cancelled.v1')
          this.#tellUnit(event.data.unitId as string, {
            type: 'cancel',
            assignmentId: event.data.assignmentId as string,
            reason: null,
          });
      }
    });
  }

  get connected(): number {
    return this.#sessions.size;
  }

  /** A token that was replaced ends the socket it opened, once its time beside the new one is over. */
  #endOldTokens(devices: Iterable<CrewDevice>): void {
    for (const { id } of devices) {
      const token = this.#tokens.get(id);
      if (token !== undefined && this.#core.directory.deviceByToken(token) === undefined)
        this.#sessions.get(id)?.fail('device_revoked', 'the token of this device was replaced by another');
    }
  }

  attach(app: TemplatedApp): void {
    app.ws<SocketData>('/crew', {
      maxPayloadLength: MAX_PAYLOAD_BYTES,
      maxBackpressure: MAX_BACKPRESSURE_BYTES,
      closeOnBackpressureLimit: 1,
      idleTimeout: LIMITS.idleS,
      sendPingsAutomatically: true,
      upgrade: (res, req, context) => {
        const key = req.getHeader('sec-websocket-key');
        const offered = req.getHeader('sec-websocket-protocol');
        const extensions = req.getHeader('sec-websocket-extensions');
        const token = bearer(req.getHeader('authorization'), offered);
        const tokenSha256 = token === undefined ? '' : deviceTokenSha256(token);
        const device = this.#core.directory.deviceByToken(tokenSha256);
        if (device === undefined) return refuse(res, 401, token === undefined ? 'token_missing' : 'token_invalid');
        if (!this.#core.intake.budgets.of(device).mayConnect(Date.now())) return refuse(res, 429, 'too_many_frames');
        const accepted = offered.split(',').some((name) => name.trim() === SUBPROTOCOL) ? SUBPROTOCOL : '';
        res.upgrade<SocketData>({ device, tokenSha256, session: undefined }, key, accepted, extensions, context);
      },
      open: (ws) => {
        const data = ws.getUserData();
        const { device } = data;
        this.#sessions.get(device.id)?.fence();
        data.session = new CrewSession(device, new UwsTransport(ws), this.#core.intake, () => this.#greeted(device));
        this.#sessions.set(device.id, data.session);
        this.#tokens.set(device.id, data.tokenSha256);
      },
      message: (ws, message, isBinary) => ws.getUserData().session?.receive(message, isBinary, Date.now()),
      close: (ws) => {
        const { device, session } = ws.getUserData();
        (session?.transport as UwsTransport | undefined)?.gone();
        session?.ended();
        if (this.#sessions.get(device.id) !== session) return;
        this.#sessions.delete(device.id);
        this.#tokens.delete(device.id);
      },
    });
    this.#timer = setInterval(() => {
      void this.#deliver(null);
      void this.#deliverMessages(null);
      this.#endOldTokens([...this.#sessions.keys()].map((id) => this.#core.directory.devices.get(id)!));
    }, REPEAT_MS);
  }

  /** After a restart every crew comes back at once: their units are asked for together. */
  #greeted({ unit }: CrewDevice): void {
    if (unit === undefined) return;
    this.#justGreeted.add(unit.id);
    this.#greetedTimer ??= setTimeout(() => {
      const units = [...this.#justGreeted];
      this.#justGreeted.clear();
      this.#greetedTimer = undefined;
      void this.#deliver(units, true);
      void this.#deliverMessages(units);
    }, GATHER_MS);
  }

  /**
   * Sends assignments that nobody has acknowledged yet to the crews that are connected here: of these units, or of all (null).
   * Asked at connect, at assignment, and again until they are.
   */
  async #deliver(unitIds: readonly string[] | null, underWayToo = false): Promise<void> {
    if (this.#sessions.size === 0) return;
    try {
      const { rows } = await this.#core.database.query<Undelivered>(sql.undelivered, [unitIds, underWayToo]);
      for (const row of rows) {
        this.#tellUnit(row.unit_id, {
          type: 'assignment',
          assignmentId: row.id,
          vekId: row.vek_id,
          vekNumber: row.number,
          vekType: row.type_code,
          priority: row.priority,
          address: row.address,
          summary: row.summary,
          lon: row.lon,
          lat: row.lat,
          dispatchedAt: row.dispatched_at,
        });
      }
    } catch {
      // the database is away: the next round asks again
    }
  }

  /** Sends what desks wrote and no crew has read yet to the crews that are connected here: of these units, or of all (null). */
  async #deliverMessages(unitIds: readonly string[] | null): Promise<void> {
    if (this.#sessions.size === 0) return;
    try {
      for (const { id, unit_id, sender_name, body, sent_at } of await unreadMessages(this.#core.database, unitIds))
        this.#tellUnit(unit_id, { type: 'message', id, from: sender_name, text: body, at: sent_at });
    } catch {
      // the database is away: the next round asks again
    }
  }

  #tellUnit(unitId: string, message: HubMessage): void {
    for (const device of this.#core.directory.devicesOf(unitId)) {
      const session = this.#sessions.get(device.id);
      if (session?.greeted === true) session.send(message);
    }
  }

  /** Tells the device how its event was taken. */
  outcome({ deviceId, lane, seq, outcome, allowed }: CrewEventOutcome): void {
    this.#sessions
      .get(deviceId)
      ?.send({ type: 'outcome', lane: LANES[lane]!, seq, outcome, ...(allowed === undefined ? {} : { allowed }) });
  }

  /** Sends everybody away, to come back when we are there again. */
  close(): void {
    clearInterval(this.#timer);
    clearTimeout(this.#greetedTimer);
    for (const session of [...this.#sessions.values()])
      session.fail('shutting_down', 'the hub is going down; come back');
  }
}

/** A session's way out, through a uWebSockets.js socket that throws once it is closed. */
class UwsTransport implements CrewTransport {
  readonly #ws: WebSocket<SocketData>;
  #open = true;

  constructor(ws: WebSocket<SocketData>) {
    this.#ws = ws;
  }

  send(message: string | ArrayBuffer): void {
    // 2 means dropped, and closed by closeOnBackpressureLimit: the device resumes, so nothing is lost
    if (this.#open) this.#ws.send(message, typeof message !== 'string');
  }

  close(code: number, reason: string): void {
    if (this.#open) this.#ws.end(code, reason);
  }

  gone(): void {
    this.#open = false;
  }
}

/** The token of the Authorization header, or of the subprotocol list, for browsers that can set no header. */
function bearer(authorization: string, protocols: string): string | undefined {
  const header = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
  return header ?? /(?:^|,)\s*bearer\.([A-Za-z0-9._~-]+)\s*(?:,|$)/.exec(protocols)?.[1];
}

const REFUSALS = {
  token_missing: 'a device token is needed',
  token_invalid: 'this device token is not known, or was revoked',
  too_many_frames: 'this device connects or sends too often; it may come back in a while',
} as const;
const STATUS_LINES = { 401: '401 Unauthorized', 429: '429 Too Many Requests' } as const;

function refuse(res: HttpResponse, status: keyof typeof STATUS_LINES, code: keyof typeof REFUSALS): void {
  const body = problemBody(status, code, REFUSALS[code]);
  res.cork(() => {
    res
      .writeStatus(STATUS_LINES[status])
      .writeHeader('content-type', 'application/problem+json')
      .end(JSON.stringify(body));
  });
}
