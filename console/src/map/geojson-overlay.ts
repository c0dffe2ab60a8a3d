import type { Feature, FeatureCollection } from 'geojson';
import type { GeoJSONSource, LayerSpecification, Map as MapLibreMap } from 'maplibre-gl';
import type { Theme } from '../state/store.js';

const EMPTY: FeatureCollection = { type: 'FeatureCollection', features: [] };
export const OVERLAY_FONT = ['system-ui', 'Segoe UI', 'Roboto', 'Noto Sans', 'sans-serif'];

/** A theme's look of an overlay: the layers in their order, and the images that they use. */
export interface OverlayLook {
  readonly layers: readonly LayerSpecification[];
  readonly images: Readonly<Record<string, ImageData>>;
}

/** GeoJSON drawn by MapLibre above whatever style is in use. Overlays lie on each other in the order in which they were made. */
export class GeoJsonOverlay<Source extends string> {
  readonly #map: MapLibreMap;
  readonly #sources: readonly Source[];
  readonly #lookOf: (theme: Theme) => OverlayLook;
  readonly #data = new Map<Source, FeatureCollection>();
  #theme: Theme;

  constructor(map: MapLibreMap, theme: Theme, sources: readonly Source[], lookOf: (theme: Theme) => OverlayLook) {
    this.#map = map;
    this.#theme = theme;
    this.#sources = sources;
    this.#lookOf = lookOf;
    map.on('style.load', () => this.#add());
  }

  /** To be called before the style of that theme is set. */
  setTheme(theme: Theme): void {
    this.#theme = theme;
  }

  /** A style that is set takes with it what stood on the one before. */
  #add(): void {
    const map = this.#map;
    const { layers, images } = this.#lookOf(this.#theme);
    for (const [name, image] of Object.entries(images))
      if (!map.hasImage(name)) map.addImage(name, image, { pixelRatio: 2 });
    for (const id of this.#sources)
      if (map.getSource(id) === undefined) map.addSource(id, { type: 'geojson', data: this.#data.get(id) ?? EMPTY });
    for (const layer of layers) if (map.getLayer(layer.id) === undefined) map.addLayer(layer);
  }

  show(id: Source, features: Feature[]): void {
    const data: FeatureCollection = { type: 'FeatureCollection', features };
    this.#data.set(id, data);
    (this.#map.getSource(id) as GeoJSONSource | undefined)?.setData(data);
  }
}

export function feature(geometry: Feature['geometry'], properties: Record<string, unknown>): Feature {
  return { type: 'Feature', geometry, properties };
}
