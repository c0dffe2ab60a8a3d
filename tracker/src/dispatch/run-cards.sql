-- name: insert_card
-- Nothing comes back when that version is there already.
INSERT INTO run_card (id, agency_id, code, version, valid_from, card, created_by)
VALUES ($1, $2, $3, $4, $5::date, $6::jsonb, $7)
ON CONFLICT (code, version, valid_from) DO NOTHING RETURNING id

-- name: known_cards
-- Those of the versions ($1 codes, $2 versions, $3 first days) that are there.
SELECT c.id, c.agency_id, c.card, c.withdrawn_at FROM run_card c
JOIN unnest($1::text[], $2::integer[], $3::date[]) AS k (code, version, valid_from)
  ON c.code = k.code AND c.version = k.version AND c.valid_from = k.valid_from

-- name: cards
-- $1 ids, or null for all that are not withdrawn.
SELECT id, agency_id, card, withdrawn_at FROM run_card
WHERE CASE WHEN $1::uuid[] IS NULL THEN withdrawn_at IS NULL ELSE id = ANY ($1::uuid[]) END
ORDER BY code, version, valid_from

-- name: withdraw_card
-- No row: it was withdrawn before.
UPDATE run_card SET withdrawn_at = now(), withdrawn_by = $2 WHERE id = $1 AND withdrawn_at IS NULL RETURNING id
