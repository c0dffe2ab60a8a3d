import { createRoute, type OpenAPIHono, type RouteConfig, type RouteHandler } from '@hono/zod-openapi';
import type { Context, MiddlewareHandler } from 'hono';
import type { Core } from '../core.js';
import type { AuditedAs, ChangeRunner } from '../feed/record.js';
import type { Access, Principal } from '../rights/access.js';
import { MATRIX, type Operation, type Rule, ruleOf } from '../rights/matrix.js';
import { AnsweredBefore, type FirstAnswer, IDEMPOTENCY_HEADER, KeyedCommand, REPLAYED_HEADER } from './idempotency.js';
import { ApiError, ProblemSchema } from './problem.js';

/** In which a caller may state why it does what it does. */
const PURPOSE_HEADER = 'vanags-purpose';
const PURPOSE = /^[\x20-\x7e]{1,200}$/;

/** What the connection tells of itself, given by the hub. */
export interface Connection {
  readonly remoteAddress: string;
}

/** The caller, and the only way to what it may reach: a handler that never asks is our mistake and answers 500. */
export class Caller {
  readonly principal: Principal;
  readonly sourceIp: string;
  /** By which its commands change things: with an idempotency key, once. */
  readonly changes: ChangeRunner;
  readonly #operation: Operation;
  readonly #access: Access;
  readonly #statedPurpose: string | undefined;
  asked = false;

  constructor(
    principal: Principal,
    sourceIp: string,
    operation: Operation,
    access: Access,
    changes: ChangeRunner,
    statedPurpose?: string,
  ) {
    this.principal = principal;
    this.sourceIp = sourceIp;
    this.changes = changes;
    this.#statedPurpose = statedPurpose;
    this.#operation = operation;
    this.#access = access;
  }

  /** As whom the caller's commands are written down on what they change. */
  get actor(): { readonly agencyId: string; readonly subject: string } {
    return { agencyId: this.principal.agency.id, subject: this.principal.subject };
  }

  /** Ids of the agencies that the operation reaches for the caller. */
  agencies(): string[] {
    this.asked = true;
    return [...this.#access.agencies(this.principal, ruleOf(this.#operation).scope, Date.now())];
  }

  /** @throws ApiError 403 `agency_not_allowed` */
  mustReach(agencyId: string): void {
    this.asked = true;
    if (!this.#access.mayReach(this.principal, this.#operation, agencyId, Date.now())) {
      throw new ApiError(
        403,
        'agency_not_allowed',
        `${this.principal.agency.code} has no ${ruleOf(this.#operation).scope} right there`,
      );
    }
  }

  /**
   * What the audit log holds of what the caller does: who, of which agency, what, from where, and for which purpose: the one that the
   * caller states, or that of the grant by which it reaches the owner's things, or the usual one of the operation.
   */
  readonly auditEntry: AuditedAs = (action, subject, detail = {}, ownerId) => {
    const { agency, subject: actor } = this.principal;
    const others = ownerId !== undefined && ownerId !== agency.id;
    const agreed = others ? this.#access.grantPurpose(this.principal, this.#operation, ownerId, Date.now()) : undefined;
    const rule: Rule = ruleOf(this.#operation);
    return {
      agencyId: agency.id,
      actor,
      purpose: this.#statedPurpose ?? agreed ?? rule.personal ?? null,
      action,
      subject,
      sourceIp: this.sourceIp,
      detail: others ? { ...detail, ownerId } : detail,
    };
  };

  /** @throws ApiError 403 `agency_not_allowed` */
  mustBeOperator(): void {
    this.asked = true;
    if (this.principal.agency.kind !== 'operator')
      throw new ApiError(403, 'agency_not_allowed', 'only the platform operator does that');
  }

  /** @throws ApiError 404 `not_found`: whether a card exists is not told to those who have no part in it */
  mustBeParty(parties: readonly string[] | undefined, what: string): void {
    this.asked = true;
    if (parties?.includes(this.principal.agency.id) !== true) throw new ApiError(404, 'not_found', `no ${what} here`);
  }
}

export interface ApiEnv {
  Bindings: Connection;
  Variables: { caller: Caller };
}
export type Api = OpenAPIHono<ApiEnv>;
export type ApiContext = Context<ApiEnv>;

type GateParts = Pick<Core, 'tokens' | 'access' | 'changes' | 'database' | 'settings'>;

/** Some hundreds are carried out a second. */
const OVERLOADED_RETRY_S = 1;

/** Methods that only read: a key says nothing there. */
const READING = ['GET', 'HEAD', 'OPTIONS'];

/** Adds operations to the API, each behind its row of the matrix. */
export class Operations {
  readonly #api: Api;
  readonly #core: GateParts;
  readonly #added = new Set<string>();

  constructor(api: Api, core: GateParts) {
    this.#api = api;
    this.#core = core;
  }

  /** Adds an operation of the matrix. The description goes into OpenAPI, with its roles and scope. */
  add<R extends RouteConfig>(operation: Operation, route: R, handler: RouteHandler<R, ApiEnv>): void {
    const { roles, scope, personal }: Rule = ruleOf(operation);
    this.#added.add(operation);
    const config = createRoute({
      ...route,
      operationId: operation,
      tags: [route.path.split('/')[3] ?? 'service'],
      description: [
        route.description,
        scope === 'public' ? 'Needs no token.' : `Roles: ${roles.join(', ')}. Reaches: ${scope}.`,
        personal === undefined ? '' : `Personal data: each read is audited, for the purpose in \`${PURPOSE_HEADER}\`.`,
        scope === 'public' || route.method === 'get'
          ? ''
          : `With \`${IDEMPOTENCY_HEADER}\` it is carried out once: sent again within 24 h it gets the first answer, a refusal by the state of things (409) too.`,
      ]
        .filter(Boolean)
        .join(' '),
      ...(scope === 'public' ? {} : { security: [{ bearer: [] }] }),
      middleware: [this.#gate(operation)],
      responses: {
        ...route.responses,
        default: { description: 'Problem details', content: { 'application/problem+json': { schema: ProblemSchema } } },
      },
    });
    // the gate, the tag and the problem answer do not change what the handler is given
    this.#api.openapi(config, handler as unknown as RouteHandler<typeof config, ApiEnv>);
  }

  #gate(operation: Operation): MiddlewareHandler<ApiEnv> {
    return async (c, next) => {
      const { scope } = ruleOf(operation);
      if (scope === 'public') return next();
      const { access, changes, database, tokens, settings } = this.#core;
      const answer = await tokens.ofHeader(c.req.header('authorization'));
      if (!answer.ok)
        throw new ApiError(
          answer.code === 'issuer_unavailable' ? 503 : answer.code === 'agency_unknown' ? 403 : 401,
          answer.code,
          answer.detail,
        );
      if (!access.roleMay(answer.principal, operation)) {
        throw new ApiError(403, 'role_not_allowed', `${operation} needs one of: ${ruleOf(operation).roles.join(', ')}`);
      }
      const purpose = c.req.header(PURPOSE_HEADER);
      if (purpose !== undefined && !PURPOSE.test(purpose))
        throw new ApiError(400, 'request_malformed', `${PURPOSE_HEADER}: 1 to 200 characters of ASCII`);
      const { principal } = answer;
      if (!READING.includes(c.req.method) && database.waiting >= settings.commandsWaiting) {
        c.header('retry-after', String(OVERLOADED_RETRY_S));
        throw new ApiError(
          503,
          'overloaded',
          'more commands wait than can be carried out soon; try again with the same ids',
        );
      }
      const command = await keyedCommand(c, changes, principal, operation);
      const caller = new Caller(principal, c.env.remoteAddress, operation, access, command ?? changes, purpose);
      if (scope === 'operator') caller.mustBeOperator();
      const first = await command?.firstAnswer(database);
      if (first !== undefined) return answerAgain(first);
      c.set('caller', caller);
      await next();
      if (command !== undefined && c.res.status === 409 && !(c.error instanceof AnsweredBefore))
        await command.keepRefusal(database, 409, await c.res.clone().text());
      if (c.error !== undefined || !c.res.ok) return;
      if (scope !== 'any' && !caller.asked) {
        throw new Error(`${operation} answered without asking what the caller may reach`);
      }
      // not waited for: the outcome is kept already
      if (command !== undefined)
        void command.keepAnswer(database, c.res.status, await c.res.clone().text()).catch(() => {});
    };
  }

  /** Operations of the matrix that the API does not have; sockets are not its. */
  missing(): string[] {
    return Object.keys(MATRIX).filter((operation) => !this.#added.has(operation) && !operation.startsWith('open'));
  }
}

async function keyedCommand(
  c: ApiContext,
  changes: ChangeRunner,
  { agency, subject }: Principal,
  operation: Operation,
): Promise<KeyedCommand | undefined> {
  const key = c.req.header(IDEMPOTENCY_HEADER);
  if (key === undefined || READING.includes(c.req.method)) return undefined;
  const { pathname, search } = new URL(c.req.url);
  const request = [c.req.method, pathname + search, await c.req.text()];
  return new KeyedCommand(changes, { agencyId: agency.id, subject }, key, operation, request);
}

/** The first answer once more, marked as such. */
export function answerAgain({ status, body }: FirstAnswer): Response {
  const type = status < 400 ? 'application/json' : 'application/problem+json';
  const headers = { [REPLAYED_HEADER]: 'true', ...(body === '' ? {} : { 'content-type': type }) };
  return new Response(body === '' ? null : body, { status, headers });
}

export const json = <T>(schema: T, description: string) => ({
  description,
  content: { 'application/json': { schema } },
});
