import type { Layer } from '@deck.gl/core';
import { IconLayer } from '@deck.gl/layers';
import { type MapState, symbolSize } from './map-state.js';

const SIZE = 64;
const MAPPING = { tick: { x: 0, y: 0, width: SIZE, height: SIZE, mask: false } };
const atlases = new Map<string, HTMLCanvasElement>();

/** A wedge above the middle, clear of the symbol that is drawn over it. */
function tickAtlas(outline: string): HTMLCanvasElement {
  const known = atlases.get(outline);
  if (known !== undefined) return known;
  const image = document.createElement('canvas');
  image.width = image.height = SIZE;
  const context = image.getContext('2d')!;
  context.beginPath();
  context.moveTo(32, 1);
  context.lineTo(44, 22);
  context.lineTo(20, 22);
  context.closePath();
  context.fillStyle = '#ffffff';
  context.strokeStyle = outline;
  context.lineWidth = 3;
  context.stroke();
  context.fill();
  atlases.set(outline, image);
  return image;
}

/** Where moving units are heading. */
export function headingLayer({ picture, looks, zoom, colours }: MapState): Layer {
  const { length } = picture;
  return new IconLayer({
    id: 'headings',
    data: {
      length,
      attributes: {
        getPosition: { value: picture.position.subarray(0, length * 2), size: 2 },
        instanceAngles: { value: looks.angles.subarray(0, length), size: 1 },
        instanceSizes: { value: looks.tickSizes.subarray(0, length), size: 1 },
      },
    },
    iconAtlas: tickAtlas(colours.outline) as unknown as string,
    iconMapping: MAPPING,
    getIcon: () => 'tick',
    sizeScale: symbolSize(zoom) * 1.65,
    visible: zoom >= 7.5,
    updateTriggers: { getIcon: length },
  });
}
