import { setTimeout as sleep } from 'node:timers/promises';
import { v7 as uuidv7 } from 'uuid';
import { createRandom } from '../../fixtures/world/seeded-random.js';
import { townPlaces } from './fleet.js';
import type { HttpAnswer, HttpApi } from './http-api.js';

const TICK_MS = 20;
/** One card in so many is changed by eight desks at once. */
const SHARED_EVERY = 100;
const WRITERS = 8;
/** To one card in so many a unit is sent and called back. */
const SENT_EVERY = 5;
/** Cards that may be under way at once: where the machine is too slow for the schedule, it is kept later rather than never caught up with. */
const MOST_UNDER_WAY = 400;
/** A command without an answer is given again after this, at random. */
const AGAIN_MS = [300, 1200] as const;
const GIVE_UP_MS = 120_000;

/** What a desk may say it did, because it was told so. */
export interface DeskRecord {
  /** Ids of cards that were accepted. */
  readonly veks: readonly string[];
  readonly assignments: readonly string[];
  /** Of them and of others: cards that the desk gave up on, at which step nobody knows. */
  readonly givenUp: readonly string[];
  /** Changes by several writers that went through. */
  readonly changes: number;
  /** Commands that were given again because there was no answer, or one that the tracker is out of order. */
  readonly repeated: number;
  /** Answers that no command may have. */
  readonly faults: readonly string[];
}

/**
 * A desk in a storm: it takes reports on a schedule, sends a unit to some and calls it back, lets eight writers change others at
 * once, and ends every card. Whatever has no answer is given again with the same id, as a client should, until it has one.
 */
export class VekDesk {
  readonly #api: HttpApi;
  readonly #freeUnits: string[];
  /** Reports come from where people live, so that few of them lie close together. */
  readonly #places = townPlaces(createRandom(112, 'cards'), 10_000);
  readonly #veks: string[] = [];
  readonly #assignments: string[] = [];
  readonly #givenUp: string[] = [];
  readonly #faults = new Set<string>();
  readonly #underWay = new Set<Promise<void>>();
  #changes = 0;
  #repeated = 0;
  #begun = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(api: HttpApi, unitIds: readonly string[]) {
    this.#api = api;
    this.#freeUnits = [...unitIds];
  }

  start(perSecond: number): void {
    const startedAt = performance.now();
    this.#timer = setInterval(() => {
      const due = Math.floor(((performance.now() - startedAt) / 1000) * perSecond);
      while (this.#begun < due && this.#underWay.size < MOST_UNDER_WAY) {
        const id = uuidv7();
        const card = this.#card(this.#begun++, id)
          .catch((error: Error) => {
            this.#faults.add(error.message);
            this.#givenUp.push(id);
          })
          .finally(() => this.#underWay.delete(card));
        this.#underWay.add(card);
      }
    }, TICK_MS);
  }

  /** Begins no more cards. */
  stop(): void {
    clearInterval(this.#timer);
  }

  /** Resolves when every card that was begun has come to its end. */
  async finish(): Promise<DeskRecord> {
    await Promise.all(this.#underWay);
    return {
      veks: this.#veks,
      assignments: this.#assignments,
      givenUp: this.#givenUp,
      changes: this.#changes,
      repeated: this.#repeated,
      faults: [...this.#faults],
    };
  }

  async #card(no: number, id: string): Promise<void> {
    await this.#command('POST', '/api/v1/veks', {
      id,
      channel: 'voice',
      priority: 'P4',
      ...this.#places[no % this.#places.length],
    });
    this.#veks.push(id);
    if (no % SHARED_EVERY === 0) {
      const writers = Array.from({ length: WRITERS }, (_, writer) =>
        this.#atVersion(id, (version) =>
          this.#command('PATCH', `/api/v1/veks/${id}`, { version, summary: `${writer}` }, 'version_conflict'),
        ),
      );
      await Promise.all(writers);
      this.#changes += WRITERS;
    }
    const unitId = no % SENT_EVERY === 0 ? this.#freeUnits.shift() : undefined;
    if (unitId !== undefined) {
      const assignment = uuidv7();
      await this.#command('POST', `/api/v1/veks/${id}/assignments`, { id: assignment, unitId });
      this.#assignments.push(assignment);
      // called back before, if the first answer was lost
      await this.#command('DELETE', `/api/v1/assignments/${assignment}`, undefined, 'assignment_ended');
      this.#freeUnits.push(unitId);
    }
    await this.#atVersion(id, (version) =>
      this.#command('POST', `/api/v1/veks/${id}/close`, { version }, 'version_conflict', 'vek_ended'),
    );
  }

  /** Gives a command with the card's version, and with the one it is told of as long as that is another. */
  async #atVersion(id: string, command: (version: number) => Promise<HttpAnswer>): Promise<void> {
    for (let version = 1; ; ) {
      const { status, body } = await command(version);
      if (status < 300 || body.code !== 'version_conflict') return;
      if (typeof body.version !== 'number') throw new Error(`a conflict about ${id} does not tell the version`);
      version = body.version;
    }
  }

  /** Gives a command until it is answered. @throws Error when it is refused with a code that was not expected */
  async #command(method: string, path: string, body?: object, ...expected: readonly string[]): Promise<HttpAnswer> {
    const giveUpAt = Date.now() + GIVE_UP_MS;
    for (;;) {
      const answer = await this.#api.exchange(method, path, body).catch(() => undefined);
      if (answer !== undefined && answer.status < 500) {
        if (answer.status < 300 || expected.includes(String(answer.body.code))) return answer;
        throw new Error(`${method} ${path.replaceAll(/[0-9a-f-]{36}/g, '…')}: ${answer.status} ${answer.body.code}`);
      }
      if (Date.now() > giveUpAt)
        throw new Error(
          `${method}: no answer within ${GIVE_UP_MS / 1000} s, at last ${answer === undefined ? 'none' : `${answer.status} ${answer.body.code}`}`,
        );
      this.#repeated++;
      const [least, most] = AGAIN_MS;
      await sleep(least + Math.random() * (most - least));
    }
  }
}
