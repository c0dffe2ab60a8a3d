/** Who should go, what there is, and what was decided: answered from memory, written down afterwards. */
import { z } from '@hono/zod-openapi';
import {
  lonLat,
  type PolygonCoordinates,
  PRIORITIES,
  type Requirement,
  RequirementSchema,
} from '../../../../geo-engine/src/index.js';
import type { Core } from '../../core.js';
import type { IncidentAsked } from '../../dispatch/incident.js';
import { text } from '../../stored-text.js';
import { type Caller, json, type Operations } from '../operation.js';
import { ApiError } from '../problem.js';
import { WholeResponse } from '../whole-response.js';

const MAX_INCIDENTS = 10;
const MAX_LINES = 30;
const MAX_SKIPPED = 200;

const priority = z.enum(PRIORITIES);
const Place = z.object({
  lon: z.number().min(-180).max(180),
  lat: z.number().min(-90).max(90),
  accuracyM: z
    .number()
    .min(0)
    .max(100_000)
    .nullish()
    .openapi({ description: 'Radius of the circle that the caller is in' }),
});

/** Lines of a run card, checked by the schema that imports use. */
const Requirements = z
  .array(z.record(z.string(), z.unknown()))
  .min(1)
  .max(MAX_LINES)
  .transform((lines, context): readonly Requirement[] => {
    const parsed = z.array(RequirementSchema).safeParse(lines);
    if (parsed.success) return parsed.data;
    for (const { path, message } of parsed.error.issues) context.addIssue({ code: 'custom', path, message });
    return z.NEVER;
  })
  .openapi({
    type: 'array',
    items: { type: 'object' },
    description: 'As the requirements of a run card; instead of them',
  });

const asked = {
  level: z.number().int().min(1).max(10).nullish().openapi({
    description: 'Alarm level, with all below it; the VEK’s own if not given. What works there already is taken off',
  }),
  requirements: Requirements.nullish(),
};
/** What is wrong with an incident: as an open VEK if it names one, as a place otherwise. */
function wrongIncident({ input, errors }: z.core.$ZodRawIssue<z.core.$ZodIssueInvalidUnion>): string {
  const isVek = typeof input === 'object' && input !== null && 'vekId' in input;
  return errors[isVek ? 0 : 1]!.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
}

const IncidentSchema = z.union(
  [
    z.object({ vekId: z.uuid(), ...asked }),
    z.object({
      place: Place,
      priority,
      typeCode: text(80).nullish(),
      objects: z.array(text(80)).max(10).default([]),
      ...asked,
    }),
  ],
  { error: wrongIncident },
);

const QuestionSchema = z
  .object({
    incidents: z
      .array(IncidentSchema)
      .min(1)
      .max(MAX_INCIDENTS)
      .openapi({ description: 'Several are decided together' }),
    skipped: z
      .record(z.uuid(), text(200))
      .refine((units) => Object.keys(units).length <= MAX_SKIPPED, `at most ${MAX_SKIPPED} units`)
      .default({})
      .openapi({ description: 'Units that the dispatcher does not want, by id, and why' }),
    agencies: z.array(z.string()).max(100).optional().openapi({ description: 'Codes; others are not asked' }),
    preempt: z.boolean().default(false).openapi({ description: 'Units under way to less urgent incidents count too' }),
  })
  .openapi('RecommendationQuestion');

const Position = z.array(z.number()).min(2).max(3);
const Ring = z.array(Position).min(4).max(5000);
const Polygon = z.discriminatedUnion('type', [
  z.object({ type: z.literal('Polygon'), coordinates: z.array(Ring).min(1).max(100) }),
  z.object({ type: z.literal('MultiPolygon'), coordinates: z.array(z.array(Ring).min(1)).min(1).max(100) }),
]);
const AvailableSchema = z
  .object({
    place: Place.omit({ accuracyM: true }).optional(),
    withinS: z.number().int().min(1).max(86_400).optional(),
    polygon: Polygon.optional().openapi({ description: 'GeoJSON, instead of a place and a time' }),
    capabilities: z
      .array(z.object({ code: text(80), quantity: z.number().positive().default(1) }))
      .max(20)
      .default([])
      .openapi({ description: 'Each unit must have all of them alone' }),
    services: z.array(text(80)).max(20).optional(),
    priority: priority.default('P1').openapi({ description: 'With lights and siren for P1 and P2' }),
    at: z.iso.datetime({ offset: true }).optional().openapi({ description: 'Now, if not given' }),
    agencies: z.array(z.string()).max(100).optional(),
  })
  .refine(
    ({ place, withinS, polygon }) =>
      (place === undefined) !== (polygon === undefined) && (place === undefined) === (withinS === undefined),
    {
      message: 'give place and withinS, or polygon',
      path: ['place'],
    },
  )
  .openapi('AvailableQuestion');

function polygonsOf({ type, coordinates }: z.infer<typeof Polygon>): PolygonCoordinates {
  return type === 'Polygon' ? [coordinates] : coordinates;
}

const IdParam = z.object({ id: z.uuid() });

function incidentAsked(incident: z.infer<typeof IncidentSchema>): IncidentAsked {
  const { level = null, requirements = null } = incident;
  if ('vekId' in incident) return { vekId: incident.vekId, level, requirements };
  const { place, priority, typeCode = null, objects } = incident;
  const at = lonLat(place.lon, place.lat);
  return {
    vekId: null,
    place: at,
    accuracyM: place.accuracyM ?? null,
    typeCode,
    priority,
    objects,
    level,
    requirements,
  };
}

/** What the engine has made JSON of already. */
const jsonText = (text: Uint8Array<ArrayBuffer>) => new WholeResponse(text, 'application/json') as never;

/** Whose questions take turns with those of others. */
const askerOf = ({ principal: { agency, subject } }: Caller) => `${agency.id} ${subject}`;

export function recommendationRoutes(operations: Operations, { directory, dispatch }: Core): void {
  const { veks, policies, decisions, recommender, turns } = dispatch;

  const agencyOf = (code: string) => {
    const agency = directory.agenciesByCode.get(code);
    if (agency === undefined) throw new ApiError(422, 'reference_unknown', `no agency ${code}`);
    return agency.id;
  };

  /** Whose units the caller may see, and which of them were asked for. */
  function reached(caller: Caller, agencies: readonly string[] | undefined) {
    const visible = new Set(caller.agencies());
    return { visible, asked: agencies === undefined ? visible : new Set(agencies.map(agencyOf)) };
  }

  /** A VEK that this node has not heard of yet is looked for once. */
  async function mustBeParty(caller: Caller, vekId: string): Promise<void> {
    if (veks.get(vekId) === undefined) await veks.reload([vekId]);
    caller.mustBeParty(veks.get(vekId)?.parties, 'VEK');
  }

  operations.add(
    'recommend',
    {
      method: 'post',
      path: '/api/v1/recommendations',
      description:
        'Who should go: to an open VEK or to a place, by its run card or by requirements of one’s own; why, who not and why not, and what is short.',
      request: { body: { required: true, content: { 'application/json': { schema: QuestionSchema } } } },
      responses: { 200: json(z.object({ at: z.number() }).loose(), 'The recommendation; nobody is sent by it') },
    },
    async (c) => {
      const { incidents, skipped, agencies, preempt } = c.req.valid('json');
      const caller = c.get('caller');
      const { agency, subject } = caller.principal;
      const asker = { ...reached(caller, agencies), skipped, preempt, policy: policies.of(agency.id) };
      for (const incident of incidents) if ('vekId' in incident) await mustBeParty(caller, incident.vekId);
      const by = { agencyId: agency.id, subject };
      const answer = await turns.ask(askerOf(caller), () =>
        recommender.recommend(incidents.map(incidentAsked), asker, by, Date.now()),
      );
      return jsonText(answer);
    },
  );

  operations.add(
    'getAvailable',
    {
      method: 'post',
      path: '/api/v1/available',
      description:
        'What there is within a time of a place, or in an area: now, or at an instant to come, when holds have run out and shifts have changed.',
      request: { body: { required: true, content: { 'application/json': { schema: AvailableSchema } } } },
      responses: {
        200: json(z.object({ at: z.number() }).loose(), 'Units, sums by capability, and the others by reason'),
      },
    },
    async (c) => {
      const { place, withinS, polygon, capabilities, services = null, priority, at, agencies } = c.req.valid('json');
      const caller = c.get('caller');
      const policy = policies.of(caller.principal.agency.id);
      const asker = { ...reached(caller, agencies), skipped: {}, preempt: false, policy };
      const now = Date.now();
      const within =
        place !== undefined
          ? ({ kind: 'time', place: lonLat(place.lon, place.lat), withinS: withinS! } as const)
          : ({ kind: 'area', polygons: polygonsOf(polygon!) } as const);
      const asked = { within, capabilities, services, priority, at: at === undefined ? now : Date.parse(at) };
      return jsonText(await turns.ask(askerOf(caller), () => recommender.available(asked, asker, now)));
    },
  );

  operations.add(
    'getDecision',
    {
      method: 'get',
      path: '/api/v1/decisions/{id}',
      description: 'A recommendation as it was given, to the byte, with all that it was decided from.',
      request: { params: IdParam },
      responses: { 200: json(z.object({ id: z.uuid() }).loose(), 'The decision'), 404: { description: 'None here' } },
    },
    async (c) => {
      const decision = await decisions.get(c.req.valid('param').id);
      c.get('caller').mustReach(decision.agencyId);
      return c.json({ ...decision } as { id: string; [key: string]: unknown }, 200);
    },
  );

  operations.add(
    'replayDecision',
    {
      method: 'get',
      path: '/api/v1/decisions/{id}/replay',
      description: 'Decides again from the recorded input and compares byte for byte.',
      request: { params: IdParam },
      responses: {
        200: json(
          z.object({ kind: z.enum(['same', 'different', 'corrupt', 'other_format']), output: z.string().optional() }),
          'What came of it',
        ),
        404: { description: 'None here' },
      },
    },
    async (c) => {
      const decision = await decisions.get(c.req.valid('param').id);
      c.get('caller').mustReach(decision.agencyId);
      return c.json(await turns.ask(askerOf(c.get('caller')), () => recommender.replay(decision)), 200);
    },
  );
}
