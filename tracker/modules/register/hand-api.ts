/** What registrars write: entries of events that came to them and not to 112, and what codes mean. */
import { z } from '@hono/zod-openapi';
import { numberInUrl } from '../../src/number-in-url.js';
import type { Database } from '../../src/store/database.js';
import { text } from '../../src/stored-text.js';
import { json, type ModuleApi, ModuleProblem } from '../module-api.js';
import { accessed, type ModuleCaller } from '../module-callers.js';
import { camel, EntrySchema } from './entry.js';
import { epochMs, READERS, type RegisterAgencies } from './register-api.js';
import { changeByHand, enterByHand, type PoliceAgency } from './register-entries.js';
import { registerSql as sql } from './register-sql.js';

const WRITERS = ['registrar'];
/** What a body holds. */
const MOST_CODES = 1000;
/** A clock may be so much ahead of ours. */
const MAX_SKEW_MS = 60_000;

const body = <T extends z.ZodType>(schema: T) => ({ required: true, content: { 'application/json': { schema } } });
const said = (most: number) => text(most).min(1).nullable();
const past = epochMs.refine((at) => at <= Date.now() + MAX_SKEW_MS, 'lies in the future');
const code = z.string().regex(/^[a-z0-9_.-]{1,64}$/);
const fields = {
  typeCode: code,
  priority: z.enum(['P1', 'P2', 'P3', 'P4']).nullable(),
  lon: z.number().min(-180).max(180).nullable(),
  lat: z.number().min(-90).max(90).nullable(),
  accuracyM: z.number().min(0).max(1_000_000).nullable(),
  address: said(500),
  summary: said(4000),
  receivedAt: past,
  dispatchedAt: past.nullable(),
  onSceneAt: past.nullable(),
  closedAt: past.nullable(),
  outcomeCode: code.nullable(),
};
const bothOrNone = ({ lon, lat }: { lon?: number | null | undefined; lat?: number | null | undefined }) =>
  typeof lon === typeof lat && (lon === null) === (lat === null);
const TOGETHER = 'lon and lat go together';
/** All that a person says of an event. */
export const EntryFieldsSchema = z.object(fields).refine(bothOrNone, TOGETHER);
const NewEntrySchema = z
  .object({ id: z.uuid().openapi({ description: 'Made by you; sent again it is the same entry' }), ...fields })
  .partial()
  .required({ id: true, typeCode: true, receivedAt: true })
  .refine(bothOrNone, TOGETHER)
  .openapi('NewEntry');
const EntryChangeSchema = z
  .object({ version: z.number().int().min(0).max(2_147_483_647), ...fields })
  .omit({ receivedAt: true })
  .partial()
  .required({ version: true })
  .refine(bothOrNone, TOGETHER)
  .openapi('EntryChange');
const NOTHING_SAID = {
  priority: null,
  lon: null,
  lat: null,
  accuracyM: null,
  address: null,
  summary: null,
  dispatchedAt: null,
  onSceneAt: null,
  closedAt: null,
  outcomeCode: null,
};

const KindParam = z.object({ kind: z.enum(['type', 'outcome']) });
const CodeSchema = z
  .object({
    code,
    labelLv: z.string().min(1).max(200),
    labelEn: z.string().min(1).max(200),
    validFrom: z.iso.date(),
    validTo: z.iso.date().nullable().openapi({ description: 'The first day on which it may not be used' }),
  })
  .refine(({ validFrom, validTo }) => validTo === null || validTo >= validFrom, 'validTo is before validFrom')
  .openapi('Code');

export function handRoutes(api: ModuleApi, database: Database, agencies: RegisterAgencies): void {
  /** @throws ModuleProblem 403 `agency_not_allowed` */
  const ownAgency = (caller: ModuleCaller): PoliceAgency => {
    const agency = agencies.police.get(caller.agencyId);
    if (agency === undefined)
      throw new ModuleProblem(403, 'agency_not_allowed', `no entries of ${caller.agencyCode} are kept here`);
    return agency;
  };

  api.add(
    'createEntry',
    WRITERS,
    {
      method: 'post',
      path: '/api/v1/entries',
      description: 'Enters an event that came to the agency itself, not through 112. Type and time must be told.',
      request: { body: body(NewEntrySchema) },
      responses: {
        200: json(EntrySchema, 'It was entered before'),
        201: json(EntrySchema, 'The entry'),
        422: { description: '`code_unknown`, `code_retired`, `times_inverted`' },
      },
    },
    async (c) => {
      const caller = c.get('caller');
      const agency = ownAgency(caller);
      const { id, ...given } = c.req.valid('json');
      const { entry, repeated } = await database.transaction((tx) =>
        enterByHand(tx, agency, id, { ...NOTHING_SAID, ...given }, caller),
      );
      return c.json(entry, repeated ? 200 : 201);
    },
  );

  api.add(
    'changeEntry',
    WRITERS,
    {
      method: 'patch',
      path: '/api/v1/entries/{id}',
      description: 'Changes an entry that was made by hand. One of a VEK follows its card.',
      request: {
        params: z.object({ id: numberInUrl(z.number().int().min(1).max(Number.MAX_SAFE_INTEGER)) }),
        body: body(EntryChangeSchema),
      },
      responses: {
        200: json(EntrySchema, 'The entry'),
        404: { description: 'None here' },
        409: { description: '`version_conflict`, `follows_vek`' },
        422: { description: '`code_unknown`, `code_retired`, `times_inverted`' },
      },
    },
    async (c) => {
      const caller = c.get('caller');
      const agency = ownAgency(caller);
      const { version, ...given } = c.req.valid('json');
      const { id } = c.req.valid('param');
      const entry = await database.transaction((tx) => changeByHand(tx, agency, id, version, given, caller));
      return c.json(entry, 200);
    },
  );

  api.add(
    'getClassifier',
    READERS,
    {
      method: 'get',
      path: '/api/v1/classifiers/{kind}',
      description: 'What codes mean, those that may no longer be used too.',
      request: { params: KindParam },
      responses: { 200: json(z.object({ codes: z.array(CodeSchema) }), 'Codes') },
    },
    async (c) => {
      const { rows } = await database.query(sql.codes, [c.req.valid('param').kind]);
      return c.json({ codes: rows.map((row) => camel<z.infer<typeof CodeSchema>>(row)) }, 200);
    },
  );

  api.add(
    'importClassifier',
    ['admin'],
    {
      method: 'put',
      path: '/api/v1/classifiers/{kind}',
      description:
        'All codes of a kind, from the platform operator’s people. What is not among them is retired today and stays readable. Where none were ever imported, every code may be used.',
      request: {
        params: KindParam,
        body: body(
          z
            .object({ codes: z.array(CodeSchema).min(1).max(MOST_CODES) })
            .refine(({ codes }) => new Set(codes.map((each) => each.code)).size === codes.length, 'a code comes twice')
            .openapi('Classifier'),
        ),
      },
      responses: { 200: json(z.object({ written: z.number().int(), retired: z.number().int() }), 'How many changed') },
    },
    async (c) => {
      const caller = c.get('caller');
      if (caller.agencyId !== agencies.operatorId)
        throw new ModuleProblem(403, 'agency_not_allowed', 'codes are the platform operator’s');
      const { codes } = c.req.valid('json');
      const rows = codes.map(({ labelLv, labelEn, validFrom, validTo, ...rest }) => ({
        ...rest,
        label_lv: labelLv,
        label_en: labelEn,
        valid_from: validFrom,
        valid_to: validTo,
      }));
      const { kind } = c.req.valid('param');
      const changed = await database.transaction(async (tx) => {
        await tx.query(sql.log_change, accessed(caller, `import_${kind}_codes`, null));
        const given = [kind, JSON.stringify(rows)];
        return (await tx.query<{ written: number; retired: number }>(sql.import_codes, given)).rows[0]!;
      });
      return c.json(changed, 200);
    },
  );
}
