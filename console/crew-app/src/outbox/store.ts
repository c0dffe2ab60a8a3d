import type { CrewEvent, Fix, HeldItem, HubAssignment, HubText, Lane, UnitStatus } from '../protocol-client/wire.js';

/** The names and counters of this device's streams. */
export interface StreamsRow {
  readonly kind: 'streams';
  /** 16 hexadecimal digits. */
  readonly epoch: string;
  /** Seq of the next item to be numbered. */
  readonly next: Readonly<Record<Lane, number>>;
}

/** An item that has a seq and was not acknowledged. */
export interface HeldRow {
  readonly kind: 'held';
  readonly lane: Lane;
  readonly seq: number;
  readonly item: HeldItem;
}

/** A fix without a seq. */
export interface WaitingRow {
  readonly kind: 'waiting';
  readonly order: number;
  readonly fix: Fix;
}

/** What a person pressed and what became of it; outlives the ack, so that it can be shown. */
export interface PressRow {
  readonly kind: 'press';
  readonly order: number;
  readonly event: CrewEvent;
  readonly epoch: string;
  readonly seq: number;
  /** Epoch ms when the hub's ack came: committed there. */
  readonly ackedAt?: number;
  readonly outcome?: string;
  readonly allowed?: readonly UnitStatus[];
  /** The person has seen how it ended and put it away. */
  readonly dismissed?: boolean;
}

export interface AssignmentRow {
  readonly kind: 'assignment';
  readonly assignment: HubAssignment;
  /** Epoch ms when it was first shown here. */
  readonly seenAt: number;
  /** `done`: this crew ended it; `cancelled`: the hub said so; `elsewhere`: the hub no longer counts it. */
  readonly ended?: { readonly at: number; readonly why: 'done' | 'cancelled' | 'elsewhere' };
  readonly dismissed?: boolean;
}

export interface TextRow {
  readonly kind: 'text';
  readonly text: HubText;
  readonly receivedAt: number;
  readonly read: boolean;
}

/** What the hub last said of the unit, and when we heard it. */
export interface UnitRow {
  readonly kind: 'unit';
  readonly unit: { readonly callsign: string; readonly status: UnitStatus } | null;
  readonly heardAt: number;
}

export type Row = StreamsRow | HeldRow | WaitingRow | PressRow | AssignmentRow | TextRow | UnitRow;

/** Names a row in its store. Rows of one kind sort by their number. */
export function rowKey(row: Row): string {
  switch (row.kind) {
    case 'streams':
    case 'unit':
      return row.kind;
    case 'held':
      return heldKey(row.lane, row.seq);
    case 'waiting':
      return waitingKey(row.order);
    case 'press':
      return pressKey(row.order);
    case 'assignment':
      return `assignment/${row.assignment.assignmentId}`;
    case 'text':
      return `text/${row.text.id}`;
  }
}

const padded = (n: number) => String(n).padStart(16, '0');
export const heldKey = (lane: Lane, seq: number) => `held/${lane}/${padded(seq)}`;
export const waitingKey = (order: number) => `waiting/${padded(order)}`;
export const pressKey = (order: number) => `press/${padded(order)}`;

/** Where the phone keeps what must survive a reload, a killed tab and an empty battery. */
export interface Store {
  /** Every row, in order of key. */
  load(): Promise<Row[]>;
  /** All or nothing; resolves once it would survive a power cut. @throws what the browser says when it cannot keep it */
  commit(put: readonly Row[], removedKeys?: readonly string[]): Promise<void>;
}

/** A store that ends with the page. */
export class MemoryStore implements Store {
  readonly #rows = new Map<string, Row>();

  async load(): Promise<Row[]> {
    return [...this.#rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
  }

  async commit(put: readonly Row[], removedKeys: readonly string[] = []): Promise<void> {
    for (const key of removedKeys) this.#rows.delete(key);
    for (const row of put) this.#rows.set(rowKey(row), structuredClone(row));
  }
}
