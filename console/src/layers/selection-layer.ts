import type { Layer } from '@deck.gl/core';
import { ScatterplotLayer } from '@deck.gl/layers';
import { isPlacing } from '../state/store.js';
import { type MapState, symbolSize } from './map-state.js';

interface Mark {
  readonly at: readonly [number, number];
  readonly main: boolean;
}

/** Rings around what is selected, the units sent to the selected VEK, and those that were found to be available. */
export function selectionLayer(state: MapState): Layer {
  const { colours, zoom } = state;
  return new ScatterplotLayer<Mark>({
    id: 'selection',
    data: marks(state),
    getPosition: ({ at }) => [at[0], at[1]],
    getRadius: ({ main }) => symbolSize(zoom) * (main ? 0.82 : 0.72),
    radiusUnits: 'pixels',
    filled: false,
    stroked: true,
    getLineColor: [...colours.selection, 255],
    lineWidthUnits: 'pixels',
    getLineWidth: ({ main }) => (main ? 3 : 2),
  });
}

function marks({ selection, picture, units, veks, draftPlace, marked, available }: MapState): Mark[] {
  const found: Mark[] = [];
  const unit = (id: string, main: boolean) => {
    const slot = picture.slotOf(units.get(id)?.handle ?? -1);
    if (slot !== undefined) found.push({ at: [picture.position[slot * 2]!, picture.position[slot * 2 + 1]!], main });
  };
  if (selection.kind === 'unit') unit(selection.id, true);
  if (selection.kind === 'vek') {
    const vek = veks.find(({ id }) => id === selection.id);
    if (vek !== undefined) found.push({ at: [vek.lon!, vek.lat!], main: true });
    for (const { unitId, status } of vek?.assignments ?? [])
      if (status !== 'done' && status !== 'cancelled') unit(unitId, false);
  }
  if (selection.kind === 'together')
    for (const { id, lon, lat } of veks) if (marked.has(id)) found.push({ at: [lon!, lat!], main: true });
  for (const { lon, lat } of available?.units ?? []) found.push({ at: [lon, lat], main: false });
  if (isPlacing(selection) && draftPlace !== undefined)
    found.push({ at: [draftPlace.lon, draftPlace.lat], main: true });
  return found;
}
