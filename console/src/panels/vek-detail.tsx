import { type ReactNode, useEffect, useRef } from 'react';
import type { Assignment, Vek } from '../state/api.js';
import { isEnded } from '../state/desk.js';
import { eventTypeLabel } from '../state/event-types.js';
import { RouteButton } from './route-buttons.js';
import { useCommand, useDesk, useNow, usePart, useWords } from './use-desk.js';
import { VekDuplicates } from './vek-duplicates.js';
import { VekEnding } from './vek-ending.js';
import { Comments, History } from './vek-journal.js';
import { Priority, placeOf } from './vek-list.js';
import { VekParts } from './vek-parts.js';
import { VekPresence } from './vek-presence.js';
import { WhoGoes } from './who-goes.js';

/** A move that was learnt this much later than it happened is told with both times. */
const LATE_MS = 30_000;

export function Detail({ title, children }: { readonly title: ReactNode; readonly children: ReactNode }) {
  const desk = useDesk();
  const words = useWords();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <aside className="panel detail" aria-labelledby="detail-title">
      <div className="panel-head">
        <h2 id="detail-title" ref={heading} tabIndex={-1}>
          {title}
        </h2>
        <button type="button" className="quiet" onClick={() => desk.select({ kind: 'none' })}>
          {words.text('panel.close')} <kbd>Esc</kbd>
        </button>
      </div>
      <div className="panel-body">{children}</div>
    </aside>
  );
}

export function VekDetail({ id }: { readonly id: string }) {
  const desk = useDesk();
  const words = useWords();
  const now = useNow();
  const vek = usePart((state) => state.veks.get(id));
  if (vek === undefined) return <Detail title="VEK">{words.text('veks.loading')}</Detail>;
  return (
    <Detail
      title={
        <>
          <Priority value={vek.priority} /> {words.text('vek.number', { number: vek.number })}
          <span className={`vek-status ${vek.status}`}>{words.label('vekStatus', vek.status)}</span>
        </>
      }
    >
      <VekPresence vekId={id} />
      {vek.mergedInto !== null && <MergedInto vekId={vek.mergedInto} />}
      <p className="lead">{eventTypeLabel(vek.typeCode, words.language) ?? words.text('veks.noType')}</p>
      <p className="address">
        {placeOf(vek, words)}
        {vek.accuracyM !== null && (
          <small> {words.text('vek.accuracy', { metres: words.distance(vek.accuracyM) })}</small>
        )}
        {vek.lon !== null && vek.lat !== null && (
          <button type="button" className="link" onClick={() => desk.flyTo({ lon: vek.lon!, lat: vek.lat! })}>
            {words.text('vek.showOnMap')}
          </button>
        )}
      </p>
      {vek.summary !== null && vek.summary !== '' && <p className="summary">{vek.summary}</p>}
      <VekDuplicates vek={vek} />
      {(vek.assignments.length > 0 || isEnded(vek)) && <Sent vek={vek} />}
      {isEnded(vek) ? <p className="empty">{words.text('vek.ended')}</p> : <WhoGoes veks={[vek]} />}
      <dl className="facts">
        <div>
          <dt>{words.text('vek.received')}</dt>
          <dd>
            {words.timeNear(vek.receivedAt, now)} <small>({words.ago(now - vek.receivedAt)})</small>
          </dd>
        </div>
        <div>
          <dt>{words.text('vek.channel')}</dt>
          <dd>{words.label('channel', vek.channel)}</dd>
        </div>
        {vek.outcome !== null && (
          <div>
            <dt>{words.text('vek.outcome')}</dt>
            <dd>{words.label('outcome', vek.outcome.code)}</dd>
          </div>
        )}
      </dl>
      <VekParts vek={vek} />
      <Comments vekId={id} />
      <Timeline vek={vek} now={now} />
      <History vekId={id} />
      <VekEnding vek={vek} />
    </Detail>
  );
}

/** A merged card leads to the one that it became part of. */
function MergedInto({ vekId }: { readonly vekId: string }) {
  const desk = useDesk();
  const words = useWords();
  const into = usePart((state) => state.veks.get(vekId));
  return (
    <p className="warning">
      {words.text('vek.mergedInto')}{' '}
      <button type="button" className="link" onClick={() => desk.select({ kind: 'vek', id: vekId })}>
        {words.text('vek.number', { number: into?.number ?? '?' })}
      </button>
    </p>
  );
}

function isActive({ status }: Assignment): boolean {
  return status !== 'done' && status !== 'cancelled';
}

function Sent({ vek }: { readonly vek: Vek }) {
  const desk = useDesk();
  const words = useWords();
  const units = usePart((state) => state.units);
  const agencies = usePart((state) => state.session!.agencies);
  const { busy, problem, run } = useCommand();
  const sent = [...vek.assignments].sort((a, b) => Number(isActive(b)) - Number(isActive(a)));
  return (
    <section>
      <h3>{words.text('vek.sent')}</h3>
      {sent.length === 0 && <p className="empty">{words.text('vek.sentNone')}</p>}
      {problem !== undefined && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      <ul className="sent">
        {sent.map((assignment) => {
          const { id, unitId, agencyId, status } = assignment;
          // a unit of an agency that shows us none of its own
          const callsign = units.get(unitId)?.callsign ?? `${agencies.get(agencyId)?.code ?? ''} ?`;
          return (
            <li key={id} data-sent={callsign} data-status={status} className={isActive(assignment) ? '' : 'over'}>
              <button type="button" className="link" onClick={() => desk.select({ kind: 'unit', id: unitId })}>
                {callsign}
              </button>
              <span className={`unit-status ${status}`}>{words.label('assignment', status)}</span>
              {isActive(assignment) && units.has(unitId) && <RouteButton unitId={unitId} vek={vek} />}
              {isActive(assignment) && desk.may('dispatch') && (
                <button
                  type="button"
                  className="quiet"
                  disabled={busy !== undefined}
                  onClick={() => {
                    if (window.confirm(words.text('vek.confirmTakeBack', { unit: callsign })))
                      void run(id, () => desk.takeBack(vek.id, id));
                  }}
                >
                  {words.text('vek.takeBack')}
                </button>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

/** What happened when, the latest last; when it was learnt much later, that too. */
function Timeline({ vek, now }: { readonly vek: Vek; readonly now: number }) {
  const words = useWords();
  const units = usePart((state) => state.units);
  const steps = [
    { key: 'received', at: vek.receivedAt, receivedAt: vek.receivedAt, what: 'received', unit: '', source: '' },
    ...vek.assignments.flatMap(({ id, unitId, milestones }) =>
      Object.entries(milestones ?? {}).map(([what, { at, receivedAt, source }]) => ({
        key: `${id} ${what}`,
        at,
        receivedAt,
        what,
        unit: units.get(unitId)?.callsign ?? '?',
        source,
      })),
    ),
    ...(vek.closedAt === null
      ? []
      : [{ key: 'closed', at: vek.closedAt, receivedAt: vek.closedAt, what: 'closed', unit: '', source: '' }]),
  ].sort((a, b) => a.at - b.at);
  return (
    <section>
      <h3>{words.text('vek.timeline')}</h3>
      <ol className="timeline">
        {steps.map(({ key, at, receivedAt, what, unit, source }) => (
          <li key={key}>
            <time dateTime={new Date(at).toISOString()}>{words.timeNear(at, now)}</time>
            <span>
              {unit !== '' && <b>{unit}</b>} {words.label('milestone', what)}
              {receivedAt - at > LATE_MS && (
                <small> · {words.text('milestone.late', { time: words.time(receivedAt) })}</small>
              )}
              {source === 'dispatcher' && what !== 'dispatched' && what !== 'cancelled' && (
                <small> · {words.text('milestone.byDispatcher')}</small>
              )}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
