import type { IncidentAnswer } from '../state/recommendation.js';
import { useDesk, useNames, useWords } from './use-desk.js';

/** What the worst point of an uncertain place would change. */
export function Uncertainty({ incident: { uncertainty, units } }: { readonly incident: IncidentAnswer }) {
  const words = useWords();
  const names = useNames();
  const desk = useDesk();
  if (uncertainty === null) return null;
  const { radiusM, worst, changes, joins, leaves, latestMs } = uncertainty;
  const callsigns = (ids: readonly string[]) =>
    ids.map((id) => units.find(({ unitId }) => unitId === id)?.callsign ?? names.callsign(id) ?? '?').join(', ');
  return (
    <p className={changes ? 'warning' : 'fine'} data-uncertain={changes}>
      {words.text('doubt.place', { radius: words.distance(radiusM) })}{' '}
      {changes
        ? [
            joins.length > 0 ? words.text('doubt.joins', { units: callsigns(joins) }) : '',
            leaves.length > 0 ? words.text('doubt.leaves', { units: callsigns(leaves) }) : '',
          ]
            .filter((text) => text !== '')
            .join('; ')
        : words.text('doubt.same')}
      {' · '}
      {words.text('doubt.latest', { time: words.minutes(latestMs) })}{' '}
      <button type="button" className="link" onClick={() => desk.flyTo(worst)}>
        {words.text('doubt.show')}
      </button>
    </p>
  );
}
