import type { Vek } from '../state/api.js';
import { isEnded } from '../state/desk.js';
import { eventTypeLabel } from '../state/event-types.js';
import { VekAttention } from './attention.js';
import { Detail } from './detail.js';
import { SentUnits } from './sent-units.js';
import { useDesk, useNow, usePart, useWords } from './use-desk.js';
import { VekDuplicates } from './vek-duplicates.js';
import { VekEdit } from './vek-edit.js';
import { VekEnding } from './vek-ending.js';
import { Comments, History } from './vek-journal.js';
import { Priority, placeOf } from './vek-list.js';
import { VekParts } from './vek-parts.js';
import { VekPresence } from './vek-presence.js';
import { VekRestricted } from './vek-restricted.js';
import { WhoGoes } from './who-goes.js';

/** A move that was learnt this much later than it happened is told with both times. */
const LATE_MS = 30_000;

export function VekDetail({ id }: { readonly id: string }) {
  const words = useWords();
  const now = useNow();
  const vek = usePart((state) => state.veks.get(id));
  const isEditing = usePart(({ selection }) => selection.kind === 'vek' && selection.editing === true);
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
      <VekAttention vekId={id} />
      {isEditing && !isEnded(vek) ? <VekEdit vek={vek} /> : <CardText vek={vek} />}
      <VekDuplicates vek={vek} />
      {(vek.assignments.length > 0 || isEnded(vek)) && <SentUnits vek={vek} />}
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
      <VekRestricted vek={vek} />
      <VekParts vek={vek} />
      <Comments vekId={id} />
      <Timeline vek={vek} now={now} />
      <History vekId={id} />
      <VekEnding vek={vek} />
    </Detail>
  );
}

/** What the card says: what, where, and what was told. */
function CardText({ vek }: { readonly vek: Vek }) {
  const desk = useDesk();
  const words = useWords();
  return (
    <>
      <div className="section-head">
        <p className="lead">{eventTypeLabel(vek.typeCode, words.language) ?? words.text('veks.noType')}</p>
        {desk.may('create') && !isEnded(vek) && (
          <button
            type="button"
            className="quiet compact"
            data-edit=""
            onClick={() => desk.select({ kind: 'vek', id: vek.id, editing: true })}
          >
            {words.text('edit.open')} <kbd>d</kbd>
          </button>
        )}
      </div>
      <p className="address" data-version={vek.version}>
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
      {vek.objects.length > 0 && (
        <ul className="chips" aria-label={words.text('create.objects')}>
          {vek.objects.map((code) => (
            <li key={code} data-object={code}>
              {words.label('object', code)}
            </li>
          ))}
        </ul>
      )}
      {vek.summary !== null && vek.summary !== '' && <p className="summary">{vek.summary}</p>}
    </>
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
