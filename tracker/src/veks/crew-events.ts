import type { Changes } from '../feed/record.js';
import { KickedTask } from '../kicked-task.js';
import type { UnitStatus } from '../protocol/status.js';
import type { Database } from '../store/database.js';
import { isAway } from '../store/errors.js';
import { type AlarmPlace, raiseAlarm } from './alarms.js';
import { acknowledgeAssignment } from './assignments.js';
import { readCrewMessage } from './crew-messages.js';
import { CommandError } from './errors.js';
import { moveUnit, unitForChange } from './unit-status.js';
import { veksSql as sql } from './veks-sql.js';

const POLL_MS = 2000;
const BATCH = 200;

interface EventRow {
  readonly stream_id: number;
  readonly seq: number;
  readonly agency_id: string;
  readonly device_id: string;
  readonly unit_id: string | null;
  readonly kind: 'status' | 'sos' | 'message' | 'receipt';
  readonly event_time: number;
  readonly received_at: number;
  readonly body: {
    status?: UnitStatus;
    assignmentId?: string | null;
    lonE7?: number | null;
    latE7?: number | null;
    text?: string;
    correctedTime?: number;
  };
  readonly lane: number;
}

/**
 * When it was, epoch ms. What came in was made before: a clock that runs ahead would put a status beyond every other that follows, and
 * nothing could change what the unit shows until then.
 */
function timeOf({ event_time, received_at, body }: EventRow): number {
  return Math.min(body.correctedTime ?? event_time, received_at);
}

/** How a crew's event was carried out, told to its device if it is connected here. */
export interface CrewEventOutcome {
  readonly deviceId: string;
  readonly lane: number;
  readonly seq: number;
  readonly outcome: string;
  readonly allowed?: readonly UnitStatus[];
}

/**
 * Carries out what crews sent: status changes, SOS, messages, receipts. They are stored and acked before they come here, so a
 * crash only delays them: whatever has no applied_at is carried out by whoever runs next, each once.
 */
export class CrewEvents {
  readonly #database: Database;
  readonly #changes: Changes;
  readonly #onOutcome: (outcome: CrewEventOutcome) => Promise<void>;
  readonly #onError: (text: string, error: Error) => void;
  readonly #task = new KickedTask(() => this.#run(), POLL_MS);

  constructor(
    database: Database,
    changes: Changes,
    onOutcome: (outcome: CrewEventOutcome) => Promise<void>,
    onError: (text: string, error: Error) => void,
  ) {
    this.#database = database;
    this.#changes = changes;
    this.#onOutcome = onOutcome;
    this.#onError = onError;
  }

  start(): void {
    this.#task.start();
  }

  /** Something was stored: carry it out now. */
  kick(): void {
    this.#task.kick();
  }

  async #run(): Promise<void> {
    try {
      for (;;) {
        const { rows } = await this.#database.query<EventRow>(sql.waiting_events, [BATCH]);
        let carriedOut = 0;
        for (const row of rows) if (await this.#tryToCarryOut(row)) carriedOut++;
        if (rows.length < BATCH || carriedOut === 0) return;
      }
    } catch (error) {
      if (!isAway(error)) this.#onError('crew events could not be read', error as Error); // tried again at the next poll
    }
  }

  /** One event that cannot be carried out holds up none of the others; it is tried again at the next poll. @throws StoreError */
  async #tryToCarryOut(event: EventRow): Promise<boolean> {
    try {
      await this.#carryOut(event);
      return true;
    } catch (error) {
      if (isAway(error)) throw error;
      this.#onError('a crew event could not be carried out', error as Error);
      return false;
    }
  }

  async #carryOut(event: EventRow): Promise<void> {
    const locked = [event.unit_id ?? event.device_id, ...(await this.#vekOf(event))];
    let refusal: CommandError | undefined;
    let outcome: string | undefined;
    try {
      await this.#changes.change(locked, async (tx, records) => {
        if ((await tx.query(sql.lock_event, [event.stream_id, event.seq])).rows.length === 0) return;
        outcome = await this.#apply(tx, records, event);
        await tx.query(sql.settle_event, [event.stream_id, event.seq, outcome]);
      });
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      refusal = error;
      outcome = error.code;
      await this.#database.query(sql.settle_event, [event.stream_id, event.seq, outcome]);
    }
    if (outcome === undefined) return; // another node has carried it out, and told of it
    const allowed = refusal?.facts.allowed as readonly UnitStatus[] | undefined;
    await this.#onOutcome({
      deviceId: event.device_id,
      lane: event.lane,
      seq: event.seq,
      outcome,
      ...(allowed === undefined ? {} : { allowed }),
    });
  }

  /** The VEK that the event will change, to be locked with the unit. */
  async #vekOf({ unit_id, body, kind }: EventRow): Promise<string[]> {
    if (unit_id === null || (kind !== 'status' && kind !== 'receipt')) return [];
    const { rows } =
      body.assignmentId === null || body.assignmentId === undefined
        ? await this.#database.query<{ vek_id: string }>(sql.active_assignment, [unit_id])
        : await this.#database.query<{ vek_id: string }>(sql.assignment, [body.assignmentId]);
    return rows.map((row) => row.vek_id);
  }

  async #apply(...[tx, records, event]: [...Parameters<Parameters<Changes['change']>[1]>, EventRow]): Promise<string> {
    const { body, received_at: receivedAt, unit_id: unitId } = event;
    const at = timeOf(event);
    if (event.kind === 'sos') {
      await this.#raise(tx, records, event);
      return 'applied';
    }
    if (unitId === null) return 'unbound';
    switch (event.kind) {
      case 'status':
        return moveUnit(tx, records, {
          unitId,
          status: body.status!,
          assignmentId: body.assignmentId ?? null,
          at,
          receivedAt,
          source: 'crew',
          by: { agencyId: event.agency_id, subject: 'crew' },
        });
      case 'receipt': {
        const id = body.assignmentId!;
        const taken =
          (await readCrewMessage(tx, records, unitId, id, at)) ??
          (await acknowledgeAssignment(tx, records, unitId, id, at, receivedAt));
        return taken ? 'applied' : 'unchanged';
      }
      case 'message':
        records.event({
          type: 'lv.vanags.unit.message.v1',
          agencyId: event.agency_id,
          aggregate: { kind: 'unit', id: unitId, version: (await unitForChange(tx, unitId)).version },
          data: { unitId, at, receivedAt, ref: { stream: event.stream_id, seq: event.seq } },
          at,
        });
        return 'applied';
    }
  }

  /** A call for help is raised whoever sent it, also where its device belongs to no unit. */
  async #raise(...[tx, records, event]: [...Parameters<Parameters<Changes['change']>[1]>, EventRow]): Promise<void> {
    const { unit_id: unitId, received_at: receivedAt, body } = event;
    const at = timeOf(event);
    const { lonE7 = null, latE7 = null } = body;
    let place: AlarmPlace | undefined;
    if (lonE7 !== null && latE7 !== null) place = { lonE7, latE7, at, source: 'device' };
    else if (unitId !== null) {
      const { rows } = await tx.query<{ lon_e7: number; lat_e7: number; fix_time: number }>(sql.last_fix, [unitId]);
      const last = rows[0];
      if (last !== undefined) place = { lonE7: last.lon_e7, latE7: last.lat_e7, at: last.fix_time, source: 'last_fix' };
    }
    await raiseAlarm(tx, records, {
      agencyId: event.agency_id,
      unitId,
      deviceId: event.device_id,
      streamId: event.stream_id,
      seq: event.seq,
      at,
      receivedAt,
      place,
    });
  }

  async stop(): Promise<void> {
    await this.#task.stop();
  }
}
