import { fromGeojsonVt } from '@maplibre/vt-pbf';

type Point = [x: number, y: number];

/** One thing a tile shows: its layer, and its shape in the tile's whole numbers. */
export interface MapPart {
  readonly layer: string;
  readonly tags: Readonly<Record<string, string | number | boolean>>;
  readonly geometry:
    | { readonly type: 'MultiLineString'; readonly coordinates: Point[][] }
    | { readonly type: 'MultiPolygon'; readonly coordinates: Point[][][] };
}

/** Width of a tile in its own numbers. */
const EXTENT = 4096;
const LINE = 2;
const POLYGON = 3;

/** Parts as a vector tile (Mapbox Vector Tile 2.1), each layer in the order given. Nothing: no bytes. */
export function encodeTile(parts: readonly MapPart[]): Uint8Array {
  const layers: Record<string, { features: object[] }> = {};
  for (const { layer, tags, geometry } of parts) {
    layers[layer] ??= { features: [] };
    const polygon = geometry.type === 'MultiPolygon';
    layers[layer].features.push({
      type: polygon ? POLYGON : LINE,
      tags,
      geometry: polygon ? geometry.coordinates.flat() : geometry.coordinates,
    });
  }
  if (parts.length === 0) return new Uint8Array();
  // the encoder reads the features only; its types ask for all that its sister package keeps beside them
  return fromGeojsonVt(layers as unknown as Parameters<typeof fromGeojsonVt>[0], { version: 2, extent: EXTENT });
}
