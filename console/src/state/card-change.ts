import type { CardFields, Vek } from './api.js';

/** What a person has typed on a card and not saved yet. */
export type Typed = Partial<CardFields>;

/** Of what was typed, that which is not on the card already. */
export function changesOf(vek: CardFields, typed: Typed): Typed {
  const changed = namesOf(typed).filter((name) => !isSame(vek[name], typed[name]));
  return Object.fromEntries(changed.map((name) => [name, typed[name]]));
}

/**
 * The version of the card to save on: its newest, where nobody has touched meanwhile what was typed; else the one that was seen when
 * the typing began, so that the server refuses and says who changed it. A unit that reports its status stops nobody from writing.
 */
export function versionToSave(seen: Vek, now: Vek, typed: Typed): number {
  return namesOf(typed).every((name) => isSame(seen[name], now[name])) ? now.version : seen.version;
}

const namesOf = (typed: Typed) => Object.keys(typed) as (keyof CardFields)[];

function isSame(a: CardFields[keyof CardFields] | undefined, b: CardFields[keyof CardFields] | undefined): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return a === b;
  return a.length === b.length && a.every((each) => b.includes(each));
}
