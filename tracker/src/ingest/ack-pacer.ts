/** A crew that sends fast is acked this often, ms: acks are cumulative, so one that waits only covers more. */
const PACE_MS = 250;
/** An ack for so many items costs little beside them, and does not wait. */
const WORTH_ITEMS = 8;
/** Acks sent in one go, a millisecond's work or two: a commit answers thousands of crews, and frames must be read meanwhile. */
const SLICE = 250;
/** How often those that wait are looked at, ms. */
const LOOK_MS = 25;

/** What a session owes its crew. */
export class AckDebt {
  /** Sends every lane's last durable seq that was not sent yet, and calls `paid`. */
  readonly pay: () => void;
  items = 0;
  paidAt = 0; // epoch ms
  place: 'none' | 'waiting' | 'due' = 'none';

  constructor(pay: () => void) {
    this.pay = pay;
  }

  paid(now: number): void {
    this.items = 0;
    this.paidAt = now;
  }
}

/**
 * Sends the acks of all sessions: the first at once, then one every PACE_MS to each crew, sooner if it covers many items. Each is
 * a system call, so they go in slices: with 10 000 crews, those of one commit would else hold up all the rest for tens of milliseconds.
 */
export class AckPacer {
  #due: AckDebt[] = [];
  #waiting: AckDebt[] = [];
  #turn: NodeJS.Immediate | undefined;
  #look: NodeJS.Timeout | undefined;

  /** So many items of a crew have become durable: their ack goes out when it is due. */
  owe(debt: AckDebt, items: number, now: number): void {
    debt.items += items;
    if (debt.place === 'due') return;
    if (debt.items >= WORTH_ITEMS || Math.abs(now - debt.paidAt) >= PACE_MS) this.#isDue(debt);
    else if (debt.place === 'none') {
      debt.place = 'waiting';
      this.#waiting.push(debt);
      this.#look ??= setTimeout(() => this.#lookAtWaiting(), LOOK_MS);
    }
  }

  #isDue(debt: AckDebt): void {
    debt.place = 'due';
    this.#due.push(debt);
    this.#turn ??= setImmediate(() => this.#paySlice());
  }

  #paySlice(): void {
    for (const debt of this.#due.splice(0, SLICE)) {
      debt.place = 'none';
      if (debt.items > 0) debt.pay();
    }
    this.#turn = this.#due.length > 0 ? setImmediate(() => this.#paySlice()) : undefined;
  }

  #lookAtWaiting(): void {
    const now = Date.now();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const debt of waiting) {
      if (debt.place !== 'waiting') continue; // it has become due by its items
      if (Math.abs(now - debt.paidAt) >= PACE_MS) this.#isDue(debt);
      else this.#waiting.push(debt);
    }
    this.#look = this.#waiting.length > 0 ? setTimeout(() => this.#lookAtWaiting(), LOOK_MS) : undefined;
  }
}
