import { countedFromText, countsText, lineText, reasonText } from '../i18n/dispatch-words.js';
import type { BypassedUnit, IncidentAnswer, LineAnswer } from '../state/recommendation.js';
import { useDesk, useNames, useWords } from './use-desk.js';

/** What of the run card is met and by whom; opened, a line tells who is near and does not go, and the map draws their ways. */
export function CardLines({ incident }: { readonly incident: IncidentAnswer }) {
  const words = useWords();
  return (
    <ul className="card-lines" aria-label={words.text('line.title')}>
      {incident.lines.map((line, i) => (
        <li key={line.requirements[0]!.line}>
          <Line incident={incident} line={line} place={i} />
        </li>
      ))}
    </ul>
  );
}

function Line({
  incident,
  line,
  place,
}: {
  readonly incident: IncidentAnswer;
  readonly line: LineAnswer;
  readonly place: number;
}) {
  const desk = useDesk();
  const words = useWords();
  const names = useNames();
  const { vekId, units, asked } = incident;
  const { need, served, notChosen, restByReason, shortfall } = line;
  const callsigns = served.map(({ unitId }) => units.find((unit) => unit.unitId === unitId)?.callsign ?? '?');
  const rest = Object.values(restByReason).reduce((sum, count) => sum + count, 0);
  return (
    <details
      name={`lines ${vekId}`}
      data-line={asked[line.requirements[0]!.line]!.service}
      onToggle={({ currentTarget: { open, parentElement } }) => {
        if (open) void desk.dispatching.lookAt({ vekId, line: place });
        // another line that was opened instead has told the map already
        else if (parentElement?.parentElement?.querySelector('details[open]') === null)
          void desk.dispatching.lookAt(undefined);
      }}
    >
      <summary data-stop="" className={shortfall === null ? 'met' : need}>
        <span className="line-mark" aria-hidden="true">
          {shortfall === null ? '✓' : '!'}
        </span>
        <span>
          {lineText(line, asked, words)}
          {need === 'should' && <span className="tag">{words.text('need.should')}</span>}
          <small className="served">
            {callsigns.join(', ')}
            {shortfall !== null && (
              <b className="short-mark"> {words.text('line.missing', { missing: words.number(shortfall.missing) })}</b>
            )}
          </small>
        </span>
      </summary>
      {shortfall !== null && (
        <p className="fine">
          {shortfall.next === null
            ? words.text('line.nobodyAnywhere')
            : words.text('line.next', {
                unit: shortfall.next.callsign,
                time: words.minutesBetween(shortfall.next.response.intervalMs),
                reason: reasonText(shortfall.next.reason, words, names),
              })}
        </p>
      )}
      {notChosen.length > 0 && (
        <>
          <h4>{words.text('who.notChosen')}</h4>
          <ul className="not-chosen">
            {notChosen.map((unit) => (
              <NotChosen key={unit.unitId} unit={unit} />
            ))}
          </ul>
        </>
      )}
      {rest > 0 && (
        <p className="rest">
          {words.count('rest', rest)}: {countsText(restByReason, words)}.
        </p>
      )}
    </details>
  );
}

function NotChosen({ unit }: { readonly unit: BypassedUnit }) {
  const desk = useDesk();
  const words = useWords();
  const names = useNames();
  const { unitId, callsign, response, reason } = unit;
  const countedFrom = countedFromText(unit, words);
  return (
    <li data-bypassed={callsign}>
      <button type="button" className="link" onClick={() => desk.select({ kind: 'unit', id: unitId })}>
        {callsign}
      </button>
      <span className="minutes">{words.minutesBetween(response.intervalMs)}</span>
      <span className="reason">
        {reasonText(reason, words, names)}
        {countedFrom !== undefined && ` · ${countedFrom}`}
      </span>
    </li>
  );
}
