-- name: update_entry
-- $1 agency, $2 VEK, $3 jsonb of its state. Writes only what differs, and never an older card over a newer one; answers if there is an
-- entry at all.
WITH given AS (
  SELECT s.*, CASE WHEN s.lon IS NULL THEN NULL ELSE ST_SetSRID(ST_MakePoint(s.lon, s.lat), 4326) END AS place
  FROM jsonb_to_record($3::jsonb) AS s(vek_version integer, channel text, type_code text, priority text, lon float8, lat float8,
    accuracy_m real, address text, summary text, vek_status text, part_status text, dispatched_at float8, on_scene_at float8,
    closed_at float8, outcome_code text, merged_into uuid)
), wanted AS (
  SELECT vek_version, channel, type_code, priority, place, accuracy_m, address, summary, vek_status, part_status,
    to_timestamp(dispatched_at / 1000) AS dispatched_at, to_timestamp(on_scene_at / 1000) AS on_scene_at,
    to_timestamp(closed_at / 1000) AS closed_at, outcome_code, merged_into
  FROM given
), changed AS (
  UPDATE register.entry e
  SET (vek_version, channel, type_code, priority, place, accuracy_m, address, summary, vek_status, part_status, dispatched_at,
       on_scene_at, closed_at, outcome_code, merged_into, updated_at)
    = (w.vek_version, w.channel, w.type_code, w.priority, w.place, w.accuracy_m, w.address, w.summary, w.vek_status, w.part_status,
       w.dispatched_at, w.on_scene_at, w.closed_at, w.outcome_code, w.merged_into, now())
  FROM wanted w
  WHERE e.agency_id = $1 AND e.vek_id = $2 AND e.vek_version <= w.vek_version
    AND (e.vek_version, e.channel, e.type_code, e.priority, ST_AsEWKB(e.place), e.accuracy_m, e.address, e.summary, e.vek_status,
         e.part_status, e.dispatched_at, e.on_scene_at, e.closed_at, e.outcome_code, e.merged_into)
        IS DISTINCT FROM
        (w.vek_version, w.channel, w.type_code, w.priority, ST_AsEWKB(w.place), w.accuracy_m, w.address, w.summary, w.vek_status,
         w.part_status, w.dispatched_at, w.on_scene_at, w.closed_at, w.outcome_code, w.merged_into)
)
SELECT id FROM register.entry WHERE agency_id = $1 AND vek_id = $2

-- name: next_number
-- $1 agency, $2 instant of the report (epoch ms): the year of its number is that of Latvian time
INSERT INTO register.entry_counter AS c (agency_id, year, last)
VALUES ($1, extract(year FROM to_timestamp($2::float8 / 1000) AT TIME ZONE 'Europe/Riga'), 1)
ON CONFLICT (agency_id, year) DO UPDATE SET last = c.last + 1
RETURNING year, last

-- name: insert_entry
-- $1 agency, $2 VEK, $3 jsonb of its state, $4 number of the entry
INSERT INTO register.entry (agency_id, vek_id, number, vek_number, vek_version, taken_by, channel, type_code, priority, place,
  accuracy_m, address, summary, vek_status, part_status, received_at, dispatched_at, on_scene_at, closed_at, outcome_code, merged_into)
SELECT $1, $2, $4, s.vek_number, s.vek_version, s.taken_by, s.channel, s.type_code, s.priority,
  CASE WHEN s.lon IS NULL THEN NULL ELSE ST_SetSRID(ST_MakePoint(s.lon, s.lat), 4326) END,
  s.accuracy_m, s.address, s.summary, s.vek_status, s.part_status, to_timestamp(s.received_at / 1000),
  to_timestamp(s.dispatched_at / 1000), to_timestamp(s.on_scene_at / 1000), to_timestamp(s.closed_at / 1000), s.outcome_code,
  s.merged_into
FROM jsonb_to_record($3::jsonb) AS s(vek_number bigint, vek_version integer, taken_by uuid, channel text, type_code text,
  priority text, lon float8, lat float8, accuracy_m real, address text, summary text, vek_status text, part_status text,
  received_at float8, dispatched_at float8, on_scene_at float8, closed_at float8, outcome_code text, merged_into uuid)

-- name: insert_events
-- $1 agency, $2 jsonb array of events; one that is there already stays as it is
INSERT INTO register.entry_event (agency_id, event_id, vek_id, type, at, data)
SELECT $1, e.event_id, e.vek_id, e.type, e.at, e.data
FROM jsonb_to_recordset($2::jsonb) AS e(event_id uuid, vek_id uuid, type text, at timestamptz, data jsonb)
ON CONFLICT DO NOTHING

-- name: entries
-- Newest first. $1 agency (null: all), $2 from and $3 to (epoch ms), $4 type (or prefix, without the dot), $5 only those without an end,
-- $6 and $7 received_at (epoch ms) and id of the last one seen, $8 how many at most. Nulls do not matter.
SELECT id, agency_id, number, vek_id, vek_number, taken_by, channel, type_code, priority, ST_X(place) AS lon, ST_Y(place) AS lat,
       accuracy_m, address, summary, vek_status, part_status, received_at, dispatched_at, on_scene_at, closed_at, outcome_code,
       merged_into, registered_at, updated_at
FROM register.entry
WHERE ($1::uuid IS NULL OR agency_id = $1)
  AND ($2::float8 IS NULL OR received_at >= to_timestamp($2 / 1000)) AND ($3::float8 IS NULL OR received_at < to_timestamp($3 / 1000))
  AND ($4::text IS NULL OR type_code = $4)
  AND (NOT $5 OR closed_at IS NULL)
  AND ($6::float8 IS NULL OR (received_at, id) < (to_timestamp($6 / 1000), $7::bigint))
ORDER BY received_at DESC, id DESC LIMIT $8

-- name: entry
-- $1 id, $2 agency (null: all)
SELECT id, agency_id, number, vek_id, vek_number, taken_by, channel, type_code, priority, ST_X(place) AS lon, ST_Y(place) AS lat,
       accuracy_m, address, summary, vek_status, part_status, received_at, dispatched_at, on_scene_at, closed_at, outcome_code,
       merged_into, registered_at, updated_at
FROM register.entry WHERE id = $1 AND ($2::uuid IS NULL OR agency_id = $2)

-- name: trail
-- $1 agency, $2 VEK
SELECT event_id, type, at, data FROM register.entry_event WHERE agency_id = $1 AND vek_id = $2 ORDER BY at, event_id

-- name: map_cells
-- How many entries lie in each cell of a grid. $1 agency (null: all), $2 from, $3 to (epoch ms), $4 type, $5 to $8 west, south, east,
-- north, $9 size of a cell in degrees
SELECT floor(ST_X(place) / $9) * $9 + $9 / 2 AS lon, floor(ST_Y(place) / $9) * $9 + $9 / 2 AS lat, count(*)::integer AS count
FROM register.entry
WHERE ($1::uuid IS NULL OR agency_id = $1)
  AND received_at >= to_timestamp($2::float8 / 1000) AND received_at < to_timestamp($3::float8 / 1000)
  AND ($4::text IS NULL OR type_code = $4)
  AND place && ST_MakeEnvelope($5, $6, $7, $8, 4326)
GROUP BY 1, 2

-- name: map_entries
-- The same entries one by one, newest first, $9 at most
SELECT id, number, type_code, priority, ST_X(place) AS lon, ST_Y(place) AS lat, received_at, closed_at
FROM register.entry
WHERE ($1::uuid IS NULL OR agency_id = $1)
  AND received_at >= to_timestamp($2::float8 / 1000) AND received_at < to_timestamp($3::float8 / 1000)
  AND ($4::text IS NULL OR type_code = $4)
  AND place && ST_MakeEnvelope($5, $6, $7, $8, 4326)
ORDER BY received_at DESC, id DESC LIMIT $9
