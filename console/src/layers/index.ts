import type { Layer } from '@deck.gl/core';
import { accuracyLayer } from './accuracy-layer.js';
import { headingLayer } from './heading-layer.js';
import { labelsLayer } from './labels-layer.js';
import type { MapState } from './map-state.js';
import { selectionLayer } from './selection-layer.js';
import { sheltersLayer } from './shelters-layer.js';
import { unitsLayer } from './units-layer.js';
import { veksLayer } from './veks-layer.js';

export { type LabelWish, placeLabels } from './label-places.js';
export { LABEL_ZOOM, type MapState, type UnitLabel, UnitLooks } from './map-state.js';
export { css, MAP_COLOURS, PRIORITY_COLOUR, STATUS_COLOUR } from './palette.js';
export { createSymbolAtlas, drawSymbol, SERVICES, type SymbolAtlas } from './unit-symbols.js';

/** All layers, the lowest first. */
export function mapLayers(state: MapState): Layer[] {
  return [sheltersLayer, accuracyLayer, headingLayer, unitsLayer, veksLayer, selectionLayer, labelsLayer].map((layer) =>
    layer(state),
  );
}
