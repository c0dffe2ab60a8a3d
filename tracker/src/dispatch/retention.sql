-- name: prune_decisions
-- $1 days, $2 how many at most: the oldest of those that have outlived their time, with what they expected of units.
DELETE FROM decision WHERE id IN (
  SELECT id FROM decision WHERE at < now() - $1::integer * interval '1 day' ORDER BY at LIMIT $2
)

-- name: prune_proposals
-- $1 days, $2 how many at most: the oldest of those that were settled so long ago.
DELETE FROM proposal WHERE id IN (
  SELECT id FROM proposal WHERE state <> 'open' AND settled_at < now() - $1::integer * interval '1 day' ORDER BY settled_at LIMIT $2
)
