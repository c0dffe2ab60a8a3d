import { OpenAPIHono } from '@hono/zod-openapi';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { GeoStoreError } from '../../../geo-engine/src/index.js';
import { JoinRefusal, type JoinRefusalCode } from '../adapters/index.js';
import type { Core } from '../core.js';
import { DispatchRefusal, type DispatchRefusalCode } from '../dispatch/errors.js';
import { HistoryRefusal } from '../history/index.js';
import type { Log } from '../log.js';
import { RoadRefusal, type RoadRefusalCode } from '../roads/errors.js';
import { isAway, StoreError } from '../store/errors.js';
import { CommandError, type CommandErrorCode } from '../veks/errors.js';
import { WebhookRefusal } from '../webhooks/index.js';
import { AnsweredBefore } from './idempotency.js';
import { Metrics } from './metrics.js';
import { type Api, type ApiEnv, answerAgain, Operations } from './operation.js';
import { ApiError, problem } from './problem.js';
import { ReadLog } from './read-log.js';
import { alarmRoutes } from './routes/alarms.js';
import { assignmentRoutes } from './routes/assignments.js';
import { attentionRoutes } from './routes/attention.js';
import { auditRoutes } from './routes/audit.js';
import { closureRoutes } from './routes/closures.js';
import { crewRoutes } from './routes/crews.js';
import { demoRoutes } from './routes/demo.js';
import { dispatchSettingRoutes } from './routes/dispatch-settings.js';
import { feedRoutes } from './routes/feed.js';
import { historyRoutes } from './routes/history.js';
import { ingestRoutes } from './routes/ingest.js';
import { liveRoutes } from './routes/live.js';
import { placeRoutes } from './routes/places.js';
import { positionRoutes } from './routes/positions.js';
import { presenceRoutes } from './routes/presence.js';
import { proposalRoutes } from './routes/proposals.js';
import { recommendationRoutes } from './routes/recommendations.js';
import { registryRoutes } from './routes/registry.js';
import { roadRoutes } from './routes/roads.js';
import { runCardRoutes } from './routes/run-cards.js';
import { serviceRoutes } from './routes/service.js';
import { vekDuplicateRoutes } from './routes/vek-duplicates.js';
import { vekJournalRoutes } from './routes/vek-journal.js';
import { vekPartRoutes } from './routes/vek-parts.js';
import { vekRestrictedRoutes } from './routes/vek-restricted.js';
import { vekRoutes } from './routes/veks.js';
import { webhookRoutes } from './routes/webhooks.js';
import { staticFiles } from './static-files.js';

const NOT_FOUND: readonly CommandErrorCode[] = [
  'vek_unknown',
  'unit_unknown',
  'assignment_unknown',
  'alarm_unknown',
  'attention_unknown',
];
const ROAD_STATUS: Readonly<Record<RoadRefusalCode, ContentfulStatusCode>> = {
  network_loading: 503,
  no_network: 503,
  profile_unknown: 422,
  closure_unknown: 404,
  id_taken: 409,
  too_many_closures: 409,
  closure_over: 422,
};
const DISPATCH_STATUS: Readonly<Record<DispatchRefusalCode, ContentfulStatusCode>> = {
  vek_not_open: 404,
  no_card: 409,
  place_unknown: 409,
  priority_unknown: 409,
  level_empty: 422,
  level_entangled: 422,
  card_version_taken: 409,
  run_cards_refused: 422,
  card_unknown: 404,
  decision_unknown: 404,
  proposal_unknown: 404,
  proposal_over: 409,
  engine_failed: 503,
};
const JOIN_STATUS: Readonly<Record<JoinRefusalCode, ContentfulStatusCode>> = {
  join_code_invalid: 404,
  too_many_tries: 429,
  alias_taken: 409,
};
const RETRY_AFTER_S = 2;

function commandStatus(code: CommandErrorCode): ContentfulStatusCode {
  if (NOT_FOUND.includes(code)) return 404;
  return code === 'restricted_not_entitled' ? 403 : 409;
}

/** The whole HTTP side: the API by the matrix, its description, and the console's files. Answers every error as a problem. */
export function createApi(core: Core, log: Log, version: string, consoleDir: URL): Api {
  const api: Api = new OpenAPIHono<ApiEnv>({
    defaultHook(result, c) {
      if (result.success) return;
      const errors = result.error.issues.map((issue) => ({ at: issue.path.join('.'), message: issue.message }));
      return problem(c, 400, 'request_malformed', `${errors[0]!.at}: ${errors[0]!.message}`, { errors });
    },
  });
  const operations = new Operations(api, core);
  serviceRoutes(operations, core, new Metrics(core), version);
  demoRoutes(operations, core);
  registryRoutes(operations, core);
  liveRoutes(operations, core);
  placeRoutes(operations, core);
  roadRoutes(operations, core);
  closureRoutes(operations, core);
  const reads = new ReadLog(core.changes);
  vekDuplicateRoutes(operations, core); // before those of a card by its id
  vekRoutes(operations, core, reads);
  vekPartRoutes(operations, core);
  vekJournalRoutes(operations, core, reads);
  vekRestrictedRoutes(operations, core);
  assignmentRoutes(operations, core);
  recommendationRoutes(operations, core);
  proposalRoutes(operations, core);
  runCardRoutes(operations, core);
  dispatchSettingRoutes(operations, core);
  alarmRoutes(operations, core);
  attentionRoutes(operations, core);
  presenceRoutes(operations, core);
  positionRoutes(operations, core);
  crewRoutes(operations, core);
  feedRoutes(operations, core, version);
  auditRoutes(operations, core);
  webhookRoutes(operations, core);
  ingestRoutes(operations, core);
  historyRoutes(operations, core);

  api.openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
  });
  operations.add(
    'getOpenApi',
    {
      method: 'get',
      path: '/api/v1/openapi.json',
      description: 'This document.',
      responses: { 200: { description: 'OpenAPI 3.1' } },
    },
    (c) =>
      c.json(
        api.getOpenAPI31Document({
          openapi: '3.1.0',
          info: {
            title: 'Vanags',
            version,
            description:
              'Real-time resource tracking and dispatch. Instants in answers are epoch milliseconds, places WGS84 degrees, longitude first.',
          },
        }) as object,
        200,
      ),
  );
  const missing = operations.missing();
  if (missing.length > 0) throw new Error(`the matrix has operations that the API lacks: ${missing.join(', ')}`);

  api.all('/api/*', (c) =>
    problem(c, 404, 'not_found', `${c.req.method} ${c.req.path} is not there; see /api/v1/openapi.json`),
  );
  api.get('*', staticFiles(consoleDir));
  api.notFound((c) => problem(c, 404, 'not_found', `${c.req.method} ${c.req.path} is not there`));
  api.onError((error, c) => {
    if (error instanceof AnsweredBefore) return answerAgain(error.first);
    if (error instanceof ApiError) return problem(c, error.status, error.code, error.message, error.facts);
    if (error instanceof CommandError) {
      const status = commandStatus(error.code);
      return problem(c, status, error.code, error.message, error.facts);
    }
    if (error instanceof RoadRefusal) {
      const status = ROAD_STATUS[error.code];
      if (error.code === 'network_loading') c.header('retry-after', String(RETRY_AFTER_S));
      return problem(c, status, error.code, error.message, error.facts);
    }
    if (error instanceof DispatchRefusal)
      return problem(c, DISPATCH_STATUS[error.code], error.code, error.message, error.facts);
    if (error instanceof HistoryRefusal) return problem(c, 422, error.code, error.message, { limit: error.limit });
    if (error instanceof WebhookRefusal)
      return problem(c, error.code === 'webhook_unknown' ? 404 : 409, error.code, error.message);
    if (error instanceof JoinRefusal) return problem(c, JOIN_STATUS[error.code], error.code, error.message);
    const cause = error instanceof GeoStoreError ? error.cause : error;
    if (cause instanceof StoreError && cause.code === 'database_unavailable') {
      c.header('retry-after', String(RETRY_AFTER_S));
      return problem(c, 503, 'database_unavailable', 'the database does not answer; try again with the same ids');
    }
    if ('status' in error && error.status === 415)
      return problem(
        c,
        415,
        'media_type_unsupported',
        'the body is of a content-type that is not taken here; /api/v1/openapi.json names those that are',
      );
    if ('status' in error && error.status === 400) return problem(c, 400, 'request_malformed', error.message);
    if (isAway(error)) {
      c.header('retry-after', String(RETRY_AFTER_S));
      return problem(c, 503, 'database_unavailable', 'the database could not do it now; try again');
    }
    log.error(`${c.req.method} ${c.req.routePath}`, error);
    return problem(c, 500, 'internal', 'something broke here; it has been logged');
  });
  return api;
}
