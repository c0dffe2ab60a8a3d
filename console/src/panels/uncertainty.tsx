import { doubtText } from '../i18n/dispatch-words.js';
import type { IncidentAnswer } from '../state/recommendation.js';
import { useDesk, useNames, useWords } from './use-desk.js';

/** What the worst point of an uncertain place would change. */
export function Uncertainty({ incident: { uncertainty, units } }: { readonly incident: IncidentAnswer }) {
  const words = useWords();
  const names = useNames();
  const desk = useDesk();
  if (uncertainty === null) return null;
  const { worst, changes } = uncertainty;
  const callsignOf = (id: string) => units.find(({ unitId }) => unitId === id)?.callsign ?? names.callsign(id) ?? '?';
  return (
    <p className={changes ? 'warning' : 'fine'} data-uncertain={changes}>
      {words.text('doubt.place', { radius: words.distance(uncertainty.radiusM) })}{' '}
      {doubtText(uncertainty, callsignOf, words)}{' '}
      <button type="button" className="link" onClick={() => desk.flyTo(worst)}>
        {words.text('doubt.show')}
      </button>
    </p>
  );
}
