-- name: policies
-- $1 agencies, or null for all.
SELECT agency_id, policy, version FROM dispatch_policy WHERE $1::uuid[] IS NULL OR agency_id = ANY ($1::uuid[])

-- name: set_policy
INSERT INTO dispatch_policy (agency_id, policy, updated_by) VALUES ($1, $2::jsonb, $3)
ON CONFLICT (agency_id) DO UPDATE SET policy = excluded.policy, updated_by = excluded.updated_by, updated_at = now(), version = dispatch_policy.version + 1
RETURNING version
