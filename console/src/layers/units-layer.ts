import type { Layer } from '@deck.gl/core';
import { IconLayer } from '@deck.gl/layers';
import { type MapState, symbolSize } from './map-state.js';

/** The units' symbols: shape by service, colour and letter by status, hollow when stale. */
export function unitsLayer({ picture, looks, atlas, zoom }: MapState): Layer {
  const { length } = picture;
  return new IconLayer({
    id: 'units',
    // new objects around the same arrays: that is how deck.gl learns that they hold something new
    data: {
      length,
      attributes: {
        getPosition: { value: picture.position.subarray(0, length * 2), size: 2 },
        instanceIconDefs: { value: looks.frames.subarray(0, length * 7), size: 7 },
      },
    },
    iconAtlas: atlas.image as unknown as string,
    iconMapping: NO_MAPPING,
    getIcon: () => '',
    getSize: 1,
    sizeScale: symbolSize(zoom),
    alphaCutoff: 0.02,
    updateTriggers: { getIcon: 'binary' },
  });
}

// the frames come as an attribute; the mapping is never asked
const NO_MAPPING = {};
