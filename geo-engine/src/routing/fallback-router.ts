import { RouterError } from '../errors.js';
import { CircuitBreaker } from './circuit-breaker.js';
import type {
  AnswerOrigin,
  FallbackReason,
  RouteAnswer,
  RouteQuestion,
  Router,
  TableAnswer,
  TableQuestion,
} from './router.js';
import { ROUTER_WAIT_MS } from './router-http.js';

export interface FallbackOptions {
  readonly outside: Router;
  readonly builtIn: Router;
  /** Longest wait for the outside router's whole answer, tables in parts included. */
  readonly waitMs?: number;
  readonly breaker?: CircuitBreaker;
  /** Whether closures are in force for a profile, which the outside router does not know. */
  readonly closuresInForce?: (profile: string) => boolean;
  /** Told of every failure, for log and metrics. */
  readonly onFailure?: (error: RouterError) => void;
}

/**
 * An outside router in front of the built-in network, which answers at once when the other one does not: too late, broken, nonsense,
 * left alone for its failures, without an answer, or unaware of closures. The answer says who gave it and why.
 */
export class FallbackRouter implements Router {
  readonly #options: FallbackOptions;
  readonly #waitMs: number;
  readonly breaker: CircuitBreaker;

  constructor(options: FallbackOptions) {
    this.#options = options;
    this.#waitMs = options.waitMs ?? ROUTER_WAIT_MS;
    this.breaker = options.breaker ?? new CircuitBreaker();
  }

  route(question: RouteQuestion): Promise<RouteAnswer> {
    return this.#answer(question.profile, (router, signal) => router.route(question, signal));
  }

  table(question: TableQuestion): Promise<TableAnswer> {
    return this.#answer(question.profile, (router, signal) => router.table(question, signal));
  }

  async #answer<Answer extends RouteAnswer | TableAnswer>(
    profile: string,
    ask: (router: Router, signal?: AbortSignal) => Promise<Answer>,
  ): Promise<Answer> {
    const { outside, builtIn, closuresInForce, onFailure } = this.#options;
    const instead = async (fallback: FallbackReason): Promise<Answer> => {
      const origin: Pick<AnswerOrigin, 'fallback'> = { fallback };
      return { ...(await ask(builtIn)), ...origin };
    };
    if (closuresInForce?.(profile)) return instead('router_not_asked');
    if (!this.breaker.admits()) return instead('router_paused');
    try {
      const answer = await inTime(this.#waitMs, (signal) => ask(outside, signal));
      this.breaker.succeeded();
      return answer.kind === 'refused' ? instead('router_refused') : answer;
    } catch (error) {
      this.breaker.failed();
      const failure =
        error instanceof RouterError ? error : new RouterError('router_malformed', 'router', 'failed', error);
      onFailure?.(failure);
      return instead(failure.code);
    }
  }
}

/** What `ask` resolves to, unless that takes longer; then the signal tells it to stop. @throws RouterError `router_timeout` */
async function inTime<Answer>(waitMs: number, ask: (signal: AbortSignal) => Promise<Answer>): Promise<Answer> {
  const stop = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new RouterError('router_timeout', 'router', `no answer within ${waitMs} ms`));
      stop.abort();
    }, waitMs);
  });
  try {
    return await Promise.race([ask(stop.signal), late]);
  } finally {
    clearTimeout(timer);
    stop.abort(); // a part of a table that is still being asked for is of no use to anybody
  }
}
