import type { Outbox } from '../outbox/outbox.js';
import type { AssignmentRow, PressRow, Row, Store, TextRow, UnitRow } from '../outbox/store.js';
import type {
  ConnectionListener,
  ConnectionPhase,
  CrewConnection,
  StopReason,
} from '../protocol-client/crew-connection.js';
import {
  type CrewEvent,
  type Fix,
  type HubAssignment,
  type HubHello,
  type HubOutcome,
  type HubText,
  isAssignmentStatus,
  type UnitStatus,
} from '../protocol-client/wire.js';
import type { Place } from './place.js';

/** A position older than this is not where a press was made. */
const PLACE_MAX_AGE_MS = 60_000;
/** How long after its hello the hub has repeated every assignment that it still waits for. */
const REPEATED_BY_MS = 2000;
/** Before the hub is asked anew for the unit's status. */
const ASK_AGAIN_MS = 1000;
const KEEP_ENDED_MS = 24 * 3_600_000;

/** Where a press is: only on this phone; on the wire; committed at the hub. */
export type PressState = 'kept' | 'sent' | 'acked';

export interface Press extends PressRow {
  readonly state: PressState;
}

export interface CrewSnapshot {
  readonly phase: ConnectionPhase;
  readonly stopReason: StopReason | undefined;
  readonly lastError: string | undefined;
  readonly attempts: number;
  /** undefined: the hub has never said. */
  readonly unit: UnitRow | undefined;
  /** What the unit will show once everything pressed has been taken. */
  readonly expectedStatus: UnitStatus | undefined;
  /** Hub's clock minus ours, milliseconds. */
  readonly skewMs: number;
  /** Newest first. */
  readonly presses: readonly Press[];
  /** Not put away, newest first. */
  readonly assignments: readonly AssignmentRow[];
  readonly texts: readonly TextRow[];
  readonly fixesHeld: number;
  readonly fixesDropped: number;
  readonly volatile: boolean;
}

/** What a new thing of the hub's wants of the person. */
export type Call = 'text' | 'cancel';

/** What a crew sees and does, over one outbox and one connection. */
export class CrewModel implements ConnectionListener {
  readonly #store: Store;
  readonly #outbox: Outbox;
  #connection: CrewConnection | undefined;
  #unit: UnitRow | undefined;
  #assignments: AssignmentRow[];
  #texts: TextRow[];
  #skewMs = 0;
  #storeFailed: boolean;
  readonly #heardAt = new Map<string, number>();
  readonly #listeners = new Set<() => void>();
  #snapshot: CrewSnapshot;
  #announced = false;
  #askAgain: ReturnType<typeof setTimeout> | undefined;
  #endCheck: ReturnType<typeof setTimeout> | undefined;
  readonly #now: () => number;

  /** Place of the phone if it is known well enough to say where a press was made. */
  lastFix: () => Fix | undefined = () => undefined;
  onInterval: (seconds: number) => void = () => {};
  onCall: (call: Call) => void = () => {};

  constructor(
    store: Store,
    rows: readonly Row[],
    outbox: Outbox,
    { volatile = false, now = Date.now }: { readonly volatile?: boolean; readonly now?: () => number } = {},
  ) {
    this.#store = store;
    this.#outbox = outbox;
    this.#storeFailed = volatile;
    this.#now = now;
    this.#unit = rows.find((row) => row.kind === 'unit');
    const since = now() - KEEP_ENDED_MS;
    this.#assignments = rows.filter(
      (row) => row.kind === 'assignment' && (row.ended?.at ?? since + 1) > since,
    ) as AssignmentRow[];
    this.#texts = rows.filter((row) => row.kind === 'text' && row.receivedAt > since) as TextRow[];
    this.#snapshot = this.#see();
  }

  connect(connection: CrewConnection): void {
    this.#connection = connection;
    connection.start();
  }

  close(): void {
    clearTimeout(this.#askAgain);
    clearTimeout(this.#endCheck);
    this.#connection?.stop();
  }

  /** A person takes the device back after it was fenced. */
  takeOver(): void {
    this.#connection?.start();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly snapshot = (): CrewSnapshot => this.#snapshot;

  /** Items that the hub does not have: with them, signing off keeps the store. */
  get unsent(): number {
    return this.#outbox.held + this.#outbox.waiting.live + this.#outbox.waiting.backlog;
  }

  // what the person does

  accept(assignmentId: string): void {
    this.#press({ kind: 'receipt', ...this.#base(), assignmentId });
  }

  reportStatus(status: UnitStatus): void {
    const current = currentAssignment(this.#assignments);
    this.#press({
      kind: 'status',
      ...this.#base(),
      status,
      ...(current === undefined ? {} : { assignmentId: current.assignment.assignmentId }),
    });
  }

  sos(): void {
    this.#press({ kind: 'sos', ...this.#base(), text: '' });
  }

  say(text: string): void {
    this.#press({ kind: 'message', ...this.#base(), text });
  }

  reportFix(fix: Fix): void {
    void this.#connection?.reportFix(fix);
  }

  dismissPress(order: number): void {
    void this.#outbox.dismiss(order).then(() => this.changed());
  }

  dismissAssignment(assignmentId: string): void {
    this.#changeAssignment(assignmentId, (row) => ({ ...row, dismissed: true }));
  }

  /** All messages have been seen; the hub repeats each until it has its receipt. */
  readTexts(): void {
    const unread = this.#texts.filter((row) => !row.read);
    if (unread.length === 0) return;
    this.#texts = this.#texts.map((row) => ({ ...row, read: true }));
    this.#keep(unread.map((row) => ({ ...row, read: true })));
    for (const { text } of unread) this.#press({ kind: 'receipt', ...this.#base(), assignmentId: text.id });
  }

  #base(): { time: number; lon?: number; lat?: number } {
    const time = this.#now();
    const fix = this.lastFix();
    const place: Place | undefined = fix !== undefined && time - fix.time < PLACE_MAX_AGE_MS ? fix : undefined;
    return { time, ...(place === undefined ? {} : { lon: place.lon, lat: place.lat }) };
  }

  #press(event: CrewEvent): void {
    // on the disk first, then on the wire
    void this.#outbox.addEvent(event).then(() => {
      this.changed();
      this.#connection?.pump();
    });
  }

  // what the connection says

  changed(): void {
    if (this.#announced) return;
    this.#announced = true;
    queueMicrotask(() => {
      this.#announced = false;
      this.#snapshot = this.#see();
      for (const listener of this.#listeners) listener();
    });
  }

  heard(message: Parameters<ConnectionListener['heard']>[0]): void {
    switch (message.type) {
      case 'hello':
        return this.#greeted(message);
      case 'assignment':
        return this.#assigned(message);
      case 'cancel':
        return this.#cancelled(message.assignmentId);
      case 'message':
        return this.#told(message);
      case 'config':
        return this.onInterval(message.reportIntervalS);
      case 'outcome':
        void this.#settled(message);
    }
  }

  #greeted({ unit, serverTime, config }: HubHello): void {
    const now = this.#now();
    this.#skewMs = serverTime - now;
    this.onInterval(config.reportIntervalS);
    this.#setUnit(unit === null ? null : { callsign: unit.callsign, status: unit.status });
    clearTimeout(this.#endCheck);
    this.#endCheck = setTimeout(() => this.#endWhatTheHubEnded(now), REPEATED_BY_MS);
  }

  /** A cancel is told once: who was away learns it from the unit's status at rest, unless the assignment is repeated. */
  #endWhatTheHubEnded(helloAt: number): void {
    const status = this.#unit?.unit?.status;
    if (status === undefined || isAssignmentStatus(status) || this.#pendingStatuses().length > 0) return;
    for (const { assignment, ended } of this.#assignments) {
      if (ended !== undefined || (this.#heardAt.get(assignment.assignmentId) ?? 0) >= helloAt) continue;
      this.#endAssignment(assignment.assignmentId, 'elsewhere');
    }
  }

  #setUnit(unit: UnitRow['unit']): void {
    this.#unit = { kind: 'unit', unit, heardAt: this.#now() };
    this.#keep([this.#unit]);
  }

  #setStatus(status: UnitStatus): void {
    const unit = this.#unit?.unit;
    if (unit !== null && unit !== undefined) this.#setUnit({ ...unit, status });
  }

  #assigned(assignment: HubAssignment): void {
    const { assignmentId } = assignment;
    this.#heardAt.set(assignmentId, this.#now());
    const known = this.#assignments.find((row) => row.assignment.assignmentId === assignmentId);
    if (known !== undefined) {
      const same = JSON.stringify(known.assignment) === JSON.stringify(assignment);
      const back = known.ended?.why === 'elsewhere';
      if (same && !back) return;
      const { ended, dismissed, ...rest } = known;
      const kept = back ? {} : { ...(ended && { ended }), ...(dismissed && { dismissed }) };
      return this.#changeAssignment(assignmentId, () => ({ ...rest, ...kept, assignment }));
    }
    const row: AssignmentRow = { kind: 'assignment', assignment, seenAt: this.#now() };
    this.#assignments = [row, ...this.#assignments];
    this.#keep([row]);
    // being assigned is what makes a unit at rest `dispatched`
    if (this.#unit?.unit && !isAssignmentStatus(this.#unit.unit.status)) this.#setStatus('dispatched');
  }

  #cancelled(assignmentId: string): void {
    const row = this.#assignments.find((each) => each.assignment.assignmentId === assignmentId);
    if (row === undefined || row.ended !== undefined) return;
    this.#endAssignment(assignmentId, 'cancelled');
    this.onCall('cancel');
    this.#ask();
  }

  #told(text: HubText): void {
    if (this.#texts.some((row) => row.text.id === text.id)) return;
    const row: TextRow = { kind: 'text', text, receivedAt: this.#now(), read: false };
    this.#texts = [...this.#texts, row];
    this.#keep([row]);
    this.onCall('text');
  }

  async #settled({ lane, seq, outcome, allowed }: HubOutcome): Promise<void> {
    if (lane !== 'alarm') return;
    const press = await this.#outbox.settle(seq, outcome, allowed);
    if (press?.event.kind === 'status') {
      if (outcome !== 'applied')
        this.#ask(); // what is shown is not what was pressed
      else {
        const { status, assignmentId } = press.event;
        this.#setStatus(status);
        if (assignmentId !== undefined && !isAssignmentStatus(status)) this.#endAssignment(assignmentId, 'done');
      }
    }
    this.changed();
  }

  #endAssignment(assignmentId: string, why: 'done' | 'cancelled' | 'elsewhere'): void {
    this.#changeAssignment(assignmentId, (row) =>
      row.ended === undefined
        ? { ...row, ended: { at: this.#now(), why }, ...(why === 'done' ? { dismissed: true } : {}) }
        : row,
    );
  }

  #changeAssignment(assignmentId: string, how: (row: AssignmentRow) => AssignmentRow): void {
    this.#assignments = this.#assignments.map((row) => {
      if (row.assignment.assignmentId !== assignmentId) return row;
      const changed = how(row);
      this.#keep([changed]);
      return changed;
    });
  }

  /** The hub says a unit's status only in its hello. */
  #ask(): void {
    clearTimeout(this.#askAgain);
    this.#askAgain = setTimeout(() => this.#connection?.again(), ASK_AGAIN_MS);
  }

  #keep(rows: readonly Row[]): void {
    this.#store.commit(rows).catch(() => {
      this.#storeFailed = true;
      this.changed();
    });
    this.changed();
  }

  #pendingStatuses(): PressRow[] {
    const heardAt = this.#unit?.heardAt ?? 0;
    return this.#outbox.presses.filter(
      ({ event, outcome, ackedAt }) =>
        event.kind === 'status' && outcome === undefined && (ackedAt === undefined || ackedAt >= heardAt),
    );
  }

  #see(): CrewSnapshot {
    const connection = this.#connection;
    const outbox = this.#outbox;
    const pending = this.#pendingStatuses().at(-1)?.event;
    return {
      phase: connection?.phase ?? 'off',
      stopReason: connection?.stopReason,
      lastError: connection?.lastError,
      attempts: connection?.attempts ?? 0,
      unit: this.#unit,
      expectedStatus: pending?.kind === 'status' ? pending.status : this.#unit?.unit?.status,
      skewMs: this.#skewMs,
      presses: outbox.presses.map((press): Press => ({ ...press, state: this.#stateOf(press) })).reverse(),
      assignments: this.#assignments
        .filter((row) => row.dismissed !== true)
        .sort((a, b) => b.assignment.dispatchedAt - a.assignment.dispatchedAt),
      texts: this.#texts,
      fixesHeld: outbox.fixes,
      fixesDropped: outbox.dropped,
      volatile: outbox.volatile || this.#storeFailed,
    };
  }

  #stateOf({ ackedAt, epoch, seq }: PressRow): PressState {
    if (ackedAt !== undefined) return 'acked';
    return epoch === this.#outbox.epoch && this.#connection?.hasSent('alarm', seq) ? 'sent' : 'kept';
  }
}

/** The one that status presses are about: the newest that has not ended. */
export function currentAssignment(rows: readonly AssignmentRow[]): AssignmentRow | undefined {
  return rows
    .filter((row) => row.ended === undefined)
    .reduce<AssignmentRow | undefined>(
      (newest, row) =>
        newest === undefined || row.assignment.dispatchedAt > newest.assignment.dispatchedAt ? row : newest,
      undefined,
    );
}

/** The receipt pressed for an assignment. */
export function receiptOf(presses: readonly Press[], assignmentId: string): Press | undefined {
  return presses.find(({ event }) => event.kind === 'receipt' && event.assignmentId === assignmentId);
}
