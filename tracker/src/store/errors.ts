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
const AWAY_CLASSES = ['08', '53', '57', '58', 'XX', '40'];

/** True when an error of the driver says that the database is away, so that the same statement may succeed later. */
export function isAway(error: unknown): boolean {
  if (error instanceof StoreError) return error.code === 'database_unavailable';
  const sqlState = (error as { code?: unknown }).code;
  if (typeof sqlState !== 'string' || !/^[0-9A-Z]{5}$/.test(sqlState)) return true; // socket errors, time-outs of the driver
  return AWAY_CLASSES.includes(sqlState.slice(0, 2));
}
