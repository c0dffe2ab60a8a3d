import type { Located } from '../state/located.js';
import { useDesk, useWords } from './use-desk.js';

/** A place that is chosen on the map, by a click or as its middle: where it is, or how to choose it. */
export function DraftPlace({
  place,
  hint,
}: {
  readonly place: Located | undefined;
  readonly hint: 'create.placeHint' | 'closures.placeHint';
}) {
  const desk = useDesk();
  const words = useWords();
  return (
    <div className="field">
      <span>{words.text('create.place')}</span>
      <div className="row">
        <output>
          {place === undefined
            ? words.text(hint)
            : words.text('create.placeAt', { lat: place.lat.toFixed(5), lon: place.lon.toFixed(5) })}
        </output>
        <button type="button" onClick={() => desk.placeDraft(desk.mapCentre())}>
          {words.text('create.placeCentre')}
        </button>
      </div>
    </div>
  );
}
