import { type FormEvent, useEffect, useState } from 'react';
import { freePlaceText } from '../i18n/dispatch-words.js';
import type { Assignment, ExpectedFree, Station, Vek } from '../state/api.js';
import { leaveOnEscape, useCommand, useDesk, useNow, usePart, useWords } from './use-desk.js';

const USUAL_MIN = 20;
const MOST_MIN = 1440;
/** Choices besides the stations: where it is, and where the map was clicked. */
const HERE = '';
const ON_MAP = 'map';

/** When a unit at work should be free, and where; a time that is over says so. */
export function ExpectedFreeText({ expected: { at, place } }: { readonly expected: ExpectedFree }) {
  const words = useWords();
  const leftMs = at - useNow(5000);
  const time = words.time(at);
  return (
    <p className={leftMs > 0 ? 'fine' : 'fine over-time'} data-expected-free={at}>
      {leftMs > 0 ? words.text('free.at', { time, left: words.minutes(leftMs) }) : words.text('free.was', { time })}
      {place !== null && `: ${freePlaceText(place, words)}`}
    </p>
  );
}

/** Enters when a unit should be free, in minutes from now, and where: at a station, or a place on the map with a name. */
export function ExpectedFreeForm({
  vek,
  assignment: { id, expectedFree },
  callsign,
}: {
  readonly vek: Vek;
  readonly assignment: Assignment;
  readonly callsign: string;
}) {
  const desk = useDesk();
  const words = useWords();
  const clicked = usePart((state) => state.draftPlace);
  const { busy, problem, run } = useCommand();
  const [minutes, setMinutes] = useState(() => minutesTo(expectedFree));
  const [chosen, setChosen] = useState(expectedFree?.place ? ON_MAP : HERE);
  const [name, setName] = useState(expectedFree?.place?.name ?? '');
  const [stations, setStations] = useState<readonly Station[]>([]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: read once, when the form is opened
  useEffect(() => {
    void run('stations', async () => setStations(await desk.cardLife.stations()));
  }, []);
  const where = clicked ?? expectedFree?.place ?? undefined;
  const leave = () => desk.select({ kind: 'vek', id: vek.id });
  const save = async (expected: ExpectedFree | null) => {
    if (await run('free', () => desk.cardLife.expectFree(vek.id, id, expected))) leave();
  };
  const place = (): ExpectedFree['place'] => {
    if (chosen === ON_MAP)
      return where === undefined ? null : { lon: where.lon, lat: where.lat, name: name.trim() || null };
    const station = stations.find((each) => each.id === chosen);
    return station === undefined ? null : { lon: station.lon, lat: station.lat, name: station.name };
  };
  return (
    <form
      className="expected-free-form"
      aria-label={`${words.text('free.open')}: ${callsign}`}
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        const now = desk.client?.hubNow() ?? Date.now();
        void save({ at: now + Number(minutes) * 60_000, place: place() });
      }}
      onKeyDown={leaveOnEscape(leave)}
    >
      <div className="row">
        <label>
          {words.text('free.in')}{' '}
          <input
            // biome-ignore lint/a11y/noAutofocus: it is the answer to the key that was just pressed
            autoFocus
            required
            type="number"
            name="minutes"
            min={1}
            max={MOST_MIN}
            value={minutes}
            onFocus={(event) => event.target.select()}
            onChange={(event) => setMinutes(event.target.value)}
          />{' '}
          {words.text('free.min')}
        </label>
        <select
          name="where"
          aria-label={words.text('free.where')}
          value={chosen}
          onChange={(event) => setChosen(event.target.value)}
        >
          <option value={HERE}>{words.text('free.here')}</option>
          <option value={ON_MAP}>{words.text('free.onMap')}</option>
          {stations.map((station) => (
            <option key={station.id} value={station.id}>
              {station.name}
            </option>
          ))}
        </select>
      </div>
      {chosen === ON_MAP && (
        <div className="row">
          <output>
            {where === undefined
              ? words.text('create.placeHint')
              : words.text('create.placeAt', { lat: where.lat.toFixed(5), lon: where.lon.toFixed(5) })}
          </output>
          <button type="button" onClick={() => desk.placeDraft(desk.mapCentre())}>
            {words.text('create.placeCentre')}
          </button>
          <input
            name="name"
            aria-label={words.text('free.name')}
            placeholder={words.text('free.name')}
            value={name}
            maxLength={200}
            onChange={(event) => setName(event.target.value)}
          />
        </div>
      )}
      {problem !== undefined && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      <div className="row">
        <button
          type="submit"
          className="primary"
          disabled={busy !== undefined || (chosen === ON_MAP && where === undefined)}
        >
          {words.text('free.save')}
        </button>
        {expectedFree !== null && (
          <button type="button" disabled={busy !== undefined} onClick={() => void save(null)}>
            {words.text('free.forget')}
          </button>
        )}
      </div>
    </form>
  );
}

/** What the form begins with. */
function minutesTo(expected: ExpectedFree | null): string {
  const left = expected === null ? 0 : Math.ceil((expected.at - Date.now()) / 60_000);
  return String(left > 0 ? left : USUAL_MIN);
}
