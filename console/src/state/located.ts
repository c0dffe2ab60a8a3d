/** A place, WGS84 degrees. */
export interface Located {
  readonly lon: number;
  readonly lat: number;
}
