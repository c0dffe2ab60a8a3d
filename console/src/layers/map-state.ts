import { UNIT_FLAG } from '../../../tracker/src/protocol/live-frame.js';
import type { LivePicture } from '../feed/index.js';
import type { Words } from '../i18n/words.js';
import type { Shelter, Unit, Vek } from '../state/api.js';
import type { Available } from '../state/recommendation.js';
import type { Selection } from '../state/store.js';
import type { MapColours } from './palette.js';
import { type SymbolAtlas, serviceCode, symbolIndex } from './unit-symbols.js';

/** A unit that is named on the map, and how many others lie so near that they are not. */
export interface UnitLabel {
  readonly slot: number;
  readonly others: number;
}

/** What the layers draw. */
export interface MapState {
  readonly picture: LivePicture;
  readonly looks: UnitLooks;
  readonly atlas: SymbolAtlas;
  readonly zoom: number;
  /** The hub's clock, epoch ms. */
  readonly now: number;
  readonly selection: Selection;
  readonly units: ReadonlyMap<string, Unit>;
  readonly unitByHandle: ReadonlyMap<number, Unit>;
  readonly veks: readonly Vek[];
  readonly shelters: readonly Shelter[];
  readonly showShelters: boolean;
  readonly draftPlace: { readonly lon: number; readonly lat: number } | undefined;
  /** Incidents that are served together, and what was found to be available. */
  readonly marked: ReadonlySet<string>;
  readonly available: Available | undefined;
  readonly colours: MapColours;
  readonly words: Words;
  readonly labels: readonly UnitLabel[];
}

/** Zoom from which single units are told by text. */
export const LABEL_ZOOM = 11.5;

/** Size of a unit's symbol in pixels. */
export function symbolSize(zoom: number): number {
  return Math.max(17, Math.min(38, 17 + (zoom - 6.5) * 3.4));
}

/**
 * How each unit of the picture looks, slot by slot, in arrays that go to the GPU as they are. Computed anew for each bundle, in
 * one pass without objects: about 0.1 ms for 10 000 units.
 */
export class UnitLooks {
  frames = new Float32Array(0); //      [capacity × 7] the symbol, as IconLayer's instanceIconDefs
  angles = new Float32Array(0); //      [capacity] of the heading tick, degrees counterclockwise
  tickSizes = new Float32Array(0); //   [capacity] 0: no tick
  #serviceOf = new Uint8Array(1024); // [greatest handle + 1] code of the unit's service

  /** The services of the units, by handle. Call it when the units change. */
  learn(units: Iterable<Unit>, agencyKind: (agencyId: string) => string | undefined): void {
    for (const { handle, agencyId } of units) {
      if (handle >= this.#serviceOf.length) {
        const grown = new Uint8Array(Math.max(handle + 1, this.#serviceOf.length * 2)).fill(serviceCode(undefined));
        grown.set(this.#serviceOf);
        this.#serviceOf = grown;
      }
      this.#serviceOf[handle] = serviceCode(agencyKind(agencyId));
    }
  }

  update(picture: LivePicture, atlas: SymbolAtlas, now: number): void {
    const { length, handle, status, flags, headingDeg, fixTime, receivedAt, intervalS } = picture;
    const capacity = handle.length;
    if (this.angles.length !== capacity) {
      this.frames = new Float32Array(capacity * 7);
      this.angles = new Float32Array(capacity);
      this.tickSizes = new Float32Array(capacity);
    }
    const { frames, angles, tickSizes } = this;
    const serviceOf = this.#serviceOf;
    const from = atlas.frames;
    for (let slot = 0; slot < length; slot++) {
      const ageMs = now - Math.min(fixTime[slot]!, receivedAt[slot]!);
      const stale = ageMs > intervalS[slot]! * 3000;
      const service = serviceOf[handle[slot]!] ?? serviceCode(undefined);
      const symbol = symbolIndex(service, status[slot]!, stale, (flags[slot]! & UNIT_FLAG.setAside) !== 0) * 7;
      const to = slot * 7;
      for (let i = 0; i < 7; i++) frames[to + i] = from[symbol + i]!;
      const heading = headingDeg[slot]!;
      const shows = !stale && (flags[slot]! & UNIT_FLAG.moving) !== 0 && !Number.isNaN(heading);
      angles[slot] = shows ? -heading : 0;
      tickSizes[slot] = shows ? 1 : 0;
    }
  }
}
