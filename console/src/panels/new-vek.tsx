import { type FormEvent, useState } from 'react';
import { EVENT_TYPES, eventType, PRIORITIES } from '../state/event-types.js';
import { useCommand, useDesk, usePart, useWords } from './use-desk.js';
import { Detail } from './vek-detail.js';

export function NewVek() {
  const desk = useDesk();
  const words = useWords();
  const place = usePart((state) => state.draftPlace);
  const session = usePart((state) => state.session)!;
  const [typeCode, setTypeCode] = useState('');
  const [priority, setPriority] = useState('');
  const [address, setAddress] = useState('');
  const [summary, setSummary] = useState('');
  const [offerTo, setOfferTo] = useState<ReadonlySet<string>>(new Set());
  const { busy, problem, run } = useCommand();
  const known = new Set([...session.agencies.values()].map(({ code }) => code));
  const offered = ['VUGD', 'VP', 'NMPD', 'GAS'].filter((code) => known.has(code) && code !== session.me.agencyCode);

  const choose = (code: string) => {
    setTypeCode(code);
    const type = eventType(code);
    if (type === undefined) return;
    setPriority(type.priority);
    setOfferTo(new Set(type.services.filter((service) => offered.includes(service))));
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void run('create', () =>
      desk.createVek({
        typeCode: typeCode === '' ? null : typeCode,
        priority: priority === '' ? null : priority,
        lon: place?.lon ?? null,
        lat: place?.lat ?? null,
        address: address.trim() === '' ? null : address.trim(),
        summary: summary.trim() === '' ? null : summary.trim(),
        offerTo: [...offerTo],
      }),
    );
  };
  const types = [...EVENT_TYPES].sort((a, b) => words.compare(a[words.language], b[words.language]));
  return (
    <Detail title={words.text('create.title')}>
      <form className="new-vek" onSubmit={submit}>
        <label>
          {words.text('create.address')}
          <input value={address} maxLength={500} onChange={(event) => setAddress(event.target.value)} />
        </label>
        <div className="field">
          <span>{words.text('create.place')}</span>
          <div className="row">
            <output>
              {place === undefined
                ? words.text('create.placeHint')
                : words.text('create.placeAt', { lat: place.lat.toFixed(5), lon: place.lon.toFixed(5) })}
            </output>
            <button type="button" onClick={() => desk.placeDraft(desk.mapCentre())}>
              {words.text('create.placeCentre')}
            </button>
          </div>
        </div>
        <label>
          {words.text('create.type')}
          <select value={typeCode} onChange={(event) => choose(event.target.value)}>
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
                checked={priority === each}
                onChange={() => setPriority(each)}
              />
              <span data-priority={each}>{each}</span>
            </label>
          ))}
        </fieldset>
        <label>
          {words.text('create.summary')}
          <textarea rows={3} value={summary} maxLength={4000} onChange={(event) => setSummary(event.target.value)} />
        </label>
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
