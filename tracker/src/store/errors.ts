import pg from 'pg';

/** Codes of this folder: what the world outside (database, disk) did to us. */
export type StoreErrorCode =
  | 'database_unavailable'
  | 'data_dir_in_use'
  | 'data_dir_unwritable'
  | 'embedded_failed'
  | 'migration_changed'
  | 'migration_failed';

export class StoreError extends Error {
  readonly code: StoreErrorCode;
  constructor(code: StoreErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** SQLSTATE classes that mean "not now", not "the statement is wrong": connection, resources, operator, system, rolled back. */
const AWAY_CLASSES = ['08', '53', '57', '58', '40'];
/** And those that mean "not this value": data that cannot be held, that a constraint does not allow, or that are too large. */
const VALUE_CLASSES = ['22', '23', '54'];
/** Of the second: somebody else was first, which says nothing of the value. */
const UNIQUE_VIOLATION = '23505';
/** What the driver says without a code when its connection is lost, cannot be had, or does not answer. */
const DRIVER_SAYS =
  /^(Connection terminated|timeout (expired|exceeded)|Query read timeout|Client (was closed|has encountered)|Received unexpected)/;

/** True when an error says that the database is away or busy, so that the same statement may succeed later. */
export function isAway(error: unknown): boolean {
  if (error instanceof StoreError) return error.code === 'database_unavailable';
  if (error instanceof pg.DatabaseError) return AWAY_CLASSES.includes((error.code ?? '').slice(0, 2));
  if (!(error instanceof Error)) return false;
  return 'syscall' in error || DRIVER_SAYS.test(error.message); // a socket's errors name the call that failed
}

/** True when an error says that the database is there, understands the statement, and does not take what it was given. */
export function isRefusedValue(error: unknown): boolean {
  if (!(error instanceof pg.DatabaseError)) return false;
  const { code = '' } = error;
  return VALUE_CLASSES.includes(code.slice(0, 2)) && code !== UNIQUE_VIOLATION;
}
