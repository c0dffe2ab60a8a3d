-- name: open
-- No row: somebody of the agency has looked at it before.
INSERT INTO vek_opened (vek_id, agency_id, opened_by) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING 1 AS first
