-- name: days_to_compact
-- $1 hours after the end of a UTC day: the days whose fixes have all come by then and are not yet lines, oldest first.
SELECT p.day::text AS day
FROM (SELECT to_date(substring(c.relname FROM 'fix_(\d{8})$'), 'YYYYMMDD') AS day
      FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'fix'::regclass) AS p
WHERE (p.day + 1)::timestamp AT TIME ZONE 'UTC' + $1::float8 * interval '1 hour' <= now()
  AND NOT EXISTS (SELECT FROM track_day d WHERE d.day = p.day)
ORDER BY p.day

-- name: days_to_drop
-- $1 days kept: the days whose fixes have outlived their time and are lines, with their partition's name, oldest first.
SELECT p.day::text AS day, p.name
FROM (SELECT c.relname AS name, to_date(substring(c.relname FROM 'fix_(\d{8})$'), 'YYYYMMDD') AS day
      FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'fix'::regclass) AS p
JOIN track_day d ON d.day = p.day
WHERE p.day < (now() AT TIME ZONE 'UTC')::date - $1::int
ORDER BY p.day

-- name: first_fix_day
-- The first day whose fixes are not lines yet: what is received from then on is found in fixes alone.
SELECT min(to_date(substring(c.relname FROM 'fix_(\d{8})$'), 'YYYYMMDD'))::timestamp AT TIME ZONE 'UTC' AS since
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = 'fix'::regclass
  AND NOT EXISTS (SELECT FROM track_day d WHERE d.day = to_date(substring(c.relname FROM 'fix_(\d{8})$'), 'YYYYMMDD'))

-- name: next_unit
-- $1, $2 from and to when received; $3 the unit before: the next one that has fixes then, by one step down the index. 0 is no unit.
SELECT min(unit_handle) AS unit_handle FROM fix WHERE received_at >= $1 AND received_at < $2 AND unit_handle > $3

-- name: fixes_page
-- $1, $2 from and to when received; $3 the unit; after ($4 fix time, $5 stream, $6 seq); $7 how many at most. One row, packed, in the order
-- of their times: 8 bytes fix time (µs since 2000), 8 stream, 8 seq, 4 device, 4 agency, 4 lon, 4 lat, 2 verdict, big-endian.
SELECT string_agg(timestamptz_send(fix_time) || int8send(stream_id) || int8send(seq) || int4send(device_handle) || int4send(agency_no)
                  || int4send(lon_e7) || int4send(lat_e7) || int2send(verdict), ''::bytea ORDER BY fix_time, stream_id, seq) AS packed
FROM (
  SELECT * FROM fix
  WHERE received_at >= $1 AND received_at < $2 AND unit_handle = $3
    AND fix_time >= to_timestamp($4::bigint / 1000.0) AND (fix_time, stream_id, seq) > (to_timestamp($4::bigint / 1000.0), $5::bigint, $6::bigint)
  ORDER BY fix_time, stream_id, seq LIMIT $7
) AS page

-- name: count_fixes
-- $1, $2 from and to when received; $3 the unit
SELECT count(*) AS fixes FROM fix WHERE received_at >= $1 AND received_at < $2 AND unit_handle = $3

-- name: unit_day
SELECT fixes FROM track_unit_day WHERE day = $1 AND unit_handle = $2

-- name: begin_unit_day
-- First in its transaction: whoever else writes the same unit's day waits here, and then replaces what is there with the same.
INSERT INTO track_unit_day (day, unit_handle, fixes) VALUES ($1, $2, $3)
ON CONFLICT (day, unit_handle) DO UPDATE SET fixes = excluded.fixes

-- name: remove_lines
DELETE FROM unit_track WHERE day = $1 AND unit_handle = $2

-- name: remove_suspects
DELETE FROM suspect_fix WHERE day = $1 AND unit_handle = $2

-- name: add_lines
-- $1 day, $2 unit; by line: $3 agencies, $4 devices, $5 from, $6 to (epoch ms), $7 EWKB, $8 the fixes' times as text of an array
INSERT INTO unit_track (day, unit_handle, agency_no, device_handle, from_time, to_time, line, fix_ms)
SELECT $1, $2, l.agency_no, l.device_handle, to_timestamp(l.from_ms / 1000.0), to_timestamp(l.to_ms / 1000.0), ST_GeomFromEWKB(l.line), l.fix_ms::integer[]
FROM unnest($3::int[], $4::int[], $5::bigint[], $6::bigint[], $7::bytea[], $8::text[]) AS l(agency_no, device_handle, from_ms, to_ms, line, fix_ms)

-- name: add_suspects
-- $1 day, $2 unit; by fix: $3 agencies, $4 devices, $5 fix times (epoch ms), $6 lon, $7 lat, $8 verdicts
INSERT INTO suspect_fix (day, unit_handle, agency_no, device_handle, fix_time, lon_e7, lat_e7, verdict)
SELECT $1, $2, s.agency_no, s.device_handle, to_timestamp(s.fix_ms / 1000.0), s.lon_e7, s.lat_e7, s.verdict
FROM unnest($3::int[], $4::int[], $5::bigint[], $6::int[], $7::int[], $8::smallint[]) AS s(agency_no, device_handle, fix_ms, lon_e7, lat_e7, verdict)

-- name: finish_day
INSERT INTO track_day (day, compacted_at) VALUES ($1, now()) ON CONFLICT (day) DO UPDATE SET compacted_at = excluded.compacted_at

-- name: forget_lines
-- $1 days kept, $2 how many rows at most
DELETE FROM unit_track WHERE ctid = ANY (ARRAY(SELECT ctid FROM unit_track WHERE day < (now() AT TIME ZONE 'UTC')::date - $1::int LIMIT $2))

-- name: forget_suspects
DELETE FROM suspect_fix WHERE ctid = ANY (ARRAY(SELECT ctid FROM suspect_fix WHERE day < (now() AT TIME ZONE 'UTC')::date - $1::int LIMIT $2))

-- name: forget_unit_days
DELETE FROM track_unit_day WHERE ctid = ANY (ARRAY(SELECT ctid FROM track_unit_day WHERE day < (now() AT TIME ZONE 'UTC')::date - $1::int LIMIT $2))

-- name: forget_statuses
-- The last one before what is kept stays: it was still shown then.
DELETE FROM unit_status_change WHERE seq = ANY (ARRAY(
  SELECT c.seq FROM unit_status_change c
  WHERE c.since < now() - $1::int * interval '1 day'
    AND EXISTS (SELECT FROM unit_status_change n WHERE n.unit_id = c.unit_id AND n.since > c.since AND n.since < now() - $1::int * interval '1 day')
  LIMIT $2))

-- name: forget_rejected
-- What no decoder could read, once it has outlived the fixes beside which it came. $1 days, $2 how many rows at most
DELETE FROM rejected_item WHERE ctid = ANY (ARRAY(SELECT ctid FROM rejected_item WHERE received_at < now() - $1::int * interval '1 day' LIMIT $2))

-- name: fixes_in
-- By range: $1 units, $2 from and $3 to (epoch ms, both included); $4 received at or after. Good fixes of partitions that are still there, packed by
-- range and device in the order of their times: 8 bytes fix time (µs since 2000), 4 lon, 4 lat, big-endian.
SELECT r.no, f.device_handle, string_agg(timestamptz_send(f.fix_time) || int4send(f.lon_e7) || int4send(f.lat_e7), ''::bytea
                                         ORDER BY f.fix_time, f.stream_id, f.seq) AS packed
FROM unnest($1::int[], $2::bigint[], $3::bigint[]) WITH ORDINALITY AS r(unit_handle, from_ms, to_ms, no)
JOIN fix f ON f.unit_handle = r.unit_handle AND f.fix_time >= to_timestamp(r.from_ms / 1000.0) AND f.fix_time <= to_timestamp(r.to_ms / 1000.0)
WHERE f.verdict = 0 AND f.received_at >= to_timestamp($4::bigint / 1000.0)
GROUP BY r.no, f.device_handle

-- name: lines_in
-- By range: $1 units, $2 from and $3 to (epoch ms): lines of days whose fixes are gone.
SELECT r.no, t.device_handle, t.from_time, t.line::text AS ewkb, t.fix_ms
FROM unnest($1::int[], $2::bigint[], $3::bigint[]) WITH ORDINALITY AS r(unit_handle, from_ms, to_ms, no)
JOIN unit_track t ON t.unit_handle = r.unit_handle AND t.to_time >= to_timestamp(r.from_ms / 1000.0) AND t.from_time <= to_timestamp(r.to_ms / 1000.0)
  -- no line is longer than an hour: the index on to_time is bounded on both sides
  AND t.to_time <= to_timestamp(r.to_ms / 1000.0) + interval '1 hour'
JOIN track_day d ON d.day = t.day AND d.fixes_gone_at IS NOT NULL
ORDER BY t.from_time

-- name: suspects_in
-- $1 unit, $2 from and $3 to (epoch ms), $4 how many at most: what was set aside, of partitions that are still there and of those that are gone.
SELECT device_handle, fix_time, lon_e7, lat_e7, verdict FROM (
  SELECT device_handle, fix_time, lon_e7, lat_e7, verdict FROM fix
  WHERE unit_handle = $1 AND fix_time >= to_timestamp($2::bigint / 1000.0) AND fix_time <= to_timestamp($3::bigint / 1000.0) AND verdict <> 0
  UNION ALL
  SELECT s.device_handle, s.fix_time, s.lon_e7, s.lat_e7, s.verdict FROM suspect_fix s JOIN track_day d ON d.day = s.day AND d.fixes_gone_at IS NOT NULL
  WHERE s.unit_handle = $1 AND s.fix_time >= to_timestamp($2::bigint / 1000.0) AND s.fix_time <= to_timestamp($3::bigint / 1000.0)
) AS suspects
ORDER BY fix_time LIMIT $4

-- name: lines_near
-- $1 units; boxes of place and time (several over the antimeridian): $2 west, $3 south, $4 east, $5 north, $6 from, $7 to in seconds; $8 how many at most.
-- Which units have a line in them, and its time, by the index on place and time together.
SELECT DISTINCT t.unit_handle, t.from_time, t.to_time
FROM unnest($2::float8[], $3::float8[], $4::float8[], $5::float8[]) AS b(west, south, east, north)
JOIN unit_track t ON t.line &&& ST_SetSRID(ST_MakeLine(ST_MakePointM(b.west, b.south, $6::float8), ST_MakePointM(b.east, b.north, $7::float8)), 4326)
WHERE t.unit_handle = ANY ($1::int[]) AND t.from_time <= to_timestamp($7::float8) AND t.to_time >= to_timestamp($6::float8)
LIMIT $8

-- name: fixes_near
-- $1 units, by piece of time $2 from and $3 to (epoch ms); a box $4 west, $5 south, $6 east, $7 north in degrees × 10⁷ (west > east over the
-- antimeridian); $8 received at or after (epoch ms). Which units have a good fix in the box in which piece: the first one found ends the search.
SELECT u.unit_handle, p.no::int AS piece
FROM unnest($1::int[]) AS u(unit_handle)
CROSS JOIN unnest($2::bigint[], $3::bigint[]) WITH ORDINALITY AS p(from_ms, to_ms, no)
WHERE EXISTS (
  SELECT FROM fix f
  WHERE f.unit_handle = u.unit_handle AND f.fix_time >= to_timestamp(p.from_ms / 1000.0) AND f.fix_time <= to_timestamp(p.to_ms / 1000.0)
    AND f.received_at >= to_timestamp($8::bigint / 1000.0) AND f.verdict = 0
    AND f.lat_e7 BETWEEN $5 AND $7
    AND CASE WHEN $4::int <= $6::int THEN f.lon_e7 BETWEEN $4 AND $6 ELSE f.lon_e7 >= $4 OR f.lon_e7 <= $6 END
)

-- name: last_fixes
-- $1 units, $2 at and $3 not before (epoch ms): the last good fix of each by then, of partitions that are still there. It was not received before it was
-- made, but for a minute that clocks may differ.
SELECT u.unit_handle, f.device_handle, f.fix_time, f.lon_e7, f.lat_e7
FROM unnest($1::int[]) AS u(unit_handle)
CROSS JOIN LATERAL (
  SELECT * FROM fix
  WHERE fix.unit_handle = u.unit_handle AND fix.fix_time <= to_timestamp($2::bigint / 1000.0) AND fix.fix_time >= to_timestamp($3::bigint / 1000.0)
    AND fix.received_at >= to_timestamp($3::bigint / 1000.0) - interval '2 minutes' AND fix.verdict = 0
  ORDER BY fix.fix_time DESC LIMIT 1
) AS f

-- name: last_lines
-- As last_fixes, of days whose fixes are gone: the line that goes on at that instant, and the last that had ended.
SELECT u.unit_handle, l.device_handle, l.from_time, l.line::text AS ewkb, l.fix_ms
FROM unnest($1::int[]) AS u(unit_handle)
CROSS JOIN LATERAL (
  (SELECT t.* FROM unit_track t JOIN track_day d ON d.day = t.day AND d.fixes_gone_at IS NOT NULL
   WHERE t.unit_handle = u.unit_handle AND t.to_time > to_timestamp($2::bigint / 1000.0)
     AND t.to_time <= to_timestamp($2::bigint / 1000.0) + interval '1 hour' AND t.from_time <= to_timestamp($2::bigint / 1000.0))
  UNION ALL
  (SELECT t.* FROM unit_track t JOIN track_day d ON d.day = t.day AND d.fixes_gone_at IS NOT NULL
   WHERE t.unit_handle = u.unit_handle AND t.to_time <= to_timestamp($2::bigint / 1000.0) AND t.to_time >= to_timestamp($3::bigint / 1000.0)
   ORDER BY t.to_time DESC LIMIT 1)
) AS l

-- name: statuses_at
-- $1 unit ids, $2 at (epoch ms): what each showed then; units that were not there yet are left out.
SELECT u.unit_id, c.status, c.since
FROM unnest($1::uuid[]) AS u(unit_id)
CROSS JOIN LATERAL (
  SELECT status, since FROM unit_status_change
  WHERE unit_status_change.unit_id = u.unit_id AND since <= to_timestamp($2::bigint / 1000.0) ORDER BY since DESC, seq DESC LIMIT 1
) AS c
