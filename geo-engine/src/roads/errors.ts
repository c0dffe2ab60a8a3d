/** All codes of the road networks. Callers and tests match these, never text; a code is never renamed. */

/**
 * Why a map, a network or a set of profiles was refused. Whatever was in use stays in use.
 *
 * The map: `map_missing`, `map_unreadable`: no such file, or the system does not let us read it. `map_empty`: no bytes.
 * `not_a_pbf`: something else than an OpenStreetMap PBF file. `map_truncated`: it ends in the middle of a block.
 * `map_malformed`: a block breaks the format or its limits. `unsupported_compression`, `unsupported_feature`: the format,
 * but a part of it that is not read here. `map_without_roads`: a map on which nobody can drive. `map_too_large`: more than
 * 32 bits can number.
 *
 * A network file: `network_missing`, `network_unreadable`, `not_a_network`, `network_version`: of another version of this
 * program. `network_truncated`, `network_corrupt`: its sum is not what it says.
 *
 * The hierarchy of a profile: likewise `hierarchy_missing` … `hierarchy_corrupt`, and `hierarchy_stale`: made from another network, or for
 * a profile of that name that drives otherwise.
 *
 * The rest: `profile_invalid`, `profile_unknown`. `import_running`: another import works in the same directory.
 * `import_refused`: other roads are in use than those that may be replaced.
 * `disk_full`, `directory_unwritable`: nothing could be written. `generation_invalid`: `current.json` cannot be read or
 * names what is not there. `profile_failed`: graph or hierarchy of a profile could not be built.
 */
export const ROADS_ERROR_CODES = [
  'map_missing',
  'map_unreadable',
  'map_empty',
  'not_a_pbf',
  'map_truncated',
  'map_malformed',
  'unsupported_compression',
  'unsupported_feature',
  'map_without_roads',
  'map_too_large',
  'network_missing',
  'network_unreadable',
  'not_a_network',
  'network_version',
  'network_truncated',
  'network_corrupt',
  'hierarchy_missing',
  'hierarchy_unreadable',
  'not_a_hierarchy',
  'hierarchy_version',
  'hierarchy_truncated',
  'hierarchy_corrupt',
  'hierarchy_stale',
  'profile_invalid',
  'profile_unknown',
  'import_running',
  'import_refused',
  'disk_full',
  'directory_unwritable',
  'generation_invalid',
  'profile_failed',
] as const;
export type RoadsErrorCode = (typeof ROADS_ERROR_CODES)[number];

export class RoadsError extends Error {
  override readonly name = 'RoadsError';
  readonly code: RoadsErrorCode;

  constructor(code: RoadsErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

const SYSTEM_FULL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** What an error of the file system means when something was to be written. */
export function writeFailure(what: string, cause: unknown): RoadsError {
  if (cause instanceof RoadsError) return cause;
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code !== undefined && SYSTEM_FULL.has(code))
    return new RoadsError('disk_full', `no room to write ${what}: ${message}`, cause);
  return new RoadsError('directory_unwritable', `cannot write ${what}: ${message}`, cause);
}
