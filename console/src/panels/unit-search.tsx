import { type KeyboardEvent, useMemo, useState } from 'react';
import { folded } from '../i18n/words.js';
import { useDesk, usePart, useWords } from './use-desk.js';

const SHOWN = 8;

/** Finds a unit by its callsign: the way to the units for those who do not use the map. */
export function UnitSearch() {
  const desk = useDesk();
  const words = useWords();
  const units = usePart((state) => state.units);
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const found = useMemo(() => {
    const parts = folded(text).split(/\s+/).filter(Boolean);
    if (parts.length === 0) return [];
    return [...units.values()]
      .filter(({ callsign }) => parts.every((part) => folded(callsign).includes(part)))
      .sort((a, b) => words.compare(a.callsign, b.callsign))
      .slice(0, SHOWN);
  }, [text, units, words]);
  const choose = (id: string) => {
    setText('');
    desk.select({ kind: 'unit', id });
    void desk.locate(id).catch(() => {}); // the panel says that it is not in view
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown') setAt(Math.min(at + 1, found.length - 1));
    else if (event.key === 'ArrowUp') setAt(Math.max(at - 1, 0));
    else if (event.key === 'Enter' && found[at] !== undefined) choose(found[at].id);
    else if (event.key === 'Escape' && text !== '') {
      setText('');
      event.stopPropagation();
    } else return;
    event.preventDefault();
  };
  return (
    <div className="unit-search">
      <input
        id="unit-search"
        type="search"
        role="combobox"
        aria-label={words.text('units.search')}
        aria-expanded={found.length > 0}
        aria-controls="unit-options"
        aria-activedescendant={found[at] === undefined ? undefined : `unit-option-${at}`}
        autoComplete="off"
        placeholder={`${words.text('units.search')} (u)`}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
        }}
        onKeyDown={onKey}
      />
      {text.trim() !== '' && (
        <div id="unit-options" role="listbox" aria-label={words.text('units.title')} className="options">
          {found.length === 0 && <p>{words.text('units.none')}</p>}
          {found.map((unit, i) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are the combobox's
            <div
              key={unit.id}
              id={`unit-option-${i}`}
              role="option"
              tabIndex={-1}
              aria-selected={i === at}
              onClick={() => choose(unit.id)}
            >
              {unit.callsign} <small>{words.label('status', unit.status)}</small>
            </div>
          ))}
        </div>
      )}
    </div>
  );
}
