-- name: claim_key
-- No row: the key is known, and what came of it is kept. One that is being used at this moment is waited for.
INSERT INTO idempotency_key (agency_id, subject, key, step, request_sha256) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING 1 AS claimed

-- name: keep_refusal
-- No row: by now the key stands for what another sending of it came to.
INSERT INTO idempotency_key (agency_id, subject, key, step, request_sha256, status, answer) VALUES ($1, $2, $3, 0, $4, $5, $6)
ON CONFLICT DO NOTHING RETURNING 1 AS kept

-- name: keep_outcome
UPDATE idempotency_key SET outcome = $5::jsonb WHERE agency_id = $1 AND subject = $2 AND key = $3 AND step = $4

-- name: kept
SELECT request_sha256, outcome, status, answer FROM idempotency_key WHERE agency_id = $1 AND subject = $2 AND key = $3 AND step = $4

-- name: keep_answer
UPDATE idempotency_key SET status = $4, answer = $5 WHERE agency_id = $1 AND subject = $2 AND key = $3 AND step = 0

-- name: prune
DELETE FROM idempotency_key WHERE created_at < now() - interval '24 hours'
