import { type FormEvent, useState } from 'react';
import type { Vek } from '../state/api.js';
import { isEnded } from '../state/desk.js';
import { leaveOnEscape, useCommand, useDesk, useNow, usePart, useWords } from './use-desk.js';

/** How long an offer may wait for an answer, s; undefined: without end. */
const ANSWER_WITHIN_S = [undefined, 60, 120, 300, 900] as const;
const OFFERED_AGAIN = new Set(['refused', 'timed_out', 'returned']);

/** Each agency's part: who has it, who was asked and until when; the own one is answered here. */
export function VekParts({ vek }: { readonly vek: Vek }) {
  const desk = useDesk();
  const words = useWords();
  const now = useNow();
  const session = usePart((state) => state.session)!;
  const { busy, problem, run } = useCommand();
  const code = (id: string) => session.agencies.get(id)?.code ?? '?';
  const mayAnswer = desk.may('dispatch') && !isEnded(vek);
  return (
    <section>
      <h3>{words.text('vek.services')}</h3>
      <ul className="parts">
        <li data-part={code(vek.responsibleId)} data-status="responsible">
          <b>{code(vek.responsibleId)}</b> {words.text('parts.responsible')}
        </li>
        {vek.services.map(({ agencyId, status, transfer, respondBy }) => (
          <li key={agencyId} data-part={code(agencyId)} data-status={status}>
            <b>{code(agencyId)}</b> <span className={`part-status ${status}`}>{words.label('part', status)}</span>
            {transfer && agencyId !== vek.responsibleId && status === 'offered' && (
              <small> · {words.text('parts.whole')}</small>
            )}
            {status === 'offered' && respondBy !== null && (
              <small> · {words.text('parts.left', { time: words.age(respondBy - now) })}</small>
            )}
            {mayAnswer && agencyId === session.me.agencyId && (status === 'offered' || status === 'accepted') && (
              <Answer vek={vek} status={status} />
            )}
            {mayAnswer && OFFERED_AGAIN.has(status) && agencyId !== session.me.agencyId && (
              <button
                type="button"
                className="quiet"
                disabled={busy !== undefined}
                onClick={() => void run('again', () => desk.cardLife.offer(vek.id, code(agencyId), undefined, false))}
              >
                {words.text('parts.again')}
              </button>
            )}
          </li>
        ))}
      </ul>
      {problem !== undefined && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      {desk.may('create') && !isEnded(vek) && <Offer vek={vek} />}
    </section>
  );
}

/** Accepts, or says why not. */
function Answer({ vek, status }: { readonly vek: Vek; readonly status: 'offered' | 'accepted' }) {
  const desk = useDesk();
  const words = useWords();
  const agencyId = usePart((state) => state.session!.me.agencyId);
  const { busy, problem, run } = useCommand();
  const [reason, setReason] = useState<string>();
  const decline = (event: FormEvent) => {
    event.preventDefault();
    const why = (reason ?? '').trim();
    void run('decline', () =>
      status === 'offered'
        ? desk.cardLife.answer(vek.id, 'refused', why)
        : desk.cardLife.returnPart(vek.id, agencyId, why),
    ).then((done) => done && setReason(undefined));
  };
  const declineText = words.text(status === 'offered' ? 'parts.refuse' : 'parts.return');
  if (reason !== undefined)
    return (
      <form className="row" onSubmit={decline}>
        <input
          // biome-ignore lint/a11y/noAutofocus: it is the answer to the button that was just pressed
          autoFocus
          required
          maxLength={500}
          aria-label={words.text('parts.reason')}
          placeholder={words.text('parts.reason')}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
          onKeyDown={leaveOnEscape(() => setReason(undefined))}
        />
        <button type="submit" disabled={busy !== undefined || reason.trim() === ''}>
          {declineText}
        </button>
        {problem !== undefined && <span className="problem">{problem}</span>}
      </form>
    );
  return (
    <span className="row">
      {status === 'offered' && (
        <button
          type="button"
          className="primary"
          data-answer="accepted"
          disabled={busy !== undefined}
          onClick={() => void run('accept', () => desk.cardLife.answer(vek.id, 'accepted', undefined))}
        >
          {words.text('parts.accept')}
        </button>
      )}
      <button type="button" disabled={busy !== undefined} onClick={() => setReason('')}>
        {declineText}
      </button>
      {problem !== undefined && <span className="problem">{problem}</span>}
    </span>
  );
}

function Offer({ vek }: { readonly vek: Vek }) {
  const desk = useDesk();
  const words = useWords();
  const session = usePart((state) => state.session)!;
  const { busy, problem, run } = useCommand();
  const [code, setCode] = useState('');
  const [within, setWithin] = useState('');
  const [whole, setWhole] = useState(false);
  const has = new Set(vek.services.map(({ agencyId }) => agencyId));
  const free = [...session.agencies.values()]
    .filter(({ id, kind }) => kind !== 'operator' && (whole ? id !== vek.responsibleId : !has.has(id)))
    .sort((a, b) => words.compare(a.code, b.code));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const seconds = within === '' ? undefined : Number(within);
    void run('offer', () => desk.cardLife.offer(vek.id, code, seconds, whole)).then((done) => done && setCode(''));
  };
  return (
    <form className="row offer-part" onSubmit={submit}>
      <select aria-label={words.text('parts.offer')} value={code} onChange={(event) => setCode(event.target.value)}>
        <option value="">{words.text('parts.offer')}</option>
        {free.map((agency) => (
          <option key={agency.id} value={agency.code}>
            {agency.code} – {words.language === 'lv' ? agency.nameLv : agency.nameEn}
          </option>
        ))}
      </select>
      <select
        aria-label={words.text('parts.within')}
        value={within}
        onChange={(event) => setWithin(event.target.value)}
      >
        {ANSWER_WITHIN_S.map((seconds) => (
          <option key={seconds ?? 0} value={seconds ?? ''}>
            {seconds === undefined ? words.text('parts.waits') : words.age(seconds * 1000)}
          </option>
        ))}
      </select>
      <label>
        <input type="checkbox" checked={whole} onChange={(event) => setWhole(event.target.checked)} />{' '}
        {words.text('parts.whole')}
      </label>
      <button type="submit" disabled={busy !== undefined || code === ''}>
        {words.text('parts.send')}
      </button>
      {problem !== undefined && <span className="problem">{problem}</span>}
    </form>
  );
}
