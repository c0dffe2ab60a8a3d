import { useEffect, useState } from 'react';
import { isAssignmentStatus } from '../protocol-client/wire.js';
import { useCrew, useSession, useWords } from './context.js';
import { Sign } from './signs.js';

/** The connection is called lost only after this long: the page says hello anew now and then, and a flicker says nothing. */
const GRACE_MS = 2500;

export function TopBar() {
  const words = useWords();
  const { unit, phase, presses, fixesHeld, expectedStatus } = useCrew();
  const kept = presses.filter((press) => press.state !== 'acked').length + fixesHeld;
  const link = useCalmPhase(phase);
  const confirmed = unit?.unit?.status;
  const sign = link === 'resumed' ? 'up' : link === 'greeted' || link === 'connecting' ? 'wait' : 'down';
  return (
    <header>
      <div className="who">
        <h1>{unit?.unit?.callsign ?? 'Vanags'}</h1>
        {confirmed !== undefined && (
          <p className="status-now">
            <span className="hidden">{words.text('unit.status')}</span>
            <strong>{words.status(confirmed)}</strong>
            {expectedStatus !== confirmed && expectedStatus !== undefined ? (
              <span className="pending small">
                {words.text('unit.pending', { status: words.status(expectedStatus) })}
              </span>
            ) : (
              link !== 'resumed' && (
                <span className="faint small">{words.text('unit.statusAt', { time: words.time(unit!.heardAt) })}</span>
              )
            )}
          </p>
        )}
      </div>
      <p className={`link ${sign}`} aria-live="polite">
        <Sign name={sign} />
        <span className="link-words">{words.text(`link.${link}`)}</span>
        <Located />
        {kept > 0 && link !== 'resumed' && <span className="kept-count">{words.text('link.kept', { n: kept })}</span>}
      </p>
    </header>
  );
}

/** Whether the phone knows where it is, and how well. */
function Located() {
  const words = useWords();
  const { sensor } = useSession();
  const { state, last } = sensor;
  if (state === 'asking') return null;
  if (state !== 'on' || last === undefined)
    return <span className="located lost">{words.text('link.noPosition')}</span>;
  return <span className="located">±{words.number(last.accuracyM ?? 0)} m</span>;
}

/** The phase, where a short absence still counts as connected. */
function useCalmPhase(phase: ReturnType<typeof useCrew>['phase']): typeof phase {
  const [shown, setShown] = useState(phase);
  useEffect(() => {
    if (phase === 'connecting' || phase === 'greeted') {
      const later = setTimeout(() => setShown(phase), GRACE_MS);
      return () => clearTimeout(later);
    }
    setShown(phase);
  }, [phase]);
  return shown;
}

/** What a person must know or do before anything else. */
export function Notices() {
  const words = useWords();
  const { model } = useSession();
  const crew = useCrew();
  const { stopReason, unit, skewMs, attempts, phase } = crew;
  const refused = useProbablyRefused(phase === 'waiting' && attempts >= 2);
  const skewS = Math.round(Math.abs(skewMs) / 1000);
  const status = unit?.unit?.status;
  return (
    <>
      {stopReason !== undefined && (
        <section className="card stop" role="alert">
          <h2>{words.text(`stop.${stopReason}`)}</h2>
          <p>{words.text(`stop.${stopReason}.text`)}</p>
          {stopReason === 'fenced' && (
            <button type="button" className="big" onClick={() => model.takeOver()}>
              {words.text('stop.fenced.button')}
            </button>
          )}
          {stopReason === 'version_unsupported' && (
            <button type="button" className="big" onClick={() => void updatePage()}>
              {words.text('stop.version_unsupported.button')}
            </button>
          )}
        </section>
      )}
      {crew.volatile && <p className="notice bad">{words.text('link.volatile')}</p>}
      {refused && <p className="notice">{words.text('link.refused')}</p>}
      {crew.lastError !== undefined && stopReason === undefined && crew.lastError !== 'shutting_down' && (
        <p className="notice">{words.text('link.error', { code: crew.lastError })}</p>
      )}
      {skewS >= 30 && (
        <p className="notice">
          {words.text('link.skew', {
            seconds: skewS,
            direction: words.text(skewMs < 0 ? 'link.ahead' : 'link.behind'),
          })}
        </p>
      )}
      {unit !== undefined && unit.unit === null && <p className="notice">{words.text('unit.none')}</p>}
      {unit === undefined && stopReason === undefined && <p className="notice">{words.text('unit.unknown')}</p>}
      {status !== undefined && isAssignmentStatus(status) && crew.assignments.length === 0 && phase === 'resumed' && (
        <p className="notice">{words.text('assignment.missing', { status: words.status(status) })}</p>
      )}
    </>
  );
}

async function updatePage(): Promise<void> {
  const registration = await navigator.serviceWorker?.getRegistration();
  await registration?.update().catch(() => {});
  location.reload();
}

/** A browser does not say why a socket was not opened; if the server answers otherwise, it is most likely the key. */
function useProbablyRefused(ask: boolean): boolean {
  const [refused, setRefused] = useState(false);
  useEffect(() => {
    setRefused(false);
    if (!ask) return;
    const stop = new AbortController();
    fetch('/healthz', { signal: stop.signal })
      .then((answer) => setRefused(answer.ok))
      .catch(() => {});
    return () => stop.abort();
  }, [ask]);
  return refused;
}
