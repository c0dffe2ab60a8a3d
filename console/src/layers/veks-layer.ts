import type { Layer } from '@deck.gl/core';
import { IconLayer } from '@deck.gl/layers';
import type { Vek } from '../state/api.js';
import type { MapState } from './map-state.js';
import { css, NO_PRIORITY_COLOUR, PRIORITY_COLOUR } from './palette.js';

const WIDTH = 64;
const HEIGHT = 80;
const KINDS = ['P1', 'P2', 'P3', 'P4', '?'] as const;
const MAPPING = Object.fromEntries(
  KINDS.map((kind, i) => [
    kind,
    { x: i * WIDTH, y: 0, width: WIDTH, height: HEIGHT, anchorY: HEIGHT - 3, mask: false },
  ]),
);
let atlas: HTMLCanvasElement | undefined;

/** A flag on a point: the shape is no unit's, the number is the priority. */
function vekAtlas(): HTMLCanvasElement {
  if (atlas !== undefined) return atlas;
  atlas = document.createElement('canvas');
  atlas.width = KINDS.length * WIDTH;
  atlas.height = HEIGHT;
  const context = atlas.getContext('2d')!;
  for (const [i, kind] of KINDS.entries()) {
    const middle = i * WIDTH + WIDTH / 2;
    const path = new Path2D();
    path.moveTo(middle, HEIGHT - 3);
    path.lineTo(middle - 11, 54);
    path.lineTo(middle - 22, 54);
    path.quadraticCurveTo(middle - 28, 54, middle - 28, 48);
    path.lineTo(middle - 28, 10);
    path.quadraticCurveTo(middle - 28, 4, middle - 22, 4);
    path.lineTo(middle + 22, 4);
    path.quadraticCurveTo(middle + 28, 4, middle + 28, 10);
    path.lineTo(middle + 28, 48);
    path.quadraticCurveTo(middle + 28, 54, middle + 22, 54);
    path.lineTo(middle + 11, 54);
    path.closePath();
    context.fillStyle = css(PRIORITY_COLOUR[kind] ?? NO_PRIORITY_COLOUR);
    context.fill(path);
    context.lineWidth = 4;
    context.lineJoin = 'round';
    context.strokeStyle = '#ffffff';
    context.stroke(path);
    context.fillStyle = kind === 'P1' ? '#ffffff' : '#10141a';
    context.font = '800 33px system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif';
    context.textAlign = 'center';
    context.fillText(kind, middle, 41);
  }
  return atlas;
}

/** VEKs with a known place, by priority. */
export function veksLayer({ veks, zoom }: MapState): Layer {
  return new IconLayer<Vek>({
    id: 'veks',
    data: veks,
    iconAtlas: vekAtlas() as unknown as string,
    iconMapping: MAPPING,
    getIcon: (vek) => (vek.priority !== null && vek.priority in MAPPING ? vek.priority : '?'),
    getPosition: (vek) => [vek.lon!, vek.lat!],
    getSize: 1,
    sizeScale: zoom < 8 ? 32 : 40,
    alphaCutoff: 0.02,
  });
}
