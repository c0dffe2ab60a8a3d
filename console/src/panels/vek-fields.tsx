import { useEffect } from 'react';
import type { CardFields } from '../state/api.js';
import { EVENT_TYPES, PRIORITIES } from '../state/event-types.js';
import type { Located } from '../state/located.js';
import { OBJECT_TYPES } from '../state/object-types.js';
import { DraftPlace } from './draft-place.js';
import { useDesk, usePart, useWords } from './use-desk.js';

/** What a card says, but for its place, which is shown on the map. */
export type CardText = Omit<CardFields, 'lon' | 'lat'>;

/** The fields that a person writes on a card, new or not. */
export function VekFields({
  card,
  place,
  onChange,
}: {
  readonly card: CardText;
  readonly place: Located | undefined;
  readonly onChange: (change: Partial<CardText>) => void;
}) {
  const words = useWords();
  const types = [...EVENT_TYPES].sort((a, b) => words.compare(a[words.language], b[words.language]));
  return (
    <>
      <label>
        {words.text('create.address')}
        <input
          name="address"
          value={card.address ?? ''}
          maxLength={500}
          onChange={(event) => onChange({ address: writtenOrNull(event.target.value) })}
        />
      </label>
      <DraftPlace place={place} hint="create.placeHint" />
      <label>
        {words.text('create.type')}
        <select
          name="type"
          value={card.typeCode ?? ''}
          onChange={(event) => onChange({ typeCode: writtenOrNull(event.target.value) })}
        >
          <option value="">{words.text('veks.noType')}</option>
          {types.map((type) => (
            <option key={type.code} value={type.code}>
              {type[words.language]}
            </option>
          ))}
        </select>
      </label>
      <fieldset className="priorities">
        <legend>{words.text('create.priority')}</legend>
        {PRIORITIES.map((each) => (
          <label key={each}>
            <input
              type="radio"
              name="priority"
              value={each}
              checked={card.priority === each}
              onChange={() => onChange({ priority: each })}
            />
            <span data-priority={each}>{each}</span>
          </label>
        ))}
      </fieldset>
      <Objects objects={card.objects} onChange={(objects) => onChange({ objects })} />
      <label>
        {words.text('create.summary')}
        <textarea
          name="summary"
          rows={3}
          value={card.summary ?? ''}
          maxLength={4000}
          onChange={(event) => onChange({ summary: writtenOrNull(event.target.value) })}
        />
      </label>
    </>
  );
}

/** What stands there: run cards may ask for more for it. */
function Objects({
  objects,
  onChange,
}: {
  readonly objects: readonly string[];
  readonly onChange: (objects: readonly string[]) => void;
}) {
  const desk = useDesk();
  const words = useWords();
  const ofCards = usePart((state) => state.cardObjects);
  useEffect(() => void desk.learnObjects(), [desk]);
  const codes = [...new Set<string>([...(ofCards ?? []), ...OBJECT_TYPES, ...objects])];
  const label = (code: string) => words.label('object', code);
  return (
    <details className="objects">
      <summary>
        {words.text('create.objects')}: {objects.length === 0 ? '–' : objects.map(label).join(', ')}
      </summary>
      <ul>
        {codes.map((code) => (
          <li key={code}>
            <label>
              <input
                type="checkbox"
                value={code}
                checked={objects.includes(code)}
                onChange={({ target }) =>
                  onChange(target.checked ? [...objects, code] : objects.filter((each) => each !== code))
                }
              />{' '}
              {label(code)}
              {ofCards?.includes(code) === true && <small> · {words.text('create.ownCard')}</small>}
            </label>
          </li>
        ))}
      </ul>
    </details>
  );
}

/** What was typed as it was, or null for nothing. */
function writtenOrNull(text: string): string | null {
  return text.trim() === '' ? null : text;
}
