import type { Words } from '../i18n/words.js';
import { ApiProblem } from '../state/api.js';
import type { Step, WhoGoes } from '../state/store.js';
import { problemText, useDesk, useNow, useWords } from './use-desk.js';

/** One key holds all who should go, one sends them; who was not got is told by name. */
export function HoldAndSend({ question: { answer, steps } }: { readonly question: WhoGoes }) {
  const desk = useDesk();
  const words = useWords();
  const now = useNow();
  const units = answer?.incidents.flatMap((incident) => incident.units) ?? [];
  const shown = new Set(units.map(({ unitId }) => unitId));
  const gone = [...steps].filter(([unitId, { kind }]) => kind === 'refused' && !shown.has(unitId));
  const isBusy = [...steps.values()].some(({ kind }) => kind === 'holding' || kind === 'sending');
  const held = units.filter(({ unitId }) => isHeld(steps.get(unitId), now)).length;
  const latestMs = [0, 1].map((end) => Math.max(0, ...units.map(({ response }) => response.intervalMs[end]!)));
  const short =
    answer?.incidents.flatMap(({ lines }) => lines).filter(({ shortfall }) => shortfall !== null).length ?? 0;
  return (
    <div className="hold-and-send" aria-live="polite">
      {units.length > 0 && (
        <>
          <p className="verdict">
            <b>{words.count('units', units.length)}</b>, {words.text('who.lastIn')}{' '}
            <b>{words.minutesBetween([latestMs[0]!, latestMs[1]!])}</b>
            {short > 0 && <span className="short-mark"> · {words.count('shortLines', short)}</span>}
          </p>
          {desk.may('dispatch') && (
            <div className="row">
              <button
                type="button"
                data-hold={held > 0 ? 'held' : 'free'}
                aria-disabled={isBusy}
                onClick={() => void (held > 0 ? desk.dispatching.releaseAll() : desk.dispatching.hold())}
              >
                {words.text(held > 0 ? 'hold.release' : 'hold.all')} <kbd>h</kbd>
              </button>
              <button
                type="button"
                className="primary"
                data-send=""
                aria-disabled={isBusy}
                onClick={() => void desk.dispatching.send()}
              >
                {words.text('send.all')} <kbd>s</kbd>
              </button>
              {held > 0 && (
                <span role="status">
                  {words.text('hold.some', { held: words.number(held), of: words.number(units.length) })}
                </span>
              )}
            </div>
          )}
        </>
      )}
      {gone.map(([unitId, step]) => (
        <p key={unitId} className="problem" role="alert" data-refused={unitId}>
          {step.kind === 'refused' && `${step.callsign}: ${problemText(words, step.error)}`}
        </p>
      ))}
    </div>
  );
}

/** What has become of holding or sending one unit; the time that is left of a hold runs down. */
export function StepMark({ step }: { readonly step: Step | undefined }) {
  const words = useWords();
  const now = useNow();
  if (step === undefined) return null;
  if (step.kind === 'refused') {
    const isOthers = step.error instanceof ApiProblem && step.error.code === 'agency_not_allowed';
    return (
      <p className={isOthers ? 'warning' : 'problem'} role="alert">
        {isOthers ? words.text('send.byOwnDesk') : problemText(words, step.error)}
        {heldUntil(step.error, words)}
      </p>
    );
  }
  const leftMs = step.kind === 'held' ? step.expiresAt - now : 0;
  const text =
    step.kind !== 'held'
      ? words.text(`step.${step.kind}`)
      : leftMs > 0
        ? words.text('step.held', { left: words.age(leftMs) })
        : words.text('step.holdOver');
  return (
    <span className={`step ${step.kind === 'held' && leftMs <= 0 ? 'over' : step.kind}`} data-step={step.kind}>
      {text}
    </span>
  );
}

/** By whom and how long yet another desk has the unit. */
function heldUntil(error: unknown, words: Words): string {
  if (!(error instanceof ApiProblem) || typeof error.facts.expiresAt !== 'number') return '';
  return ` ${words.text('hold.byOther', { who: String(error.facts.heldBy), time: words.time(error.facts.expiresAt) })}`;
}

function isHeld(step: Step | undefined, now: number): boolean {
  return step?.kind === 'held' && step.expiresAt > now;
}
