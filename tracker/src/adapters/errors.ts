/** Codes of this folder. */

/** Why a request was not stored: its sender does right to send it again. */
export const NOT_STORED_CODES = ['database_unavailable', 'intake_busy', 'too_many_requests'] as const;
export type NotStoredCode = (typeof NOT_STORED_CODES)[number];

/** Why a join or an alias was refused. */
export type JoinRefusalCode = 'join_code_invalid' | 'too_many_tries' | 'alias_taken';

/**
 * What became of one message, besides the codes of suspect fixes (ingest/filters.ts) and of rejected items (message.ts):
 * - `good`: stored, and live unless something newer is
 * - `duplicate`: it was stored before
 * - `heartbeat`: the last place counts on, as of the message's time
 * - `no_position`: nothing in it to store
 * - `unbound`: stored; the device belongs to no unit
 * - `device_unknown`: of a device that the sender may not speak for; not stored
 */
export type MessageVerdict = 'good' | 'duplicate' | 'heartbeat' | 'no_position' | 'unbound' | 'device_unknown';

/** What a command of this folder refuses. */
export class JoinRefusal extends Error {
  readonly code: JoinRefusalCode;

  constructor(code: JoinRefusalCode, detail: string) {
    super(detail);
    this.code = code;
  }
}
