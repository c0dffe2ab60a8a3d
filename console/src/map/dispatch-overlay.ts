import type { Feature } from 'geojson';
import type { LayerSpecification, Map as MapLibreMap } from 'maplibre-gl';
import type { Words } from '../i18n/words.js';
import type { Located } from '../state/located.js';
import type { Recommendation } from '../state/recommendation.js';
import type { DrawnWay, Theme } from '../state/store.js';
import { feature, GeoJsonOverlay, OVERLAY_FONT, type OverlayLook } from './geojson-overlay.js';

const SOURCES = ['ways', 'worst', 'area'] as const;

const INK: Readonly<Record<Theme, { chosen: string; bypassed: string; worst: string; casing: string }>> = {
  dark: { chosen: '#ffe066', bypassed: '#b9c4d0', worst: '#ffb84d', casing: '#06101c' },
  light: { chosen: '#1d3fa8', bypassed: '#4a5561', worst: '#8a5200', casing: '#ffffff' },
};

/**
 * Who goes, on the map: wide lines for those who should, thin dashed ones for those who should not, each with its name and
 * minutes; dotted where no road is known. And the worst point of an uncertain place, and the area that is being asked about.
 */
export class DispatchOverlay {
  readonly #overlay: GeoJsonOverlay<(typeof SOURCES)[number]>;

  constructor(map: MapLibreMap, theme: Theme) {
    this.#overlay = new GeoJsonOverlay(map, theme, SOURCES, look);
  }

  setTheme(theme: Theme): void {
    this.#overlay.setTheme(theme);
  }

  showWays(ways: readonly DrawnWay[], words: Words): void {
    this.#overlay.show(
      'ways',
      ways.map(({ callsign, intervalMs, isChosen, isByRoad, line }) =>
        feature(
          { type: 'LineString', coordinates: line.map(([lon, lat]) => [lon, lat]) },
          { isChosen, isByRoad, label: `${callsign} · ${words.minutesBetween(intervalMs)}` },
        ),
      ),
    );
  }

  /** From where around an uncertain place the units would come latest. How uncertain it is, its own circle shows. */
  showWorst(answer: Recommendation | undefined, words: Words): void {
    const features = (answer?.incidents ?? []).flatMap(({ uncertainty }) =>
      uncertainty === null
        ? []
        : feature(
            { type: 'Point', coordinates: [uncertainty.worst.lon, uncertainty.worst.lat] },
            { label: `✕\n${words.text('doubt.worst')}` },
          ),
    );
    this.#overlay.show('worst', features);
  }

  showArea(corners: readonly Located[] | undefined): void {
    const positions = (corners ?? []).map(({ lon, lat }) => [lon, lat]);
    const edge: Feature[] =
      positions.length > 2
        ? [feature({ type: 'Polygon', coordinates: [[...positions, positions[0]!]] }, {})]
        : positions.length === 2
          ? [feature({ type: 'LineString', coordinates: positions }, {})]
          : [];
    this.#overlay.show('area', [
      ...edge,
      ...positions.map((coordinates) => feature({ type: 'Point', coordinates }, { corner: true })),
    ]);
  }
}

function look(theme: Theme): OverlayLook {
  const { chosen, bypassed, worst, casing } = INK[theme];
  const isChosen = ['==', ['get', 'isChosen'], true] as const;
  const isByRoad = ['==', ['get', 'isByRoad'], true] as const;
  const round = { 'line-cap': 'round', 'line-join': 'round' } as const;
  const text = (size: number) =>
    ({
      'text-field': ['get', 'label'],
      'text-font': OVERLAY_FONT,
      'text-size': size,
    }) as const;
  const layers: LayerSpecification[] = [
    {
      id: 'area-fill',
      type: 'fill',
      source: 'area',
      filter: ['==', ['geometry-type'], 'Polygon'],
      paint: { 'fill-color': chosen, 'fill-opacity': 0.08 },
    },
    { id: 'area-edge', type: 'line', source: 'area', paint: { 'line-color': chosen, 'line-width': 2 } },
    {
      id: 'area-corner',
      type: 'circle',
      source: 'area',
      filter: ['==', ['geometry-type'], 'Point'],
      paint: { 'circle-color': chosen, 'circle-radius': 5, 'circle-stroke-color': casing, 'circle-stroke-width': 1.5 },
    },
    {
      id: 'worst-point',
      type: 'symbol',
      source: 'worst',
      layout: { ...text(12), 'text-allow-overlap': true },
      paint: { 'text-color': worst, 'text-halo-color': casing, 'text-halo-width': 2 },
    },
    {
      id: 'way-bypassed',
      type: 'line',
      source: 'ways',
      filter: ['all', ['!', isChosen], isByRoad],
      paint: { 'line-color': bypassed, 'line-width': 1.8, 'line-dasharray': [4, 3] },
    },
    {
      id: 'way-casing',
      type: 'line',
      source: 'ways',
      filter: ['all', isChosen, isByRoad],
      layout: round,
      paint: { 'line-color': casing, 'line-width': 7, 'line-opacity': 0.8 },
    },
    {
      id: 'way-chosen',
      type: 'line',
      source: 'ways',
      filter: ['all', isChosen, isByRoad],
      layout: round,
      paint: { 'line-color': chosen, 'line-width': 4 },
    },
    {
      id: 'way-straight',
      type: 'line',
      source: 'ways',
      filter: ['!', isByRoad],
      layout: { 'line-cap': 'round' },
      paint: {
        'line-color': ['case', isChosen, chosen, bypassed],
        'line-width': ['case', isChosen, 3.5, 1.8],
        'line-dasharray': [0.1, 2.2],
      },
    },
    {
      id: 'way-label',
      type: 'symbol',
      source: 'ways',
      layout: { ...text(12), 'symbol-placement': 'line-center', 'symbol-sort-key': ['case', isChosen, 0, 1] },
      paint: {
        'text-color': ['case', isChosen, chosen, bypassed],
        'text-halo-color': casing,
        'text-halo-width': 2,
      },
    },
  ] as LayerSpecification[];
  return { layers, images: {} };
}
