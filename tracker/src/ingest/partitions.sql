-- name: ensure
-- $1 how many days from yesterday on (UTC)
SELECT ensure_fix_partitions((now() AT TIME ZONE 'UTC')::date - 1, $1)

-- name: outlived
-- $1 days kept: names of the daily partitions that lie wholly before
SELECT c.relname AS name
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = 'fix'::regclass
  AND to_date(substring(c.relname FROM 'fix_(\d{8})$'), 'YYYYMMDD') < (now() AT TIME ZONE 'UTC')::date - $1::int
