import { type FormEvent, useMemo, useState } from 'react';
import { availableTable } from '../i18n/available-table.js';
import { countedFromText, countsText, peopleText } from '../i18n/dispatch-words.js';
import type { Available as Answer, AvailableQuestion } from '../state/recommendation.js';
import { CapabilitySelect, ServiceSelect } from './code-selects.js';
import { Detail } from './detail.js';
import { useCommand, useDesk, useNow, usePart, useWords } from './use-desk.js';

const WITHIN_MIN = [5, 8, 10, 15, 20, 30, 45, 60];
/** Hours from now that can be asked about. */
const LATER_H = [0, 1, 3, 6, 12];
const LEAST_CORNERS = 3;

/** What there is within minutes of a place, or in an area: before anything has happened. */
export function Available() {
  const desk = useDesk();
  const words = useWords();
  const place = usePart((state) => state.draftPlace);
  const corners = usePart((state) => state.draftArea);
  const answer = usePart((state) => state.available);
  const [minutes, setMinutes] = useState(15);
  const [capability, setCapability] = useState('');
  const [service, setService] = useState('');
  const [laterH, setLaterH] = useState(0);
  const { busy, problem, run } = useCommand();
  const now = useNow();
  const isWhole = corners === undefined || corners.length >= LEAST_CORNERS;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const narrowed = {
      ...(capability !== '' && { capabilities: [{ code: capability }] }),
      ...(service !== '' && { services: [service] }),
      ...(laterH > 0 && { at: new Date(now + laterH * 3_600_000).toISOString() }),
    };
    const question: AvailableQuestion =
      corners === undefined
        ? { place: place ?? desk.mapCentre(), withinS: minutes * 60, ...narrowed }
        : { polygon: { type: 'Polygon', coordinates: [closed(corners)] }, ...narrowed };
    void run('find', () => desk.findAvailable(question));
  };
  return (
    <Detail title={words.text('available.title')}>
      <form className="new-vek" onSubmit={submit}>
        <fieldset className="switch" aria-label={words.text('available.where')}>
          <button type="button" aria-pressed={corners === undefined} onClick={() => desk.drawArea(undefined)}>
            {words.text('available.within')}
          </button>
          <button type="button" aria-pressed={corners !== undefined} onClick={() => desk.drawArea(corners ?? [])}>
            {words.text('available.area')}
          </button>
        </fieldset>
        {corners === undefined ? (
          <div className="row">
            <select
              id="available-minutes"
              aria-label={words.text('available.within')}
              value={minutes}
              onChange={(event) => setMinutes(Number(event.target.value))}
            >
              {WITHIN_MIN.map((each) => (
                <option key={each} value={each}>
                  {words.minutes(each * 60_000)}
                </option>
              ))}
            </select>
            <output>
              {place === undefined
                ? words.text('closures.placeHint')
                : words.text('create.placeAt', { lat: place.lat.toFixed(4), lon: place.lon.toFixed(4) })}
            </output>
          </div>
        ) : (
          <div className="row">
            <output>{words.text('available.corners', { corners: corners.length })}</output>
            <button type="button" onClick={() => desk.drawArea(desk.mapView())}>
              {words.text('available.view')}
            </button>
            <button type="button" disabled={corners.length === 0} onClick={() => desk.drawArea(corners.slice(0, -1))}>
              {words.text('available.undo')}
            </button>
          </div>
        )}
        <div className="row">
          <CapabilitySelect value={capability} onChange={setCapability} any={words.text('available.anyCapability')} />
          <ServiceSelect value={service} onChange={setService} any={words.text('available.anyService')} />
          <select
            aria-label={words.text('available.when')}
            value={laterH}
            onChange={(event) => setLaterH(Number(event.target.value))}
          >
            {LATER_H.map((hours) => (
              <option key={hours} value={hours}>
                {hours === 0 ? words.text('available.now') : `+${words.age(hours * 3_600_000)}`}
              </option>
            ))}
          </select>
        </div>
        {problem !== undefined && (
          <p className="problem" role="alert">
            {problem}
          </p>
        )}
        <button type="submit" className="primary wide" data-find="" disabled={busy !== undefined || !isWhole}>
          {words.text('available.find')}
        </button>
      </form>
      {answer !== undefined && <Found answer={answer} />}
    </Detail>
  );
}

function Found({ answer }: { readonly answer: Answer }) {
  const desk = useDesk();
  const words = useWords();
  const now = useNow();
  const network = usePart((state) => state.network?.network);
  const { at, askedFor, basis, units, byCapability, notAvailable } = answer;
  const people = units.reduce((sum, { headCount }) => sum + (headCount ?? 0), 0);
  const unknownCrews = units.filter(({ headCount }) => headCount === null).length;
  const table = useMemo(
    () => `data:text/csv;charset=utf-8,${encodeURIComponent(availableTable(answer, words))}`,
    [answer, words],
  );
  return (
    <section data-available={units.length}>
      <h3>
        {words.count('units', units.length)} · {words.ago(now - at)}
      </h3>
      {askedFor > at && <p className="warning">{words.text('available.askedFor', { time: words.time(askedFor) })}</p>}
      {basis === 'straight_line' && <p className="warning">{words.text('basis.straight')}</p>}
      {basis === 'roads' && network?.generated === true && <p className="warning">{words.text('route.generated')}</p>}
      <p>{peopleText(people, unknownCrews, words)}</p>
      <ul className="chips">
        {Object.entries(byCapability).map(([capability, { units: having, quantity }]) => (
          <li key={capability}>
            {words.label('capability', capability)} {words.number(quantity)}
            {having !== quantity && <small> ({words.count('units', having)})</small>}
          </li>
        ))}
      </ul>
      <ul className="not-chosen">
        {units.map(({ unitId, callsign, status, headCount, response, from, verdict }) => (
          <li key={unitId}>
            <button type="button" className="link" onClick={() => void desk.locate(unitId)}>
              {callsign}
            </button>
            <span className="minutes">{response === null ? '' : words.minutesBetween(response.intervalMs)}</span>
            <span>
              {verdict === 'uncertain' && <b className="short-mark">{words.text('available.uncertain')} · </b>}
              {[words.label('status', status), countedFromText({ from, response }, words)]
                .filter((text) => text !== undefined)
                .join(' · ')}
              {headCount !== null && ` · ${words.text('sums.people', { people: words.number(headCount) })}`}
            </span>
          </li>
        ))}
      </ul>
      {Object.keys(notAvailable).length > 0 && (
        <p className="rest">
          {words.text('available.not')}: {countsText(notAvailable, words)}.
        </p>
      )}
      {units.length > 0 && (
        <a
          className="link"
          data-save=""
          download={`${new Date(askedFor).toISOString().slice(0, 16).replace(':', '')}.csv`}
          href={table}
        >
          {words.text('available.save')}
        </a>
      )}
    </section>
  );
}

/** A ring whose last position is the first again, as GeoJSON wants it. */
function closed(corners: readonly { readonly lon: number; readonly lat: number }[]): (readonly [number, number])[] {
  return [...corners, corners[0]!].map(({ lon, lat }) => [lon, lat]);
}
