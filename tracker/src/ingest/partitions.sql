-- name: ensure
-- $1 how many days from yesterday on (UTC)
SELECT ensure_fix_partitions((now() AT TIME ZONE 'UTC')::date - 1, $1)
