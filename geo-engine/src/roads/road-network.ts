/**
 * The roads of one map, frozen: topology, geometry and the tags that matter, the same for every profile. Directions, speeds and
 * permissions become weights only in a RoadGraph. All arrays stand on SharedArrayBuffers, so that workers read the same memory.
 *
 * A node is a place where a driver can choose, a way ends, or something stands in the road; bends are points of a segment.
 * A segment is a stretch of one way between two nodes; a directed segment is `segment * 2` along its points, `segment * 2 + 1`
 * against them.
 */
export interface RoadNetwork {
  readonly info: NetworkInfo;
  readonly nodeCount: number;
  readonly segmentCount: number;

  readonly nodeLonLat: Int32Array; //     [2 * nodes] longitude, latitude, 1e-7 degrees
  readonly nodeBarrier: Uint8Array; //    [nodes] BARRIER
  readonly segmentFrom: Uint32Array; //   [segments] node at the first point
  readonly segmentTo: Uint32Array; //     [segments] node at the last point
  readonly firstPoint: Uint32Array; //    [segments + 1] points of s: firstPoint[s] up to, not including, firstPoint[s + 1]; both ends belong
  readonly pointLonLat: Int32Array; //    [2 * points] longitude, latitude, 1e-7 degrees
  readonly segmentCm: Uint32Array; //     [segments] length along the points, centimetres
  readonly segmentClass: Uint8Array; //   [segments] ROAD_CLASS
  readonly segmentSurface: Uint8Array; // [segments] SURFACE
  readonly segmentTrack: Uint8Array; //   [segments] tracktype grade 1..5, 0 unknown or none
  readonly segmentFlags: Uint16Array; //  [segments] bits of SEGMENT_FLAG
  readonly segmentAccess: Uint8Array; //  [segments] ACCESS of motor vehicles along the points | (against them << 4)
  readonly segmentKmh: Uint8Array; //     [2 * segments] signed limit of each directed segment, km/h; 0 none known
  readonly segmentMaxWeight: Uint8Array; // [segments] limit in units of 0.5 t; 0 none
  readonly segmentMaxHeight: Uint8Array; // [segments] limit in decimetres; 0 none
  readonly segmentWay: Float64Array; //   [segments] id of the way in the map (may pass 2^32)
  readonly segmentName: Uint32Array; //   [segments] index into names; 0 none
  readonly segmentRef: Uint32Array; //    [segments] index into names; 0 none
  readonly names: readonly string[]; //   names and route numbers; names[0] is ''

  readonly restrictionCount: number;
  readonly firstRestrictionStep: Uint32Array; // [restrictions + 1] into restrictionSteps
  /** Directed segments of each restriction: from, via ways if any, to. */
  readonly restrictionSteps: Uint32Array;
  readonly restrictionKind: Uint8Array; //      [restrictions] RESTRICTION bits
}

/** What a network says of itself. */
export interface NetworkInfo {
  /** Hex SHA-256 over all arrays: files of hierarchies name it, so a stale one is refused. */
  readonly id: string;
  /** Base name of the file it was built from, or what generated it. */
  readonly source: string;
  /** Instant of the map's data if the file states it (osmosis_replication_timestamp). */
  readonly mapTime: number | null;
  readonly builtAt: number;
  /** True when the map is invented (`source=generated` on its ways). */
  readonly generated: boolean;
  /** west, south, east, north, degrees. */
  readonly bounds: readonly [number, number, number, number];
  readonly counts: NetworkCounts;
  /** Line of attribution to show, e.g. "© OpenStreetMap contributors". */
  readonly attribution: string;
}

export interface NetworkCounts {
  readonly nodes: number;
  readonly segments: number;
  readonly points: number;
  readonly lengthKm: number;
  readonly restrictions: number;
  /** What the map held and the network does not, by reason code (`unknown_restriction`, `missing_node`, …). */
  readonly leftOut: Readonly<Record<string, number>>;
}

/** Classes of roads, most important first; values are stored in files. */
export const ROAD_CLASS = {
  motorway: 0,
  trunk: 1,
  primary: 2,
  secondary: 3,
  tertiary: 4,
  unclassified: 5,
  residential: 6,
  living_street: 7,
  service: 8,
  track: 9,
  pedestrian: 10,
  path: 11,
  ferry: 12,
  motorway_link: 13,
  trunk_link: 14,
  primary_link: 15,
  secondary_link: 16,
  tertiary_link: 17,
} as const;
export type RoadClass = keyof typeof ROAD_CLASS;

export const SURFACE = { unknown: 0, paved: 1, cobbled: 2, compacted: 3, gravel: 4, ground: 5, sand: 6 } as const;

/** What motor vehicles may do on a directed segment, as the map says it. */
export const ACCESS = {
  /** Everybody. */
  yes: 0,
  /** Only who has business there: expensive to pass through. */
  destination: 1,
  /** Private, customers, delivery, permit: emergency services may, others may not. */
  private: 2,
  /** Against the direction of a one-way road: only with the right to drive contraflow. */
  contraflow: 3,
  /** Bus lanes, pedestrian streets, forestry: motor vehicles may not, emergency services may. */
  restricted: 4,
  /** Nobody. */
  no: 5,
} as const;

export const BARRIER = {
  none: 0,
  /** Stops nobody who drives slowly: cattle grid, toll booth, border control, open gate. */
  open: 1,
  /** Opened for emergency services: gate, lift gate, swing gate, chain. */
  gate: 2,
  /** Stops every vehicle: bollard, block, wall, `access=no`. */
  closed: 3,
} as const;

export const SEGMENT_FLAG = {
  roundabout: 1,
  tunnel: 2,
  bridge: 4,
  toll: 8,
  ferry: 16,
  generated: 32,
  /** One-way as the map says it, along its points or against them; what may be driven stands in segmentAccess. */
  oneway: 64,
  /** The limit applies inside a built-up area (maxspeed source or zone). */
  urban: 128,
} as const;

export const RESTRICTION = {
  /** `only_*`: after `from` (and the via ways) nothing but `to`; else `no_*`: that sequence is forbidden. */
  only: 1,
  /** `except=emergency`, or conditional on not being an emergency vehicle. */
  exceptEmergency: 2,
} as const;
