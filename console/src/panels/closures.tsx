import { type FormEvent, useState } from 'react';
import { circle } from '../map/circle.js';
import { middleOf } from '../map/road-overlay.js';
import type { Closure, NewClosure } from '../state/api.js';
import { Detail } from './detail.js';
import { DraftPlace } from './draft-place.js';
import { useCommand, useDesk, useNow, usePart, useWords } from './use-desk.js';

const RADII_M = [30, 100, 300, 1000];
const HOURS = [1, 4, 12, 24];
/** Shares of the speed that remain on a slow road. */
const SLOW_SHARES = [0.5, 0.25];

/** Closed and slow roads: all of them, whoever entered them; and the form for a new one. */
export function Closures() {
  const desk = useDesk();
  const words = useWords();
  const closures = usePart((state) => state.closures);
  return (
    <Detail title={words.text('closures.title')}>
      {closures.length === 0 && <p className="empty">{words.text('closures.none')}</p>}
      <ul className="closures">
        {closures.map((closure) => (
          <ClosureRow key={closure.id} closure={closure} />
        ))}
      </ul>
      {desk.may('close_roads') && <NewClosureForm />}
    </Detail>
  );
}

function ClosureRow({ closure }: { readonly closure: Closure }) {
  const desk = useDesk();
  const words = useWords();
  const now = useNow(5000);
  const session = usePart((state) => state.session)!;
  const { busy, problem, run } = useCommand();
  const { speedShare, reason, validFrom, validUntil, createdBy, agencyId, inForce } = closure;
  const at = middleOf(closure);
  const effect = speedShare === 0 ? 'closed' : 'slow';
  return (
    <li data-closure={reason} data-effect={effect}>
      <div className="section-head">
        <span className={`closure-mark ${effect}`} aria-hidden="true" />
        <strong>
          {words.text(`closures.${effect}`)}
          {speedShare > 0 && ` ${words.number(speedShare * 100)} %`}
        </strong>
        {!inForce && <span className="tag">{words.text('closures.toCome')}</span>}
        {at !== undefined && (
          <button type="button" className="link" onClick={() => desk.flyTo({ lon: at[0]!, lat: at[1]! })}>
            {words.text('vek.showOnMap')}
          </button>
        )}
      </div>
      <p>{reason}</p>
      <div className="row">
        <small>
          {words.timeNear(validFrom, now)} –{' '}
          {validUntil === null ? words.text('closures.untilRemoved') : words.timeNear(validUntil, now)} ·{' '}
          {session.agencies.get(agencyId)?.code ?? '?'}, {createdBy}
        </small>
        {desk.may('close_roads') && (
          <button
            type="button"
            className="quiet"
            disabled={busy !== undefined}
            aria-label={`${words.text('closures.remove')}: ${reason}`}
            onClick={() => void run('remove', () => desk.openRoad(closure.id))}
          >
            {words.text('closures.remove')}
          </button>
        )}
      </div>
      {problem !== undefined && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
    </li>
  );
}

function NewClosureForm() {
  const desk = useDesk();
  const words = useWords();
  const place = usePart((state) => state.draftPlace);
  const [radiusM, setRadiusM] = useState(RADII_M[1]!);
  const [speedShare, setSpeedShare] = useState(0);
  const [hours, setHours] = useState(HOURS[1]!);
  const [reason, setReason] = useState('');
  const { busy, problem, run } = useCommand();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const { lon, lat } = place ?? desk.mapCentre();
    const draft: Omit<NewClosure, 'id'> = {
      shape: { type: 'Polygon', coordinates: [circle(lon, lat, radiusM)] },
      speedShare,
      reason: reason.trim(),
      validUntil: hours === 0 ? null : new Date(Date.now() + hours * 3_600_000).toISOString(),
    };
    if (await run('close', () => desk.closeRoad(draft))) setReason('');
  };
  return (
    <section>
      <h3>{words.text('closures.new')}</h3>
      <form className="new-vek" onSubmit={(event) => void submit(event)}>
        <DraftPlace place={place} hint="closures.placeHint" />
        <div className="row">
          <select
            aria-label={words.text('closures.radius')}
            value={radiusM}
            onChange={(event) => setRadiusM(Number(event.target.value))}
          >
            {RADII_M.map((each) => (
              <option key={each} value={each}>
                ± {words.distance(each)}
              </option>
            ))}
          </select>
          <select
            aria-label={words.text('closures.effect')}
            value={speedShare}
            onChange={(event) => setSpeedShare(Number(event.target.value))}
          >
            {[0, ...SLOW_SHARES].map((each) => (
              <option key={each} value={each}>
                {each === 0
                  ? words.text('closures.closed')
                  : `${words.text('closures.slow')} ${words.number(each * 100)} %`}
              </option>
            ))}
          </select>
          <select
            aria-label={words.text('closures.until')}
            value={hours}
            onChange={(event) => setHours(Number(event.target.value))}
          >
            {HOURS.map((each) => (
              <option key={each} value={each}>
                {words.age(each * 3_600_000)}
              </option>
            ))}
            <option value={0}>{words.text('closures.untilRemoved')}</option>
          </select>
        </div>
        <label>
          {words.text('closures.reason')}
          <input
            id="closure-reason"
            value={reason}
            maxLength={500}
            required
            onChange={(event) => setReason(event.target.value)}
          />
        </label>
        {problem !== undefined && (
          <p className="problem" role="alert">
            {problem}
          </p>
        )}
        <button type="submit" className="primary wide" disabled={busy !== undefined || reason.trim() === ''}>
          {words.text('closures.save')}
        </button>
      </form>
    </section>
  );
}
