-- The k nearest suitable units, straight from the tables: the second opinion to the live index.
-- Distances are metres on the sphere (geography, use_spheroid false): PostGIS then takes the mean radius of WGS84,
-- 6 371 008.7714 m; the index takes 6 371 008.8 m, which is 4.5e-9 more. On the spheroid the order could differ.
-- $1 lon, $2 lat (degrees, SRID 4326)   $3 now (ms since 1970)   $4 max fix age (s)   $5 statuses   $6 capability codes
-- $7 capability quantities, same order   $8 agency ids or null   $9 kinds or null   $10 least head-count   $11 vek or null
-- $12 k
WITH
-- the question, once, in the types of the tables
question AS (
  SELECT ST_SetSRID(ST_MakePoint($1::float8, $2::float8), 4326)::geography AS place,
         to_timestamp($3::float8 / 1000) AS at,
         to_timestamp($3::float8 / 1000) - make_interval(secs => $4::float8) AS oldest
),
-- what the unit must bring, one row a capability
need AS (
  SELECT code, quantity FROM unnest($6::text[], $7::float8[]) AS n (code, quantity)
),
-- whether each unit is on shift now, and with how many; a unit without a row here keeps no shifts at all
shift AS (
  SELECT s.unit_id,
         bool_or(s.starts_at <= q.at AND s.ends_at > q.at) AS is_on,
         max(s.head_count) FILTER (WHERE s.starts_at <= q.at AND s.ends_at > q.at) AS head_count
  FROM crew_shift s CROSS JOIN question q
  GROUP BY s.unit_id
),
-- units that pass every filter that does not look at the position
fit AS (
  SELECT u.handle, u.id, u.callsign, u.agency_id
  FROM unit u
  CROSS JOIN question q
  LEFT JOIN shift s ON s.unit_id = u.id
  WHERE u.retired_at IS NULL
    AND u.status = ANY ($5::text[])
    AND ($8::uuid[] IS NULL OR u.agency_id = ANY ($8::uuid[]))
    AND ($9::text[] IS NULL OR u.kind = ANY ($9::text[]))
    AND s.is_on IS NOT FALSE
    AND (s.head_count IS NULL OR s.head_count >= $10::integer)
    AND NOT EXISTS (SELECT FROM unit_hold h WHERE h.unit_id = u.id AND h.expires_at > q.at)
    AND NOT EXISTS (SELECT FROM assignment a
                    WHERE a.unit_id = u.id AND a.vek_id = $11::uuid AND a.status NOT IN ('queued', 'done', 'cancelled'))
    AND NOT EXISTS (SELECT FROM need n
                    WHERE NOT EXISTS (SELECT FROM unit_capability c
                                      WHERE c.unit_id = u.id AND c.code = n.code AND c.quantity >= n.quantity))
),
-- the latest good fix of each, by the device's clock. What came in before the oldest that counts is not looked at, so
-- the partitions of earlier days stay untouched; the age itself is by the older of the two clocks
placed AS (
  SELECT fit.*, latest.lon_e7, latest.lat_e7, latest.fix_time, latest.received_at
  FROM fit
  CROSS JOIN LATERAL (
    SELECT f.lon_e7, f.lat_e7, f.fix_time, f.received_at
    FROM fix f
    WHERE f.unit_handle = fit.handle AND f.verdict = 0
      -- q.oldest, written out: only against a value known at the start does the planner drop partitions
      AND f.received_at >= to_timestamp($3::float8 / 1000) - make_interval(secs => $4::float8)
    ORDER BY f.fix_time DESC, f.received_at DESC
    LIMIT 1
  ) latest
  CROSS JOIN question q
  WHERE latest.fix_time >= q.oldest
)
SELECT p.handle,
       p.id::text AS unit_id,
       p.callsign,
       p.agency_id::text AS agency_id,
       ST_Distance(ST_SetSRID(ST_MakePoint(p.lon_e7 / 1e7, p.lat_e7 / 1e7), 4326)::geography, q.place, false) AS distance_m,
       greatest(0, extract(epoch FROM q.at - least(p.fix_time, p.received_at)))::float8 AS fix_age_s
FROM placed p CROSS JOIN question q
ORDER BY distance_m, p.handle
LIMIT $12::integer;
