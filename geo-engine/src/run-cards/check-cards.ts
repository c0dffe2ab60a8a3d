import type { z } from 'zod';
import type { RunCardProblemCode } from '../errors.js';
import type { SourcePlace } from './json-source.js';
import { type RunCard, RunCardSchema } from './run-card.js';

/** One thing wrong in a file of run cards, and where. */
export interface RunCardProblem extends SourcePlace {
  readonly code: RunCardProblemCode;
  /** For people: what was found, what was expected. */
  readonly detail: string;
}

/** All cards of a file, or everything that is wrong with it: a file is taken whole or not at all. */
export type RunCardImport =
  | { readonly kind: 'cards'; readonly cards: readonly RunCard[] }
  | { readonly kind: 'refused'; readonly problems: readonly RunCardProblem[] };

/** A card as it came in, and where its parts stand. */
export interface CardSource {
  readonly value: unknown;
  placeOf(path: readonly PropertyKey[]): SourcePlace;
}

/** Holds every card against the schema, and no two against each other's code, version and first day. */
export function checkCards(sources: readonly CardSource[]): RunCardImport {
  const problems: RunCardProblem[] = [];
  const cards: RunCard[] = [];
  const taken = new Set<string>();
  for (const { value, placeOf } of sources) {
    const parsed = RunCardSchema.safeParse(value);
    if (!parsed.success) {
      problems.push(...parsed.error.issues.flatMap((issue) => problemsOf(issue, value, placeOf)));
      continue;
    }
    const card = parsed.data;
    const identity = `${card.code}\n${card.version}\n${card.validFrom}`;
    if (taken.has(identity)) {
      const detail = `${card.code}, version ${card.version} from ${card.validFrom}, is there already`;
      problems.push({ ...placeOf([]), code: 'duplicate_card', detail });
    }
    taken.add(identity);
    cards.push(card);
  }
  if (problems.length === 0) return { kind: 'cards', cards };
  return { kind: 'refused', problems: problems.sort((a, b) => a.line - b.line || a.column - b.column) };
}

type Issue = z.core.$ZodIssue;

function problemsOf(issue: Issue, value: unknown, placeOf: CardSource['placeOf']): RunCardProblem[] {
  const { path, message } = issue;
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      ...placeOf([...path, key]),
      code: 'unknown_field',
      detail: `${key} is no field of this`,
    }));
  }
  const name = path.map(String).join('.');
  const code = isAbsent(value, path) ? 'missing_field' : codeOf(issue);
  return [{ ...placeOf(path), code, detail: name === '' ? message : `${name}: ${message}` }];
}

function codeOf(issue: Issue): RunCardProblemCode {
  switch (issue.code) {
    case 'invalid_type':
      return 'wrong_type';
    case 'too_small':
    case 'too_big':
      return 'out_of_range';
    case 'invalid_value':
      return 'not_allowed';
    case 'invalid_union':
      return issue.errors.length === 0 ? 'not_allowed' : 'bad_format';
    case 'custom':
      return (issue.params?.code as RunCardProblemCode | undefined) ?? 'bad_format';
    default:
      return 'bad_format';
  }
}

function isAbsent(value: unknown, path: readonly PropertyKey[]): boolean {
  let at = value as Record<PropertyKey, unknown> | undefined;
  for (const key of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return true;
    at = at[key] as typeof at;
  }
  return false;
}
