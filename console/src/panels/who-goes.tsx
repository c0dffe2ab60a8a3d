import { type KeyboardEvent, useCallback, useEffect, useRef, useState } from 'react';
import type { TextKey } from '../i18n/texts.js';
import type { Words } from '../i18n/words.js';
import type { Nearest, Reason, Vek } from '../state/api.js';
import { defaultCapability } from '../state/event-types.js';
import { ReachButton, RouteButton } from './route-buttons.js';
import { problemText, useCommand, useDesk, usePart, useWords } from './use-desk.js';

const WANTED = 5;
const CAPABILITIES = [
  '',
  'extinguish',
  'extinguish,water:2000',
  'water_bulk',
  'basic_rescue',
  'extrication',
  'heavy_rescue',
  'height_rescue',
  'hazmat',
  'water_rescue',
  'dive',
  'search',
  'recon',
  'command',
  'patrol',
  'traffic',
  'investigation',
  'dog',
  'public_order',
  'port',
  'medical',
  'als',
  'intensive_care',
  'medical_transport',
  'gas_shutoff',
];

function capabilityText(need: string, words: Words): string {
  if (need === '') return words.text('who.any');
  return need
    .split(',')
    .map((part) => {
      const [code, quantity] = part.split(':') as [string, string?];
      return quantity === undefined
        ? words.label('capability', code)
        : `${words.label('capability', code)} ≥ ${words.number(Number(quantity))}`;
    })
    .join(', ');
}

/** The nearest suitable units, why each, why not the others; and the button that sends one. */
export function WhoGoes({ vek }: { readonly vek: Vek }) {
  const desk = useDesk();
  const words = useWords();
  const agencies = usePart((state) => state.session!.agencies);
  const ownId = usePart((state) => state.session!.me.agencyId);
  const [capability, setCapability] = useState(() =>
    defaultCapability(vek.typeCode, agencies.get(ownId)?.kind ?? 'other'),
  );
  const [answer, setAnswer] = useState<Nearest>();
  const [problem, setProblem] = useState<string>();
  const { busy, problem: refused, run } = useCommand();
  const list = useRef<HTMLOListElement>(null);
  const { lon, lat } = vek;
  const hasPlace = lon !== null && lat !== null;

  const ask = useCallback(() => {
    if (!hasPlace) return;
    desk.nearest(vek, capability, WANTED).then(
      (nearest) => {
        setAnswer(nearest);
        setProblem(undefined);
      },
      (error) => setProblem(problemText(words, error)),
    );
  }, [desk, vek, capability, hasPlace, words]);
  useEffect(ask, [ask]);

  const send = async (unitId: string) => {
    await run(unitId, () => desk.assign(vek.id, unitId));
    ask();
    // the button that was pressed is gone: the next one is the natural place to go on
    requestAnimationFrame(() => list.current?.querySelector<HTMLElement>('[data-assign]')?.focus());
  };
  const onKey = (event: KeyboardEvent<HTMLOListElement>) => {
    const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    const buttons = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-assign]')];
    buttons[buttons.indexOf(document.activeElement as HTMLElement) + step]?.focus();
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <section className="who-goes">
      <div className="section-head">
        <h3>{words.text('who.title')}</h3>
        <select
          aria-label={words.text('who.capability')}
          value={capability}
          onChange={(event) => setCapability(event.target.value)}
        >
          {[...new Set([capability, ...CAPABILITIES])].map((each) => (
            <option key={each} value={each}>
              {capabilityText(each, words)}
            </option>
          ))}
        </select>
        <button type="button" className="quiet" onClick={ask} disabled={!hasPlace}>
          {words.text('who.ask')}
        </button>
      </div>
      {hasPlace && <ReachButton vek={vek} />}
      {!hasPlace && <p className="empty">{words.text('who.needsPlace')}</p>}
      {(refused ?? problem) !== undefined && (
        <p className="problem" role="alert">
          {refused ?? problem}
        </p>
      )}
      {answer !== undefined && (
        <>
          {answer.found === 0 ? (
            <p className="problem">{words.text('who.nobody')}</p>
          ) : (
            answer.found < answer.wanted && (
              <p className="warning">{words.text('who.shortfall', { found: answer.found, wanted: answer.wanted })}</p>
            )
          )}
          <ol className="chosen" ref={list} onKeyDown={onKey}>
            {answer.chosen.map((unit, i) => (
              <li key={unit.unitId}>
                <div className="unit-line">
                  <button
                    type="button"
                    className="link callsign"
                    onClick={() => desk.select({ kind: 'unit', id: unit.unitId })}
                  >
                    {unit.callsign}
                  </button>
                  <b className="distance">{words.distance(unit.distanceM)}</b>
                  <RouteButton unitId={unit.unitId} vek={vek} />
                  <button
                    type="button"
                    className={i === 0 ? 'primary' : ''}
                    data-assign={unit.callsign}
                    disabled={busy !== undefined}
                    onClick={() => void send(unit.unitId)}
                    aria-label={`${words.text('who.assign')}: ${unit.callsign}, ${words.distance(unit.distanceM)}`}
                  >
                    {words.text(busy === unit.unitId ? 'who.assigning' : 'who.assign')}
                  </button>
                </div>
                <small className="why">
                  {[
                    words.text('who.interval', {
                      least: words.distance(unit.intervalM[0]),
                      greatest: words.distance(unit.intervalM[1]),
                    }),
                    ...unit.why.filter(({ code }) => code !== 'nearest').map((why) => whyText(why, words)),
                  ].join(' · ')}
                </small>
              </li>
            ))}
          </ol>
          {answer.notChosen.length > 0 && (
            <>
              <h4>{words.text('who.notChosen')}</h4>
              <ul className="not-chosen">
                {answer.notChosen.map((unit) => (
                  <li key={unit.unitId}>
                    <button
                      type="button"
                      className="link"
                      onClick={() => desk.select({ kind: 'unit', id: unit.unitId })}
                    >
                      {unit.callsign}
                    </button>
                    <span>{words.distance(unit.distanceM)}</span>
                    <span className="reason">{reasonText(unit.reason, words)}</span>
                  </li>
                ))}
              </ul>
            </>
          )}
          <Rest counts={answer.restByReason} />
          <p className="fine">{words.text('who.straight')}</p>
        </>
      )}
    </section>
  );
}

function Rest({ counts }: { readonly counts: Readonly<Record<string, number>> }) {
  const words = useWords();
  const entries = Object.entries(counts).sort((a, b) => b[1] - a[1]);
  if (entries.length === 0) return null;
  const total = entries.reduce((sum, [, count]) => sum + count, 0);
  return (
    <p className="rest">
      {words.count('rest', total)}:{' '}
      {entries.map(([code, count]) => `${reasonText({ code }, words)} – ${words.number(count)}`).join(', ')}.
    </p>
  );
}

function given(reason: Reason, words: Words): Record<string, string | number> {
  const filled: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(reason)) {
    if (name === 'capability') filled[name] = words.label('capability', String(value));
    else if (name === 'ageS') filled.age = words.ago(Number(value) * 1000);
    else filled[name] = typeof value === 'number' ? words.number(value) : String(value);
  }
  return filled;
}

function whyText(why: Reason, words: Words): string {
  return words.label('why', why.code, given(why, words));
}

function reasonText(reason: Reason, words: Words): string {
  const detail =
    typeof reason.status === 'string'
      ? words.label('status', reason.status)
      : typeof reason.ageS === 'number'
        ? words.age(reason.ageS * 1000)
        : undefined;
  const filled = given(reason, words);
  // among the counted rest the capability is not named
  filled.capability ??= words.text('who.capability' satisfies TextKey).toLowerCase();
  const text = words.label('reason', reason.code, filled);
  return detail === undefined ? text : `${text} (${detail})`;
}
