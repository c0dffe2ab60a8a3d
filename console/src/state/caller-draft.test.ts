import { expect, it } from 'vitest';
import type { Caller } from './api.js';
import {
  CALLER_FIELDS,
  changesOfDraft,
  draftOf,
  draftText,
  NOBODY_KNOWN,
  readAgain,
  theirText,
} from './caller-draft.js';

const createCaller = (change: Partial<Caller>): Caller => ({
  phone: '+37120000001',
  name: null,
  note: 'nedzird',
  version: 3,
  others: [],
  ...change,
});

it('C34 the form begins with what is known, and only what was changed is sent', () => {
  const draft = draftOf(createCaller({}));
  expect(CALLER_FIELDS.map((field) => draftText(draft, field))).toEqual(['+37120000001', '', 'nedzird']);
  expect(changesOfDraft(draft)).toEqual({});
  expect(changesOfDraft({ ...draft, typed: { name: '', note: 'nedzird; gaida' } })).toEqual({ note: 'nedzird; gaida' });
  expect(changesOfDraft({ ...draft, typed: { note: '' } }), 'emptied on purpose').toEqual({ note: '' });
  expect(changesOfDraft({ ...draftOf(NOBODY_KNOWN), typed: { phone: '', name: 'Ilze' } })).toEqual({ name: 'Ilze' });
});

it('C34 who was overtaken keeps what was typed and has what others wrote beside it, the rest follows them', () => {
  const typed = { ...draftOf(createCaller({})), typed: { note: 'nedzird; gaida', name: 'Ilze' } };
  const overtaken = { ...typed, overtaken: { by: 'colleague', at: 1 } };
  const again = readAgain(overtaken, createCaller({ phone: '+37120000002', note: 'nedzird; raksta', version: 5 }));
  expect(again.overtaken).toBeUndefined();
  expect(again.read.version).toBe(5);
  expect(CALLER_FIELDS.map((field) => draftText(again, field))).toEqual(['+37120000002', 'Ilze', 'nedzird; gaida']);
  expect(CALLER_FIELDS.map((field) => theirText(again, field))).toEqual([undefined, undefined, 'nedzird; raksta']);
  expect(changesOfDraft(again)).toEqual({ name: 'Ilze', note: 'nedzird; gaida' });
});

it('C34 what others wrote stands beside what was typed until both are the same, also when they write once more', () => {
  const typed = { ...draftOf(createCaller({})), typed: { note: 'nedzird; gaida' } };
  const once = readAgain(typed, createCaller({ note: '', version: 5 }));
  expect(theirText(once, 'note'), 'emptied by others').toBe('');
  const twice = readAgain(once, createCaller({ note: '', phone: '112', version: 6 }));
  expect(theirText(twice, 'note')).toBe('');
  expect(theirText({ ...twice, typed: { phone: '113' } }, 'phone'), 'typed after it was read').toBe('112');
  const same = readAgain(twice, createCaller({ note: 'nedzird; gaida', version: 7 }));
  expect([theirText(same, 'note'), changesOfDraft(same)]).toEqual([undefined, {}]);
});

it('C34 a field that was typed back to what it was follows the others', () => {
  const draft = { ...draftOf(createCaller({})), typed: { note: 'nedzird' } };
  const again = readAgain(draft, createCaller({ note: 'nedzird; raksta', version: 4 }));
  expect([draftText(again, 'note'), theirText(again, 'note')]).toEqual(['nedzird; raksta', undefined]);
});
