// Where everybody was, for the HTTP API
export { areaTarget, placeTarget, type Target } from './closest-approach.js';
export { HistoryRefusal, type HistoryRefusalCode } from './errors.js';
export { type NearUnit, unitsNear } from './near.js';
export { type PastUnit, pictureAt } from './past-picture.js';
export { trackGeoJson, trackGpx } from './track-formats.js';
// The life of stored fixes
export { MAX_TOLERANCE_M } from './track-line.js';
export { TrackUpkeep } from './track-upkeep.js';
export { unitTrack } from './unit-track.js';
