const TRIES = 4;

/**
 * For what must be done before an end that the clock brings: tried with ever more time, as a slow machine needs it and a fast one should not
 * have to wait. `attempt` is given milliseconds, and answers undefined where they were too few.
 * @throws Error when 64 times as many were too few as well
 */
export async function inTime<T>(firstMs: number, attempt: (ms: number) => Promise<T | undefined | false>): Promise<T> {
  for (let no = 0, ms = firstMs; no < TRIES; no++, ms *= 4) {
    const done = await attempt(ms);
    if (done !== undefined && done !== false) return done;
  }
  throw new Error(`not done before its end in ${TRIES} tries, the first of ${firstMs} ms`);
}
