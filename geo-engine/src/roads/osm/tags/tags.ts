/** Tags of one thing of the map: key → value, as mappers wrote them. Meanings: wiki.openstreetmap.org/wiki/Key:<key>. */
export type Tags = ReadonlyMap<string, string>;

export type Direction = 'forward' | 'backward';

/** Values of a list such as `a;b`, trimmed. */
export function listed(value: string | undefined): string[] {
  return value === undefined ? [] : value.split(';').map((one) => one.trim());
}

/**
 * The value of a `…:conditional` tag whose only condition is an emergency vehicle under way (`yes @ emergency`), which is
 * the one condition that a profile can answer. Undefined for all others: hours, weights, permits.
 * Source: wiki.openstreetmap.org/wiki/Conditional_restrictions.
 */
export function emergencyCondition(conditional: string): string | undefined {
  return /^\s*(\w+)\s*@\s*(?:\(\s*emergency\s*\)|emergency)\s*$/.exec(conditional)?.[1];
}
