import type { Layer } from '@deck.gl/core';
import { ScatterplotLayer } from '@deck.gl/layers';
import type { Vek } from '../state/api.js';
import type { MapState } from './map-state.js';
import { NO_PRIORITY_COLOUR, PRIORITY_COLOUR } from './palette.js';

/** How far from its point a VEK may be. */
export function accuracyLayer({ veks }: MapState): Layer {
  const colour = (vek: Vek) => PRIORITY_COLOUR[vek.priority ?? ''] ?? NO_PRIORITY_COLOUR;
  return new ScatterplotLayer<Vek>({
    id: 'vek-accuracy',
    data: veks,
    getPosition: (vek) => [vek.lon!, vek.lat!],
    getRadius: (vek) => vek.accuracyM ?? 0,
    radiusUnits: 'meters',
    stroked: true,
    getFillColor: (vek) => [...colour(vek), 36],
    getLineColor: (vek) => [...colour(vek), 170],
    lineWidthUnits: 'pixels',
    getLineWidth: 1.5,
  });
}
