/** What the tags of a way mean for vehicles, in the values that the network stores. One object may serve many ways. */
export interface RoadMeaning {
  readonly roadClass: number; //  ROAD_CLASS
  readonly surface: number; //    SURFACE
  readonly track: number; //      tracktype grade 1..5, 0 unknown or none
  readonly flags: number; //      bits of SEGMENT_FLAG
  readonly accessForward: number; //  ACCESS along the way
  readonly accessBackward: number; // ACCESS against it
  readonly forwardKmh: number; //  signed limit, 0 none known
  readonly backwardKmh: number;
  readonly maxWeight: number; //  half tonnes, 0 none
  readonly maxHeight: number; //  decimetres, 0 none
  readonly durationS: number; //  what the whole way takes (ferries), 0 unknown
}

/** A way of a map that somebody may drive. */
export interface MapRoad {
  readonly id: number;
  /** Ids of its nodes in the order of the way, as the map has them. */
  readonly nodeIds: ArrayLike<number>;
  readonly meaning: RoadMeaning;
  readonly name: string;
  readonly ref: string;
}

/** A turn restriction as the map has it, by ids: who comes by any of `from` and then by the via may not, or must, take `to`. */
export interface MapRestriction {
  readonly from: readonly number[];
  readonly via:
    | { readonly kind: 'node'; readonly node: number }
    | { readonly kind: 'ways'; readonly ways: readonly number[] };
  readonly to: readonly number[];
  /** RESTRICTION bits. */
  readonly bits: number;
  readonly turn: 'u_turn' | 'other';
}

/**
 * Why something of the map is not in the network. `missing_node`: a way names a node that the map does not hold, as at
 * the border of an extract; the way is cut there. `invalid_place`: a node outside the world. `repeated_node`: the same
 * node twice in a row. `short_way`: a way, or what cutting left of it, of fewer than two nodes. `duplicate_way`: an id
 * that was there before. `area`: a square drawn as a road. `impassable`, `seasonal`: said of the road.
 * `closed_to_all`: not even emergency services may drive it. `conditional_access`, `conditional_oneway`,
 * `conditional_limit`: rules for some hours or vehicles only, not read; the tag without a condition holds.
 * `unreadable_maxspeed`, `unreadable_maxweight`, `unreadable_maxheight`, `unreadable_duration`: not understood.
 *
 * Restrictions. `unknown_restriction`: a kind that is not known. `conditional_restriction`: for some hours only.
 * `other_vehicle_restriction`: for bicycles, buses, lorries. `restriction_without_member`: no from, via or to.
 * `restriction_way_absent`: a member is not a road of this network. `restriction_not_connected`: from, via and to do not
 * meet. `restriction_against_oneway`: a turn that one-way roads forbid already. `restriction_ambiguous`: more than one
 * turn of these ways would fit.
 */
export const LEFT_OUT_REASONS = [
  'missing_node',
  'invalid_place',
  'repeated_node',
  'short_way',
  'duplicate_way',
  'area',
  'impassable',
  'seasonal',
  'closed_to_all',
  'conditional_access',
  'conditional_oneway',
  'conditional_limit',
  'unreadable_maxspeed',
  'unreadable_maxweight',
  'unreadable_maxheight',
  'unreadable_duration',
  'unknown_restriction',
  'conditional_restriction',
  'other_vehicle_restriction',
  'restriction_without_member',
  'restriction_way_absent',
  'restriction_not_connected',
  'restriction_against_oneway',
  'restriction_ambiguous',
] as const;
export type LeftOutReason = (typeof LEFT_OUT_REASONS)[number];
export type LeaveOut = (reason: LeftOutReason, count?: number) => void;
