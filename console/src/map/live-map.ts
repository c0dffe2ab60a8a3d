import { MapLibreOverlay } from '@deck.gl/maplibre';
import { Map as MapLibreMap, type MapMouseEvent, ScaleControl, setWorkerUrl } from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?url';
import 'maplibre-gl/dist/maplibre-gl.css';
import { UNIT_STATUSES, type UnitStatus } from '../../../tracker/src/protocol/status.js';
import { type Box, LivePicture } from '../feed/index.js';
import { Words } from '../i18n/words.js';
import { createSymbolAtlas, LABEL_ZOOM, MAP_COLOURS, mapLayers, type SymbolAtlas, UnitLooks } from '../layers/index.js';
import type { Vek } from '../state/api.js';
import { type Desk, isEnded } from '../state/desk.js';
import { readStyleUrl } from '../state/settings.js';
import type { State } from '../state/store.js';
import { baseStyle } from './base-style.js';

setWorkerUrl(workerUrl);

export const LATVIA: Box = [20.75, 55.6, 28.35, 58.15];
const CLICK_PX = 20;
/** A VEK's flag stands above its point. */
const FLAG_PX = 20;
const MAX_LABELS = 350;
/** Ages grow without bundles too. */
const REDRAW_EVERY_MS = 1000;
const FLY_ZOOM = 13;
const NOTHING = new LivePicture();

/** The map: draws what the desk knows, and tells it what was clicked. Positions never pass through React. */
export class LiveMap {
  readonly #desk: Desk;
  readonly #map: MapLibreMap;
  readonly #overlay: MapLibreOverlay;
  readonly #looks = new UnitLooks();
  readonly #ends: (() => void)[] = [];
  /** Script time of the last draws, ms. */
  readonly times: number[] = [];
  #atlas: SymbolAtlas;
  #words: Words;
  #veks: readonly Vek[] = [];
  #labelled: readonly number[] = [];
  #state: State;
  #drawDue = false;
  #client: Desk['client'];

  constructor(desk: Desk, container: HTMLElement) {
    this.#desk = desk;
    this.#state = desk.store.get();
    this.#words = desk.words;
    this.#atlas = this.#createAtlas();
    this.#map = new MapLibreMap({
      container,
      style: readStyleUrl() ?? baseStyle(this.#state.theme, location.origin),
      bounds: [...LATVIA],
      fitBoundsOptions: { padding: 12 },
      maxZoom: 18,
      minZoom: 4,
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      fadeDuration: 0,
      canvasContextAttributes: { antialias: false },
    });
    this.#map.touchZoomRotate.disableRotation();
    this.#map.keyboard.disableRotation();
    this.#map.addControl(new ScaleControl({ unit: 'metric' }), 'bottom-right');
    this.#overlay = new MapLibreOverlay({ interleaved: false, layers: [], useDevicePixels: true });
    this.#map.addControl(this.#overlay);
    this.#map.on('moveend', () => this.#moved());
    this.#map.on('move', () => this.#due());
    this.#map.on('click', (event) => this.#click(event));
    const timer = setInterval(() => this.#due(), REDRAW_EVERY_MS);
    this.#ends.push(
      () => clearInterval(timer),
      desk.store.subscribe(() => this.#take(desk.store.get())),
    );
    this.#take(this.#state);
    this.#learn();
    desk.flyTo = ({ lon, lat }) => this.flyTo(lon, lat);
    desk.mapCentre = () => {
      const { lng, lat } = this.#map.getCenter();
      return { lon: lng, lat };
    };
    this.#moved();
  }

  get zoom(): number {
    return this.#map.getZoom();
  }

  flyTo(lon: number, lat: number): void {
    // a panel that opens with the same click makes the map narrower first
    requestAnimationFrame(() => {
      this.#map.resize();
      this.#map.easeTo({
        center: [lon, lat],
        zoom: Math.max(FLY_ZOOM, this.#map.getZoom()),
        duration: this.#easeMs(600),
      });
    });
  }

  zoomBy(steps: number): void {
    this.#map.easeTo({ zoom: this.#map.getZoom() + steps, duration: this.#easeMs(200) });
  }

  showAll(): void {
    this.#map.fitBounds([...LATVIA], { padding: 12, duration: this.#easeMs(500) });
  }

  focus(): void {
    this.#map.getCanvas().focus();
  }

  #easeMs(ms: number): number {
    return matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : ms;
  }

  destroy(): void {
    for (const end of this.#ends) end();
    this.#desk.flyTo = () => {};
    this.#map.remove();
  }

  #createAtlas(): SymbolAtlas {
    const letters = Object.fromEntries(
      UNIT_STATUSES.map((status) => [status, this.#words.text(`letter.${status}`)]),
    ) as Record<UnitStatus, string>;
    return createSymbolAtlas(letters, MAP_COLOURS[this.#state.theme].outline);
  }

  #take(state: State): void {
    const before = this.#state;
    this.#state = state;
    const { client } = this.#desk;
    if (client !== undefined && client !== this.#client) {
      this.#client = client;
      this.#ends.push(client.on('picture', () => this.#due()));
      this.#moved();
    }
    if (state.language !== before.language || state.theme !== before.theme) {
      this.#words = new Words(state.language);
      this.#atlas = this.#createAtlas();
      if (state.theme !== before.theme && readStyleUrl() === null)
        this.#map.setStyle(baseStyle(state.theme, location.origin), { diff: false });
    }
    if (state.units !== before.units) this.#learn();
    if (state.veks !== before.veks || this.#veks.length === 0)
      this.#veks = [...state.veks.values()].filter((vek) => vek.lon !== null && !isEnded(vek)).sort(byPriority);
    this.#due();
  }

  #learn(): void {
    const { units, session } = this.#state;
    this.#looks.learn(units.values(), (id) => session?.agencies.get(id)?.kind);
  }

  #moved(): void {
    const bounds = this.#map.getBounds();
    this.#desk.client?.show(
      [
        Math.max(-180, bounds.getWest()),
        Math.max(-85, bounds.getSouth()),
        Math.min(180, bounds.getEast()),
        Math.min(85, bounds.getNorth()),
      ],
      this.#map.getZoom(),
    );
    this.#due();
  }

  /** Draws once a frame, however much has changed. */
  #due(): void {
    if (this.#drawDue) return;
    this.#drawDue = true;
    requestAnimationFrame(() => {
      this.#drawDue = false;
      this.#draw();
    });
  }

  #draw(): void {
    const startedAt = performance.now();
    const { client } = this.#desk;
    const picture = client?.picture ?? NOTHING;
    const now = client?.hubNow() ?? Date.now();
    const zoom = this.#map.getZoom();
    const { selection, units, unitByHandle, shelters, showShelters, draftPlace, theme } = this.#state;
    this.#looks.update(picture, this.#atlas, now);
    this.#labelled = zoom < LABEL_ZOOM ? NONE : this.#shownSlots(picture);
    this.#overlay.setProps({
      layers: mapLayers({
        picture,
        looks: this.#looks,
        atlas: this.#atlas,
        zoom,
        now,
        selection,
        units,
        unitByHandle,
        veks: this.#veks,
        shelters,
        showShelters,
        draftPlace,
        colours: MAP_COLOURS[theme],
        words: this.#words,
        labelled: this.#labelled,
      }),
    });
    this.times.push(performance.now() - startedAt);
    if (this.times.length > 600) this.times.shift();
  }

  #shownSlots({ position, length }: LivePicture): number[] {
    const bounds = this.#map.getBounds();
    const [west, south, east, north] = [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];
    const shown: number[] = [];
    for (let slot = 0; slot < length && shown.length < MAX_LABELS; slot++) {
      const lon = position[slot * 2]!;
      const lat = position[slot * 2 + 1]!;
      if (lon >= west && lon <= east && lat >= south && lat <= north) shown.push(slot);
    }
    return shown;
  }

  #click({ point, lngLat }: MapMouseEvent): void {
    const { selection, unitByHandle } = this.#state;
    if (selection.kind === 'new_vek') {
      this.#desk.placeDraft({ lon: lngLat.lng, lat: lngLat.lat });
      return;
    }
    const hit = this.#vekAt(point) ?? this.#unitAt(point);
    if (hit?.kind === 'vek') this.#desk.select({ kind: 'vek', id: hit.id });
    else if (hit?.kind === 'unit') {
      const unit = unitByHandle.get(hit.handle);
      if (unit !== undefined) this.#desk.select({ kind: 'unit', id: unit.id });
    }
  }

  #vekAt(point: { x: number; y: number }): { kind: 'vek'; id: string } | undefined {
    let best: { kind: 'vek'; id: string } | undefined;
    let bestPx = CLICK_PX;
    for (const { id, lon, lat } of this.#veks) {
      const at = this.#map.project([lon!, lat!]);
      const px = Math.hypot(at.x - point.x, at.y - FLAG_PX - point.y);
      if (px < bestPx) {
        best = { kind: 'vek', id };
        bestPx = px;
      }
    }
    return best;
  }

  /** A full scan: exact, and quick enough for a click. */
  #unitAt(point: { x: number; y: number }): { kind: 'unit'; handle: number } | undefined {
    const { position, length, handle } = this.#desk.client?.picture ?? NOTHING;
    const corner = this.#map.unproject([point.x - CLICK_PX, point.y + CLICK_PX]);
    const opposite = this.#map.unproject([point.x + CLICK_PX, point.y - CLICK_PX]);
    let best: { kind: 'unit'; handle: number } | undefined;
    let bestPx = CLICK_PX;
    for (let slot = 0; slot < length; slot++) {
      const lon = position[slot * 2]!;
      const lat = position[slot * 2 + 1]!;
      if (lon < corner.lng || lon > opposite.lng || lat < corner.lat || lat > opposite.lat) continue;
      const at = this.#map.project([lon, lat]);
      const px = Math.hypot(at.x - point.x, at.y - point.y);
      if (px < bestPx) {
        best = { kind: 'unit', handle: handle[slot]! };
        bestPx = px;
      }
    }
    return best;
  }
}

const NONE: readonly number[] = [];

/** The most urgent last, so that it is drawn on top. */
function byPriority(a: Vek, b: Vek): number {
  return (b.priority ?? 'P9').localeCompare(a.priority ?? 'P9');
}
