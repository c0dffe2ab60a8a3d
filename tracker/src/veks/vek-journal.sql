-- name: note
-- A line that leaves the card's version as it is.
INSERT INTO vek_history (vek_id, version, what, agency_id, actor, detail, at)
SELECT id, version, $2, $3, $4, $5, to_timestamp($6::float8 / 1000) FROM vek WHERE id = $1
RETURNING version

-- name: changes_since
-- What changed on the card $1 after its version $2, in order.
SELECT c.field, c.from, c.to, h.actor AS by, h.at
FROM vek_history h CROSS JOIN jsonb_to_recordset(h.changes) AS c (field text, "from" jsonb, "to" jsonb)
WHERE h.vek_id = $1 AND h.version > $2 ORDER BY h.seq, c.field

-- name: history
-- Of the card $1 and of those that were merged into it, in the order in which it was written; after $2, at most $3.
WITH RECURSIVE card AS (SELECT $1::uuid AS id UNION SELECT v.id FROM card JOIN vek v ON v.merged_into = card.id)
SELECT h.seq, h.vek_id AS "vekId", h.version, h.what, h.agency_id AS "agencyId", h.actor AS by, h.changes, h.detail, h.at, h.recorded_at AS "recordedAt"
FROM vek_history h JOIN card ON card.id = h.vek_id WHERE h.seq > $2 ORDER BY h.seq LIMIT $3

-- name: insert_comment
-- No row: the id is known.
INSERT INTO vek_comment (id, vek_id, agency_id, author, body, at) VALUES ($1, $2, $3, $4, $5, to_timestamp($6::float8 / 1000))
ON CONFLICT DO NOTHING RETURNING id

-- name: comment
SELECT vek_id, agency_id FROM vek_comment WHERE id = $1

-- name: comments
-- On the card $1 and on those that were merged into it.
WITH RECURSIVE card AS (SELECT $1::uuid AS id UNION SELECT v.id FROM card JOIN vek v ON v.merged_into = card.id)
SELECT c.id, c.vek_id AS "vekId", c.agency_id AS "agencyId", c.author AS by, c.body AS text, c.at
FROM vek_comment c JOIN card ON card.id = c.vek_id ORDER BY c.at, c.id
