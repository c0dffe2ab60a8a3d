import type { Agency, Directory, GrantTier } from '../units/directory.js';
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
  agencies(principal: Principal, scope: Scope, now: number): ReadonlySet<string> {
    const reached = new Set([principal.agency.id]);
    if (scope === 'registry' && principal.agency.kind === 'operator')
      return new Set(this.#directory.agenciesById.keys());
    const tier = scope as GrantTier;
    if (!TIERS.includes(tier)) return reached;
    for (const grant of this.#directory.grants) {
      const inForce = grant.validFrom <= now && (grant.validTo === null || now < grant.validTo);
      if (inForce && grant.granteeId === principal.agency.id && TIERS.indexOf(grant.tier) >= TIERS.indexOf(tier))
        reached.add(grant.agencyId);
    }
    return reached;
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
