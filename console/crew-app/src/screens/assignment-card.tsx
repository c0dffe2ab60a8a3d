import { eventTypeLabel } from '../../../src/state/event-types.js';
import { receiptOf } from '../crew/crew-model.js';
import { bearingDeg, distanceM, windOf } from '../crew/place.js';
import type { Words } from '../i18n/words.js';
import type { AssignmentRow } from '../outbox/store.js';
import type { HubAssignment } from '../protocol-client/wire.js';
import { useCrew, useSession, useWords } from './context.js';
import { PressStateLine } from './press-list.js';
import { Sign } from './signs.js';

export function typeLabel(code: string | null, words: Words): string {
  return eventTypeLabel(code, words.language) ?? words.text('assignment.noType');
}

interface Props {
  readonly row: AssignmentRow;
  readonly first: boolean;
}

export function AssignmentCard({ row, first }: Props) {
  const words = useWords();
  const { model } = useSession();
  const { presses } = useCrew();
  const { assignment, ended } = row;
  const { assignmentId, vekType, vekNumber, priority, address, summary, dispatchedAt } = assignment;
  const receipt = receiptOf(presses, assignmentId);
  const isNew = ended === undefined && receipt === undefined;
  return (
    <section
      className={`card assignment ${ended ? 'ended' : isNew ? 'new' : ''}`}
      aria-labelledby={`a-${assignmentId}`}
    >
      {ended !== undefined && ended.why !== 'done' && (
        <div className="over" role="alert">
          <h2>{words.text(`assignment.${ended.why}`)}</h2>
          <p>{words.text(`assignment.${ended.why}.text`, { time: words.time(ended.at) })}</p>
        </div>
      )}
      <p className="eyebrow">
        <span>{words.text(isNew ? 'assignment.new' : first ? 'assignment.current' : 'assignment.earlier')}</span>
        <span>VEK {vekNumber}</span>
      </p>
      <p className={`priority ${priority ?? ''}`}>
        {words.label('priority', priority ?? 'none') ?? priority ?? words.text('priority.none')}
      </p>
      <h2 id={`a-${assignmentId}`}>{typeLabel(vekType, words)}</h2>
      <p className="address">{address ?? words.text('assignment.noAddress')}</p>
      {summary !== null && summary !== '' && <p className="summary">{summary}</p>}
      <Where assignment={assignment} />
      <p className="faint small">
        {words.text('assignment.at', { time: words.time(dispatchedAt) })}
        {receipt !== undefined && <> · {words.text('assignment.accepted', { time: words.time(receipt.event.time) })}</>}
      </p>
      {receipt !== undefined && ended === undefined && <PressStateLine press={receipt} />}
      {isNew && (
        <button type="button" className="accept" onClick={() => model.accept(assignmentId)}>
          {words.text('assignment.accept')}
        </button>
      )}
      {ended === undefined && assignment.lon !== null && assignment.lat !== null && (
        <a className="big navigate" href={geoUri(assignment.lon, assignment.lat, address)}>
          <Sign name="navigate" />
          {words.text('assignment.navigate')}
        </a>
      )}
      {ended !== undefined && (
        <button type="button" className="big primary" onClick={() => model.dismissAssignment(assignmentId)}>
          {words.text('assignment.understood')}
        </button>
      )}
    </section>
  );
}

/** RFC 5870, with the `q` that phones' map programs need to set a pin. */
function geoUri(lon: number, lat: number, label: string | null): string {
  const place = `${lat.toFixed(6)},${lon.toFixed(6)}`;
  return `geo:${place}?q=${place}${label === null ? '' : `(${encodeURIComponent(label)})`}`;
}

function Where({ assignment: { lon, lat } }: { readonly assignment: HubAssignment }) {
  const words = useWords();
  const { sensor } = useSession();
  useCrew();
  if (lon === null || lat === null) return <p className="where">{words.text('assignment.noPlace')}</p>;
  const own = sensor.last;
  if (own === undefined) return <p className="where faint">{words.text('assignment.noOwnPlace')}</p>;
  const bearing = bearingDeg(own, { lon, lat });
  const distance = words.distance(distanceM(own, { lon, lat }));
  return (
    <p className="where">
      <Sign name="navigate" turnDeg={bearing} />
      <strong>{words.text('assignment.away', { distance, wind: words.text(`wind.${windOf(bearing)}`) })}</strong>
      <span className="faint small">
        {Math.round(bearing) % 360}° · {words.text('assignment.straight')}
      </span>
    </p>
  );
}
