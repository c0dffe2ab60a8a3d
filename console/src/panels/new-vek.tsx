import { type FormEvent, useState } from 'react';
import { eventType } from '../state/event-types.js';
import { Detail } from './detail.js';
import { useCommand, useDesk, usePart, useWords } from './use-desk.js';
import { type CardText, VekFields } from './vek-fields.js';

const EMPTY: CardText = { typeCode: null, priority: null, address: null, summary: null, objects: [] };

export function NewVek() {
  const desk = useDesk();
  const words = useWords();
  const place = usePart((state) => state.draftPlace);
  const session = usePart((state) => state.session)!;
  const [card, setCard] = useState(EMPTY);
  const [offerTo, setOfferTo] = useState<ReadonlySet<string>>(new Set());
  const { busy, problem, run } = useCommand();
  const known = new Set([...session.agencies.values()].map(({ code }) => code));
  const offered = ['VUGD', 'VP', 'NMPD', 'GAS'].filter((code) => known.has(code) && code !== session.me.agencyCode);

  /** A type brings its usual priority and services with it. */
  const change = (changed: Partial<CardText>) => {
    const type = eventType(changed.typeCode ?? null);
    setCard({ ...card, ...changed, ...(type !== undefined && { priority: type.priority }) });
    if (type !== undefined) setOfferTo(new Set(type.services.filter((service) => offered.includes(service))));
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const at = { lon: place?.lon ?? null, lat: place?.lat ?? null };
    void run('create', () => desk.createVek({ ...card, ...at, offerTo: [...offerTo] }));
  };
  return (
    <Detail title={words.text('create.title')}>
      <form className="new-vek" onSubmit={submit}>
        <VekFields card={card} place={place} onChange={change} />
        {offered.length > 0 && (
          <fieldset className="offer">
            <legend>{words.text('create.offer')}</legend>
            {offered.map((code) => (
              <label key={code}>
                <input
                  type="checkbox"
                  checked={offerTo.has(code)}
                  onChange={(event) => {
                    const next = new Set(offerTo);
                    if (event.target.checked) next.add(code);
                    else next.delete(code);
                    setOfferTo(next);
                  }}
                />{' '}
                {code}
              </label>
            ))}
          </fieldset>
        )}
        {problem !== undefined && (
          <p className="problem" role="alert">
            {problem}
          </p>
        )}
        <button type="submit" className="primary wide" disabled={busy !== undefined}>
          {words.text(busy === undefined ? 'create.save' : 'create.saving')}
        </button>
      </form>
    </Detail>
  );
}
