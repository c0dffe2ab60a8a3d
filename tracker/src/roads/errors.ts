/**
 * Codes of this folder. `network_loading`: a network is there and is being read. `no_network`: none was ever imported here.
 * `profile_unknown`: the network has no hierarchy for that vehicle. `closure_unknown`, `id_taken`, `closure_over`,
 * `too_many_closures`: why a closure was not taken.
 */
export type RoadRefusalCode =
  | 'network_loading'
  | 'no_network'
  | 'profile_unknown'
  | 'closure_unknown'
  | 'id_taken'
  | 'closure_over'
  | 'too_many_closures';

/** A question or command on roads that cannot be answered or done as things are. Nothing was changed. */
export class RoadRefusal extends Error {
  readonly code: RoadRefusalCode;
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(code: RoadRefusalCode, message: string, facts: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.code = code;
    this.facts = facts;
  }
}
