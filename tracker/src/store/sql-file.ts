import { readFileSync } from 'node:fs';

/** The text of an `.sql` file, read once at load. */
export function sqlFile(relative: string, base: string): string {
  return readFileSync(new URL(relative, base), 'utf8');
}

/**
 * The statements of an `.sql` file that holds several, each under a line `-- name: the_name` (the convention of HugSQL).
 * Both ways strict: a name missing in the file or not asked for is our mistake, thrown at load.
 */
export function sqlStatements<Name extends string>(
  relative: string,
  base: string,
  names: readonly Name[],
): Readonly<Record<Name, string>> {
  const statements = new Map<string, string>();
  for (const section of sqlFile(relative, base)
    .split(/^-- name: /m)
    .slice(1)) {
    const end = section.indexOf('\n');
    statements.set(section.slice(0, end).trim(), section.slice(end + 1).trim());
  }
  const found = [...statements.keys()].sort().join(', ');
  const wanted = [...names].sort().join(', ');
  if (found !== wanted) throw new Error(`${relative} holds ${found}; asked for ${wanted}`);
  return Object.fromEntries(statements) as Record<Name, string>;
}
