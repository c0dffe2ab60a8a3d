-- name: insert_closure
-- Nothing comes back when the id is known already: the command was repeated.
INSERT INTO closure (id, agency_id, shape, way_ids, direction, speed_share, emergency_passes, reason, valid_from, valid_until, created_by)
VALUES ($1, $2, ST_SetSRID(ST_GeomFromGeoJSON($3::text), 4326), $4::bigint[], $5, $6, $7, $8,
        to_timestamp($9::float8 / 1000), to_timestamp($10::float8 / 1000), $11)
ON CONFLICT (id) DO NOTHING
RETURNING version

-- name: closures
-- $1 ids, or null for all that are in force or will be. Seven decimals are a centimetre.
SELECT id, agency_id, ST_AsGeoJSON(shape, 7)::jsonb AS shape, to_jsonb(way_ids) AS way_ids, direction, speed_share, emergency_passes,
       reason, valid_from, valid_until, created_by, created_at, removed_at, version
FROM closure
WHERE CASE WHEN $1::uuid[] IS NULL THEN removed_at IS NULL AND (valid_until IS NULL OR valid_until > now()) ELSE id = ANY ($1::uuid[]) END
ORDER BY created_at, id

-- name: count_open
SELECT count(*)::int AS open FROM closure WHERE removed_at IS NULL AND (valid_until IS NULL OR valid_until > now())

-- name: remove_closure
-- No row: it was removed before.
UPDATE closure SET removed_at = now(), removed_by = $2, version = version + 1 WHERE id = $1 AND removed_at IS NULL
RETURNING version
