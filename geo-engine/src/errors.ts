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

/**
 * Why a unit does not count for a line of a run card, in the order in which it is asked. First whether the line is about it:
 * `service_not_asked`, `capability_missing` (neither it nor a substitute), `capability_short` (too little alone, where units
 * are counted), `equipment_missing`. Then its state: the codes of REFUSAL_CODES that are about the unit, `end_of_shift` (too
 * little of the shift is left), `reserved` (kept for a later event), `crew_shared` (its crew is out with another vehicle),
 * `preemption_forbidden` (on an incident that it may not be taken from), `skipped_by_dispatcher`. Then the line's own
 * conditions: `crew_too_small`, `crew_missing` (nobody on board who counts). Then the way: `no_route`, `too_far`.
 */
export const INELIGIBLE_CODES = [
  'service_not_asked',
  'capability_missing',
  'capability_short',
  'equipment_missing',
  'no_position',
  'fix_too_old',
  'status_not_dispatchable',
  'off_duty',
  'end_of_shift',
  'held',
  'reserved',
  'already_on_incident',
  'crew_shared',
  'preemption_forbidden',
  'agency_not_allowed',
  'skipped_by_dispatcher',
  'crew_too_small',
  'crew_missing',
  'no_route',
  'too_far',
] as const;
export type IneligibleCode = (typeof INELIGIBLE_CODES)[number];

/**
 * Why a unit that may go does not. `crew_shared`: its crew goes with another vehicle. `farther`: those that serve the line
 * cost less. `costs_more`: nearer than one that goes, but penalties (rest, end of shift, substitute) make it dearer.
 * `kept_for_coverage`: it is missed more where it stands. `less_together`: those that go meet all lines at less in sum.
 * `sent_elsewhere`: it goes to another of several VEKs that were decided together.
 */
export const LEFT_OUT_CODES = [
  'crew_shared',
  'farther',
  'costs_more',
  'kept_for_coverage',
  'less_together',
  'sent_elsewhere',
] as const;
export type LeftOutCode = (typeof LEFT_OUT_CODES)[number];

/**
 * What speaks for a unit that goes to a run card, and what about it is not known. `serves`: what it brings to a line.
 * `nearest`: its rank by response time among all that the line is about, they may go or not; null behind the ten nearest. `norm`: how its response stands to the norm.
 * `soon_free`: it is busy still. `from_free_place`: it is counted from where it frees up. `crew_rests`, `shift_ends`: taken in spite of a
 * penalty. The others are as in WHY_CODES.
 */
export const DISPATCH_WHY_CODES = [
  'serves',
  'nearest',
  'norm',
  'fix_age',
  'soon_free',
  'from_free_place',
  'crew_rests',
  'shift_ends',
  'shift_unknown',
  'crew_unknown',
  'accuracy_unknown',
  'fix_suspect',
] as const;
export type DispatchWhyCode = (typeof DISPATCH_WHY_CODES)[number];

/**
 * What is wrong in a file of run cards. Of the text: `json_syntax`, `csv_syntax`, `duplicate_key` (a field or column comes
 * twice), `unknown_column`, `missing_column`, `wrong_cell_count`. Of a value: `unknown_field`, `missing_field`,
 * `wrong_type`, `out_of_range`, `not_allowed` (not one of the words), `bad_format`. Of a card: `empty_validity` (it ends
 * before it begins), `each_without_count` (a substitute counts units where its line sums), `too_entangled` (too many lines
 * compete for one thing), `duplicate_card` (same code, version and first day; or its rows do not stand together).
 */
export const RUN_CARD_PROBLEM_CODES = [
  'json_syntax',
  'csv_syntax',
  'duplicate_key',
  'unknown_column',
  'missing_column',
  'wrong_cell_count',
  'unknown_field',
  'missing_field',
  'wrong_type',
  'out_of_range',
  'not_allowed',
  'bad_format',
  'empty_validity',
  'each_without_count',
  'too_entangled',
  'duplicate_card',
] as const;
export type RunCardProblemCode = (typeof RUN_CARD_PROBLEM_CODES)[number];

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

/**
 * Why a question about roads has no answer. `profile_unknown`: the network was not prepared for that vehicle. `no_road_near`: no
 * road that the vehicle may drive within the farthest off-road leg. `unreachable`: roads near both places, and no way between
 * them. `table_too_large`: more cells than may be asked for at once. `roads_busy`: too many heavy questions are waiting already.
 * `roads_worker_failed`: the thread that answers heavy questions ended; it is started again.
 */
export const ROUTE_REFUSAL_CODES = [
  'profile_unknown',
  'no_road_near',
  'unreachable',
  'table_too_large',
  'roads_busy',
  'roads_worker_failed',
] as const;
export type RouteRefusalCode = (typeof ROUTE_REFUSAL_CODES)[number];

/**
 * Why an outside router did not answer, so that the built-in network did. `router_timeout`: not within the wait. `router_connection`:
 * refused, reset or cut off. `router_status`: an HTTP error that is no answer. `router_not_json`, `router_malformed`: not what its
 * documentation says, or nonsense (negative, not finite, wrong dimensions, faster than anything that drives).
 * `router_answer_too_large`: more bytes than are read. `router_paused`: it failed so often that it is not asked for a while.
 */
export const ROUTER_FAILURE_CODES = [
  'router_timeout',
  'router_connection',
  'router_status',
  'router_not_json',
  'router_malformed',
  'router_answer_too_large',
  'router_paused',
] as const;
export type RouterFailureCode = (typeof ROUTER_FAILURE_CODES)[number];

/** An outside router could not answer. `router` says which; `cause` is what was thrown below, if anything was. */
export class RouterError extends Error {
  override readonly name = 'RouterError';
  readonly code: RouterFailureCode;
  readonly router: string;

  constructor(code: RouterFailureCode, router: string, message: string, cause?: unknown) {
    super(`${router}: ${message}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.router = router;
  }
}
