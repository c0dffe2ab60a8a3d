import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { cardTexts } from '../i18n/dispatch-words.js';
import { ApiProblem, type Vek } from '../state/api.js';
import type { Card, IncidentAnswer, Recommendation } from '../state/recommendation.js';
import type { WhoGoes as Question } from '../state/store.js';
import { AnswerFooting } from './answer-footing.js';
import { CardLines } from './card-lines.js';
import { ChosenUnits } from './chosen-units.js';
import { HoldAndSend } from './hold-and-send.js';
import { OwnRequirements } from './own-requirements.js';
import { ReachButton } from './route-buttons.js';
import { Uncertainty } from './uncertainty.js';
import { problemText, useCommand, useDesk, useNow, usePart, useWords } from './use-desk.js';
import { Priority } from './vek-list.js';

/** An answer older than this is no longer told as if it were of now. */
const OLD_MS = 30_000;
/** Height of a window in which the card's text leaves room for the units. */
const ROOMY_PX = 1000;

/** Who should go to these incidents, why, who not and why not; and the keys that hold and send them. */
export function WhoGoes({ veks }: { readonly veks: readonly Vek[] }) {
  const desk = useDesk();
  const words = useWords();
  const question = usePart((state) => state.whoGoes);
  const section = useRef<HTMLElement>(null);
  const hasFocus = useRef(false);
  const placed = veks.filter(({ lon }) => lon !== null);
  const ids = placed.map(({ id }) => id).join(' ');
  const versions = placed.map(({ version }) => version).join(' ');

  // biome-ignore lint/correctness/useExhaustiveDependencies: asked anew when a VEK has changed
  useEffect(() => {
    if (ids !== '') void desk.dispatching.ask(ids.split(' '));
  }, [desk, ids, versions]);

  // a line that had the focus may be gone with the answer before: the keys go on with the first of the new one
  const answered = question?.answer;
  useEffect(() => {
    if (answered === undefined || !hasFocus.current || document.activeElement !== document.body) return;
    (section.current?.querySelector<HTMLElement>('[data-stop]') ?? section.current)?.focus();
  }, [answered]);

  const onKey = (event: KeyboardEvent<HTMLElement>) => {
    const target = event.target as HTMLElement;
    if (event.ctrlKey || event.metaKey || event.altKey || target.closest('input, select')) return;
    const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      const stops = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-stop]')];
      stops[stops.indexOf(document.activeElement as HTMLElement) + step]?.focus();
    } else {
      const inLine = { x: '[data-skip]' }[event.key];
      const inPanel = { h: '[data-hold]', s: '[data-send]', a: '[data-again]', l: '[data-level-next]' }[event.key];
      if (inLine !== undefined) target.closest('li')?.querySelector<HTMLElement>(inLine)?.click();
      else if (inPanel !== undefined) section.current?.querySelector<HTMLElement>(inPanel)?.click();
      else return;
    }
    event.preventDefault();
    event.stopPropagation();
  };

  const isMine = question !== undefined && question.vekIds.join(' ') === ids;
  const answer = isMine ? question.answer : undefined;
  return (
    <section
      className="who-goes"
      ref={section}
      tabIndex={-1}
      onKeyDown={onKey}
      onFocus={() => {
        hasFocus.current = true;
      }}
      onBlur={({ relatedTarget }) => {
        // null: what had the focus was taken away, or nothing else took it
        if (relatedTarget !== null && !section.current?.contains(relatedTarget)) hasFocus.current = false;
      }}
      aria-labelledby="who-title"
    >
      <div className="section-head">
        <h3 id="who-title">{words.text('who.title')}</h3>
        {answer !== undefined && <AnswerAge answer={answer} />}
        <button
          type="button"
          className="quiet compact"
          data-again=""
          disabled={ids === ''}
          onClick={() => void desk.dispatching.again()}
        >
          {words.text(isMine && question.isAsking ? 'who.asking' : 'who.ask')} <kbd>a</kbd>
        </button>
      </div>
      {placed.length < veks.length && <p className="empty">{words.text('who.needsPlace')}</p>}
      {isMine && question.error !== undefined && (
        <>
          <p className="problem" role="alert">
            {problemText(words, question.error)}
          </p>
          {placed.length === 1 && isAboutLines(question.error) && <OwnRequirements vek={placed[0]!} isOpen />}
        </>
      )}
      {isMine && <HoldAndSend question={question} />}
      {answer?.incidents.map((incident) => (
        <Incident
          key={incident.vekId}
          answer={answer}
          incident={incident}
          question={question!}
          vek={placed.find(({ id }) => id === incident.vekId)!}
          isOne={placed.length === 1}
        />
      ))}
      {isMine && <Skipped question={question} />}
      {answer !== undefined && <AnswerFooting answer={answer} />}
    </section>
  );
}

/** What a dispatcher can help by saying what is needed. */
function isAboutLines(error: unknown): boolean {
  return error instanceof ApiProblem && ['no_card', 'level_empty', 'level_entangled'].includes(error.code);
}

function AnswerAge({ answer: { at } }: { readonly answer: Recommendation }) {
  const words = useWords();
  const ageMs = useNow() - at;
  return (
    <span className={ageMs > OLD_MS ? 'answer-age old' : 'answer-age'} data-answered={at}>
      {words.ago(ageMs)}
    </span>
  );
}

function Incident({
  answer,
  incident,
  question,
  vek,
  isOne,
}: {
  readonly answer: Recommendation;
  readonly incident: IncidentAnswer;
  readonly question: Question;
  readonly vek: Vek;
  readonly isOne: boolean;
}) {
  const desk = useDesk();
  const words = useWords();
  const { card, already, units } = incident;
  return (
    <div className="incident" data-incident={vek.number}>
      {!isOne && (
        <h4 className="incident-head">
          <Priority value={vek.priority} />{' '}
          <button type="button" className="link" onClick={() => desk.select({ kind: 'vek', id: vek.id })}>
            {words.text('vek.number', { number: vek.number })}
          </button>
        </h4>
      )}
      <Levels incident={incident} vek={vek} />
      <Uncertainty incident={incident} />
      {already.length > 0 && (
        <p className="fine">
          {words.text('who.already')}:{' '}
          {already.map(({ callsign, status }) => `${callsign} – ${words.label('status', status)}`).join(', ')}
        </p>
      )}
      {units.length === 0 && (
        <p className="empty">
          {words.text(incident.lines.some(({ shortfall }) => shortfall !== null) ? 'who.nobody' : 'who.allServed')}
        </p>
      )}
      <ChosenUnits answeredAt={answer.at} incident={incident} question={question} vek={vek} />
      {card === null ? (
        <p className="fine">{words.text('who.ownAsked')}</p>
      ) : (
        <CardText card={card} territories={incident.territories} />
      )}
      <CardLines incident={incident} />
      <div className="incident-tools">
        <ReachButton vek={vek} />
        <OwnRequirements vek={vek} isOpen={false} />
      </div>
    </div>
  );
}

/** The card as a person reads it; below it, line by line, what became of it. */
function CardText({ card, territories }: { readonly card: Card; readonly territories: IncidentAnswer['territories'] }) {
  const words = useWords();
  const [open, setOpen] = useState(() => window.innerHeight > ROOMY_PX);
  const { scope, asked } = cardTexts(card, territories, words);
  return (
    <details className="card-text" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{scope}</summary>
      <p>{asked}</p>
    </details>
  );
}

/** Alarm levels of the card, each with all below it. A level is looked at by asking; only raising the alarm changes the VEK. */
function Levels({ incident: { level, highestLevel }, vek }: { readonly incident: IncidentAnswer; readonly vek: Vek }) {
  const desk = useDesk();
  const words = useWords();
  const { busy, problem, run } = useCommand();
  if (highestLevel === null || highestLevel < 2) return null;
  const next = (level % highestLevel) + 1;
  return (
    <fieldset className="levels">
      <legend className="hidden">{words.text('who.level')}</legend>
      {Array.from({ length: highestLevel }, (_, i) => i + 1).map((each) => (
        <button
          key={each}
          type="button"
          className="quiet compact"
          aria-pressed={each === level}
          data-level-next={each === next ? '' : undefined}
          onClick={() => void desk.dispatching.setLevel(vek.id, each)}
        >
          {words.text('who.levelN', { level: each })} {each === next && <kbd>l</kbd>}
        </button>
      ))}
      {level > vek.alarmLevel && desk.may('create') && (
        <button
          type="button"
          className="compact"
          data-raise={level}
          disabled={busy !== undefined}
          onClick={() => void run('raise', () => desk.cardLife.raiseAlarm(vek, level))}
        >
          {words.text('who.raise', { level })}
        </button>
      )}
      {problem !== undefined && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
    </fieldset>
  );
}

function Skipped({ question: { skipped } }: { readonly question: Question }) {
  const desk = useDesk();
  const words = useWords();
  const units = usePart((state) => state.units);
  if (skipped.size === 0) return null;
  return (
    <ul className="skipped" aria-label={words.text('who.skipped')}>
      {[...skipped].map(([unitId, reason]) => (
        <li key={unitId} className="row">
          <span>
            {words.text('who.skipped')}: <b>{units.get(unitId)?.callsign ?? '?'}</b> – {reason}
          </span>
          <button type="button" className="link" onClick={() => void desk.dispatching.unskip(unitId)}>
            {words.text('who.unskip')}
          </button>
        </li>
      ))}
    </ul>
  );
}
