import type { Layer } from '@deck.gl/core';
import { TextLayer } from '@deck.gl/layers';
import { LABEL_ZOOM, type MapState, symbolSize, type UnitLabel } from './map-state.js';

/** What callsigns and ages are written with; a fixed set keeps one atlas. */
const CHARACTERS =
  ' !"#%&\'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz·–ĀČĒĢĪĶĻŅŌŖŠŪŽāčēģīķļņōŗšūž';
const FONT = 'system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif';

/** Callsigns of the units in the shown box, with the age of those that are stale and the number of those beneath. */
export function labelsLayer({ picture, zoom, now, labels, unitByHandle, colours, words }: MapState): Layer {
  return new TextLayer<UnitLabel>({
    id: 'unit-labels',
    data: labels,
    visible: zoom >= LABEL_ZOOM,
    characterSet: CHARACTERS,
    fontFamily: FONT,
    fontWeight: 600,
    fontSettings: { sdf: true, radius: 10, buffer: 6 },
    getPosition: ({ slot }) => [picture.position[slot * 2]!, picture.position[slot * 2 + 1]!],
    getText: ({ slot, others }) => {
      const callsign = unitByHandle.get(picture.handle[slot]!)?.callsign ?? '';
      const name = others === 0 ? callsign : `${callsign} +${others}`;
      return picture.isStale(slot, now) ? `${name} · ${words.age(picture.ageMs(slot, now))}` : name;
    },
    getSize: 12,
    getColor: [...colours.text, 255],
    outlineColor: [...colours.halo, 255],
    outlineWidth: 4,
    getPixelOffset: [0, symbolSize(zoom) / 2 + 8],
    updateTriggers: { getPosition: picture.revision, getText: picture.revision },
  });
}
