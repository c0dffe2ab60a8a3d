import type { Caller, CallerFields } from './api.js';

export const CALLER_FIELDS = ['phone', 'name', 'note'] as const;
export type CallerField = (typeof CALLER_FIELDS)[number];

export const NOBODY_KNOWN: Caller = { phone: null, name: null, note: null, version: 0, others: [] };

/** Who has written while somebody else was writing, and when, epoch ms. */
export interface Overtaken {
  readonly by: string;
  readonly at: number;
}

/** What a person writes on a caller: it begins with what was read, and what was typed outlives what others write meanwhile. */
export interface CallerDraft {
  /** As the typing began. */
  readonly begun: Caller;
  /** As last read: what is saved stands on its version. */
  readonly read: Caller;
  readonly typed: Readonly<Partial<Record<CallerField, string>>>;
  /** What others have written since the last read is not seen yet. */
  readonly overtaken: Overtaken | undefined;
}

export function draftOf(read: Caller): CallerDraft {
  return { begun: read, read, typed: {}, overtaken: undefined };
}

/** What a field of the form holds. */
export function draftText({ read, typed }: CallerDraft, field: CallerField): string {
  return typed[field] ?? textOf(read, field);
}

/** Of what was typed, that which is not stored already. A field that was emptied is '': null would leave it as it is. */
export function changesOfDraft({ read, typed }: CallerDraft): CallerDraft['typed'] {
  const changed = CALLER_FIELDS.filter((field) => typed[field] !== undefined && typed[field] !== textOf(read, field));
  return Object.fromEntries(changed.map((field) => [field, typed[field]]));
}

/** With what others have written: fields in which nothing was typed follow it, the others stay as they were typed. */
export function readAgain(draft: CallerDraft, read: Caller): CallerDraft {
  return { begun: draft.begun, read, typed: changesOfDraft(draft), overtaken: undefined };
}

/** What others wrote into a field since the typing began, where saving would replace it; undefined: nothing. */
export function theirText({ begun, read, typed }: CallerDraft, field: CallerField): string | undefined {
  const theirs = textOf(read, field);
  if (theirs === textOf(begun, field) || (typed[field] ?? theirs) === theirs) return undefined;
  return theirs;
}

const textOf = (caller: CallerFields, field: CallerField) => caller[field] ?? '';
