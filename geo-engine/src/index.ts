// Places: pure maths on WGS84, longitude first

// H3 cells as dense small integers, at three levels of detail
export { CellTable, CITY, LEVEL_RES, type Level, NATION, REGION } from './cells/cell-table.js';
export { type CellsOverBox, cellsOverBox } from './cells/cells-over-box.js';
// Codes and errors
export {
  FARTHER,
  GeoStoreError,
  type NotChosenCode,
  REFUSAL_CODES,
  type RefusalCode,
  TOO_MANY_CELLS,
  WHY_CODES,
  type WhyCode,
} from './errors.js';
export { type Box, box, boxCentre, boxContains, boxWidthDeg, distanceToBoxM } from './geo/box.js';
export { bearingDeg, destination, distanceM, EARTH_RADIUS_M, haversineM } from './geo/distance.js';
export { type Lat, type Lon, type LonLat, lonLat } from './geo/lon-lat.js';
// Where every unit is
export { LiveIndex } from './live-index/live-index.js';
export type { FoundUnits } from './live-index/nearest-held.js';
// What is true when the process is gone: PostGIS
export {
  GeoStore,
  geoMigrationsDir,
  type Queryable,
  type ShelterNear,
  type StoredUnit,
  type TerritoryAt,
} from './store/geo-store.js';
// Who is nearest and may go, and why the others may not
export type { CapabilityNeed, Refusal, SuitabilityNeed } from './suitability/hard-filters.js';
export {
  type ChosenUnit,
  type NearestSuitable,
  type NearestSuitableQuestion,
  type NotChosenUnit,
  nearestSuitable,
  type Why,
} from './suitability/nearest-suitable.js';
export { fixAgeS, type UnitFacts, type UnitRoster } from './suitability/unit-facts.js';
