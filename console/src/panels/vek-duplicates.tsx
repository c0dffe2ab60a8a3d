import type { Duplicate, Vek } from '../state/api.js';
import { isEnded } from '../state/desk.js';
import { eventTypeLabel } from '../state/event-types.js';
import { useCommand, useDesk, useNow, usePart, useWords } from './use-desk.js';

/** Incidents that may be the same one, and why; a person merges this one into another. */
export function VekDuplicates({ vek }: { readonly vek: Vek }) {
  const words = useWords();
  const journal = usePart((state) => state.journal);
  if (isEnded(vek) || journal?.vekId !== vek.id || journal.duplicates.length === 0) return null;
  return (
    <section>
      <h3>{words.text('duplicates.title')}</h3>
      <ul className="duplicates">
        {journal.duplicates.map((duplicate) => (
          <li key={duplicate.vekId} data-duplicate={duplicate.number}>
            <DuplicateLine vek={vek} duplicate={duplicate} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function DuplicateLine({ vek, duplicate }: { readonly vek: Vek; readonly duplicate: Duplicate }) {
  const desk = useDesk();
  const words = useWords();
  const now = useNow(5000);
  const into = usePart((state) => state.veks.get(duplicate.vekId));
  const { busy, problem, run } = useCommand();
  const { vekId, number, typeCode, receivedAt, distanceM, reasons } = duplicate;
  const merge = () => {
    if (into === undefined || !window.confirm(words.text('duplicates.confirm', { from: vek.number, into: number })))
      return;
    void run('merge', async () => {
      await desk.cardLife.merge(vek, into);
      desk.select({ kind: 'vek', id: vekId });
    });
  };
  return (
    <>
      <button type="button" className="link" onClick={() => desk.select({ kind: 'vek', id: vekId })}>
        {words.text('vek.number', { number })}
      </button>{' '}
      {eventTypeLabel(typeCode, words.language) ?? words.text('veks.noType')}
      <small>
        {' '}
        · {words.ago(now - receivedAt)}
        {distanceM !== null && ` · ${words.distance(distanceM)}`} ·{' '}
        {reasons.map((reason) => words.label('duplicate', reason)).join(', ')}
      </small>
      {desk.may('dispatch') && into !== undefined && !isEnded(into) && (
        <button type="button" className="quiet" data-merge={number} disabled={busy !== undefined} onClick={merge}>
          {words.text('duplicates.merge')}
        </button>
      )}
      {problem !== undefined && <span className="problem">{problem}</span>}
    </>
  );
}
