-- Closed and slowed roads, entered live. They concern every agency; who entered one may end it.

CREATE TABLE closure (
  id          uuid PRIMARY KEY,
  agency_id   uuid NOT NULL REFERENCES agency,
  shape       geometry(Geometry, 4326) CHECK (GeometryType(shape) IN ('POLYGON', 'LINESTRING')),
  way_ids     bigint[] CHECK (cardinality(way_ids) > 0), -- ids of ways in the map the roads were imported from
  direction   text NOT NULL DEFAULT 'both' CHECK (direction IN ('both', 'forward', 'backward')), -- of the line or the ways
  speed_share double precision NOT NULL CHECK (speed_share >= 0 AND speed_share < 1), -- of the speed that remains; 0: closed
  emergency_passes boolean NOT NULL DEFAULT false, -- vehicles with emergency rights drive through
  reason      text NOT NULL,
  valid_from  timestamptz NOT NULL,
  valid_until timestamptz, -- null: until it is removed
  created_by  text NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT now(),
  removed_by  text,
  removed_at  timestamptz,
  version     integer NOT NULL DEFAULT 1,
  CHECK (num_nonnulls(shape, way_ids) = 1),
  CHECK (valid_until > valid_from)
);
CREATE INDEX closure_open ON closure (valid_until) WHERE removed_at IS NULL;
