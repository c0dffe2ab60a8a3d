/** What one hostile client does to a hub. */
export const ATTACKS = ['rubbish', 'slow_bytes', 'huge_frames', 'flood', 'never_reading'] as const;
export type Attack = (typeof ATTACKS)[number];

/** To a hostile worker. */
export interface AttackOrder {
  readonly attack: Attack;
  readonly url: string;
  readonly token: string;
  readonly seconds: number;
}

export interface AttackReport {
  /** Connections that were opened, and refused before they were. */
  readonly connections: number;
  readonly refused: number;
  readonly bytes: number;
  readonly frames: number;
  /** How often the hub closed a connection, by close code and reason. */
  readonly closes: Readonly<Record<string, number>>;
}
