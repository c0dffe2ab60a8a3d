import { MapLibreOverlay } from '@deck.gl/maplibre';
import {
  LngLatBounds,
  Map as MapLibreMap,
  type MapMouseEvent,
  ScaleControl,
  type StyleSpecification,
  setWorkerUrl,
} from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?url';
import 'maplibre-gl/dist/maplibre-gl.css';
import { UNIT_STATUSES, type UnitStatus } from '../../../tracker/src/protocol/status.js';
import { type Box, LivePicture } from '../feed/index.js';
import { Words } from '../i18n/words.js';
import {
  createSymbolAtlas,
  LABEL_ZOOM,
  type LabelWish,
  MAP_COLOURS,
  mapLayers,
  placeLabels,
  type SymbolAtlas,
  type UnitLabel,
  UnitLooks,
} from '../layers/index.js';
import type { Vek } from '../state/api.js';
import { type Desk, isEnded } from '../state/desk.js';
import { readStyleUrl } from '../state/settings.js';
import { isPlacing, type State } from '../state/store.js';
import { baseStyle } from './base-style.js';
import { DispatchOverlay } from './dispatch-overlay.js';
import { RoadOverlay } from './road-overlay.js';

setWorkerUrl(workerUrl);

export const LATVIA: Box = [20.75, 55.6, 28.35, 58.15];
const CLICK_PX = 20;
/** A VEK's flag stands above its point. */
const FLAG_PX = 20;
const MAX_LABELS = 350;
/** Ages grow without bundles too. */
const REDRAW_EVERY_MS = 1000;
const FLY_ZOOM = 13;
/** Of a label: a line of it, and a letter of it on average, wide ones included. */
const LABEL_HEIGHT_PX = 16;
const LETTER_PX = 7;
/** Room for “ +12”, and for “ · 119 min” of a stale one. */
const COUNT_LETTERS = 3;
const AGE_LETTERS = 9;
/** Whose label is written, by status code: those on their way before those at rest. */
const LABEL_RANK = [0, 1, 2, 3, 8, 9, 7, 6, 5, 4];
const SELECTED_RANK = 100;
const NOTHING = new LivePicture();

/** The map: draws what the desk knows, and tells it what was clicked. Positions never pass through React. */
export class LiveMap {
  readonly #desk: Desk;
  readonly #map: MapLibreMap;
  readonly #overlay: MapLibreOverlay;
  readonly #roads: RoadOverlay;
  readonly #dispatch: DispatchOverlay;
  readonly #looks = new UnitLooks();
  readonly #ends: (() => void)[] = [];
  /** Script time of the last draws, ms. */
  readonly times: number[] = [];
  #atlas: SymbolAtlas;
  #words: Words;
  #veks: readonly Vek[] = [];
  #labels: readonly UnitLabel[] = [];
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
      style: readStyleUrl() ?? this.#style(),
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
    this.#roads = new RoadOverlay(this.#map, this.#state.theme);
    this.#dispatch = new DispatchOverlay(this.#map, this.#state.theme);
    this.#map.touchZoomRotate.disableRotation();
    this.#map.keyboard.disableRotation();
    this.#map.addControl(new ScaleControl({ unit: 'metric' }), 'bottom-right');
    this.#overlay = new MapLibreOverlay({ interleaved: false, layers: [], useDevicePixels: true });
    this.#map.addControl(this.#overlay);
    // a tile that does not come leaves its place empty; MapLibre asks again when it is next shown
    this.#map.on('error', () => {});
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
    desk.showWays = () => this.showPlaces(this.#state.ways.flatMap(({ line }) => line));
    desk.mapView = () => {
      const bounds = this.#map.getBounds();
      const corners = [bounds.getSouthWest(), bounds.getSouthEast(), bounds.getNorthEast(), bounds.getNorthWest()];
      return corners.map(({ lng, lat }) => ({ lon: lng, lat }));
    };
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

  /** Shows all of the places at once, no nearer than a flight goes. */
  showPlaces(places: readonly (readonly [number, number])[]): void {
    const bounds = new LngLatBounds();
    for (const [lon, lat] of places) bounds.extend([lon, lat]);
    if (!bounds.isEmpty())
      this.#map.fitBounds(bounds, { padding: 60, maxZoom: FLY_ZOOM + 1, duration: this.#easeMs(500) });
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
    this.#desk.showWays = () => {};
    this.#map.remove();
  }

  #style(): StyleSpecification {
    const { theme, network } = this.#state;
    return baseStyle(theme, location.origin, network?.network);
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
    }
    const isOtherMap = state.theme !== before.theme || state.network?.network?.id !== before.network?.network?.id;
    if (isOtherMap && readStyleUrl() === null) {
      this.#roads.setTheme(state.theme);
      this.#dispatch.setTheme(state.theme);
      this.#map.setStyle(this.#style(), { diff: false });
    }
    const isFirst = state === before;
    const otherWords = isFirst || state.language !== before.language;
    if (state.closures !== before.closures || otherWords) this.#roads.showClosures(state.closures, this.#words);
    if (state.reach !== before.reach || otherWords) this.#roads.showReach(state.reach, this.#words);
    if (state.route !== before.route || isFirst) this.#roads.showRoute(state.route);
    if (state.ways !== before.ways || otherWords) {
      this.#dispatch.showWays(state.ways, this.#words);
      // it comes and goes with the ways
      this.#dispatch.showWorst(state.ways.length > 0 ? state.whoGoes?.answer : undefined, this.#words);
    }
    if (state.draftArea !== before.draftArea || isFirst) this.#dispatch.showArea(state.draftArea);
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
    const { selection, units, unitByHandle, shelters, showShelters, draftPlace, marked, available, theme } =
      this.#state;
    this.#looks.update(picture, this.#atlas, now);
    this.#labels = zoom < LABEL_ZOOM ? NONE : this.#shownLabels(picture, now);
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
        marked,
        available,
        colours: MAP_COLOURS[theme],
        words: this.#words,
        labels: this.#labels,
      }),
    });
    this.times.push(performance.now() - startedAt);
    if (this.times.length > 600) this.times.shift();
  }

  /** Names that do not lie on each other, those of the units that matter most before the others. */
  #shownLabels(picture: LivePicture, now: number): UnitLabel[] {
    const { position, length, status, handle } = picture;
    const { selection, units, unitByHandle } = this.#state;
    const bounds = this.#map.getBounds();
    const [west, south, east, north] = [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];
    const selected = selection.kind === 'unit' ? (units.get(selection.id)?.handle ?? -1) : -1;
    const wishes: LabelWish[] = [];
    for (let slot = 0; slot < length; slot++) {
      const lon = position[slot * 2]!;
      const lat = position[slot * 2 + 1]!;
      if (lon < west || lon > east || lat < south || lat > north) continue;
      const { x, y } = this.#map.project([lon, lat]);
      const rank = handle[slot] === selected ? SELECTED_RANK : LABEL_RANK[status[slot]!]!;
      const callsign = unitByHandle.get(handle[slot]!)?.callsign ?? '';
      const letters = callsign.length + COUNT_LETTERS + (picture.isStale(slot, now) ? AGE_LETTERS : 0);
      wishes.push({ slot, handle: handle[slot]!, rank, x, y, widthPx: letters * LETTER_PX });
    }
    return placeLabels(wishes, LABEL_HEIGHT_PX, MAX_LABELS);
  }

  #click({ point, lngLat }: MapMouseEvent): void {
    const { selection, unitByHandle } = this.#state;
    if (isPlacing(selection)) {
      this.#desk.placeDraft({ lon: lngLat.lng, lat: lngLat.lat });
      return;
    }
    const vek = this.#vekAt(point);
    if (vek !== undefined) {
      this.#desk.select({ kind: 'vek', id: vek });
      return;
    }
    const ids = this.#unitsAt(point).flatMap((handle) => unitByHandle.get(handle)?.id ?? []);
    // where several lie on each other, each click takes the next
    const at = selection.kind === 'unit' ? ids.indexOf(selection.id) : -1;
    const next = ids[(at + 1) % ids.length];
    if (next !== undefined) this.#desk.select({ kind: 'unit', id: next });
  }

  #vekAt(point: { x: number; y: number }): string | undefined {
    let best: string | undefined;
    let bestPx = CLICK_PX;
    for (const { id, lon, lat } of this.#veks) {
      const at = this.#map.project([lon!, lat!]);
      const px = Math.hypot(at.x - point.x, at.y - FLAG_PX - point.y);
      if (px < bestPx) {
        best = id;
        bestPx = px;
      }
    }
    return best;
  }

  /** Handles of the units at a point, the nearest first. A full scan: exact, and quick enough for a click. */
  #unitsAt(point: { x: number; y: number }): number[] {
    const { position, length, handle } = this.#desk.client?.picture ?? NOTHING;
    const corner = this.#map.unproject([point.x - CLICK_PX, point.y + CLICK_PX]);
    const opposite = this.#map.unproject([point.x + CLICK_PX, point.y - CLICK_PX]);
    const found: { handle: number; px: number }[] = [];
    for (let slot = 0; slot < length; slot++) {
      const lon = position[slot * 2]!;
      const lat = position[slot * 2 + 1]!;
      if (lon < corner.lng || lon > opposite.lng || lat < corner.lat || lat > opposite.lat) continue;
      const at = this.#map.project([lon, lat]);
      const px = Math.hypot(at.x - point.x, at.y - point.y);
      // to a whole few pixels, so that those on each other keep their order while they jitter
      if (px < CLICK_PX) found.push({ handle: handle[slot]!, px: Math.round(px / 6) });
    }
    return found.sort((a, b) => a.px - b.px || a.handle - b.handle).map((each) => each.handle);
  }
}

const NONE: readonly UnitLabel[] = [];

/** The most urgent last, so that it is drawn on top. */
function byPriority(a: Vek, b: Vek): number {
  return (b.priority ?? 'P9').localeCompare(a.priority ?? 'P9');
}
