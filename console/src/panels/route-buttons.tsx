import type { Vek } from '../state/api.js';
import { useDesk, usePart, useWords } from './use-desk.js';

/** Draws a unit's way to an incident, or takes it away; the key `r` presses it. Nothing where there are no roads or no place. */
export function RouteButton({ unitId, vek }: { readonly unitId: string; readonly vek: Vek }) {
  const desk = useDesk();
  const words = useWords();
  const isReady = usePart((state) => state.network?.state === 'ready');
  const isShown = usePart((state) => state.route?.unitId === unitId && state.route.vekId === vek.id);
  const callsign = usePart((state) => state.units.get(unitId)?.callsign ?? '?');
  if (!isReady || vek.lon === null) return null;
  return (
    <button
      type="button"
      className="quiet compact"
      data-route={callsign}
      aria-pressed={isShown}
      aria-label={`${words.text('route.show')}: ${callsign}`}
      onClick={() => void desk.toggleRoute(unitId, vek.id)}
    >
      {words.text('route.show')}
    </button>
  );
}

/** Draws from where an incident is reached within the limits of the norms, or takes it away; the key `i` presses it. */
export function ReachButton({ vek }: { readonly vek: Vek }) {
  const desk = useDesk();
  const words = useWords();
  const isReady = usePart((state) => state.network?.state === 'ready');
  const reach = usePart((state) => state.reach);
  if (!isReady) return null;
  const shown = reach?.vekId === vek.id ? reach : undefined;
  return (
    <p className="row">
      <button
        type="button"
        className="quiet"
        data-reach={vek.number}
        aria-pressed={shown !== undefined}
        onClick={() => void desk.toggleReach(vek)}
      >
        {words.text('reach.show')}
      </button>
      <small role="status">
        {shown?.problem !== undefined && words.label('error', shown.problem)}
        {shown !== undefined && shown.answer === undefined && shown.problem === undefined && words.text('route.asking')}
        {shown?.answer?.generated === true && words.text('route.generated')}
      </small>
    </p>
  );
}
