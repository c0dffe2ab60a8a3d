-- name: insert_alarm
INSERT INTO alarm (id, agency_id, unit_id, device_id, stream_id, seq, called_at, received_at, lon_e7, lat_e7, place_at, place_source)
VALUES ($1, $2, $3, $4, $5, $6, to_timestamp($7::float8 / 1000), to_timestamp($8::float8 / 1000), $9, $10,
        to_timestamp($11::float8 / 1000), $12)

-- name: device_version
SELECT version FROM device WHERE id = $1

-- name: alarms
-- Of the agencies $1, newest first, at most $3; $2: only those that wait for somebody.
SELECT a.id, a.agency_id, a.unit_id, a.device_id, a.called_at, a.received_at, a.lon_e7, a.lat_e7, a.place_at, a.place_source, a.repeats,
       a.acknowledged_at, a.acknowledged_by, a.version, e.body ->> 'text' AS text
FROM alarm a JOIN crew_event e ON e.stream_id = a.stream_id AND e.seq = a.seq
WHERE a.agency_id = ANY ($1::uuid[]) AND (NOT $2 OR a.acknowledged_at IS NULL)
ORDER BY a.received_at DESC, a.id LIMIT $3

-- name: alarm
SELECT id, agency_id, unit_id FROM alarm WHERE id = $1

-- name: due_alarms
-- Open alarms that nobody was told of for $1 ms, at most $2.
SELECT id FROM alarm WHERE acknowledged_at IS NULL AND told_at <= clock_timestamp() - $1::int * interval '1 millisecond'
ORDER BY told_at LIMIT $2

-- name: repeat_alarms
-- Of $1 those that were not acknowledged meanwhile, nor repeated by another node.
UPDATE alarm SET told_at = clock_timestamp(), repeats = repeats + 1, version = version + 1
WHERE id = ANY ($1::uuid[]) AND acknowledged_at IS NULL AND told_at <= clock_timestamp() - $2::int * interval '1 millisecond'
RETURNING id, agency_id, unit_id, called_at, repeats, version

-- name: acknowledge_alarm
-- No row: somebody did so before.
UPDATE alarm SET acknowledged_at = to_timestamp($2::float8 / 1000), acknowledged_by = $3, version = version + 1
WHERE id = $1 AND acknowledged_at IS NULL RETURNING agency_id, unit_id, version
