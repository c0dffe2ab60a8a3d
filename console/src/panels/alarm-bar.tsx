import { useDesk, useNow, usePart, useWords } from './use-desk.js';

/** Calls for help from crews. Nothing but a person takes one away. */
export function AlarmBar() {
  const desk = useDesk();
  const words = useWords();
  const now = useNow();
  const alarms = usePart((state) => state.alarms);
  const units = usePart((state) => state.units);
  return (
    <div className="alarms" role="alert">
      {alarms.map(({ id, unitId, at, place }) => (
        <div key={id} className="alarm">
          <strong>{words.text('sos.title')}</strong>
          <button
            type="button"
            className="link"
            onClick={() => {
              desk.select({ kind: 'unit', id: unitId });
              if (place !== null) desk.flyTo(place);
            }}
          >
            {words.text('sos.text', { unit: units.get(unitId)?.callsign ?? unitId })}
          </button>
          <span>
            {words.time(at)} · {words.ago(now - at)}
            {place === null && ` · ${words.text('sos.noPlace')}`}
          </span>
          <button type="button" className="seen" onClick={() => desk.alarmSeen(id)}>
            {words.text('sos.seen')}
          </button>
        </div>
      ))}
    </div>
  );
}
