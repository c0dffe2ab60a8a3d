import type { Directory } from '../../units/directory.js';
import type { Caller } from '../operation.js';
import { ApiError } from '../problem.js';

/** The id of the agency that a path names, which the caller's operation must reach. @throws ApiError 403, 404 */
export function reachedAgency(caller: Caller, directory: Directory, code: string): string {
  const agency = directory.agenciesByCode.get(code);
  if (agency === undefined) throw new ApiError(404, 'not_found', `no agency ${code}`);
  caller.mustReach(agency.id);
  return agency.id;
}
