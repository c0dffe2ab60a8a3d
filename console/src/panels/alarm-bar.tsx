import type { Words } from '../i18n/words.js';
import type { Alarm, Unit } from '../state/api.js';
import { useCommand, useDesk, useNow, usePart, useWords } from './use-desk.js';

/** Calls for help from crews. Nothing but a person takes one away, and then from every desk. */
export function AlarmBar() {
  const words = useWords();
  const alarms = usePart((state) => state.alarms);
  const units = usePart((state) => state.units);
  return (
    <section className="alarms" aria-label={words.text('sos.title')}>
      {/* said once for each call, while the ages in the lines below run on */}
      <p className="hidden" role="alert">
        {alarms.map(({ unitId }) => words.text('sos.text', { unit: unitName(unitId, words, units) })).join('; ')}
      </p>
      {alarms.map((alarm) => (
        <AlarmLine key={alarm.id} alarm={alarm} />
      ))}
    </section>
  );
}

function unitName(unitId: string | null, words: Words, units: ReadonlyMap<string, Unit>): string {
  return unitId === null ? words.text('sos.noUnit') : (units.get(unitId)?.callsign ?? unitId);
}

function AlarmLine({ alarm: { id, unitId, at, receivedAt, late, place, repeats } }: { readonly alarm: Alarm }) {
  const desk = useDesk();
  const words = useWords();
  const now = useNow();
  const units = usePart((state) => state.units);
  const { busy, problem, run } = useCommand();
  const unit = unitName(unitId, words, units);
  return (
    <div className="alarm">
      <strong>{words.text('sos.title')}</strong>
      <button
        type="button"
        className="link"
        onClick={() => {
          if (unitId !== null) desk.select({ kind: 'unit', id: unitId });
          if (place !== null) desk.flyTo(place);
        }}
      >
        {words.text('sos.text', { unit })}
      </button>
      <span>
        {words.timeNear(at, now)} · {words.ago(now - at)}
        {late && ` · ${words.text('sos.late', { time: words.timeNear(receivedAt, now) })}`}
        {place === null && ` · ${words.text('sos.noPlace')}`}
        {place?.source === 'last_fix' && ` · ${words.text('sos.lastFix')}`}
        {repeats > 0 && ` · ${words.text('sos.repeated', { n: repeats })}`}
      </span>
      {desk.may('status') && (
        <button
          type="button"
          className="seen"
          disabled={busy !== undefined}
          onClick={() => void run('acknowledge', () => desk.acknowledgeAlarm(id))}
        >
          {words.text('sos.seen')}
        </button>
      )}
      {problem !== undefined && <span className="problem">{problem}</span>}
    </div>
  );
}
