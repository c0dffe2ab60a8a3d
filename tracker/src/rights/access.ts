import type { Agency, Directory, Grant, GrantTier } from '../units/directory.js';
import { type Operation, type Role, ruleOf, type Scope } from './matrix.js';

/** Who asks: a person or a module, by token. */
export interface Principal {
  readonly subject: string;
  readonly name: string;
  readonly agency: Agency;
  readonly roles: readonly Role[];
}

const TIERS: readonly GrantTier[] = ['see', 'assist', 'command'];

/** Answers what the matrix and the grants in force allow. It reads the directory, so a revoked grant counts at once. */
export class Access {
  readonly #directory: Directory;

  constructor(directory: Directory) {
    this.#directory = directory;
  }

  /** True when one of the caller's roles may do the operation at all. */
  roleMay(principal: Principal, operation: Operation): boolean {
    const { roles, scope } = ruleOf(operation);
    if (scope === 'public') return true;
    return principal.roles.some((role) => roles.includes(role));
  }

  /** The agencies a scope reaches for the caller, as ids. */
  agencies(principal: Pick<Principal, 'agency'>, scope: Scope, now: number): ReadonlySet<string> {
    const reached = new Set([principal.agency.id]);
    if (scope === 'registry' && principal.agency.kind === 'operator')
      return new Set(this.#directory.agenciesById.keys());
    for (const grant of this.#grants(principal, scope, now)) reached.add(grant.agencyId);
    return reached;
  }

  /** The grants to the caller's agency that are in force and wide enough for a scope. */
  #grants(principal: Pick<Principal, 'agency'>, scope: Scope, now: number): Grant[] {
    const tier = TIERS.indexOf(scope as GrantTier);
    if (tier < 0) return [];
    return this.#directory.grants.filter(
      ({ granteeId, validFrom, validTo, ...grant }) =>
        granteeId === principal.agency.id &&
        TIERS.indexOf(grant.tier) >= tier &&
        validFrom <= now &&
        (validTo === null || now < validTo),
    );
  }

  /** The purpose for which another agency's things are reached, as agreed with it; undefined: no grant is needed, or there is none. */
  grantPurpose(principal: Principal, operation: Operation, agencyId: string, now: number): string | undefined {
    return this.#grants(principal, ruleOf(operation).scope, now).find((grant) => grant.agencyId === agencyId)?.purpose;
  }

  /** True when the operation reaches this agency's things for the caller. */
  mayReach(principal: Principal, operation: Operation, agencyId: string, now: number): boolean {
    return this.agencies(principal, ruleOf(operation).scope, now).has(agencyId);
  }

  /** The numbers of the agencies whose units the caller may see: the audience of a console. */
  visibleAgencyNos(principal: Principal, now: number): ReadonlySet<number> {
    return new Set([...this.agencies(principal, 'see', now)].map((id) => this.#directory.agencyNo(id)));
  }
}
