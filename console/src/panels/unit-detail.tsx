import { type FormEvent, useState } from 'react';
import { UNIT_FLAG } from '../../../tracker/src/protocol/live-frame.js';
import { ALLOWED_MOVES, UNIT_STATUSES, type UnitStatus } from '../../../tracker/src/protocol/status.js';
import { css, STATUS_COLOUR } from '../layers/palette.js';
import type { Unit } from '../state/api.js';
import { Detail } from './detail.js';
import { PositionByHand } from './position-by-hand.js';
import { RouteButton } from './route-buttons.js';
import { useCommand, useDesk, useNow, usePart, useWords } from './use-desk.js';

export function UnitDetail({ id }: { readonly id: string }) {
  const desk = useDesk();
  const words = useWords();
  const now = useNow();
  const unit = usePart((state) => state.units.get(id));
  const agencies = usePart((state) => state.session!.agencies);
  const veks = usePart((state) => state.veks);
  if (unit === undefined) return <Detail title="?">{words.text('veks.loading')}</Detail>;
  const agency = agencies.get(unit.agencyId);
  const on = [...veks.values()].find((vek) =>
    vek.assignments.some(({ unitId, status }) => unitId === id && status !== 'done' && status !== 'cancelled'),
  );
  const setAside = Object.entries(unit.setAside).filter(([, count]) => count > 0);
  return (
    <Detail title={unit.callsign}>
      <p className="lead">
        <span
          className="letter"
          style={{ background: css(STATUS_COLOUR[unit.status as UnitStatus] ?? [150, 150, 150]) }}
          aria-hidden="true"
        >
          {words.label('letter', unit.status)}
        </span>{' '}
        {words.label('status', unit.status)}
        {on !== undefined && (
          <button type="button" className="link" onClick={() => desk.select({ kind: 'vek', id: on.id })}>
            {words.text('vek.number', { number: on.number })}
          </button>
        )}
        {on !== undefined && <RouteButton unitId={id} vek={on} />}
      </p>
      <dl className="facts">
        <div>
          <dt>{words.text('unit.since')}</dt>
          <dd>
            {words.timeNear(unit.statusSince, now)} <small>({words.ago(now - unit.statusSince)})</small>
          </dd>
        </div>
        <div>
          <dt>{words.text('unit.source')}</dt>
          <dd>{words.label('source', unit.statusSource)}</dd>
        </div>
        <div>
          <dt>{words.text('unit.agency')}</dt>
          <dd>{words.language === 'lv' ? agency?.nameLv : agency?.nameEn}</dd>
        </div>
        <div>
          <dt>{words.text('unit.kind')}</dt>
          <dd>{words.label('kind', unit.kind)}</dd>
        </div>
      </dl>
      {unit.heldUntil !== null && unit.heldUntil > now && (
        <p className="warning">{words.text('unit.held', { time: words.time(unit.heldUntil) })}</p>
      )}
      <Position unit={unit} now={now} />
      {unit.sources?.some(({ apart }) => apart) === true && (
        <section>
          <h3>{words.text('unit.sourcesApart')}</h3>
          <ul className="chips">
            {unit.sources.map(({ deviceId, name, live, fromLiveM }) => (
              <li key={deviceId}>
                {name}: {live ? words.text('unit.sourceLive') : fromLiveM === null ? '–' : words.distance(fromLiveM)}
              </li>
            ))}
          </ul>
        </section>
      )}
      <section>
        <h3>{words.text('unit.capabilities')}</h3>
        <ul className="chips">
          {Object.entries(unit.capabilities).map(([code, quantity]) => (
            <li key={code}>
              {words.label('capability', code)}
              {quantity !== 1 && ` ${words.number(quantity)}`}
            </li>
          ))}
        </ul>
      </section>
      <section>
        <h3>{words.text('unit.setAside')}</h3>
        {setAside.length === 0 ? (
          <p className="empty">{words.text('unit.setAsideNone')}</p>
        ) : (
          <ul className="chips">
            {setAside.map(([reason, count]) => (
              <li key={reason}>
                {words.label('setAside', reason)}: {words.number(count)}
              </li>
            ))}
          </ul>
        )}
      </section>
      {desk.may('status') && <StatusByHand unit={unit} />}
      {desk.may('status') && <PositionByHand unit={unit} />}
    </Detail>
  );
}

/** The position's age by both clocks: they tell a device with a wrong clock from one that was out of reach. */
function Position({ unit, now }: { readonly unit: Unit; readonly now: number }) {
  const desk = useDesk();
  const words = useWords();
  const [absent, setAbsent] = useState(false);
  const picture = desk.client?.picture;
  const slot = picture?.slotOf(unit.handle);
  if (picture === undefined || slot === undefined)
    return (
      <section>
        <h3>{words.text('unit.position')}</h3>
        <p className="empty">
          {words.text(absent ? 'unit.noPosition' : 'unit.notInPicture')}{' '}
          {!absent && (
            <button
              type="button"
              className="link"
              onClick={() =>
                void desk.locate(unit.id).then(
                  (found) => setAbsent(!found),
                  () => {},
                )
              }
            >
              {words.text('vek.showOnMap')}
            </button>
          )}
        </p>
      </section>
    );
  const stale = picture.isStale(slot, now);
  const speed = picture.speedMps[slot]!;
  const lon = picture.position[slot * 2]!;
  const lat = picture.position[slot * 2 + 1]!;
  return (
    <section>
      <div className="section-head">
        <h3>{words.text('unit.position')}</h3>
        <span className={stale ? 'tag stale' : 'tag fresh'}>{words.text(stale ? 'unit.stale' : 'unit.fresh')}</span>
        {(picture.flags[slot]! & UNIT_FLAG.sourcesApart) !== 0 && (
          <span className="tag stale">{words.text('unit.sourcesApart')}</span>
        )}
        {(picture.flags[slot]! & UNIT_FLAG.enteredByHand) !== 0 && (
          <span className="tag by-hand">{words.text('unit.byHand')}</span>
        )}
        {(picture.flags[slot]! & UNIT_FLAG.setAside) !== 0 && (
          <span className="tag stale">{words.text('map.setAside')}</span>
        )}
        <button type="button" className="link" onClick={() => desk.flyTo({ lon, lat })}>
          {words.text('vek.showOnMap')}
        </button>
      </div>
      <dl className="facts">
        <div>
          <dt>{words.text('unit.ageDevice')}</dt>
          <dd>
            {words.age(now - picture.fixTime[slot]!)} <small>({words.timeNear(picture.fixTime[slot]!, now)})</small>
          </dd>
        </div>
        <div>
          <dt>{words.text('unit.ageHub')}</dt>
          <dd>
            {words.age(now - picture.receivedAt[slot]!)}{' '}
            <small>({words.timeNear(picture.receivedAt[slot]!, now)})</small>
          </dd>
        </div>
        <div>
          <dt>{words.text('unit.interval')}</dt>
          <dd>{words.age(picture.intervalS[slot]! * 1000)}</dd>
        </div>
        <div>
          <dt>{words.text('unit.speed')}</dt>
          <dd>{Number.isNaN(speed) ? '–' : `${words.number(speed * 3.6)} km/h`}</dd>
        </div>
      </dl>
    </section>
  );
}

function StatusByHand({ unit }: { readonly unit: Unit }) {
  const desk = useDesk();
  const words = useWords();
  const { busy, problem, run, clear } = useCommand();
  const [status, setStatus] = useState<string>('');
  const [reason, setReason] = useState('');
  const [done, setDone] = useState(false);
  const usual = ALLOWED_MOVES[unit.status as UnitStatus] ?? [];
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setDone(false);
    const given = reason.trim();
    if (await run('status', () => desk.setUnitStatus(unit.id, status, given === '' ? undefined : given))) {
      setStatus('');
      setReason('');
      setDone(true);
    }
  };
  const options = (statuses: readonly UnitStatus[]) =>
    statuses.map((each) => (
      <option key={each} value={each}>
        {words.text(`status.${each}`)}
      </option>
    ));
  return (
    <section>
      <h3>{words.text('unit.setStatus')}</h3>
      <form className="by-hand" onSubmit={(event) => void submit(event)}>
        <select
          aria-label={words.text('unit.status')}
          value={status}
          onChange={(event) => {
            clear();
            setStatus(event.target.value);
          }}
          required
        >
          <option value="" />
          {options(usual)}
          <optgroup label="—">
            {options(UNIT_STATUSES.filter((each) => each !== unit.status && !usual.includes(each)))}
          </optgroup>
        </select>
        <input
          aria-label={words.text('unit.reason')}
          placeholder={words.text('unit.reason')}
          value={reason}
          maxLength={500}
          onChange={(event) => setReason(event.target.value)}
        />
        <button type="submit" disabled={busy !== undefined || status === ''}>
          {words.text('unit.apply')}
        </button>
      </form>
      {problem !== undefined && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      {done && (
        <p className="fine" role="status">
          {words.text('unit.changed')}
        </p>
      )}
    </section>
  );
}
