import type { Layer } from '@deck.gl/core';
import { IconLayer } from '@deck.gl/layers';
import type { Shelter } from '../state/api.js';
import type { MapState } from './map-state.js';

const SIZE = 48;
const MAPPING = { shelter: { x: 0, y: 0, width: SIZE, height: SIZE, mask: false } };
let atlas: HTMLCanvasElement | undefined;

/** The international sign of civil defence: a blue triangle on orange. */
function shelterAtlas(): HTMLCanvasElement {
  if (atlas !== undefined) return atlas;
  atlas = document.createElement('canvas');
  atlas.width = atlas.height = SIZE;
  const context = atlas.getContext('2d')!;
  context.fillStyle = '#f39200';
  context.fillRect(4, 4, 40, 40);
  context.strokeStyle = '#1b1206';
  context.lineWidth = 3;
  context.strokeRect(4, 4, 40, 40);
  context.beginPath();
  context.moveTo(24, 11);
  context.lineTo(38, 37);
  context.lineTo(10, 37);
  context.closePath();
  context.fillStyle = '#1d4fa8';
  context.fill();
  return atlas;
}

/** Published shelters. */
export function sheltersLayer({ shelters, showShelters, zoom }: MapState): Layer {
  return new IconLayer<Shelter>({
    id: 'shelters',
    data: shelters,
    visible: showShelters,
    iconAtlas: shelterAtlas() as unknown as string,
    iconMapping: MAPPING,
    getIcon: () => 'shelter',
    getPosition: ({ lon, lat }) => [lon, lat],
    getSize: 1,
    sizeScale: zoom < 9 ? 12 : 18,
  });
}
