/** All codes of the geo-engine. Callers and tests match these, never text; a code is never renamed. */

/**
 * Why a unit cannot go, in the order in which the hard filters ask. The first that applies is the one told.
 * `no_position`: no usable fix. `fix_too_old`: the fix is older than the question allows. `status_not_dispatchable`:
 * the unit's status is not one of those asked for. `off_duty`: it has shifts, and none is on now. `held`: offered to
 * another desk. `already_on_incident`: it works on this incident. `agency_not_allowed`, `kind_not_allowed`: outside
 * the agencies or kinds asked for. `crew_too_small`: a known head-count below the least wanted. `capability_missing`:
 * it lacks one. `capability_short`: it has too little of one.
 */
export const REFUSAL_CODES = [
  'no_position',
  'fix_too_old',
  'status_not_dispatchable',
  'off_duty',
  'held',
  'already_on_incident',
  'agency_not_allowed',
  'kind_not_allowed',
  'crew_too_small',
  'capability_missing',
  'capability_short',
] as const;
export type RefusalCode = (typeof REFUSAL_CODES)[number];

/** Suitable, but enough others are nearer. */
export const FARTHER = 'farther';
export type NotChosenCode = RefusalCode | typeof FARTHER;

/**
 * What speaks for a chosen unit, and what about it is not known. `nearest`: its rank by distance. `fix_age`: how old
 * its place is. `capability`: it has what was wanted. `crew`: its head-count is enough. `shift_unknown`,
 * `crew_unknown`, `accuracy_unknown`: let through although nobody said. `fix_suspect`: ingest has marked the fix.
 */
export const WHY_CODES = [
  'nearest',
  'fix_age',
  'capability',
  'crew',
  'shift_unknown',
  'crew_unknown',
  'accuracy_unknown',
  'fix_suspect',
] as const;
export type WhyCode = (typeof WHY_CODES)[number];

/** A box that covers more cells than the caller is ready to take. */
export const TOO_MANY_CELLS = 'too_many_cells';

/** PostGIS could not answer. `query` names the .sql file; `cause` is what the driver threw. */
export class GeoStoreError extends Error {
  override readonly name = 'GeoStoreError';
  readonly code = 'geo_store_failed';
  readonly query: string;

  constructor(query: string, cause: unknown) {
    super(`${query} failed`, { cause });
    this.query = query;
  }
}
