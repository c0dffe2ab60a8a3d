import { useEffect, useState } from 'react';
import type { Assignment, Unit, Vek } from '../state/api.js';
import { isEnded } from '../state/desk.js';
import type { AvailableUnit } from '../state/recommendation.js';
import { ExpectedFreeForm, ExpectedFreeText } from './expected-free.js';
import { PositionMark } from './position-mark.js';
import { RouteButton } from './route-buttons.js';
import { leaveOnEscape, useCommand, useDesk, usePart, useWords } from './use-desk.js';

export function isActive({ status }: Assignment): boolean {
  return status !== 'done' && status !== 'cancelled';
}

/** Who was sent: what they do, who takes over from whom, and calling them back. */
export function SentUnits({ vek }: { readonly vek: Vek }) {
  const words = useWords();
  const units = usePart((state) => state.units);
  const agencies = usePart((state) => state.session!.agencies);
  const sent = [...vek.assignments].sort((a, b) => Number(isActive(b)) - Number(isActive(a)));
  /** Of an agency that shows us none of its own the agency is named. */
  const nameOf = ({ unitId, agencyId }: Assignment) =>
    units.get(unitId)?.callsign ?? `${agencies.get(agencyId)?.code ?? ''} ?`;
  const nameIn = (assignmentId: string | null) => {
    const other = vek.assignments.find(({ id }) => id === assignmentId);
    return other === undefined ? undefined : nameOf(other);
  };
  return (
    <section>
      <h3>{words.text('vek.sent')}</h3>
      {sent.length === 0 && <p className="empty">{words.text('vek.sentNone')}</p>}
      <ul className="sent">
        {sent.map((assignment) => (
          <li
            key={assignment.id}
            data-sent={nameOf(assignment)}
            data-status={assignment.status}
            className={isActive(assignment) ? '' : 'over'}
          >
            <SentLine
              vek={vek}
              assignment={assignment}
              callsign={nameOf(assignment)}
              unit={units.get(assignment.unitId)}
              relieves={nameIn(assignment.relieves)}
              relievedBy={nameIn(assignment.relievedBy)}
            />
          </li>
        ))}
      </ul>
    </section>
  );
}

function SentLine({
  vek,
  assignment,
  callsign,
  unit,
  relieves,
  relievedBy,
}: {
  readonly vek: Vek;
  readonly assignment: Assignment;
  readonly callsign: string;
  readonly unit: Unit | undefined;
  readonly relieves: string | undefined;
  readonly relievedBy: string | undefined;
}) {
  const desk = useDesk();
  const words = useWords();
  const { busy, problem, run } = useCommand();
  const [isRelieving, setIsRelieving] = useState(false);
  const { id, unitId, status } = assignment;
  const isFreeing = usePart(({ selection }) => selection.kind === 'vek' && selection.freeing === id);
  const isRunning = isActive(assignment) && !isEnded(vek);
  const takeBack = () => {
    if (window.confirm(words.text('vek.confirmTakeBack', { unit: callsign })))
      void run('take back', () => desk.takeBack(vek.id, id));
  };
  return (
    <>
      <div className="sent-line">
        <button type="button" className="link" onClick={() => desk.select({ kind: 'unit', id: unitId })}>
          {callsign}
        </button>
        <span className="sent-actions">
          {isRunning && unit !== undefined && <RouteButton unitId={unitId} vek={vek} />}
          {isRunning && desk.may('dispatch') && (
            <>
              {relievedBy === undefined && !isRelieving && (
                <button
                  type="button"
                  className="quiet compact"
                  data-relieve={callsign}
                  aria-label={`${words.text('relief.open')}: ${callsign}`}
                  onClick={() => setIsRelieving(true)}
                >
                  {words.text('relief.open')}
                </button>
              )}
              {!isFreeing && (
                <button
                  type="button"
                  className="quiet compact"
                  data-free={callsign}
                  aria-label={`${words.text('free.open')}: ${callsign}`}
                  onClick={() => desk.select({ kind: 'vek', id: vek.id, freeing: id })}
                >
                  {words.text('free.open')} <kbd>f</kbd>
                </button>
              )}
              <button
                type="button"
                className="quiet compact"
                aria-label={`${words.text('vek.takeBack')}: ${callsign}`}
                disabled={busy !== undefined}
                onClick={takeBack}
              >
                {words.text('vek.takeBack')}
              </button>
            </>
          )}
        </span>
        <span className={`unit-status ${status}`}>
          {words.label('assignment', status)}
          {relieves !== undefined && <small> · {words.text('relief.of', { unit: relieves })}</small>}
          {relievedBy !== undefined && <small> · {words.text('relief.by', { unit: relievedBy })}</small>}
          {isRunning && unit !== undefined && <PositionMark handle={unit.handle} />}
        </span>
      </div>
      {isRunning && assignment.expectedFree !== null && <ExpectedFreeText expected={assignment.expectedFree} />}
      {problem !== undefined && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      {isFreeing && isRunning && <ExpectedFreeForm vek={vek} assignment={assignment} callsign={callsign} />}
      {isRelieving && <Relief vek={vek} assignment={assignment} onEnd={() => setIsRelieving(false)} />}
    </>
  );
}

/** Chooses who takes over: units of the same kind, the soonest first. */
function Relief({
  vek,
  assignment: { id, unitId },
  onEnd,
}: {
  readonly vek: Vek;
  readonly assignment: Assignment;
  readonly onEnd: () => void;
}) {
  const desk = useDesk();
  const words = useWords();
  const { busy, problem, run } = useCommand();
  const [free, setFree] = useState<readonly AvailableUnit[]>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: looked for once, when the form is opened
  useEffect(() => {
    void run('look', async () => {
      setFree(await desk.cardLife.reliefsFor(vek, unitId));
    });
  }, []);
  const send = async (relief: string) => {
    if (await run('relieve', () => desk.cardLife.relieve(vek.id, id, relief))) onEnd();
  };
  return (
    <form
      className="row relief"
      onSubmit={(event) => {
        event.preventDefault();
        const chosen = new FormData(event.currentTarget).get('relief');
        if (typeof chosen === 'string' && chosen !== '') void send(chosen);
      }}
      onKeyDown={leaveOnEscape(onEnd)}
    >
      <select
        name="relief"
        aria-label={words.text('relief.who')}
        // biome-ignore lint/a11y/noAutofocus: it is the answer to the button that was just pressed
        autoFocus
      >
        {free === undefined && <option value="">{words.text('relief.looking')}</option>}
        {free?.length === 0 && <option value="">{words.text('relief.none')}</option>}
        {free?.map(({ unitId: each, callsign, response }) => (
          <option key={each} value={each}>
            {callsign}
            {response !== null && ` · ${words.minutesBetween(response.intervalMs)}`}
          </option>
        ))}
      </select>
      <button type="submit" className="primary" disabled={busy !== undefined || !free?.length}>
        {words.text('relief.send')}
      </button>
      {problem !== undefined && <span className="problem">{problem}</span>}
    </form>
  );
}
