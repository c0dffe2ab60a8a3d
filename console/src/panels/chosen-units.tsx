import { useState } from 'react';
import { countedFromText, normVerdict, whyTexts } from '../i18n/dispatch-words.js';
import type { Vek } from '../state/api.js';
import type { ChosenUnit, IncidentAnswer } from '../state/recommendation.js';
import type { WhoGoes } from '../state/store.js';
import { StepMark } from './hold-and-send.js';
import { RouteButton } from './route-buttons.js';
import { leaveOnEscape, useDesk, useNow, useWords } from './use-desk.js';

const NORM_MARK = { within: '✓', uncertain: '?', late: '✗' } as const;

/** Who should go, the must units first: how soon, why, and against which norm. */
export function ChosenUnits({
  answeredAt,
  incident: { units, asked },
  question: { steps },
  vek,
}: {
  readonly answeredAt: number;
  readonly incident: IncidentAnswer;
  readonly question: WhoGoes;
  readonly vek: Vek;
}) {
  const desk = useDesk();
  const words = useWords();
  const sinceMs = Math.max(0, useNow() - answeredAt);
  return (
    <ol className="chosen">
      {units.map((unit, i) => {
        const { unitId, callsign, service, need, response } = unit;
        const norm = normVerdict(unit, words);
        return (
          <li key={unitId} data-chosen={callsign}>
            <div className="unit-line">
              <button type="button" className="link callsign" onClick={() => desk.select({ kind: 'unit', id: unitId })}>
                {callsign}
              </button>
              <small>{service}</small>
              {need === 'should' && <span className="tag">{words.text('need.should')}</span>}
              <b className="minutes">{words.minutesBetween(response.intervalMs)}</b>
              {desk.may('dispatch') && (
                <button
                  type="button"
                  className={i === 0 ? 'primary compact' : 'compact'}
                  data-stop=""
                  data-assign={callsign}
                  onClick={() => void desk.dispatching.send([unitId])}
                  aria-label={`${words.text('who.assign')}: ${callsign}, ${words.minutesBetween(response.intervalMs)}`}
                >
                  {words.text('who.assign')}
                </button>
              )}
            </div>
            <div className="unit-reasons">
              <small className="why">
                {norm !== undefined && (
                  <span className={`norm ${norm.verdict}`}>
                    <span aria-hidden="true">{NORM_MARK[norm.verdict]}</span> {norm.text}
                  </span>
                )}
                {[countedFromText(unit, words), ...whyTexts(unit, asked, sinceMs, words)]
                  .filter((text) => text !== undefined)
                  .join(' · ')}
              </small>
              <RouteButton unitId={unitId} vek={vek} />
              <Skip unit={unit} />
            </div>
            <StepMark step={steps.get(unitId)} />
          </li>
        );
      })}
    </ol>
  );
}

/** Leaves a unit out, with a reason that the decision keeps, and asks who goes instead. */
function Skip({ unit: { unitId, callsign } }: { readonly unit: ChosenUnit }) {
  const desk = useDesk();
  const words = useWords();
  const [reason, setReason] = useState<string>();
  if (reason === undefined) {
    return (
      <button
        type="button"
        className="quiet compact"
        data-skip={callsign}
        aria-label={`${words.text('who.skip')}: ${callsign}`}
        onClick={() => setReason('')}
      >
        {words.text('who.skip')} <kbd>x</kbd>
      </button>
    );
  }
  const id = `skip-${unitId}`;
  return (
    <form
      className="row skip-form"
      onSubmit={(event) => {
        event.preventDefault();
        void desk.dispatching.skip(unitId, reason.trim());
      }}
    >
      <input
        // biome-ignore lint/a11y/noAutofocus: it is the answer to the key that was just pressed
        autoFocus
        required
        maxLength={200}
        list={id}
        aria-label={words.text('who.skipReason')}
        placeholder={words.text('who.skipReason')}
        value={reason}
        onChange={(event) => setReason(event.target.value)}
        onKeyDown={leaveOnEscape(() => setReason(undefined))}
      />
      <datalist id={id}>
        {(['skip.defect', 'skip.crew', 'skip.elsewhere', 'skip.way'] as const).map((key) => (
          <option key={key} value={words.text(key)} />
        ))}
      </datalist>
      <button type="submit" disabled={reason.trim() === ''}>
        {words.text('who.skip')}
      </button>
    </form>
  );
}
