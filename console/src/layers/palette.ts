import type { UnitStatus } from '../../../tracker/src/protocol/status.js';
import type { Theme } from '../state/store.js';

export type Rgb = readonly [red: number, green: number, blue: number];

/** Fill of a unit's symbol. The letter and the order of brightness say the same to those who do not see the colours. */
export const STATUS_COLOUR: Readonly<Record<UnitStatus, Rgb>> = {
  off_duty: [128, 138, 150],
  out_of_service: [165, 132, 114],
  available_at_station: [46, 160, 103],
  available: [105, 222, 130],
  dispatched: [255, 214, 64],
  en_route: [255, 158, 44],
  on_scene: [255, 92, 92],
  transporting: [205, 130, 255],
  at_destination: [142, 146, 255],
  returning: [84, 196, 232],
};

export const PRIORITY_COLOUR: Readonly<Record<string, Rgb>> = {
  P1: [226, 30, 57],
  P2: [242, 121, 24],
  P3: [228, 186, 28],
  P4: [104, 146, 182],
};
export const NO_PRIORITY_COLOUR: Rgb = [150, 150, 160];

export interface MapColours {
  readonly text: Rgb;
  readonly halo: Rgb;
  readonly selection: Rgb;
  readonly outline: string;
}

export const MAP_COLOURS: Readonly<Record<Theme, MapColours>> = {
  dark: { text: [228, 234, 241], halo: [10, 14, 19], selection: [255, 255, 255], outline: '#05080b' },
  light: { text: [24, 30, 38], halo: [252, 252, 250], selection: [15, 20, 30], outline: '#1b2430' },
};

export function css([r, g, b]: Rgb, alpha = 1): string {
  return alpha === 1 ? `rgb(${r} ${g} ${b})` : `rgb(${r} ${g} ${b} / ${alpha})`;
}
