import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRoute, OpenAPIHono, type RouteConfig, type RouteHandler, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { clientAddress } from '../src/ip-network.js';
import type { Log } from '../src/log.js';
import { isAway } from '../src/store/errors.js';
import type { Asker, ModuleCaller, ModuleCallers } from './module-callers.js';
import type { ModuleSettings } from './module-settings.js';
import { TrackerAway } from './tracker-client.js';

const MAX_BODY_BYTES = 256 * 1024;

const PURPOSE_HEADER = 'vanags-purpose';
const PURPOSE = /^[\x20-\x7e]{1,200}$/;

export interface ModuleEnv {
  Bindings: { readonly remoteAddress: string };
  Variables: { caller: Asker };
}
export type ModuleContext = Context<ModuleEnv>;

/** An answer that is an error (RFC 9457 problem details with a stable `code`). */
export class ModuleProblem extends Error {
  readonly status: ContentfulStatusCode;
  readonly code: string;

  constructor(status: ContentfulStatusCode, code: string, detail: string) {
    super(detail);
    this.status = status;
    this.code = code;
  }
}

const ProblemSchema = z.object({ type: z.string(), status: z.number(), code: z.string(), detail: z.string() });

const PROBLEM = { 'content-type': 'application/problem+json' };

const problemBody = (status: number, code: string, detail: string) => ({
  type: `urn:vanags:problem:${code}`,
  status,
  code,
  detail,
});

function problem(c: Context, status: ContentfulStatusCode, code: string, detail: string) {
  return c.json(problemBody(status, code, detail), status, PROBLEM);
}

export const json = <T>(schema: T, description: string) => ({
  description,
  content: { 'application/json': { schema } },
});

/** A module's own HTTP API: operations behind roles, described by OpenAPI, errors as problems. */
export class ModuleApi {
  readonly hono: OpenAPIHono<ModuleEnv>;
  readonly #callers: ModuleCallers;
  readonly #usualPurpose: string;

  /**
   * @param usualPurpose for which people come who do not say for which
   * @param feed how it stands with the feed: when it was last read, epoch ms, 0: never; events of it that are set aside
   */
  constructor(
    title: string,
    callers: ModuleCallers,
    usualPurpose: string,
    feed: () => { readonly readAt: number; readonly refused: number },
    log: Log,
  ) {
    this.#callers = callers;
    this.#usualPurpose = usualPurpose;
    this.hono = new OpenAPIHono<ModuleEnv>({
      defaultHook(result, c) {
        if (result.success) return;
        const { path, message } = result.error.issues[0]!;
        return problem(c, 400, 'request_malformed', `${path.join('.')}: ${message}`);
      },
    });
    this.hono.openAPIRegistry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer' });
    this.hono.get('/openapi.json', (c) =>
      c.json(this.hono.getOpenAPI31Document({ openapi: '3.1.0', info: { title, version: '1' } }) as object),
    );
    this.hono.get('/healthz', (c) => {
      const { readAt, refused } = feed();
      const feedReadSAgo = readAt === 0 ? null : Math.round((Date.now() - readAt) / 1000);
      return c.json({ feedReadSAgo, refusedEvents: refused });
    });
    this.hono.notFound((c) => problem(c, 404, 'not_found', `${c.req.method} ${c.req.path} is not there`));
    this.hono.onError((error, c) => {
      if (error instanceof ModuleProblem) return problem(c, error.status, error.code, error.message);
      if (error instanceof TrackerAway) return problem(c, 503, error.code, 'the tracker does not answer; try again');
      if (isAway(error)) return problem(c, 503, 'database_unavailable', 'the database does not answer; try again');
      if ('status' in error && error.status === 415)
        return problem(
          c,
          415,
          'media_type_unsupported',
          'the body is of a content-type that is not taken here; /openapi.json names those that are',
        );
      if ('status' in error && error.status === 400) return problem(c, 400, 'request_malformed', error.message);
      log.error(`${c.req.method} ${c.req.routePath}`, error);
      return problem(c, 500, 'internal', 'something broke here; it has been logged');
    });
  }

  /** Adds an operation for people and programs with one of these roles; null: it asks for no token. */
  add<R extends RouteConfig>(
    operationId: string,
    roles: readonly string[] | null,
    route: R,
    handler: RouteHandler<R, ModuleEnv>,
  ): void {
    const config = createRoute({
      ...route,
      operationId,
      description:
        `${route.description ?? ''} ${roles === null ? 'Needs no token.' : `Roles: ${roles.join(', ')}.`}`.trim(),
      ...(roles === null ? {} : { security: [{ bearer: [] }] }),
      middleware: [
        async (c: ModuleContext, next: () => Promise<void>) => {
          const token = /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1];
          if (roles !== null) c.set('caller', await this.asker(c, token, operationId, roles));
          await next();
        },
      ],
      responses: {
        ...route.responses,
        default: { description: 'Problem details', content: { 'application/problem+json': { schema: ProblemSchema } } },
      },
    });
    this.hono.openapi(config, handler as unknown as RouteHandler<typeof config, ModuleEnv>);
  }

  /**
   * Who asks, if they may.
   * @param what they ask for, as a refusal names it
   * @throws ModuleProblem 401 `token_missing`, `token_invalid`, 403 `role_not_allowed`; TrackerAway when nobody can say
   */
  async asker(c: ModuleContext, token: string | undefined, what: string, roles: readonly string[]): Promise<Asker> {
    if (token === undefined) throw new ModuleProblem(401, 'token_missing', 'Authorization: Bearer TOKEN is missing');
    const caller = await this.#callerOf(token);
    if (!caller.roles.some((role) => roles.includes(role)))
      throw new ModuleProblem(403, 'role_not_allowed', `${what} needs one of: ${roles.join(', ')}`);
    const purpose = c.req.header(PURPOSE_HEADER) ?? this.#usualPurpose;
    if (!PURPOSE.test(purpose))
      throw new ModuleProblem(400, 'request_malformed', `${PURPOSE_HEADER}: 1 to 200 characters of ASCII`);
    return { ...caller, address: c.env.remoteAddress, purpose };
  }

  /** For whoever has waited for what is answered now. @throws ModuleProblem 401 `token_invalid` when the token counts no more */
  async mustStillCount({ token }: Asker): Promise<void> {
    await this.#callerOf(token);
  }

  async #callerOf(token: string): Promise<ModuleCaller> {
    const caller = await this.#callers.of(token);
    if (caller === undefined) throw new ModuleProblem(401, 'token_invalid', 'the tracker does not know this token');
    return caller;
  }
}

/** Serves an API over HTTP. Resolves once it listens. @throws Error when the address cannot be had */
export async function listen(
  api: ModuleApi,
  { host, port, trustedProxies }: Pick<ModuleSettings, 'host' | 'port' | 'trustedProxies'>,
): Promise<{ server: Server; port: number }> {
  const server = createServer((request, response) => {
    const peer = request.socket.remoteAddress?.replace(/^::ffff:(?=\d+\.)/, '') ?? ''; // IPv4 comes mapped into IPv6
    void (async () => {
      const body = await bodyOf(request);
      if (body === undefined) {
        const text = JSON.stringify(problemBody(413, 'body_too_large', `at most ${MAX_BODY_BYTES} bytes`));
        response.writeHead(413, { ...PROBLEM, connection: 'close' }).end(text);
        return;
      }
      const answer = await api.hono.fetch(
        new Request(new URL(request.url!, 'http://localhost'), {
          method: request.method!,
          headers: Object.entries(request.headers).flatMap(([name, value]): [string, string][] =>
            [value ?? []].flat().map((each) => [name, each]),
          ),
          ...(body.length === 0 ? {} : { body: new Uint8Array(body) }),
        }),
        { remoteAddress: clientAddress(peer, String(request.headers['x-forwarded-for'] ?? ''), trustedProxies) },
      );
      response.writeHead(answer.status, Object.fromEntries(answer.headers));
      response.end(Buffer.from(await answer.arrayBuffer()));
    })().catch(() => {
      // a URL, method or header that is none
      if (!response.headersSent) response.writeHead(400);
      response.end();
    });
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  return { server, port: (server.address() as AddressInfo).port };
}

/** Undefined: it is too large, and is not read. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
