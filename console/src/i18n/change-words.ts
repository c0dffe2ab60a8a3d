import type { FieldChange } from '../state/api.js';
import { eventTypeLabel } from '../state/event-types.js';
import type { Words } from './words.js';

/** What a change is told with: names of agencies, where the desk knows them. */
export interface ChangeNames {
  agency(id: string): string | undefined;
}

/** “prioritāte: P3 → P1”, “NMPD: piedāvāts → pieņemts”. */
export function changeText({ field, from, to }: FieldChange, words: Words, names: ChangeNames): string {
  const [group, agencyId] = field.split('.') as [string, string | undefined];
  const name = agencyId === undefined ? words.label('field', group) : (names.agency(agencyId) ?? '?');
  const value = (what: unknown) => {
    const isNone = what === null || what === undefined || (Array.isArray(what) && what.length === 0);
    return isNone ? '–' : valueText(group, what, words, names);
  };
  return `${name}: ${value(from)} → ${value(to)}`;
}

function valueText(field: string, value: unknown, words: Words, names: ChangeNames): string {
  if (field === 'services') return words.label('part', String(value));
  if (field === 'status') return words.label('vekStatus', String(value));
  if (field === 'outcome') return words.label('outcome', String(value));
  if (field === 'typeCode') return eventTypeLabel(String(value), words.language) ?? String(value);
  if (field === 'responsibleId') return names.agency(String(value)) ?? '?';
  if (field === 'place' && Array.isArray(value)) return value.map((degrees) => Number(degrees).toFixed(5)).join(', ');
  return Array.isArray(value) ? value.join(', ') : String(value);
}
