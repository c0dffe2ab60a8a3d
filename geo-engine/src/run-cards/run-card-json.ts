import { type CardSource, checkCards, type RunCardImport } from './check-cards.js';
import { readJsonSource } from './json-source.js';
import type { Requirement } from './requirement.js';
import type { RunCard } from './run-card.js';

/** Reads `{ "runCards": [ … ] }`, or the list alone. Never throws on what the text holds. */
export function runCardsFromJson(text: string): RunCardImport {
  const source = readJsonSource(text);
  if (source.kind === 'broken') {
    const { code, place, detail } = source;
    return { kind: 'refused', problems: [{ ...place, code, detail }] };
  }
  const inList = Array.isArray(source.value);
  const list = inList ? source.value : (source.value as { runCards?: unknown } | null)?.runCards;
  if (!Array.isArray(list)) {
    const detail = 'expected a list of run cards, or an object with one as runCards';
    return { kind: 'refused', problems: [{ ...source.placeOf(['runCards']), code: 'wrong_type', detail }] };
  }
  const sources = list.map((value, i): CardSource => {
    const above = inList ? [i] : ['runCards', i];
    return { value, placeOf: (path) => source.placeOf([...above, ...path]) };
  });
  return checkCards(sources);
}

/** Writes cards so that runCardsFromJson reads the same again. What is as it would be by default is left out. */
export function runCardsToJson(cards: readonly RunCard[]): string {
  return `${JSON.stringify({ runCards: cards.map(plainCard) }, null, 2)}\n`;
}

function plainCard(card: RunCard): object {
  const { code, version, eventType, priority, territory, object, window, requirements, validFrom, validTo } = card;
  return {
    code,
    version,
    eventType,
    priority,
    territory,
    ...(object !== null && { object }),
    ...(window !== null && { window }),
    requirements: requirements.map(plainLine),
    validFrom,
    validTo,
  };
}

function plainLine(line: Requirement): object {
  const { kind, quantity, service, need, level } = line;
  const ends = { quantity, service, need, ...(level > 1 && { level }) };
  switch (kind) {
    case 'crew':
      return { kind, ...(line.qualification !== null && { qualification: line.qualification }), ...ends };
    case 'equipment':
      return { kind, equipment: line.equipment, ...ends };
    case 'capability':
      return {
        capability: line.capability,
        ...ends,
        ...(line.each !== null && { each: line.each }),
        ...(line.minCrew !== null && { minCrew: line.minCrew }),
        ...(line.onBoard.length > 0 && { onBoard: line.onBoard }),
        ...(line.substitutes.length > 0 && {
          substitutes: line.substitutes.map(({ capability, service: from, each, penaltyS }) => ({
            capability,
            ...(from !== null && { service: from }),
            ...(each !== null && { each }),
            penaltyS,
          })),
        }),
      };
  }
}
