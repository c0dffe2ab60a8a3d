/**
 * JSON with the keys of every object in the order of their code units and no white space, as RFC 8785 has it. A Map is an
 * object; what is undefined is left out.
 * @throws TypeError on a number that JSON cannot hold
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError(`${value} is no number of JSON`);
    return JSON.stringify(value); // -0 becomes 0
  }
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object') throw new TypeError(`a ${typeof value} is no value of JSON`);
  const fields = (value instanceof Map ? Object.fromEntries(value) : value) as Readonly<Record<string, unknown>>;
  let text = '';
  // sort() goes by code units
  for (const key of Object.keys(fields).sort()) {
    const inner = fields[key];
    if (inner === undefined) continue;
    text += `${text === '' ? '{' : ','}${JSON.stringify(key)}:${canonicalJson(inner)}`;
  }
  return text === '' ? '{}' : `${text}}`;
}
