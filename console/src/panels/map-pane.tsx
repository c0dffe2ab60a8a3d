import { useEffect, useRef, useState } from 'react';
import { UNIT_STATUSES } from '../../../tracker/src/protocol/status.js';
import { drawSymbol, MAP_COLOURS, SERVICES } from '../layers/index.js';
import { LiveMap } from '../map/live-map.js';
import { RouteCard } from './route-card.js';
import { useDesk, usePart, useWords } from './use-desk.js';

export function MapPane() {
  const desk = useDesk();
  const words = useWords();
  const connection = usePart((state) => state.connection);
  const inPicture = usePart((state) => state.unitsInPicture);
  const closures = usePart((state) => state.closures);
  const network = usePart((state) => state.network?.network ?? undefined);
  const container = useRef<HTMLDivElement>(null);
  const [map, setMap] = useState<LiveMap>();
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    let made: LiveMap | undefined;
    try {
      made = new LiveMap(desk, container.current!);
      window.__vanagsDrawTimes = made.times;
      setMap(made);
    } catch {
      setFailed(true); // no WebGL 2: the lists work without a map
    }
    return () => made?.destroy();
  }, [desk]);
  const stopped = connection === 'stalled' || connection === 'offline';
  return (
    <section className={stopped ? 'map stopped' : 'map'} aria-label={words.text('map.label')}>
      <div ref={container} className="map-canvas" />
      {failed && <p className="problem map-failed">{words.text('map.webgl')}</p>}
      <div className="map-buttons">
        <button type="button" aria-label={words.text('map.zoomIn')} onClick={() => map?.zoomBy(1)}>
          +
        </button>
        <button type="button" aria-label={words.text('map.zoomOut')} onClick={() => map?.zoomBy(-1)}>
          −
        </button>
        <button type="button" onClick={() => map?.showAll()} title={words.text('map.whole')}>
          LV
        </button>
        <button
          type="button"
          className={closures.length > 0 ? 'closures-button some' : 'closures-button'}
          onClick={() => desk.select({ kind: 'closures' })}
          title={words.text('closures.title')}
          aria-label={`${words.text('closures.title')}: ${words.number(closures.length)}`}
        >
          ⊘{closures.length > 0 && <small className="closures-count">{words.number(closures.length)}</small>}
        </button>
      </div>
      <RouteCard />
      <p className="in-picture">{words.text('units.inPicture', { count: words.count('units', inPicture) })}</p>
      <Legend />
      {network?.generated === false && <p className="attribution">{network.attribution}</p>}
    </section>
  );
}

function Legend() {
  const desk = useDesk();
  const words = useWords();
  const showShelters = usePart((state) => state.showShelters);
  const network = usePart((state) => state.network);
  const [open, setOpen] = useState(() => window.innerHeight > 820);
  return (
    <details className="legend" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{words.text('map.legend')}</summary>
      <ul className="legend-services">
        {SERVICES.filter((service) => service !== 'other').map((service) => (
          <li key={service}>
            <UnitSymbol service={service} status="available" letter="" /> {words.text(`service.${service}`)}
          </li>
        ))}
      </ul>
      <ul className="legend-statuses">
        {UNIT_STATUSES.map((status) => (
          <li key={status}>
            <UnitSymbol service="ambulance" status={status} letter={words.text(`letter.${status}`)} />{' '}
            {words.text(`status.${status}`)}
          </li>
        ))}
        <li>
          <UnitSymbol service="ambulance" status="en_route" letter={words.text('letter.en_route')} stale />{' '}
          {words.text('map.stale')}
        </li>
        <li>
          <UnitSymbol service="ambulance" status="en_route" letter={words.text('letter.en_route')} setAside />{' '}
          {words.text('map.setAside')}
        </li>
      </ul>
      <label className="legend-shelters">
        <input type="checkbox" checked={showShelters} onChange={() => desk.toggleShelters()} />{' '}
        {words.text('map.shelters')}
      </label>
      <p className="legend-closures">
        <span className="closure-mark closed" aria-hidden="true" /> {words.text('closures.closed')}{' '}
        <span className="closure-mark slow" aria-hidden="true" /> {words.text('closures.slow')}
      </p>
      {/* lines of the map stand in for a network that is not there; only a demonstration has them, and invents them */}
      <p className="approximate">
        {words.text(network?.network?.generated === false ? 'map.bordersApproximate' : 'map.approximate')}
      </p>
      {network !== undefined && (
        <p className="fine">
          {network.network === null
            ? words.label('network', network.state)
            : words.text('network.source', { source: network.network.source })}
        </p>
      )}
      <p className="fine">{words.text('map.sources')}</p>
    </details>
  );
}

const SYMBOL_PX = 64;

function UnitSymbol({
  service,
  status,
  letter,
  stale = false,
  setAside = false,
}: {
  readonly service: (typeof SERVICES)[number];
  readonly status: (typeof UNIT_STATUSES)[number];
  readonly letter: string;
  readonly stale?: boolean;
  readonly setAside?: boolean;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = usePart((state) => state.theme);
  useEffect(() => {
    const context = canvas.current!.getContext('2d')!;
    context.clearRect(0, 0, SYMBOL_PX, SYMBOL_PX);
    context.save();
    context.translate(SYMBOL_PX / 2, SYMBOL_PX / 2);
    drawSymbol(context, service, status, letter, { stale, setAside, outline: MAP_COLOURS[theme].outline });
    context.restore();
  }, [service, status, letter, stale, setAside, theme]);
  return (
    <span className="symbol" aria-hidden="true">
      <canvas ref={canvas} width={SYMBOL_PX} height={SYMBOL_PX} />
    </span>
  );
}
