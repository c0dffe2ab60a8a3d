-- name: open_proposals
-- $1 agencies whose VEKs, or parts in VEKs, they are about, a VEK that would lose a unit among them; null: all.
SELECT p.id, p.agency_id, p.vek_id, p.from_vek_id, p.key, p.body, p.state, p.made_at, p.version
FROM proposal p
WHERE p.state = 'open'
  AND ($1::uuid[] IS NULL OR EXISTS (
    SELECT FROM vek v WHERE v.id IN (p.vek_id, p.from_vek_id)
    AND (v.agency_id = ANY ($1::uuid[]) OR v.co_owners && $1::uuid[]
         OR EXISTS (SELECT FROM vek_service s WHERE s.vek_id = v.id AND s.agency_id = ANY ($1::uuid[])))))
ORDER BY p.made_at, p.id

-- name: proposal
SELECT id, agency_id, vek_id, from_vek_id, key, body, state, made_at, version FROM proposal WHERE id = $1

-- name: proposal_for_change
SELECT id, agency_id, vek_id, from_vek_id, key, body, state, made_at, version FROM proposal WHERE id = $1 FOR UPDATE

-- name: insert_proposal
-- Nothing comes back when one about the same is open already.
INSERT INTO proposal (id, agency_id, vek_id, from_vek_id, key, body) VALUES ($1, $2, $3, $4, $5, $6::jsonb)
ON CONFLICT (key) WHERE state = 'open' DO NOTHING RETURNING version

-- name: change_proposal
UPDATE proposal SET body = $2::jsonb, version = version + 1 WHERE id = $1 AND state = 'open' RETURNING version

-- name: settle_proposal
UPDATE proposal SET state = $2, settled_by = $3, reason = $4, settled_at = now(), version = version + 1
WHERE id = $1 AND state = 'open' RETURNING version

-- name: dismissed_lately
-- What nobody wanted, within the last $1 seconds.
SELECT DISTINCT key FROM proposal WHERE state = 'dismissed' AND settled_at > now() - $1::integer * interval '1 second'

-- name: diverted
-- VEKs that a unit was taken from.
SELECT DISTINCT from_vek_id AS vek_id FROM proposal WHERE state = 'confirmed' AND from_vek_id = ANY ($1::uuid[])

-- name: active_assignment_of
SELECT id, status FROM assignment WHERE vek_id = $1 AND unit_id = $2 AND status NOT IN ('queued', 'done', 'cancelled')
