-- The k nearest published shelters by great circle, entrance to place. Metres on the sphere (geography), as the index.
-- The spatial index orders by degrees, and a degree of longitude is short in the north: so its k nearest only give a
-- radius that is surely enough, and everything within that radius is then ranked in metres. Exact everywhere.
-- $1 lon, $2 lat (degrees, SRID 4326)   $3 k
WITH
place AS (
  SELECT ST_SetSRID(ST_MakePoint($1::float8, $2::float8), 4326) AS at
),
-- k candidates by the index, KNN in degrees
by_degrees AS (
  SELECT s.entrance
  FROM shelter s
  WHERE s.published
  ORDER BY s.entrance <-> ST_SetSRID(ST_MakePoint($1::float8, $2::float8), 4326)
  LIMIT $3::integer
),
-- no farther than this are the k nearest: metres, and degrees of latitude (111 195 m each on this sphere, less a hair)
radius AS (
  SELECT max(ST_Distance(b.entrance::geography, p.at::geography, false)) AS metres,
         max(ST_Distance(b.entrance::geography, p.at::geography, false)) / 111194.0 + 1e-7 AS lat_deg
  FROM by_degrees b CROSS JOIN place p
),
-- the box round that circle; half the sphere wide where the circle comes near a pole
reach AS (
  SELECT ST_Expand(p.at,
                   CASE WHEN abs(ST_Y(p.at)) + r.lat_deg >= 89 THEN 180
                        ELSE least(180, degrees(asin(least(1, sin(radians(r.lat_deg)) / cos(radians(ST_Y(p.at)))))) + 1e-7)
                   END,
                   r.lat_deg) AS box
  FROM place p CROSS JOIN radius r
),
-- the box, and the same box one turn east and one turn west, for places near the antimeridian
boxes AS MATERIALIZED (
  SELECT ST_Translate(reach.box, turn, 0) AS box
  FROM reach CROSS JOIN (VALUES (0), (360), (-360)) AS turns (turn)
),
-- what the boxes hold, by the index; near a pole they overlap, so each only once
within AS (
  SELECT DISTINCT s.id
  FROM boxes b JOIN shelter s ON s.entrance && b.box
  WHERE s.published
)
SELECT s.id::text AS shelter_id,
       s.municipality,
       s.address_line,
       s.use_code,
       s.category,
       s.capacity,
       s.accessible,
       s.entrance_note,
       ST_X(s.entrance) AS lon,
       ST_Y(s.entrance) AS lat,
       ST_Distance(s.entrance::geography, place.at::geography, false) AS distance_m
FROM within JOIN shelter s ON s.id = within.id CROSS JOIN place
ORDER BY distance_m, s.id
LIMIT $3::integer;
