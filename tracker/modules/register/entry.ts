import { z } from '@hono/zod-openapi';

/** What an entry says of its event, from a card or from a person. Instants in epoch ms. */
const stateFields = {
  vekId: z.uuid().nullable().openapi({ description: 'Null: made by hand, as the next ones' }),
  vekNumber: z.number().int().nullable(),
  vekVersion: z.number().int().nullable(),
  vekStatus: z.string().nullable(),
  takenBy: z.uuid(),
  channel: z.string(),
  typeCode: z.string().nullable(),
  priority: z.string().nullable(),
  lon: z.number().nullable(),
  lat: z.number().nullable(),
  accuracyM: z.number().nullable(),
  address: z.string().nullable(),
  summary: z.string().nullable(),
  partStatus: z.string().openapi({ description: 'Of the agency’s part; `own`: it took the report itself' }),
  receivedAt: z.number(),
  dispatchedAt: z.number().nullable(),
  onSceneAt: z.number().nullable(),
  closedAt: z.number().nullable(),
  outcomeCode: z.string().nullable(),
  mergedInto: z.uuid().nullable(),
};
export const StateSchema = z.object(stateFields);
export type EntryState = Readonly<z.output<typeof StateSchema>>;

/** An entry as it is read. */
export const EntrySchema = z
  .object({
    id: z.number().int(),
    agencyId: z.uuid(),
    number: z.string(),
    ...stateFields,
    enteredBy: z.string().nullable().openapi({ description: 'Who made it by hand' }),
    version: z.number().int(),
    registeredAt: z.number(),
    updatedAt: z.number(),
  })
  .openapi('Entry');
export type Entry = Readonly<z.output<typeof EntrySchema>>;

/** A row's columns under the names they have over the wire. */
export function camel<T>(row: Readonly<Record<string, unknown>>): T {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase()), value]),
  ) as T;
}

/** What is to be written, as columns of register.entry in JSON: instants in ISO 8601, a place as EWKT. */
export function columns({ lon, lat, ...fields }: Partial<EntryState>): string {
  const named = Object.entries(fields).map(([name, value]) => [
    name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    name.endsWith('At') && typeof value === 'number' ? new Date(value).toISOString() : value,
  ]);
  if (lon === null || lat === null) named.push(['place', null]);
  else if (lon !== undefined) named.push(['place', `SRID=4326;POINT(${lon} ${lat})`]);
  return JSON.stringify(Object.fromEntries(named));
}
