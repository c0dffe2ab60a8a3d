import { useDesk, usePart, useWords } from './use-desk.js';

/** Nearer than this to the road a vehicle or an address is on it. */
const WORTH_TELLING_M = 50;

/** What the route that is drawn says: minutes, distance, and how far that can be trusted. */
export function RouteCard() {
  const desk = useDesk();
  const words = useWords();
  const route = usePart((state) => state.route);
  const units = usePart((state) => state.units);
  const veks = usePart((state) => state.veks);
  const network = usePart((state) => state.network);
  if (route === undefined) return null;
  const { unitId, vekId, askedAt, answer, problem } = route;
  const found = answer?.route ?? undefined;
  const offRoadM = found === undefined ? 0 : found.start.offRoadM + found.end.offRoadM;
  const profile = network?.profiles.find(({ code }) => code === answer?.profile);
  return (
    <section className="route-card" aria-labelledby="route-title" data-route-ms={found?.wholeMs}>
      <div className="section-head">
        <h3 id="route-title">
          {units.get(unitId)?.callsign ?? '?'} → {words.text('vek.number', { number: veks.get(vekId)?.number ?? '?' })}
        </h3>
        <button type="button" className="link" onClick={() => desk.clearRoute()}>
          {words.text('route.hide')}
        </button>
      </div>
      <div role="status">
        {problem !== undefined && <p className="problem">{words.label('error', problem)}</p>}
        {answer === undefined && problem === undefined && <p className="empty">{words.text('route.asking')}</p>}
        {answer !== undefined && found === undefined && (
          <p className="problem">{words.label('noRoute', answer.refusal?.code ?? 'other')}</p>
        )}
        {found !== undefined && (
          <>
            <p className="route-figures">
              <b>{words.minutes(found.wholeMs)}</b> <span>{words.distance(found.distanceM)}</span>
              {offRoadM > WORTH_TELLING_M && (
                <small> + {words.text('route.offRoad', { distance: words.distance(offRoadM) })}</small>
              )}
            </p>
            <p className="fine">
              {[
                profile === undefined ? answer!.profile : profile[words.language === 'lv' ? 'labelLv' : 'labelEn'],
                words.text('route.asOf', { time: words.time(askedAt) }),
                words.label('router', answer!.source),
                ...(answer!.fallback === null
                  ? []
                  : [words.text(answer!.fallback === 'router_not_asked' ? 'fallback.not_asked' : 'fallback.failed')]),
                ...(answer!.closures === 'in_force' ? [] : [words.label('closureState', answer!.closures)]),
              ].join(' · ')}
            </p>
            {answer!.generated && <p className="approximate">{words.text('route.generated')}</p>}
          </>
        )}
      </div>
    </section>
  );
}
