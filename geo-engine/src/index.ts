// Places: pure maths on WGS84, longitude first

// H3 cells as dense small integers, at three levels of detail
export { CellTable, CITY, LEVEL_RES, type Level, NATION, REGION } from './cells/cell-table.js';
export { type CellsOverBox, cellsOverBox } from './cells/cells-over-box.js';
// Who goes: choices for whole run cards, for several VEKs together, and why
export {
  assignVeks,
  type JointAssignment,
  type OpenVek,
  type TierProof,
  type VekAssignment,
} from './dispatch/assign-veks.js';
export {
  type AvailableAnswer,
  type AvailableQuestion,
  type AvailableUnit,
  type AvailableWithin,
  available,
} from './dispatch/available.js';
export { type Candidate, compareCandidates, createCandidate } from './dispatch/candidate.js';
export { type ChoiceProof, chooseUnits, type KeptCoverage, type UnitChoice } from './dispatch/choose-units.js';
export {
  DECISION_FORMAT,
  type DecisionRecord,
  inputFromJson,
  type Replay,
  recordDecision,
  replayDecision,
} from './dispatch/decision.js';
export {
  DEFAULT_POLICY,
  type DispatchPolicy,
  type DispatchQuestion,
  type PreemptionMatrix,
  type StandingNeed,
} from './dispatch/dispatch-question.js';
export { DispatchRoster } from './dispatch/dispatch-roster.js';
export {
  crewKey,
  type DispatchUnit,
  type FreePlace,
  type StandingUnit,
  type UnitFix,
} from './dispatch/dispatch-unit.js';
export { Eligibility, type Ineligible, Judgement } from './dispatch/eligibility.js';
export { againstTarget, type ResponseTime, responseTime, type TravelCorrection } from './dispatch/eta.js';
export type {
  BypassedUnit,
  DispatchedUnit,
  DispatchWhy,
  LeftOut,
  LineAnswer,
  ThreeSums,
} from './dispatch/explain.js';
export { findStarts } from './dispatch/find-starts.js';
export {
  type OpenIncident,
  type Proposal,
  proposalKey,
  type ReEvaluationPolicy,
  reEvaluate,
  sentBy,
  type WorkingUnit,
} from './dispatch/re-evaluate.js';
export {
  type DecisionInput,
  decide,
  gatherInput,
  type Recommendation,
  type Surroundings,
} from './dispatch/recommend.js';
export {
  decideTogether,
  gatherTogether,
  type JointInput,
  type JointQuestion,
  type JointRecommendation,
} from './dispatch/recommend-together.js';
export { type DrivenProfile, RoadWays } from './dispatch/road-ways.js';
export { metLines, type StageProof, type Taken, type VekDemand } from './dispatch/stage.js';
export { StraightWays } from './dispatch/straight-ways.js';
export {
  type CircleDecision,
  decideForCircle,
  type PlaceChange,
  type PossiblePlace,
} from './dispatch/uncertain-place.js';
export { type TopPace, type Travel, type WayStart, type Ways, type WaysBasis, wayStartOf } from './dispatch/ways.js';
// Codes and errors
export {
  DISPATCH_WHY_CODES,
  type DispatchWhyCode,
  FARTHER,
  GeoStoreError,
  INELIGIBLE_CODES,
  type IneligibleCode,
  LEFT_OUT_CODES,
  type LeftOutCode,
  type NotChosenCode,
  REFUSAL_CODES,
  type RefusalCode,
  type RouteRefusalCode,
  RouterError,
  RUN_CARD_PROBLEM_CODES,
  type RunCardProblemCode,
  TOO_MANY_CELLS,
  WHY_CODES,
  type WhyCode,
} from './errors.js';
export { type Box, box, boxCentre, boxContains, boxWidthDeg, distanceToBoxM } from './geo/box.js';
export { bearingDeg, destination, distanceM, EARTH_RADIUS_M, haversineM } from './geo/distance.js';
export { type Lat, type Lon, type LonLat, lonLat } from './geo/lon-lat.js';
export { type PolygonCoordinates, polygonsContain } from './geo/polygons.js';
export { PreparedPolygons } from './geo/prepared-polygons.js';
// The roads of a map, and as one profile may drive them
export { buildGraph } from './graph/build-graph.js';
export { CLOSED, type RoadGraph, UNREACHABLE_MS } from './graph/road-graph.js';
export type { SpeedOverlay } from './graph/speed-overlay.js';
export { contractGraph } from './hierarchy/contract.js';
export { contractionOrder, type Hierarchy } from './hierarchy/hierarchy.js';
export { type PreparedRoads, readHierarchy, writeHierarchy } from './hierarchy/hierarchy-file.js';
export { NearestSweep, NO_SOURCE } from './hierarchy/nearest-sweep.js';
export { PathSearch } from './hierarchy/path-search.js';
export { type ReachDirection, ReachSearch } from './hierarchy/reach-search.js';
export { SeedLists } from './hierarchy/seeds.js';
export { TableSearch } from './hierarchy/table-search.js';
// Where every unit is
export { LiveIndex } from './live-index/live-index.js';
export type { FoundUnits } from './live-index/nearest-held.js';
export { RoadsError } from './roads/errors.js';
export { RoadsImport } from './roads/generations.js';
export type { MapRestriction, MapRoad, RoadMeaning } from './roads/map-road.js';
export { RoadNetworkBuilder } from './roads/network-builder.js';
export { readNetwork, writeNetwork } from './roads/network-file.js';
export { importOsm } from './roads/osm/import-osm.js';
export {
  ACCESS,
  BARRIER,
  RESTRICTION,
  ROAD_CLASS,
  type RoadNetwork,
  SEGMENT_FLAG,
  SURFACE,
} from './roads/road-network.js';
export { standardProfiles } from './roads/standard-profiles.js';
export type { VehicleProfile } from './roads/vehicle-profile.js';
// Answers about travel by road
export { CircuitBreaker } from './routing/circuit-breaker.js';
export type { ClosureShape, RoadClosure } from './routing/closures.js';
export { FallbackRouter } from './routing/fallback-router.js';
export { NOTHING_IN_FORCE } from './routing/live-times.js';
export { indexNetwork } from './routing/load-roads.js';
export { OsrmRouter } from './routing/osrm-router.js';
export { preparedProfile } from './routing/prepared-profile.js';
export { Roads, type RoadsDescription } from './routing/roads.js';
export { type ClosureProgress, RoadsKeeper } from './routing/roads-keeper.js';
export { type RoadsOrder, roadsAfter } from './routing/roads-orders.js';
export {
  type AnswerOrigin,
  type IsochroneAnswer,
  type IsochroneQuestion,
  type NearestSourcesAnswer,
  type NearestSourcesQuestion,
  type RoadEnd,
  type RouteAnswer,
  type RoutePlace,
  type RouteQuestion,
  type Router,
  type RouteStep,
  type TableAnswer,
  type TableQuestion,
  travelCell,
  wholeMs,
} from './routing/router.js';
export { startThread } from './routing/typescript-thread.js';
export { ValhallaRouter } from './routing/valhalla-router.js';
// Run cards: who goes to what, as files and as text
export { canonicalJson } from './run-cards/canonical-json.js';
export type { RunCardImport, RunCardProblem } from './run-cards/check-cards.js';
export {
  CARD_PRECEDENCE,
  type CardChoice,
  type CardQuestion,
  type CardReason,
  chooseCard,
} from './run-cards/choose-card.js';
export { compileDemand, type Demand, type DemandLine } from './run-cards/demand.js';
export { type CardNames, describeRunCard } from './run-cards/describe-run-card.js';
export { type Requirement, RequirementSchema } from './run-cards/requirement.js';
export { type RigaClock, rigaClock } from './run-cards/riga-clock.js';
export {
  highestLevel,
  linesOfLevel,
  linesUpToLevel,
  PRIORITIES,
  type Priority,
  type RunCard,
  RunCardSchema,
  type TimeWindow,
} from './run-cards/run-card.js';
export { runCardsFromCsv, runCardsToCsv } from './run-cards/run-card-csv.js';
export { runCardsFromJson, runCardsToJson } from './run-cards/run-card-json.js';
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
