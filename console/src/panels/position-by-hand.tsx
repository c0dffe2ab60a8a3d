import { type FormEvent, useState } from 'react';
import type { Unit } from '../state/api.js';
import { useCommand, useDesk, usePart, useWords } from './use-desk.js';

/** Where a unit is, as its crew says over the radio: a click on the map, or the map's centre. */
export function PositionByHand({ unit }: { readonly unit: Unit }) {
  const desk = useDesk();
  const words = useWords();
  const isPlacing = usePart((state) => state.selection.kind === 'unit' && state.selection.placing === true);
  const place = usePart((state) => state.draftPlace);
  const { busy, problem, run } = useCommand();
  const [note, setNote] = useState('');
  const [shown, setShown] = useState<boolean>();
  const save = async (event: FormEvent) => {
    event.preventDefault();
    const given = note.trim();
    const done = await run('position', async () => {
      setShown(await desk.enterPosition(unit.id, place!, given === '' ? undefined : given));
    });
    if (done) desk.select({ kind: 'unit', id: unit.id });
  };
  return (
    <section>
      <h3>{words.text('unit.enterPosition')}</h3>
      {!isPlacing && (
        <button
          type="button"
          data-place={unit.callsign}
          onClick={() => {
            setShown(undefined);
            desk.select({ kind: 'unit', id: unit.id, placing: true });
          }}
        >
          {words.text('unit.place')}
        </button>
      )}
      {isPlacing && (
        <form className="by-hand" onSubmit={(event) => void save(event)}>
          <div className="row">
            <output>
              {place === undefined
                ? words.text('create.placeHint')
                : words.text('create.placeAt', { lat: place.lat.toFixed(5), lon: place.lon.toFixed(5) })}
            </output>
            <button
              type="button"
              // biome-ignore lint/a11y/noAutofocus: the next step of what was just begun
              autoFocus
              onClick={() => desk.placeDraft(desk.mapCentre())}
            >
              {words.text('create.placeCentre')}
            </button>
          </div>
          <input
            aria-label={words.text('unit.placeNote')}
            placeholder={words.text('unit.placeNote')}
            value={note}
            maxLength={200}
            onChange={(event) => setNote(event.target.value)}
          />
          <button type="submit" className="primary" disabled={busy !== undefined || place === undefined}>
            {words.text('unit.placeSave')}
          </button>
        </form>
      )}
      {problem !== undefined && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      {shown !== undefined && (
        <p className={shown ? 'fine' : 'warning'} role="status">
          {words.text(shown ? 'unit.placed' : 'unit.placeKept')}
        </p>
      )}
    </section>
  );
}
