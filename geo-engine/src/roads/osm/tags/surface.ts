import { SURFACE } from '../../road-network.js';
import { listed, type Tags } from './tags.js';

const BY_VALUE: ReadonlyMap<string, number> = new Map([
  ...named('paved', 'paved asphalt chipseal concrete concrete:plates concrete:lanes paving_stones paving_stones:lanes'),
  ...named('paved', 'bricks brick metal metal_grid wood rubber'),
  ...named('cobbled', 'sett cobblestone cobblestone:flattened unhewn_cobblestone'),
  ...named('compacted', 'compacted fine_gravel grass_paver'),
  ...named('gravel', 'gravel unpaved pebblestone rock crushed_limestone shells'),
  ...named('ground', 'ground dirt earth soil clay grass woodchips'),
  ...named('sand', 'sand mud'),
]);

function named(surface: keyof typeof SURFACE, values: string): [string, number][] {
  return values.split(' ').map((value) => [value, SURFACE[surface]]);
}

/** SURFACE of a road; of several (`asphalt;gravel`) the worst, of what is not known: unknown. */
export function surfaceOf(tags: Tags): number {
  return Math.max(
    ...listed(tags.get('surface')).map((value) => BY_VALUE.get(value) ?? SURFACE.unknown),
    SURFACE.unknown,
  );
}

/** Gravel and worse: what traffic law calls an unpaved road. */
export function isUnpaved(surface: number): boolean {
  return surface >= SURFACE.compacted;
}

/** Grade of a track 1 (solid) to 5 (soft), 0 unknown or none. */
export function trackGradeOf(tags: Tags): number {
  return Number(/^grade([1-5])$/.exec(tags.get('tracktype') ?? '')?.[1] ?? 0);
}
