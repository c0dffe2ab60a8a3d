import type { Core } from '../../core.js';
import { CommandError } from '../../veks/errors.js';
import { vekCard } from '../../veks/vek-card.js';
import type { Caller } from '../operation.js';
import { ApiError } from '../problem.js';

/** What a caller may reach of VEKs: those its agency owns or has a part in, and units in its command for them. */
export class VekReach {
  readonly #core: Pick<Core, 'database' | 'directory' | 'dispatch'>;

  constructor(core: Pick<Core, 'database' | 'directory' | 'dispatch'>) {
    this.#core = core;
  }

  /**
   * The agencies with a part in the card, if the caller's is one of them. Who was a party stays one, so what this node knows of an open card is
   * enough to let somebody in; only the database keeps somebody out.
   * @throws ApiError 404
   */
  async mustBeParty(caller: Caller, vekId: string): Promise<readonly string[]> {
    let parties = this.#core.dispatch.veks.get(vekId)?.parties;
    if (parties?.includes(caller.principal.agency.id) !== true) {
      try {
        ({ parties } = await vekCard(this.#core.database, vekId));
      } catch (error) {
        if (!(error instanceof CommandError)) throw error;
      }
    }
    caller.mustBeParty(parties, 'VEK');
    return parties!;
  }

  /** The unit's agency, which must be in the caller's command. @throws ApiError 403, 404 */
  mustCommand(caller: Caller, unitId: string): string {
    const unit = this.#core.directory.units.get(unitId);
    if (unit === undefined) throw new ApiError(404, 'not_found', `no unit ${unitId}`);
    caller.mustReach(unit.agencyId);
    return unit.agencyId;
  }

  /** The agency of that code. @throws ApiError 422 */
  agencyByCode(code: string): { readonly id: string } {
    const agency = this.#core.directory.agenciesByCode.get(code);
    if (agency === undefined) throw new ApiError(422, 'reference_unknown', `no agency ${code}`);
    return agency;
  }
}
