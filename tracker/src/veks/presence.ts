/** Who looks at a VEK at this moment. It is told at once and kept nowhere: what is not renewed runs out by itself. */

/** A desk says so again before this has passed. */
export const PRESENCE_TTL_MS = 30_000;
const SWEEP_MS = 1000;

export type PresenceMode = 'viewing' | 'editing';

/** One person at one VEK. */
export interface Present {
  readonly subject: string;
  readonly name: string;
  readonly agencyId: string;
  readonly mode: PresenceMode;
  /** Since when in this mode, epoch ms. */
  readonly since: number;
}

/** Everybody who is at a VEK, for the desks of the agencies that have a part in it. */
export interface PresenceChange {
  readonly vekId: string;
  readonly parties: readonly string[];
  readonly present: readonly Present[];
}

/** Where desks say that they are at a VEK, and hear who else is. An implementation for several nodes tells of all of them. */
export interface PresenceBoard {
  /** Says or renews it. Returns whether this person was not there before. */
  put(vekId: string, parties: readonly string[], person: Omit<Present, 'since'>, now: number): boolean;
  leave(vekId: string, subject: string): void;
  of(vekId: string): readonly Present[];
  /** What an agency's desk is told when it comes. */
  forAgency(agencyId: string): readonly PresenceChange[];
  /** Called with every change; returns the function that ends the subscription. */
  onChange(listener: (change: PresenceChange) => void): () => void;
}

interface Card {
  parties: readonly string[];
  readonly people: Map<string, Present & { readonly until: number }>;
}

/** The board of one node. */
export class LocalPresence implements PresenceBoard {
  readonly #cards = new Map<string, Card>();
  readonly #listeners = new Set<(change: PresenceChange) => void>();
  #timer: NodeJS.Timeout | undefined;

  start(): void {
    this.#timer = setInterval(() => this.sweep(Date.now()), SWEEP_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  put(vekId: string, parties: readonly string[], person: Omit<Present, 'since'>, now: number): boolean {
    let card = this.#cards.get(vekId);
    if (card === undefined) {
      card = { parties, people: new Map() };
      this.#cards.set(vekId, card);
    }
    card.parties = parties;
    const before = card.people.get(person.subject);
    const stays = before?.mode === person.mode;
    card.people.set(person.subject, { ...person, since: stays ? before.since : now, until: now + PRESENCE_TTL_MS });
    if (!stays) this.#tell(vekId, card);
    return before === undefined;
  }

  leave(vekId: string, subject: string): void {
    const card = this.#cards.get(vekId);
    if (card?.people.delete(subject)) this.#tell(vekId, card);
  }

  of(vekId: string): readonly Present[] {
    const card = this.#cards.get(vekId);
    return card === undefined ? [] : people(card);
  }

  forAgency(agencyId: string): readonly PresenceChange[] {
    return [...this.#cards]
      .filter(([, { parties }]) => parties.includes(agencyId))
      .map(([vekId, card]) => ({ vekId, parties: card.parties, present: people(card) }));
  }

  onChange(listener: (change: PresenceChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Forgets who has not renewed it. */
  sweep(now: number): void {
    for (const [vekId, card] of this.#cards) {
      const gone = [...card.people.values()].filter(({ until }) => until <= now);
      for (const { subject } of gone) card.people.delete(subject);
      if (gone.length > 0) this.#tell(vekId, card);
    }
  }

  #tell(vekId: string, card: Card): void {
    if (card.people.size === 0) this.#cards.delete(vekId);
    const change = { vekId, parties: card.parties, present: people(card) };
    for (const listener of this.#listeners) listener(change);
  }
}

function people({ people }: Card): Present[] {
  return [...people.values()].map(({ until: _, ...present }) => present).sort((a, b) => a.since - b.since);
}
