import { expect, it } from 'vitest';
import { type Api, ApiProblem, type CallerFields } from './api.js';
import { NOBODY_KNOWN } from './caller-draft.js';
import { CardLife } from './card-life.js';
import { Commands } from './commands.js';
import { type State, Store } from './store.js';

/** A tracker that knows a caller in a version, and answers nobody who writes while it is away. */
function createTracker(version: number) {
  const known = { version, isAway: false };
  const puts: { version: number; key: string; fields: Partial<CallerFields> }[] = [];
  const api = {
    async caller() {
      throw new ApiProblem(404, 'not_found', '');
    },
    async putCaller(vekId: string, seen: number, fields: Partial<CallerFields>, key: string) {
      puts.push({ version: seen, key, fields });
      if (known.isAway) throw new ApiProblem(0, 'unreachable', '');
      if (seen !== known.version)
        throw new ApiProblem(409, 'version_conflict', '', { vekId, version: known.version, by: 'colleague', at: 7 });
    },
  };
  const life = new CardLife({
    store: new Store({} as State),
    commands: new Commands(() => {}),
    api: () => api as unknown as Api,
    changed: () => {},
    readAgain: async () => {},
  });
  return { life, puts, known };
}

it('C34 what is noted of a caller goes with the version that was read; who was overtaken is told by whom and when', async () => {
  const { life, puts, known } = createTracker(3);
  expect(await life.putCaller('v', 3, { note: 'a' })).toBeUndefined();
  known.version = 5;
  expect(await life.putCaller('v', 3, { note: 'b' })).toMatchObject({ by: 'colleague', at: 7 });
  expect(await life.putCaller('v', 5, { note: 'b' })).toBeUndefined();
  expect(puts.map(({ version, fields }) => [version, fields.note])).toEqual([
    [3, 'a'],
    [3, 'b'],
    [5, 'b'],
  ]);
  expect(new Set(puts.map(({ key }) => key)).size, 'a new try is a new command').toBe(3);
});

it('C16 C34 a note whose answer was lost is sent again under the same key', async () => {
  const { life, puts, known } = createTracker(3);
  known.isAway = true;
  await expect(life.putCaller('v', 3, { note: 'a' })).rejects.toMatchObject({ code: 'unreachable' });
  known.isAway = false;
  await life.putCaller('v', 3, { note: 'a' });
  expect(puts[1]).toEqual(puts[0]);
});

it('C34 where no caller is known the form begins empty, on the version that the tracker gives to nothing', async () => {
  expect(await createTracker(0).life.caller('v')).toBe(NOBODY_KNOWN);
});
