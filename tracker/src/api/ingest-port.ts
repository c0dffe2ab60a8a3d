import { OpenAPIHono } from '@hono/zod-openapi';
import { osmand } from '../adapters/index.js';
import type { Core } from '../core.js';
import type { Log } from '../log.js';
import { isAway } from '../store/errors.js';
import type { Api, ApiContext, ApiEnv } from './operation.js';
import { ApiError, problem } from './problem.js';
import { adapterHandler } from './routes/ingest.js';

/** What `INGEST_PORT` serves: the OsmAnd protocol at the root, for clients that know a host and a port and no path. Nothing else. */
export function createIngestApi(core: Core, log: Log): Api {
  const api: Api = new OpenAPIHono<ApiEnv>();
  const handle = adapterHandler(core, osmand);
  api.on(['GET', 'POST'], '/', (c) => handle(c as ApiContext));
  api.notFound((c) => problem(c, 404, 'not_found', `${c.req.method} ${c.req.path} is not there`));
  api.onError((error, c) => {
    if (error instanceof ApiError) return problem(c, error.status, error.code, error.message);
    if (isAway(error)) return problem(c, 503, 'database_unavailable', 'the database does not answer: send it again');
    log.error(`${c.req.method} ${c.req.routePath} on INGEST_PORT`, error);
    return problem(c, 500, 'internal', 'something broke here; it has been logged');
  });
  return api;
}
