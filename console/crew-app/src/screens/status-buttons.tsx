import { useState } from 'react';
import { currentAssignment } from '../crew/crew-model.js';
import { ALLOWED_MOVES, isAssignmentStatus, type UnitStatus } from '../protocol-client/wire.js';
import { useCrew, useSession, useWords } from './context.js';
import { PressStateLine } from './press-list.js';

/** In order of use. */
const USUAL: readonly UnitStatus[] = [
  'en_route',
  'on_scene',
  'transporting',
  'at_destination',
  'returning',
  'available',
  'available_at_station',
];
const RARE: readonly UnitStatus[] = ['out_of_service', 'off_duty'];

/**
 * The statuses, marked with which are possible now. What this page knows may be old, so the others can be sent too, after a question:
 * the hub decides.
 */
export function StatusButtons() {
  const words = useWords();
  const { model, ringer } = useSession();
  const crew = useCrew();
  const [doubted, setDoubted] = useState<UnitStatus | undefined>();
  const from = crew.expectedStatus;
  const confirmed = crew.unit?.unit?.status;
  if (from === undefined) return null;

  const hasAssignment = currentAssignment(crew.assignments) !== undefined;
  const allowed = ALLOWED_MOVES[from].filter((to) => !isAssignmentStatus(to) || hasAssignment);
  const next = hasAssignment
    ? USUAL.find((to) => USUAL.indexOf(to) > USUAL.indexOf(from) && allowed.includes(to))
    : undefined;
  const last = crew.presses.find((press) => press.event.kind === 'status');
  const send = (status: UnitStatus) => {
    ringer.tick();
    setDoubted(undefined);
    model.reportStatus(status);
  };
  const button = (status: UnitStatus) => {
    const isNow = status === from;
    const can = allowed.includes(status);
    const mark = isNow ? 'now' : status === next ? 'next' : can ? undefined : 'notNow';
    return (
      <li key={status}>
        <button
          type="button"
          className={`status ${mark ?? ''}`}
          data-status={status}
          aria-pressed={isNow}
          onClick={() => (can ? send(status) : isNow ? undefined : setDoubted(status))}
        >
          <span>{words.status(status)}</span>
          {mark !== undefined && (
            <span className="mark">
              {words.text(isNow && status !== confirmed ? 'status.pressed' : `status.${mark}`)}
            </span>
          )}
        </button>
      </li>
    );
  };
  return (
    <section className="statuses" aria-labelledby="statuses-title">
      <h2 id="statuses-title">{words.text('status.title')}</h2>
      {last !== undefined && (
        <div className="last-press" aria-live="polite">
          <p>
            <strong>{words.status(last.event.kind === 'status' ? last.event.status : '')}</strong>
            <time dateTime={new Date(last.event.time).toISOString()}>{words.time(last.event.time)}</time>
          </p>
          <PressStateLine press={last} />
        </div>
      )}
      {doubted !== undefined && (
        <div className="ask doubt" role="alert">
          <p>{words.text('status.anyway.text', { from: words.status(from), to: words.status(doubted) })}</p>
          <div className="pair">
            <button type="button" className="big" onClick={() => setDoubted(undefined)}>
              {words.text('status.back')}
            </button>
            <button type="button" className="big" onClick={() => send(doubted)}>
              {words.text('status.anyway')}
            </button>
          </div>
        </div>
      )}
      <ul>{USUAL.map(button)}</ul>
      <details>
        <summary>{words.text('status.more')}</summary>
        <ul>{RARE.map(button)}</ul>
      </details>
    </section>
  );
}
