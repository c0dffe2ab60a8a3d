/**
 * Codes of this folder. `vek_not_open`: it was closed, or is not there. `no_card`: no run card holds and no requirements were given. `place_unknown`, `priority_unknown`: the VEK has none yet.
 * `level_empty`: the card adds nothing at this alarm level. `level_entangled`: too many of the lines compete for one thing. `card_version_taken`:
 * that version of the card is there, with other content. `run_cards_refused`: the file is wrong, with every place. `card_unknown`, `decision_unknown`,
 * `proposal_unknown`: not here. `proposal_over`: it was settled, or things have changed since. `engine_failed`: the thread that chooses ended
 * before it answered; the next question starts another.
 */
export type DispatchRefusalCode =
  | 'vek_not_open'
  | 'no_card'
  | 'place_unknown'
  | 'priority_unknown'
  | 'level_empty'
  | 'level_entangled'
  | 'card_version_taken'
  | 'run_cards_refused'
  | 'card_unknown'
  | 'decision_unknown'
  | 'proposal_unknown'
  | 'proposal_over'
  | 'engine_failed';

/** A question about who goes that has no answer, or a command that the state of things refuses. Nothing was changed. */
export class DispatchRefusal extends Error {
  readonly code: DispatchRefusalCode;
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(code: DispatchRefusalCode, message: string, facts: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.code = code;
    this.facts = facts;
  }
}
