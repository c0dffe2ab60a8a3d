/** Made by base-map-plugin.ts when the console is built. */
declare module 'virtual:base-map' {
  import type { FeatureCollection, MultiPolygon, Point, Polygon } from 'geojson';

  /** Land by country around Latvia, WGS84; off by up to about 1 km. */
  export const land: FeatureCollection<Polygon | MultiPolygon, { latvia: boolean }>;
  /** Latvia's places; rank 0 is the capital. */
  export const places: FeatureCollection<Point, { name: string; rank: number; population: number }>;
}
