import { v7 as uuidv7 } from 'uuid';
import {
  type CardChoice,
  type CardQuestion,
  canonicalJson,
  chooseCard,
  describeRunCard,
  type RunCard,
} from '../../../geo-engine/src/index.js';
import type { Feed } from '../feed/feed.js';
import type { Records } from '../feed/record.js';
import type { Database, Queryable } from '../store/database.js';
import { sqlStatements } from '../store/sql-file.js';
import { DispatchRefusal } from './errors.js';

const sql = sqlStatements('./run-cards.sql', import.meta.url, ['insert_card', 'known_cards', 'cards', 'withdraw_card']);

/** A card as it is kept. */
export interface StoredCard {
  readonly id: string;
  readonly agencyId: string;
  readonly card: RunCard;
}

interface CardRow {
  id: string;
  agency_id: string;
  card: RunCard;
  withdrawn_at: number | null;
}

export interface CardImport {
  readonly agencyId: string;
  readonly by: string;
  readonly at: number;
}

/**
 * Stores the cards of a file, all or none. A version that is there with the same content is left as it is.
 * @throws DispatchRefusal `card_version_taken` where it has other content, was withdrawn, or is another agency's
 */
export async function importCards(
  tx: Queryable,
  records: Records,
  cards: readonly RunCard[],
  { agencyId, by, at }: CardImport,
): Promise<{ added: string[]; unchanged: number }> {
  const columns = [
    cards.map(({ code }) => code),
    cards.map(({ version }) => version),
    cards.map(({ validFrom }) => validFrom),
  ];
  const { rows } = await tx.query<CardRow>(sql.known_cards, columns);
  const known = new Map(rows.map((row) => [versionOf(row.card), row]));
  const added: string[] = [];
  for (const card of cards) {
    const row = known.get(versionOf(card));
    if (row !== undefined) {
      if (row.agency_id !== agencyId || row.withdrawn_at !== null || canonicalJson(row.card) !== canonicalJson(card))
        throw versionTaken(card);
      continue;
    }
    const id = uuidv7();
    const { code, version, validFrom } = card;
    const fields = [id, agencyId, code, version, validFrom, JSON.stringify(card), by];
    // somebody else may have stored that version since it was looked for
    if ((await tx.query(sql.insert_card, fields)).rows.length === 0) throw versionTaken(card);
    added.push(id);
    records.event({
      type: 'lv.vanags.run_card.published.v1',
      agencyId,
      aggregate: { kind: 'run_card', id, version: 1 },
      data: { runCardId: id, code, cardVersion: version, validFrom, validTo: card.validTo },
      at,
    });
  }
  return { added, unchanged: cards.length - added.length };
}

function versionOf({ code, version, validFrom }: RunCard): string {
  return `${code}\n${version}\n${validFrom}`;
}

function versionTaken({ code, version, validFrom }: RunCard): DispatchRefusal {
  const detail = `${code}, version ${version} from ${validFrom}, is there with other content: raise its version`;
  return new DispatchRefusal('card_version_taken', detail, { card: code, version, validFrom });
}

const texts = new WeakMap<StoredCard, { readonly textLv: string; readonly textEn: string }>();

/** A card as people read it; written once. */
export function cardText(stored: StoredCard): { readonly textLv: string; readonly textEn: string } {
  let text = texts.get(stored);
  if (text === undefined) {
    text = { textLv: describeRunCard(stored.card, 'lv'), textEn: describeRunCard(stored.card, 'en') };
    texts.set(stored, text);
  }
  return text;
}

/** Takes a card out of use; it stays on record. Returns false when it was before: repeating it changes nothing. */
export async function withdrawCard(
  tx: Queryable,
  records: Records,
  { id, agencyId }: StoredCard,
  by: string,
  at: number,
): Promise<boolean> {
  if ((await tx.query(sql.withdraw_card, [id, by])).rows.length === 0) return false;
  records.event({
    type: 'lv.vanags.run_card.withdrawn.v1',
    agencyId,
    aggregate: { kind: 'run_card', id, version: 2 },
    data: { runCardId: id },
    at,
  });
  return true;
}

/** A card, also one that was withdrawn. @throws DispatchRefusal `card_unknown` */
export async function storedCard(database: Queryable, id: string): Promise<StoredCard> {
  const row = (await database.query<CardRow>(sql.cards, [[id]])).rows[0];
  if (row === undefined) throw new DispatchRefusal('card_unknown', `no run card ${id}`);
  return { id, agencyId: row.agency_id, card: row.card };
}

/** The run cards in use, in memory: read at the start and again, by id, as the feed says. */
export class RunCards {
  readonly #database: Database;
  readonly #byId = new Map<string, StoredCard>();
  /** By the first word of the type (`fire` of `fire.grass`), those for every type included: what a choice looks through. */
  #byRoot = new Map<string, StoredCard[]>();
  #lastRead: Promise<void> = Promise.resolve();

  constructor(database: Database, feed: Feed) {
    this.#database = database;
    feed.listen(async (events) => {
      const ids = events.filter(({ aggregate }) => aggregate.kind === 'run_card').map(({ aggregate }) => aggregate.id);
      if (ids.length > 0) await this.reload([...new Set(ids)]);
    });
  }

  /** All cards in use, by code, version and first day. */
  all(): StoredCard[] {
    return [...this.#byId.values()].sort((a, b) => (versionOf(a.card) < versionOf(b.card) ? -1 : 1));
  }

  /** The card that holds for an event, with those of its type that do not and why. */
  choose(question: CardQuestion): CardChoice & { readonly stored: StoredCard | null } {
    const root = question.eventType.split('.')[0]!;
    const candidates = [...(this.#byRoot.get(root) ?? []), ...(this.#byRoot.get('*') ?? [])];
    const choice = chooseCard(
      candidates.map(({ card }) => card),
      question,
    );
    const stored = candidates.find(({ card }) => card === choice.card) ?? null;
    return { ...choice, otherTypes: this.#byId.size - candidates.length + choice.otherTypes, stored };
  }

  /** @param ids null: all */
  reload(ids: readonly string[] | null): Promise<void> {
    // one after the other: an answer that was overtaken would bring a withdrawn card back
    const read = this.#lastRead.then(() => this.#read(ids));
    this.#lastRead = read.catch(() => {});
    return read;
  }

  async #read(ids: readonly string[] | null): Promise<void> {
    const { rows } = await this.#database.query<CardRow>(sql.cards, [ids]);
    if (ids === null) this.#byId.clear();
    for (const { id, agency_id, card, withdrawn_at } of rows) {
      if (withdrawn_at === null) this.#byId.set(id, { id, agencyId: agency_id, card });
      else this.#byId.delete(id);
    }
    this.#byRoot = new Map();
    for (const stored of this.#byId.values()) {
      const root = stored.card.eventType.split('.')[0]!;
      const alike = this.#byRoot.get(root);
      if (alike === undefined) this.#byRoot.set(root, [stored]);
      else alike.push(stored);
    }
  }
}
