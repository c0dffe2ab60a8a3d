-- name: enter
INSERT INTO unit_position_by_hand (id, agency_id, unit_id, lon_e7, lat_e7, at, entered_by, entered_at, note)
VALUES ($1, $2, $3, $4, $5, to_timestamp($6::float8 / 1000), $7, to_timestamp($8::float8 / 1000), $9)

-- name: touch_unit
UPDATE unit SET version = version + 1 WHERE id = $1 RETURNING version

-- name: last
-- The newest of each unit: the live picture after a restart.
SELECT DISTINCT ON (unit_id) unit_id, lon_e7, lat_e7, at, entered_at FROM unit_position_by_hand ORDER BY unit_id, at DESC, entered_at DESC
