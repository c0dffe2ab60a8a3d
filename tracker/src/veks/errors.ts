/** Codes of this folder: why a command on a VEK or a unit was refused. */
export type CommandErrorCode =
  | 'vek_unknown'
  | 'vek_ended'
  | 'vek_not_ended'
  | 'vek_same'
  | 'external_taken'
  | 'unit_unknown'
  | 'unit_retired'
  | 'unit_busy'
  | 'unit_held'
  | 'unit_not_dispatchable'
  | 'assignment_unknown'
  | 'assignment_ended'
  | 'already_relieved'
  | 'alarm_unknown'
  | 'attention_unknown'
  | 'id_taken'
  | 'version_conflict'
  | 'status_not_allowed'
  | 'service_unknown'
  | 'service_answered'
  | 'restricted_not_entitled';

/** A command that the state of things refuses. Nothing was changed. */
export class CommandError extends Error {
  readonly code: CommandErrorCode;
  /** What the caller needs to go on: the version that is current, the statuses that are allowed, who holds the unit. */
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(code: CommandErrorCode, message: string, facts: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.code = code;
    this.facts = facts;
  }
}
