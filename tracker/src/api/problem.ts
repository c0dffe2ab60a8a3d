import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';

/** Codes of the HTTP API's own errors; commands add those of veks/errors.ts, tokens those of rights/tokens.ts. */
export type ApiErrorCode =
  | 'request_malformed'
  | 'body_too_large'
  | 'media_type_unsupported'
  | 'not_found'
  | 'role_not_allowed'
  | 'agency_not_allowed'
  | 'reference_unknown'
  | 'already_exists'
  | 'rows_malformed'
  | 'cursor_malformed'
  | 'cursor_gone'
  | 'cursor_ahead'
  | 'too_many_cells'
  | 'idempotency_key_malformed'
  | 'idempotency_key_reused'
  | 'answer_shown_once'
  | 'key_in_use'
  | 'overloaded'
  | 'database_unavailable'
  | 'internal';

/** What is wrong in one place of the request. */
export interface ProblemDetail {
  /** Path in the body, `line 3` of an import, or the name of a parameter. */
  readonly at: string;
  readonly message: string;
}

/** An answer of the API that is an error (RFC 9457 problem details with a stable `code`). */
export class ApiError extends Error {
  readonly status: ContentfulStatusCode;
  readonly code: string;
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(
    status: ContentfulStatusCode,
    code: ApiErrorCode | (string & {}),
    detail: string,
    facts: Readonly<Record<string, unknown>> = {},
  ) {
    super(detail);
    this.status = status;
    this.code = code;
    this.facts = facts;
  }
}

export const ProblemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    code: z.string(),
    detail: z.string(),
    errors: z.array(z.object({ at: z.string(), message: z.string() })).optional(),
  })
  .openapi('Problem');

export function problemBody(
  status: number,
  code: string,
  detail: string,
  facts: Readonly<Record<string, unknown>> = {},
) {
  return { ...facts, type: `urn:vanags:problem:${code}`, title: code.replaceAll('_', ' '), status, code, detail };
}

export function problem(
  c: Context,
  status: ContentfulStatusCode,
  code: string,
  detail: string,
  facts: Readonly<Record<string, unknown>> = {},
) {
  return c.json(problemBody(status, code, detail, facts), status, { 'content-type': 'application/problem+json' });
}
