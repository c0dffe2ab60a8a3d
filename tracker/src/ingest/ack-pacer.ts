/** A crew that sends fast is acked this often, ms: acks are cumulative, so one that waits only covers more. */
const PACE_MS = 250;
/** An ack for so many items costs little beside them, and does not wait. */
const WORTH_ITEMS = 8;
/** Acks sent in one go, a millisecond's work or two: a commit answers thousands of crews, and frames must be read meanwhile. */
const SLICE = 250;
/** How often those that wait are looked at, ms. */
const LOOK_MS = 25;

/** Who owes a crew its acks. What it owes lies in it, not in an object of its own: every commit looks at both, for thousands of crews. */
export abstract class AckDebtor {
  unackedItems = 0;
  ackedAt = 0; // epoch ms
  ackPlace: 'none' | 'waiting' | 'due' = 'none';

  /** Sends every lane's last durable seq that was not sent yet, and calls `acked`. */
  abstract sendAcks(now: number): void;

  protected acked(now: number): void {
    this.unackedItems = 0;
    this.ackedAt = now;
  }
}

/**
 * Sends the acks of all sessions: the first at once, then one every PACE_MS to each crew, sooner if it covers many items. Each is
 * a system call, so they go in slices: with 10 000 crews, those of one commit would else hold up all the rest for tens of milliseconds.
 */
export class AckPacer {
  #due: AckDebtor[] = [];
  #waiting: AckDebtor[] = [];
  #turn: NodeJS.Immediate | undefined;
  #look: NodeJS.Timeout | undefined;

  /** So many items of a crew have become durable: their ack goes out when it is due. */
  owe(debtor: AckDebtor, items: number, now: number): void {
    debtor.unackedItems += items;
    if (debtor.ackPlace === 'due') return;
    if (debtor.unackedItems >= WORTH_ITEMS || Math.abs(now - debtor.ackedAt) >= PACE_MS) this.#isDue(debtor);
    else if (debtor.ackPlace === 'none') {
      debtor.ackPlace = 'waiting';
      this.#waiting.push(debtor);
      this.#look ??= setTimeout(() => this.#lookAtWaiting(), LOOK_MS);
    }
  }

  #isDue(debtor: AckDebtor): void {
    debtor.ackPlace = 'due';
    this.#due.push(debtor);
    this.#turn ??= setImmediate(() => this.#paySlice());
  }

  #paySlice(): void {
    const now = Date.now();
    for (const debtor of this.#due.splice(0, SLICE)) {
      debtor.ackPlace = 'none';
      if (debtor.unackedItems > 0) debtor.sendAcks(now);
    }
    this.#turn = this.#due.length > 0 ? setImmediate(() => this.#paySlice()) : undefined;
  }

  #lookAtWaiting(): void {
    const now = Date.now();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const debtor of waiting) {
      if (debtor.ackPlace !== 'waiting') continue; // it has become due by its items
      if (Math.abs(now - debtor.ackedAt) >= PACE_MS) this.#isDue(debtor);
      else this.#waiting.push(debtor);
    }
    this.#look = this.#waiting.length > 0 ? setTimeout(() => this.#lookAtWaiting(), LOOK_MS) : undefined;
  }
}
