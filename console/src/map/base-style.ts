import { land, places } from 'virtual:base-map';
import type { StyleSpecification } from 'maplibre-gl';
import type { Network } from '../state/api.js';
import type { Theme } from '../state/store.js';

interface Ink {
  readonly water: string;
  readonly abroad: string;
  readonly land: string;
  readonly border: string;
  readonly municipality: string;
  readonly town: string;
  readonly river: string;
  readonly road: string;
  readonly mainRoad: string;
  readonly text: string;
  readonly faintText: string;
  readonly halo: string;
}

const INK: Readonly<Record<Theme, Ink>> = {
  dark: {
    water: '#0a1220',
    abroad: '#10151c',
    land: '#19212b',
    border: '#56677d',
    municipality: '#33414f',
    town: '#222d39',
    river: '#1f4263',
    road: '#323e4b',
    mainRoad: '#5a6472',
    text: '#b9c5d3',
    faintText: '#7e8c9c',
    halo: '#0c1117',
  },
  light: {
    water: '#bcd3e6',
    abroad: '#dfe0dc',
    land: '#f5f4ef',
    border: '#6d7480',
    municipality: '#bfc1bd',
    town: '#e7e4da',
    river: '#8fb8da',
    road: '#cfcbc0',
    mainRoad: '#d9a441',
    text: '#2a313a',
    faintText: '#636b75',
    halo: '#ffffff',
  },
};

const FONT = ['system-ui', 'Segoe UI', 'Roboto', 'Noto Sans', 'sans-serif'];
const BOLD = ['system-ui', 'Segoe UI', 'Roboto', 'Noto Sans', 'sans-serif'];

/**
 * The built-in map: outlines and names that come with the console, territories, roads and rivers from the tracker. It asks
 * nobody else; without `glyphs` MapLibre draws text with the machine's own fonts. Roads are those of the network in use, by which
 * routes are found; without one, the lines of the map.
 */
export function baseStyle(theme: Theme, origin: string, network: Network['network'] | undefined): StyleSpecification {
  const ink = INK[theme];
  const roads = network == null ? 'tracker' : 'roads';
  return {
    version: 8,
    sources: {
      land: { type: 'geojson', data: land },
      places: { type: 'geojson', data: places },
      tracker: {
        type: 'vector',
        tiles: [`${origin}/api/v1/tiles/{z}/{x}/{y}.mvt`],
        minzoom: 5,
        maxzoom: 13,
        bounds: [20.5, 55.5, 28.5, 58.2],
      },
      ...(network == null
        ? {}
        : {
            roads: {
              type: 'vector' as const,
              // named by the network, so that no tile of the one before is shown
              tiles: [`${origin}/api/v1/tiles/roads/{z}/{x}/{y}.mvt?network=${network.id}`],
              minzoom: 5,
              maxzoom: 14,
            },
          }),
    },
    layers: [
      { id: 'water', type: 'background', paint: { 'background-color': ink.water } },
      {
        id: 'land',
        type: 'fill',
        source: 'land',
        paint: { 'fill-color': ['case', ['get', 'latvia'], ink.land, ink.abroad], 'fill-antialias': false },
      },
      {
        id: 'town',
        type: 'fill',
        source: 'tracker',
        'source-layer': 'territory',
        filter: ['==', ['get', 'kind'], 'town'],
        minzoom: 8,
        paint: { 'fill-color': ink.town },
      },
      {
        id: 'municipality',
        type: 'line',
        source: 'tracker',
        'source-layer': 'territory',
        filter: ['==', ['get', 'kind'], 'municipality'],
        paint: {
          'line-color': ink.municipality,
          'line-width': ['interpolate', ['linear'], ['zoom'], 6, 0.6, 12, 1.6],
          'line-dasharray': [3, 2],
        },
      },
      {
        id: 'river',
        type: 'line',
        source: 'tracker',
        'source-layer': 'river',
        paint: { 'line-color': ink.river, 'line-width': ['interpolate', ['linear'], ['zoom'], 6, 1, 12, 5] },
        layout: { 'line-cap': 'round', 'line-join': 'round' },
      },
      {
        id: 'road',
        type: 'line',
        source: roads,
        'source-layer': 'road',
        filter: ['!', ['in', ['get', 'class'], ['literal', [...MAIN_ROADS, 'ferry']]]],
        minzoom: 9,
        paint: { 'line-color': ink.road, 'line-width': ['interpolate', ['linear'], ['zoom'], 9, 0.4, 15, 4] },
      },
      {
        id: 'ferry',
        type: 'line',
        source: roads,
        'source-layer': 'road',
        filter: ['==', ['get', 'class'], 'ferry'],
        paint: { 'line-color': ink.mainRoad, 'line-width': 1.2, 'line-dasharray': [2, 3] },
      },
      {
        id: 'main-road',
        type: 'line',
        source: roads,
        'source-layer': 'road',
        filter: ['in', ['get', 'class'], ['literal', MAIN_ROADS]],
        paint: {
          'line-color': ink.mainRoad,
          'line-width': ['interpolate', ['linear'], ['zoom'], 6, 0.7, 10, 1.8, 15, 6],
        },
        layout: { 'line-cap': 'round', 'line-join': 'round' },
      },
      {
        id: 'coast',
        type: 'line',
        source: 'land',
        filter: ['!', ['get', 'latvia']],
        paint: { 'line-color': ink.border, 'line-width': 0.6, 'line-opacity': 0.5 },
      },
      {
        id: 'border',
        type: 'line',
        source: 'land',
        filter: ['get', 'latvia'],
        paint: { 'line-color': ink.border, 'line-width': ['interpolate', ['linear'], ['zoom'], 6, 1.2, 11, 2.2] },
      },
      {
        id: 'road-ref',
        type: 'symbol',
        source: roads,
        'source-layer': 'road',
        filter: ['all', ['has', 'ref'], ['in', ['get', 'class'], ['literal', MAIN_ROADS]]],
        minzoom: 8,
        layout: {
          'symbol-placement': 'line',
          'symbol-spacing': 320,
          'text-field': ['get', 'ref'],
          'text-font': BOLD,
          'text-size': 10.5,
        },
        paint: { 'text-color': ink.faintText, 'text-halo-color': ink.halo, 'text-halo-width': 1.6 },
      },
      {
        id: 'road-name',
        type: 'symbol',
        source: roads,
        'source-layer': 'road',
        filter: ['has', 'name'],
        minzoom: 15,
        layout: {
          'symbol-placement': 'line',
          'symbol-spacing': 500,
          'text-padding': 12,
          'text-field': ['get', 'name'],
          'text-font': FONT,
          'text-size': 11,
        },
        paint: { 'text-color': ink.faintText, 'text-halo-color': ink.halo, 'text-halo-width': 1.4 },
      },
      {
        id: 'municipality-name',
        type: 'symbol',
        source: 'tracker',
        'source-layer': 'territory',
        filter: ['==', ['get', 'kind'], 'municipality'],
        minzoom: 8.5,
        maxzoom: 11.5,
        layout: {
          'text-field': ['get', 'name_lv'],
          'text-font': FONT,
          'text-size': 11,
          'text-letter-spacing': 0.06,
          'text-max-width': 8,
        },
        paint: {
          'text-color': ink.faintText,
          'text-halo-color': ink.halo,
          'text-halo-width': 1.4,
          'text-opacity': 0.85,
        },
      },
      ...[0, 1, 2, 3].map((rank) => ({
        id: `place-${rank}`,
        type: 'symbol' as const,
        source: 'places',
        filter: ['==', ['get', 'rank'], rank] as ['==', ['get', string], number],
        minzoom: [0, 6, 7.5, 9][rank]!,
        layout: {
          'text-field': ['get', 'name'] as ['get', string],
          'text-font': FONT,
          'text-size': [17, 13.5, 12, 11.5][rank]!,
          'text-padding': 6,
          'text-anchor': 'top' as const,
          'text-offset': [0, 0.75] as [number, number], // clear of the units that stand in the place
        },
        paint: {
          'text-color': rank < 2 ? ink.text : ink.faintText,
          'text-halo-color': ink.halo,
          'text-halo-width': 1.8,
        },
      })),
    ],
  };
}

const MAIN_ROADS = [
  'motorway',
  'trunk',
  'primary',
  'secondary',
  'motorway_link',
  'trunk_link',
  'primary_link',
  'secondary_link',
];
