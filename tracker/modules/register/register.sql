-- name: entry_of_vek
-- $1 agency, $2 VEK. Locked, so that an older card is never written over a newer one.
SELECT id, vek_version FROM register.entry WHERE agency_id = $1 AND vek_id = $2 FOR UPDATE

-- name: lock_hand_id
-- $1 id that an entry was given by whoever makes it: sent twice at once, the second sees the first
SELECT pg_advisory_xact_lock(hashtextextended($1, 115))

-- name: entry_of_hand
-- $1 agency, $2 the id
SELECT * FROM register.entry WHERE agency_id = $1 AND hand_id = $2

-- name: lock_entry
-- $1 id, $2 agency
SELECT * FROM register.entry WHERE id = $1 AND agency_id = $2 FOR UPDATE

-- name: write_entry
-- $1 id, $2 jsonb of columns. What is the same already is not written.
UPDATE register.entry e
SET (vek_version, channel, type_code, priority, place, accuracy_m, address, summary, vek_status, part_status, received_at, dispatched_at,
     on_scene_at, closed_at, outcome_code, merged_into)
  = (SELECT n.vek_version, n.channel, n.type_code, n.priority, n.place, n.accuracy_m, n.address, n.summary, n.vek_status, n.part_status,
            n.received_at, n.dispatched_at, n.on_scene_at, n.closed_at, n.outcome_code, n.merged_into
     FROM jsonb_populate_record(e, $2::jsonb) AS n),
  version = e.version + 1, updated_at = now()
WHERE e.id = $1 AND jsonb_populate_record(e, $2::jsonb) IS DISTINCT FROM e
RETURNING *

-- name: next_number
-- $1 agency, $2 instant of the report (epoch ms): the year of its number is that of Latvian time
INSERT INTO register.entry_counter AS c (agency_id, year, last)
VALUES ($1, extract(year FROM to_timestamp($2::float8 / 1000) AT TIME ZONE 'Europe/Riga'), 1)
ON CONFLICT (agency_id, year) DO UPDATE SET last = c.last + 1
RETURNING year, last

-- name: insert_entry
-- $1 agency, $2 number, $3 jsonb of columns, $4 the id that whoever makes it by hand gave it, $5 who that is
INSERT INTO register.entry (agency_id, number, hand_id, entered_by, vek_id, vek_number, vek_version, taken_by, channel, type_code, priority,
  place, accuracy_m, address, summary, vek_status, part_status, received_at, dispatched_at, on_scene_at, closed_at, outcome_code, merged_into)
SELECT $1, $2, $4, $5, n.vek_id, n.vek_number, n.vek_version, n.taken_by, n.channel, n.type_code, n.priority, n.place, n.accuracy_m,
  n.address, n.summary, n.vek_status, n.part_status, n.received_at, n.dispatched_at, n.on_scene_at, n.closed_at, n.outcome_code, n.merged_into
FROM jsonb_populate_record(NULL::register.entry, $3::jsonb) AS n
RETURNING *

-- name: insert_change
-- $1 entry, $2 its version from now on, $3 who, $4 jsonb of what was given
INSERT INTO register.entry_change (entry_id, version, subject, data) VALUES ($1, $2, $3, $4)

-- name: insert_events
-- $1 agency, $2 jsonb array of events; one that is there already stays as it is
INSERT INTO register.entry_event (agency_id, event_id, vek_id, type, at, data)
SELECT $1, e.event_id, e.vek_id, e.type, e.at, e.data
FROM jsonb_to_recordset($2::jsonb) AS e(event_id uuid, vek_id uuid, type text, at timestamptz, data jsonb)
ON CONFLICT DO NOTHING

-- name: entries
-- Newest first. $1 agency (null: all), $2 from and $3 to (epoch ms), $4 type, $5 only those without an end, $6 and $7 received_at (epoch ms)
-- and id of the last one seen, $8 how many at most, $9 number and $10 words, either of which is to be found. Nulls do not matter.
SELECT * FROM register.entry
WHERE ($1::uuid IS NULL OR agency_id = $1)
  AND ($2::float8 IS NULL OR received_at >= to_timestamp($2 / 1000)) AND ($3::float8 IS NULL OR received_at < to_timestamp($3 / 1000))
  AND ($4::text IS NULL OR type_code = $4)
  AND (NOT $5 OR closed_at IS NULL)
  AND ($6::float8 IS NULL OR (received_at, id) < (to_timestamp($6 / 1000), $7::bigint))
  AND ($9::text IS NULL OR number = $9 OR register.words(coalesce(address, '') || ' ' || coalesce(summary, '')) @@ to_tsquery('simple', $10))
ORDER BY received_at DESC, id DESC LIMIT $8

-- name: entry
-- $1 id, $2 agency (null: all)
SELECT * FROM register.entry WHERE id = $1 AND ($2::uuid IS NULL OR agency_id = $2)

-- name: trail
-- What happened to an entry's VEK, or what people did to an entry made by hand. $1 entry
SELECT v.type, v.at, v.data, NULL AS subject
FROM register.entry e JOIN register.entry_event v ON v.agency_id = e.agency_id AND v.vek_id = e.vek_id
WHERE e.id = $1
UNION ALL
SELECT CASE WHEN version = 1 THEN 'entered' ELSE 'changed' END, at, data, subject FROM register.entry_change WHERE entry_id = $1
ORDER BY at

-- name: map_cells
-- How many entries lie in each cell of a grid. $1 agency (null: all), $2 type (null: all), $3 from and $4 to, $5 and $6 of the whole years
-- between them that are counted already (epoch ms; both $4 where there are none), $7 the first of those years, $8 the one after the last,
-- $9 level, $10 and $11 x from and to, $12 and $13 y (not including the ends)
SELECT x, y, sum(entries)::integer AS count
FROM (
  SELECT x, y, entries FROM register.year_cell
  WHERE level = $9::integer AND x >= $10 AND x < $11 AND y >= $12 AND y < $13 AND year >= $7 AND year < $8 AND ($1::uuid IS NULL OR agency_id = $1)
  UNION ALL
  SELECT floor(lon * 2 ^ $9::integer)::integer, floor(lat * 2 ^ $9::integer)::integer, count(*) FROM register.entry
  WHERE ($1::uuid IS NULL OR agency_id = $1) AND ($2::text IS NULL OR type_code = $2)
    AND received_at >= to_timestamp($3::float8 / 1000) AND received_at < to_timestamp($5::float8 / 1000)
    AND lon >= $10 / 2 ^ $9::integer AND lon < $11 / 2 ^ $9::integer AND lat >= $12 / 2 ^ $9::integer AND lat < $13 / 2 ^ $9::integer
  GROUP BY 1, 2
  UNION ALL
  SELECT floor(lon * 2 ^ $9::integer)::integer, floor(lat * 2 ^ $9::integer)::integer, count(*) FROM register.entry
  WHERE ($1::uuid IS NULL OR agency_id = $1) AND ($2::text IS NULL OR type_code = $2)
    AND received_at >= to_timestamp($6::float8 / 1000) AND received_at < to_timestamp($4::float8 / 1000)
    AND lon >= $10 / 2 ^ $9::integer AND lon < $11 / 2 ^ $9::integer AND lat >= $12 / 2 ^ $9::integer AND lat < $13 / 2 ^ $9::integer
  GROUP BY 1, 2
) AS counted
GROUP BY x, y HAVING sum(entries) > 0

-- name: map_entries
-- Few entries one by one, newest first. $1 agency (null: all), $2 type (null: all), $3 from and $4 to (epoch ms), $5 west, $6 south, $7 east,
-- $8 north (the last two not included)
WITH found AS MATERIALIZED (
  SELECT id, number, type_code, priority, lon, lat, received_at, closed_at
  FROM register.entry
  WHERE ($1::uuid IS NULL OR agency_id = $1) AND ($2::text IS NULL OR type_code = $2)
    AND received_at >= to_timestamp($3::float8 / 1000) AND received_at < to_timestamp($4::float8 / 1000)
    AND place && ST_MakeEnvelope($5, $6, $7, $8, 4326)
    AND lon >= $5 AND lon < $7 AND lat >= $6 AND lat < $8
)
SELECT * FROM found ORDER BY received_at DESC, id DESC

-- name: code_state
-- $1 kind, $2 code, $3 instant (epoch ms) at which it is to be good. Where no codes of a kind were imported, all are.
SELECT CASE
    WHEN EXISTS (
      SELECT FROM register.code WHERE kind = $1 AND code = $2 AND valid_from <= day.it AND (valid_to IS NULL OR valid_to > day.it)
    ) OR NOT EXISTS (SELECT FROM register.code WHERE kind = $1) THEN 'valid'
    WHEN EXISTS (SELECT FROM register.code WHERE kind = $1 AND code = $2) THEN 'retired'
    ELSE 'unknown'
  END AS state
FROM (SELECT (to_timestamp($3::float8 / 1000) AT TIME ZONE 'Europe/Riga')::date AS it) AS day

-- name: codes
-- $1 kind
SELECT code, label_lv, label_en, valid_from::text, valid_to::text FROM register.code WHERE kind = $1 ORDER BY code

-- name: import_codes
-- $1 kind, $2 jsonb array of codes: from now on these. What is not among them is retired today, and stays.
WITH given AS (
  SELECT code, label_lv, label_en, valid_from, valid_to
  FROM jsonb_to_recordset($2::jsonb) AS g(code text, label_lv text, label_en text, valid_from date, valid_to date)
), today AS (
  SELECT (now() AT TIME ZONE 'Europe/Riga')::date AS it
), written AS (
  INSERT INTO register.code AS c (kind, code, label_lv, label_en, valid_from, valid_to)
  SELECT $1, code, label_lv, label_en, valid_from, valid_to FROM given
  ON CONFLICT (kind, code) DO UPDATE
  SET (label_lv, label_en, valid_from, valid_to) = (excluded.label_lv, excluded.label_en, excluded.valid_from, excluded.valid_to)
  WHERE (c.label_lv, c.label_en, c.valid_from, c.valid_to)
    IS DISTINCT FROM (excluded.label_lv, excluded.label_en, excluded.valid_from, excluded.valid_to)
  RETURNING code
), retired AS (
  UPDATE register.code c SET valid_to = it FROM today
  WHERE kind = $1 AND (valid_to IS NULL OR valid_to > it) AND NOT EXISTS (SELECT FROM given g WHERE g.code = c.code)
  RETURNING c.code
)
SELECT (SELECT count(*) FROM written) AS written, (SELECT count(*) FROM retired) AS retired

-- name: log_read
-- Who reads, the first time in ten minutes. $1 subject, $2 agency, $3 purpose, $4 address, $5 action, $6 entry (null: a list)
INSERT INTO register.access_log (subject, agency_id, purpose, source_ip, action, entry_id)
SELECT $1::text, $2::uuid, $3::text, $4::text, $5::text, $6::bigint
WHERE NOT EXISTS (
  SELECT FROM register.access_log
  WHERE subject = $1 AND action = $5 AND at > now() - interval '10 minutes' AND agency_id = $2 AND purpose = $3 AND source_ip = $4
    AND entry_id IS NOT DISTINCT FROM $6
)

-- name: log_change
-- Who changes something. As above; null: the classifier
INSERT INTO register.access_log (subject, agency_id, purpose, source_ip, action, entry_id) VALUES ($1, $2, $3, $4, $5, $6)
