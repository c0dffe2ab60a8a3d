import { type RigaClock, rigaClock } from './riga-clock.js';
import type { Priority, RunCard, TimeWindow } from './run-card.js';

/** An event that needs a card. */
export interface CardQuestion {
  readonly eventType: string;
  readonly priority: Priority;
  /** Codes of the territories it lies in, widest first, as GeoStore.territoriesAt gives them. */
  readonly territories: readonly string[];
  /** Codes of the objects it happens at. */
  readonly objects: readonly string[];
  /** The instant whose date and hour decide, epoch ms. */
  readonly at: number;
}

/** In what a card is more specific than another, strongest first. */
export const CARD_PRECEDENCE = [
  'object',
  'event_type',
  'priority',
  'territory',
  'time_window',
  'version',
  'valid_from',
  'code',
] as const;

/** Why a card of the event's type is not the one: it does not hold here and now, or another comes before it. */
export type CardReason =
  | {
      readonly code:
        | 'not_yet_valid'
        | 'no_longer_valid'
        | 'other_priority'
        | 'other_territory'
        | 'other_object'
        | 'other_hours';
    }
  | { readonly code: 'comes_after'; readonly by: (typeof CARD_PRECEDENCE)[number] };

export interface CardChoice {
  /** null: no card holds. */
  readonly card: RunCard | null;
  /** The other cards of this type and of the types above it, in the order given. */
  readonly notChosen: readonly { readonly card: RunCard; readonly reason: CardReason }[];
  /** How many cards are for other types. */
  readonly otherTypes: number;
}

/**
 * The card that applies: of those that hold here and now the most specific one, by object, then type, priority,
 * territory (the narrowest), hours; among equals the newest version, the latest first day, the code in the alphabet.
 * The order in which cards are given plays no part, unless two agree even in code, version and first day.
 */
export function chooseCard(cards: readonly RunCard[], question: CardQuestion): CardChoice {
  const now = rigaClock(question.at);
  const ofType = cards.filter(({ eventType }) => typeDepth(eventType, question.eventType) >= 0);
  const reasons = new Map(ofType.map((card) => [card, whyNotHere(card, question, now)]));
  const ranked = ofType
    .filter((card) => reasons.get(card) === undefined)
    .map((card) => ({ card, rank: specificity(card, question) }))
    .sort((a, b) => compareRanks(a.rank, b.rank)[0]);
  const [best] = ranked;
  for (const { card, rank } of ranked.slice(1)) {
    reasons.set(card, { code: 'comes_after', by: CARD_PRECEDENCE[compareRanks(best!.rank, rank)[1]]! });
  }
  const notChosen = ofType.flatMap((card) => {
    const reason = reasons.get(card);
    return reason === undefined ? [] : [{ card, reason }];
  });
  return { card: best?.card ?? null, notChosen, otherTypes: cards.length - ofType.length };
}

/** How deep in the tree of types the card's type stands above or at the event's, -1 if it does not. */
function typeDepth(cardType: string, eventType: string): number {
  if (cardType === '*') return 0;
  return eventType === cardType || eventType.startsWith(`${cardType}.`) ? cardType.split('.').length : -1;
}

function whyNotHere(card: RunCard, question: CardQuestion, now: RigaClock): CardReason | undefined {
  if (now.day < card.validFrom) return { code: 'not_yet_valid' };
  if (card.validTo !== null && now.day >= card.validTo) return { code: 'no_longer_valid' };
  if (card.priority !== null && card.priority !== question.priority) return { code: 'other_priority' };
  if (card.territory !== null && !question.territories.includes(card.territory)) return { code: 'other_territory' };
  if (card.object !== null && !question.objects.includes(card.object)) return { code: 'other_object' };
  if (card.window !== null && !isWithin(card.window, now)) return { code: 'other_hours' };
  return undefined;
}

/** Whether the wall clock stands inside the window. What runs past midnight belongs to the day on which it began. */
function isWithin({ weekdays, from, to }: TimeWindow, { weekday, minute }: RigaClock): boolean {
  const fromMinute = minuteOf(from);
  const toMinute = minuteOf(to);
  const yesterday = weekday === 1 ? 7 : weekday - 1;
  if (toMinute > fromMinute) return weekdays.includes(weekday) && minute >= fromMinute && minute < toMinute;
  return (weekdays.includes(weekday) && minute >= fromMinute) || (weekdays.includes(yesterday) && minute < toMinute);
}

function minuteOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
}

type Rank = readonly (number | string)[];

/** One entry for each of CARD_PRECEDENCE; the greater comes first, except for the code. */
function specificity(card: RunCard, { eventType, territories }: CardQuestion): Rank {
  return [
    card.object === null ? 0 : 1,
    typeDepth(card.eventType, eventType),
    card.priority === null ? 0 : 1,
    card.territory === null ? -1 : territories.indexOf(card.territory),
    card.window === null ? 0 : 1,
    card.version,
    card.validFrom,
    card.code,
  ];
}

/** Order of two ranks (negative: the first comes first) and the place in CARD_PRECEDENCE that decided. */
function compareRanks(a: Rank, b: Rank): [order: number, decidedBy: number] {
  const last = CARD_PRECEDENCE.length - 1;
  for (let i = 0; i < last; i++) {
    if (a[i] !== b[i]) return [a[i]! > b[i]! ? -1 : 1, i];
  }
  return [a[last]! < b[last]! ? -1 : a[last]! > b[last]! ? 1 : 0, last];
}
