-- name: all
-- $1 ids, or null for all
SELECT id, agency_id, url, types, subjects, secret, previous_secret, previous_until, position, parked_code, parked_at, version, created_at
FROM webhook WHERE $1::uuid[] IS NULL OR id = ANY ($1::uuid[]) ORDER BY id

-- name: insert
INSERT INTO webhook (id, agency_id, url, types, subjects, secret, position, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)

-- name: count
SELECT count(*) AS webhooks FROM webhook WHERE agency_id = $1

-- name: resume
-- $2 the position to go on from; null: from where it was
UPDATE webhook SET position = coalesce($2, position), parked_code = NULL, parked_at = NULL, version = version + 1
WHERE id = $1 RETURNING agency_id, version

-- name: rotate
-- $2 the new secret, $3 seconds for which the old one signs beside it
UPDATE webhook SET secret = $2, previous_secret = CASE WHEN $3::int > 0 THEN secret END,
                   previous_until = CASE WHEN $3::int > 0 THEN now() + $3::int * interval '1 second' END, version = version + 1
WHERE id = $1 RETURNING agency_id, version, coalesce(previous_until, now()) AS previous_until

-- name: remove
DELETE FROM webhook WHERE id = $1 RETURNING agency_id, version + 1 AS version

-- name: park
UPDATE webhook SET parked_code = $2, parked_at = now(), version = version + 1
WHERE id = $1 AND parked_code IS NULL RETURNING agency_id, version

-- name: save_positions
-- $1 ids, $2 positions, $3 the versions they were reached at: one that a person has moved since is left where it was put.
UPDATE webhook w SET position = p.position
FROM unnest($1::uuid[], $2::bigint[], $3::integer[]) AS p(id, position, version)
WHERE w.id = p.id AND w.version = p.version AND w.position < p.position
