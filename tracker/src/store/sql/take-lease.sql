-- $1 name, $2 holder, $3 milliseconds. One row when the lease is ours now, none while somebody else holds it.
INSERT INTO lease AS l (name, holder, token, expires_at)
VALUES ($1, $2, 1, clock_timestamp() + $3::int * interval '1 millisecond')
ON CONFLICT (name) DO UPDATE SET
  holder = excluded.holder,
  token = l.token + (l.holder <> excluded.holder)::int,
  expires_at = excluded.expires_at
WHERE l.holder = excluded.holder OR l.expires_at < clock_timestamp()
RETURNING token
