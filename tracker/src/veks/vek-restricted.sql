-- name: insert_caller
INSERT INTO vek_caller (vek_id, agency_id, phone, name, note) VALUES ($1, $2, $3, $4, $5)

-- name: put_caller
-- Fields given as null stay as they are.
INSERT INTO vek_caller AS c (vek_id, agency_id, phone, name, note) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (vek_id) DO UPDATE SET phone = coalesce(excluded.phone, c.phone), name = coalesce(excluded.name, c.name), note = coalesce(excluded.note, c.note)

-- name: caller_written
-- When the caller of the card $1 was last written, and by whom. `version` is the line of history that says so; no row: not since the report.
SELECT seq AS version, actor AS by, at FROM vek_history
WHERE vek_id = $1 AND what = 'restricted' AND detail->>'set' = 'caller' ORDER BY seq DESC LIMIT 1

-- name: callers
-- Of the card $1, and of those that were merged into it. `version` is that of caller_written, 0 where there is none.
WITH RECURSIVE card AS (SELECT $1::uuid AS id UNION SELECT v.id FROM card JOIN vek v ON v.merged_into = card.id)
SELECT c.vek_id AS "vekId", c.phone, c.name, c.note, coalesce((
  SELECT max(h.seq) FROM vek_history h WHERE h.vek_id = c.vek_id AND h.what = 'restricted' AND h.detail->>'set' = 'caller'), 0) AS version
FROM vek_caller c JOIN card ON card.id = c.vek_id ORDER BY c.vek_id <> $1, c.vek_id

-- name: put_restricted
INSERT INTO vek_restricted AS r (vek_id, field_set, agency_id, author, body, at) VALUES ($1, $2, $3, $4, $5, to_timestamp($6::float8 / 1000))
ON CONFLICT (vek_id, field_set) DO UPDATE SET agency_id = excluded.agency_id, author = excluded.author, body = excluded.body, at = excluded.at,
  version = r.version + 1

-- name: restricted
-- The set $2 of the card $1, and of those that were merged into it, that one's own first.
WITH RECURSIVE card AS (SELECT $1::uuid AS id UNION SELECT v.id FROM card JOIN vek v ON v.merged_into = card.id)
SELECT r.vek_id AS "vekId", r.agency_id AS "agencyId", r.author AS by, r.body AS text, r.at FROM vek_restricted r JOIN card ON card.id = r.vek_id
WHERE r.field_set = $2 ORDER BY r.vek_id <> $1, r.vek_id
