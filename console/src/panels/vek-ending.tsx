import { type FormEvent, useState } from 'react';
import type { Vek } from '../state/api.js';
import { isEnded } from '../state/desk.js';
import { useCommand, useDesk, useWords } from './use-desk.js';

/** What became of it; the server takes any code. */
const OUTCOMES = ['helped', 'no_help_needed', 'nobody_found', 'false_alarm', 'malicious_call', 'handed_over'] as const;

/** Ends an incident with what became of it, or opens one again with why. */
export function VekEnding({ vek }: { readonly vek: Vek }) {
  const desk = useDesk();
  const words = useWords();
  const { busy, problem, run } = useCommand();
  const [outcome, setOutcome] = useState('');
  const [reason, setReason] = useState('');
  if (!desk.may('dispatch') || vek.status === 'merged') return null;
  const end = (as: 'closed' | 'cancelled') => {
    if (window.confirm(words.text('vek.confirmClose', { number: vek.number })))
      void run('close', () => desk.cardLife.close(vek, as, outcome === '' ? undefined : outcome));
  };
  const reopen = (event: FormEvent) => {
    event.preventDefault();
    void run('reopen', () => desk.cardLife.reopen(vek, reason.trim())).then((done) => done && setReason(''));
  };
  return (
    <>
      {problem !== undefined && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      {isEnded(vek) ? (
        <form className="row actions" onSubmit={reopen}>
          <input
            aria-label={words.text('vek.reopenReason')}
            placeholder={words.text('vek.reopenReason')}
            value={reason}
            maxLength={500}
            onChange={(event) => setReason(event.target.value)}
          />
          <button type="submit" disabled={busy !== undefined || reason.trim() === ''}>
            {words.text('vek.reopen')}
          </button>
        </form>
      ) : (
        <div className="row actions">
          <select
            aria-label={words.text('vek.outcome')}
            value={outcome}
            onChange={(event) => setOutcome(event.target.value)}
          >
            <option value="">{words.text('vek.outcome')}</option>
            {OUTCOMES.map((code) => (
              <option key={code} value={code}>
                {words.label('outcome', code)}
              </option>
            ))}
          </select>
          <button type="button" disabled={busy !== undefined} onClick={() => end('closed')}>
            {words.text('vek.close')}
          </button>
          <button type="button" disabled={busy !== undefined} onClick={() => end('cancelled')}>
            {words.text('vek.cancel')}
          </button>
        </div>
      )}
    </>
  );
}
