import type { Feature, Position } from 'geojson';
import type { LayerSpecification, Map as MapLibreMap } from 'maplibre-gl';
import type { Words } from '../i18n/words.js';
import type { Closure } from '../state/api.js';
import type { DrawnReach, DrawnRoute, Theme } from '../state/store.js';
import { feature, GeoJsonOverlay, OVERLAY_FONT, type OverlayLook } from './geojson-overlay.js';

const SOURCES = ['closures', 'reach', 'route'] as const;
const CLOSED_HATCH = 'closed-hatch';
const SLOW_DOTS = 'slow-dots';
const PATTERN_PX = 24;

interface Ink {
  readonly closed: string;
  readonly slow: string;
  readonly route: string;
  readonly casing: string;
  readonly reach: string;
  readonly halo: string;
}
const INK: Readonly<Record<Theme, Ink>> = {
  dark: { closed: '#ff5c6c', slow: '#ffc04d', route: '#6cb6ff', casing: '#06101c', reach: '#8fd3a8', halo: '#0c1117' },
  light: { closed: '#c1121f', slow: '#8a5200', route: '#0b5cc4', casing: '#ffffff', reach: '#146c3c', halo: '#ffffff' },
};

/**
 * What is said of roads, drawn by MapLibre above whatever style is in use: closures, the route asked for, what is reached in time.
 * A closure is told by its pattern and its word as much as by its colour.
 */
export class RoadOverlay {
  readonly #overlay: GeoJsonOverlay<(typeof SOURCES)[number]>;

  constructor(map: MapLibreMap, theme: Theme) {
    this.#overlay = new GeoJsonOverlay(map, theme, SOURCES, look);
  }

  setTheme(theme: Theme): void {
    this.#overlay.setTheme(theme);
  }

  showClosures(closures: readonly Closure[], words: Words): void {
    this.#overlay.show(
      'closures',
      closures.flatMap((closure) => closureFeatures(closure, words)),
    );
  }

  showRoute(route: DrawnRoute | undefined): void {
    const found = route?.answer?.route;
    if (found == null) return this.#overlay.show('route', []);
    const { start, end, geometry } = found;
    const offRoad = [
      [route!.from, start],
      [end, route!.to],
    ].flatMap(([a, b]) =>
      a === undefined || b === undefined
        ? []
        : feature({ type: 'LineString', coordinates: [a, b].map(({ lon, lat }) => [lon, lat]) }, { kind: 'off_road' }),
    );
    this.#overlay.show('route', [feature(geometry as unknown as Feature['geometry'], { kind: 'way' }), ...offRoad]);
  }

  showReach(reach: DrawnReach | undefined, words: Words): void {
    const areas = reach?.answer?.features ?? [];
    this.#overlay.show(
      'reach',
      areas.map(({ geometry, properties: { minutes } }) =>
        feature(geometry as unknown as Feature['geometry'], { label: words.text('reach.within', { minutes }) }),
      ),
    );
  }
}

function closureFeatures(closure: Closure, words: Words): Feature[] {
  const { shape, roads, speedShare, inForce, validFrom, reason } = closure;
  const effect = speedShare === 0 ? 'closed' : 'slow';
  const properties = { effect, inForce };
  const features: Feature[] = [];
  if (shape !== null) features.push(feature(shape as unknown as Feature['geometry'], { ...properties, kind: 'shape' }));
  if (roads !== null) features.push(feature(roads as unknown as Feature['geometry'], { ...properties, kind: 'roads' }));
  const at = middleOf(closure);
  const from = inForce ? '' : ` ${words.text('closures.from', { time: words.timeNear(validFrom, Date.now()) })}`;
  const label = `${words.text(`closures.${effect}`).toUpperCase()}${from}\n${reason}`;
  if (at !== undefined)
    features.push(feature({ type: 'Point', coordinates: at }, { ...properties, kind: 'label', label }));
  return features;
}

/** Where its label stands: the middle of the box around it. */
export function middleOf({ shape, roads }: Pick<Closure, 'shape' | 'roads'>): Position | undefined {
  const points =
    shape === null
      ? (roads?.coordinates.flat() ?? [])
      : shape.type === 'Polygon'
        ? shape.coordinates.flat()
        : shape.coordinates;
  if (points.length === 0) return undefined;
  const middle = (axis: 0 | 1) => {
    let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const point of points) {
      least = Math.min(least, point[axis]);
      greatest = Math.max(greatest, point[axis]);
    }
    return (least + greatest) / 2;
  };
  return [middle(0), middle(1)];
}

function look(theme: Theme): OverlayLook {
  const ink = INK[theme];
  const images = {
    [CLOSED_HATCH]: pattern(drawHatch, ink.closed),
    [SLOW_DOTS]: pattern(drawDots, ink.slow),
  };
  return { layers: layers(ink), images };
}

function layers(ink: Ink): LayerSpecification[] {
  const ofEffect = ['match', ['get', 'effect'], 'closed', ink.closed, ink.slow] as unknown as string;
  const ofForce = (inForce: number, toCome: number) =>
    ['case', ['get', 'inForce'], inForce, toCome] as unknown as number;
  const width = (least: number, most: number) =>
    ['interpolate', ['linear'], ['zoom'], 7, least, 15, most] as unknown as number;
  return [
    {
      id: 'reach-area',
      type: 'fill',
      source: 'reach',
      paint: { 'fill-color': ink.reach, 'fill-opacity': 0.1, 'fill-antialias': false },
    },
    {
      id: 'reach-edge',
      type: 'line',
      source: 'reach',
      paint: { 'line-color': ink.reach, 'line-width': 2 },
    },
    {
      id: 'reach-label',
      type: 'symbol',
      source: 'reach',
      layout: {
        'symbol-placement': 'line',
        'symbol-spacing': 260,
        'text-field': ['get', 'label'],
        'text-font': OVERLAY_FONT,
        'text-size': 12,
      },
      paint: { 'text-color': ink.reach, 'text-halo-color': ink.halo, 'text-halo-width': 2 },
    },
    {
      id: 'closure-area',
      type: 'fill',
      source: 'closures',
      filter: ['all', ['==', ['get', 'kind'], 'shape'], ['==', ['geometry-type'], 'Polygon']],
      paint: {
        'fill-pattern': ['match', ['get', 'effect'], 'closed', CLOSED_HATCH, SLOW_DOTS],
        'fill-opacity': ofForce(0.6, 0.25),
      },
    },
    {
      id: 'closure-edge',
      type: 'line',
      source: 'closures',
      filter: ['==', ['get', 'kind'], 'shape'],
      paint: { 'line-color': ofEffect, 'line-width': 1.6, 'line-dasharray': [2, 1.5] },
    },
    {
      id: 'closure-road',
      type: 'line',
      source: 'closures',
      filter: ['==', ['get', 'kind'], 'roads'],
      paint: {
        'line-color': ofEffect,
        'line-width': width(1.5, 5),
        'line-dasharray': [0.9, 0.7],
        'line-opacity': ofForce(1, 0.5),
      },
    },
    {
      id: 'route-off-road',
      type: 'line',
      source: 'route',
      filter: ['==', ['get', 'kind'], 'off_road'],
      paint: { 'line-color': ink.route, 'line-width': 2.5, 'line-dasharray': [1.5, 1.5] },
    },
    {
      id: 'route-casing',
      type: 'line',
      source: 'route',
      filter: ['==', ['get', 'kind'], 'way'],
      paint: { 'line-color': ink.casing, 'line-width': width(6, 13), 'line-opacity': 0.85 },
      layout: { 'line-cap': 'round', 'line-join': 'round' },
    },
    {
      id: 'route-way',
      type: 'line',
      source: 'route',
      filter: ['==', ['get', 'kind'], 'way'],
      paint: { 'line-color': ink.route, 'line-width': width(3, 8) },
      layout: { 'line-cap': 'round', 'line-join': 'round' },
    },
    {
      id: 'closure-label',
      type: 'symbol',
      source: 'closures',
      filter: ['==', ['get', 'kind'], 'label'],
      minzoom: 8,
      layout: {
        'text-field': ['get', 'label'],
        'text-font': OVERLAY_FONT,
        'text-size': 13,
        'text-max-width': 12,
        'text-allow-overlap': true,
      },
      paint: {
        'text-color': ofEffect,
        'text-halo-color': ink.halo,
        'text-halo-width': 2,
        'text-opacity': ofForce(1, 0.7),
      },
    },
  ];
}

type DrawPattern = (context: CanvasRenderingContext2D) => void;

function pattern(draw: DrawPattern, colour: string): ImageData {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = PATTERN_PX;
  const context = canvas.getContext('2d')!;
  context.strokeStyle = context.fillStyle = colour;
  draw(context);
  return context.getImageData(0, 0, PATTERN_PX, PATTERN_PX);
}

/** Stripes that go on over the edges of the tile. */
function drawHatch(context: CanvasRenderingContext2D): void {
  context.lineWidth = 5;
  for (const shift of [-PATTERN_PX, 0, PATTERN_PX]) {
    context.beginPath();
    context.moveTo(shift - 4, PATTERN_PX + 4);
    context.lineTo(shift + PATTERN_PX + 4, -4);
    context.stroke();
  }
}

function drawDots(context: CanvasRenderingContext2D): void {
  for (const [x, y] of [
    [6, 6],
    [18, 18],
  ] as const) {
    context.beginPath();
    context.arc(x, y, 3, 0, 2 * Math.PI);
    context.fill();
  }
}
