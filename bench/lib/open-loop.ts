/**
 * Evenly spaced arrivals, dealt out in turn: arrival j belongs to sender j mod senders. The schedule never waits for answers (open
 * loop), and an answer is timed from the instant at which its arrival was due, not from when it was really sent: a server that
 * stalls for a second delays everything that was due in that second, and all of it counts ("coordinated omission" is what
 * forgets it: Tene, "How NOT to Measure Latency", 2013).
 */
export class ArrivalSchedule {
  readonly startAt: number;
  readonly gapMs: number;
  readonly senders: number;

  /** startAt on the caller's clock, milliseconds. */
  constructor(startAt: number, perSecond: number, senders: number) {
    if (!(perSecond > 0) || !(senders >= 1)) throw new RangeError(`${perSecond} a second from ${senders} senders`);
    this.startAt = startAt;
    this.gapMs = 1000 / perSecond;
    this.senders = senders;
  }

  /** Milliseconds between two arrivals of one sender. */
  get intervalMs(): number {
    return this.gapMs * this.senders;
  }

  /** When the sender's turn (0, 1, …) is due. */
  dueAt(sender: number, turn: number): number {
    return this.startAt + (turn * this.senders + sender) * this.gapMs;
  }

  /** How many arrivals, of all senders, are due by now. */
  dueBy(now: number): number {
    return now < this.startAt ? 0 : Math.floor((now - this.startAt) / this.gapMs) + 1;
  }
}
