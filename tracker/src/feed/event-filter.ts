import { z } from '@hono/zod-openapi';
import type { FeedEvent } from './event.js';

const MAX_TERMS = 50;

/** Which of the events that one may read are wanted: of any of these types, about any of these subjects. An empty list: all. */
export interface EventFilter {
  /** Full names with version, or prefixes that end in `.*`. */
  readonly types: readonly string[];
  /** Kinds of aggregates (`vek`), or one of them (`vek/ID`). */
  readonly subjects: readonly string[];
}

export const EVERYTHING: EventFilter = { types: [], subjects: [] };

export const TypesSchema = z
  .array(
    z.string().regex(/^lv\.vanags(\.[a-z_]+)*(\.v\d{1,3}|\.\*)$/, 'not a type of event, nor a prefix that ends in .*'),
  )
  .max(MAX_TERMS);
export const SubjectsSchema = z
  .array(z.string().regex(/^[a-z_]{1,40}(\/[0-9a-f-]{36})?$/, 'not a kind of aggregate, nor kind/id'))
  .max(MAX_TERMS);

/** The same as the statement `read` of feed.sql says, for events in memory. */
export function isWanted({ types, subjects }: EventFilter, { type, aggregate }: FeedEvent): boolean {
  const typeFits = (term: string) => (term.endsWith('.*') ? type.startsWith(term.slice(0, -1)) : type === term);
  const subjectFits = (term: string) => term === aggregate.kind || term === `${aggregate.kind}/${aggregate.id}`;
  return (types.length === 0 || types.some(typeFits)) && (subjects.length === 0 || subjects.some(subjectFits));
}
