/** What sources of calls send, and what call takers read. */
import { z } from '@hono/zod-openapi';
import type { Database, Queryable } from '../../src/store/database.js';
import { instant } from '../../src/stored-instant.js';
import { json, type ModuleApi, ModuleProblem } from '../module-api.js';
import { type Asker, accessed, type ModuleCaller } from '../module-callers.js';
import { type TrackerClient, TrackerRefusal } from '../tracker-client.js';
import { decodeAmlForm, decodeAmlSms, isSignedForm } from './aml.js';
import { type CallIntake, callOfMsd, type TakenCall } from './call-intake.js';
import { body, CALL_READERS, NeedsSchema, PlaceSchema, said } from './call-schema.js';
import { callsSql as sql } from './calls-sql.js';
import { textOfSeptets } from './gsm7.js';
import { decodeMsd, MsdFieldsSchema } from './msd.js';

const SOURCES = ['integrator', 'call_taker'];
const MOST_HISTORY = 50;
const MOST_RECENT = 100;

const told = {
  source: said(64).openapi({ description: 'The system that tells of the call' }),
  callId: said(128).openapi({ description: 'Its own name of the call; told again, nothing changes' }),
  phone: said(32).nullish().openapi({ description: 'Absent or null: withheld, or a phone without a SIM' }),
  receivedAt: instant.optional(),
};
const NewCallSchema = z
  .object({
    ...told,
    channel: z.enum(['voice', 'sms', 'app', 'transfer']),
    callerName: said(200).nullish(),
    words: said(4000).nullish().openapi({ description: 'Of a message, or of who transfers the call' }),
    needs: NeedsSchema,
    place: PlaceSchema,
    transfer: z
      .object({ psap: said(100), reference: said(100).nullish() })
      .nullish()
      .openapi({ description: 'Of a call that another answering point hands on' }),
  })
  .refine(
    ({ channel, transfer }) => (channel === 'transfer') === (transfer != null),
    'transfer and its channel go together',
  )
  .openapi('NewCall');
const ECallSchema = z
  .object({
    ...told,
    msd: MsdFieldsSchema.nullish(),
    msdHex: z
      .string()
      .regex(/^([0-9a-fA-F]{2}){3,140}$/, 'not octets in hexadecimal')
      .nullish()
      .openapi({ description: 'The octets of an MSD of version 2, instead' }),
  })
  .refine(({ msd, msdHex }) => (msd == null) !== (msdHex == null), 'msd or msdHex')
  .openapi('NewECall');
const SmsSchema = z
  .object({
    from: said(32),
    text: said(1000).nullish(),
    dataHex: z
      .string()
      .regex(/^([0-9a-fA-F]{2}){1,160}$/, 'not octets in hexadecimal')
      .nullish()
      .openapi({ description: 'Of a data SMS: septets packed into octets' }),
  })
  .refine(({ text: plain, dataHex }) => (plain == null) !== (dataHex == null), 'text or dataHex')
  .openapi('AmlSms');
const Taken = z.object({ id: z.uuid(), vekId: z.uuid().nullable() });

const CallSchema = z
  .object({
    id: z.uuid(),
    source: z.string(),
    sourceCallId: z.string(),
    channel: z.string(),
    phone: z.string().nullable(),
    callerName: z.string().nullable(),
    words: z.string().nullable(),
    detail: z.record(z.string(), z.unknown()).nullable(),
    receivedAt: z.number(),
    needs: z.array(z.string()),
    lon: z.number().nullable(),
    lat: z.number().nullable(),
    accuracyM: z.number().nullable(),
    placeFrom: z.string().nullable(),
    vekId: z.uuid().nullable(),
    vekNumber: z.number().nullable(),
    vekStatus: z.string().nullable(),
  })
  .openapi('Call');
const ReportSchema = z.object({
  id: z.uuid(),
  form: z.string(),
  imei: z.string().nullable(),
  lon: z.number().nullable(),
  lat: z.number().nullable(),
  accuracyM: z.number().nullable(),
  confidencePct: z.number().nullable(),
  method: z.string().nullable(),
  fixAt: z.number().nullable(),
  receivedAt: z.number(),
});
const EarlierSchema = z.object({
  id: z.uuid(),
  channel: z.string(),
  receivedAt: z.number(),
  vekId: z.uuid().nullable(),
  vekNumber: z.number().nullable(),
  vekStatus: z.string().nullable(),
});
const Duplicates = z.object({ duplicates: z.array(z.record(z.string(), z.unknown())) });

interface CallRow {
  id: string;
  source: string;
  source_call_id: string;
  channel: string;
  phone: string | null;
  caller_name: string | null;
  words: string | null;
  detail: Record<string, unknown> | null;
  needs: string[];
  received_at: number;
  lon: number | null;
  lat: number | null;
  accuracy_m: number | null;
  place_from: string | null;
  vek_id: string | null;
  vek_number: number | null;
  vek_status: string | null;
}
type EarlierRow = Pick<CallRow, 'id' | 'channel' | 'received_at' | 'vek_id' | 'vek_number' | 'vek_status'>;
interface ReportRow {
  id: string;
  form: string;
  imei: string | null;
  lon: number | null;
  lat: number | null;
  accuracy_m: number | null;
  confidence_pct: number | null;
  method: string | null;
  fix_at: number | null;
  received_at: number;
}

const earlierOf = ({ id, channel, received_at, vek_id, vek_number, vek_status }: EarlierRow) => ({
  id,
  channel,
  receivedAt: received_at,
  vekId: vek_id,
  vekNumber: vek_number,
  vekStatus: vek_status,
});
const callOf = (row: CallRow): z.infer<typeof CallSchema> => ({
  ...earlierOf(row),
  source: row.source,
  sourceCallId: row.source_call_id,
  phone: row.phone,
  callerName: row.caller_name,
  words: row.words,
  detail: row.detail,
  needs: row.needs,
  lon: row.lon,
  lat: row.lat,
  accuracyM: row.accuracy_m,
  placeFrom: row.place_from,
});

const CallViewSchema = z.object({
  call: CallSchema,
  aml: z.array(ReportSchema),
  history: z.array(EarlierSchema),
  duplicates: Duplicates.shape.duplicates.nullable(),
});

/** The latest calls, newest first, without their callers' data. */
export async function latestCalls(database: Database) {
  const { rows } = await database.query<EarlierRow & { has_phone: boolean; has_place: boolean }>(sql.recent, [
    MOST_RECENT,
  ]);
  return rows.map((row) => ({ ...earlierOf(row), hasPhone: row.has_phone, hasPlace: row.has_place }));
}

/** A call with all that is known of it; that it is read is written down. @throws ModuleProblem 404 `not_found` */
export async function readCall(
  database: Database,
  tracker: TrackerClient,
  id: string,
  by: Asker,
): Promise<z.infer<typeof CallViewSchema>> {
  const { call, reports, history } = await database.transaction(async (tx: Queryable) => {
    const call = (await tx.query<CallRow>(sql.call, [id])).rows[0];
    if (call === undefined) throw new ModuleProblem(404, 'not_found', 'no call here');
    await tx.query(sql.log_access, accessed(by, 'read_call', id));
    const reports = (await tx.query<ReportRow>(sql.reports, [id])).rows;
    const history = (await tx.query<EarlierRow>(sql.history, [id, MOST_HISTORY])).rows;
    return { call, reports, history };
  });
  const isKnown = call.vek_id !== null && call.vek_number !== null;
  return {
    call: callOf(call),
    aml: reports.map(({ accuracy_m, confidence_pct, fix_at, received_at, ...rest }) => ({
      ...rest,
      accuracyM: accuracy_m,
      confidencePct: confidence_pct,
      fixAt: fix_at,
      receivedAt: received_at,
    })),
    history: history.map(earlierOf),
    duplicates: isKnown ? await duplicatesOf(tracker, call.vek_id!, by) : null,
  };
}

/** Cards that may be of the same event, as the tracker finds them for whoever asks; null: it cannot say now. */
async function duplicatesOf(tracker: TrackerClient, vekId: string, by: Asker) {
  try {
    return (await tracker.as(by.token).get(`/api/v1/veks/${vekId}/duplicates`, Duplicates)).duplicates;
  } catch (error) {
    if (error instanceof TrackerRefusal && error.status !== 404)
      throw new ModuleProblem(403, error.code, error.message);
    return null;
  }
}

export interface CallsParts {
  readonly database: Database;
  readonly intake: CallIntake;
  readonly tracker: TrackerClient;
  /** Only people of the agency that takes calls reach them. @throws ModuleProblem, TrackerAway */
  readonly mustBeOurs: (caller: ModuleCaller) => void;
  /** Under which phones' forms are signed; undefined: their network is trusted. */
  readonly amlKey: string | undefined;
}

export function callsRoutes(api: ModuleApi, { database, intake, tracker, mustBeOurs, amlKey }: CallsParts): void {
  const answered = ({ id, vekId }: TakenCall) => ({ id, vekId });
  const receivedAt = (at: string | undefined) => (at === undefined ? Date.now() : Date.parse(at));
  const taking = {
    200: json(Taken, 'It was told before'),
    201: json(Taken, 'Taken: its VEK is on its way, whatever becomes of us'),
  };

  api.add(
    'takeCall',
    SOURCES,
    {
      method: 'post',
      path: '/api/v1/calls',
      description:
        'Takes a call or message. It has exactly one VEK, whose id the answer holds; the tracker may get it later.',
      request: { body: body(NewCallSchema) },
      responses: taking,
    },
    async (c) => {
      const caller = c.get('caller');
      mustBeOurs(caller);
      const given = c.req.valid('json');
      const at = receivedAt(given.receivedAt);
      const isWritten = given.channel === 'sms' || given.channel === 'app';
      const call = {
        source: given.source,
        sourceCallId: given.callId,
        channel: given.channel,
        phone: given.phone ?? null,
        callerName: given.callerName ?? null,
        words: given.words ?? null,
        detail: given.transfer == null ? null : { transfer: given.transfer },
        receivedAt: at,
        place: given.place,
        placeFrom: 'source' as const,
        written: isWritten ? { conversation: given.callId, messageId: `call:${given.callId}`, sentAt: at } : null,
        needs: given.needs,
        isTest: false,
      };
      const taken = await intake.take(call, caller);
      return c.json(answered(taken), taken.repeated ? 200 : 201);
    },
  );

  api.add(
    'takeECall',
    SOURCES,
    {
      method: 'post',
      path: '/api/v1/ecalls',
      description:
        'Takes an eCall with its minimum set of data (EN 15722), as fields or as octets. Of a test call there is no VEK.',
      request: { body: body(ECallSchema) },
      responses: { ...taking, 422: { description: '`msd_unreadable`: take the call as a voice call' } },
    },
    async (c) => {
      mustBeOurs(c.get('caller'));
      const { msd: fields, msdHex, source, callId, phone, receivedAt: at } = c.req.valid('json');
      const msd = fields ?? decodeMsd(Buffer.from(msdHex!, 'hex'));
      if (msd === undefined)
        throw new ModuleProblem(422, 'msd_unreadable', 'these are no octets of an MSD of version 2');
      const taken = await intake.take(
        callOfMsd(msd, { source, sourceCallId: callId, phone: phone ?? null, receivedAt: receivedAt(at) }),
        c.get('caller'),
      );
      return c.json(answered(taken), taken.repeated ? 200 : 201);
    },
  );

  api.add(
    'takeAmlForm',
    null,
    {
      method: 'post',
      path: '/api/v1/aml',
      description:
        'AML over HTTPS (ETSI TS 103 625): the form (application/x-www-form-urlencoded) that phones post. Always accepted, whatever it says it is; what is malformed in it is as if it were not told.',
      responses: { 202: { description: 'Stored' } },
    },
    async (c) => {
      const message = await c.req.text();
      const isTrusted = amlKey === undefined || isSignedForm(message, amlKey);
      await intake.takeAml(decodeAmlForm(message), { form: 'https', message, phone: null, isTrusted }, Date.now());
      return c.body(null, 202);
    },
  );

  api.add(
    'takeAmlSms',
    ['integrator'],
    {
      method: 'post',
      path: '/api/v1/aml/sms',
      description: 'AML by SMS, as the gateway of the short messages hands it on.',
      request: { body: body(SmsSchema) },
      responses: { 202: { description: 'Stored' }, 422: { description: '`aml_unreadable`: an ordinary message' } },
    },
    async (c) => {
      const caller = c.get('caller');
      mustBeOurs(caller);
      const { from, text: plain, dataHex } = c.req.valid('json');
      const message = plain ?? textOfSeptets(Buffer.from(dataHex!, 'hex'));
      const report = decodeAmlSms(message);
      if (report === undefined) throw new ModuleProblem(422, 'aml_unreadable', 'this is no AML message');
      await database.query(sql.log_access, accessed(caller, 'take_aml', null));
      await intake.takeAml(report, { form: 'sms', message, phone: from, isTrusted: true }, Date.now());
      return c.body(null, 202);
    },
  );

  api.add(
    'getCalls',
    CALL_READERS,
    {
      method: 'get',
      path: '/api/v1/calls',
      description: 'The latest calls, newest first, without their callers’ data.',
      responses: {
        200: json(
          z.object({
            calls: z.array(EarlierSchema.extend({ hasPhone: z.boolean(), hasPlace: z.boolean() })),
            waiting: z.number().int().openapi({ description: 'Calls and places that the tracker has not yet' }),
            refused: z
              .number()
              .int()
              .openapi({ description: 'Of these, what the tracker refuses: a person must look' }),
            oldestS: z.number(),
          }),
          'Calls',
        ),
      },
    },
    async (c) => {
      mustBeOurs(c.get('caller'));
      const calls = await latestCalls(database);
      const backlog = (await database.query<{ waiting: number; refused: number; oldest_s: number }>(sql.backlog))
        .rows[0]!;
      return c.json({ calls, waiting: backlog.waiting, refused: backlog.refused, oldestS: backlog.oldest_s }, 200);
    },
  );

  api.add(
    'getCall',
    CALL_READERS,
    {
      method: 'get',
      path: '/api/v1/calls/{id}',
      description:
        'A call with its caller, what the caller’s phone said of its place, other calls of the same phone, and cards that may be of the same event. Personal data: each read is written down.',
      request: { params: z.object({ id: z.uuid() }) },
      responses: {
        200: json(CallViewSchema, 'The call'),
        404: { description: 'None here' },
      },
    },
    async (c) => {
      const caller = c.get('caller');
      mustBeOurs(caller);
      return c.json(await readCall(database, tracker, c.req.valid('param').id, caller), 200);
    },
  );
}
