-- $1 name, $2 holder. The row stays, so that the token never falls back.
UPDATE lease SET expires_at = '-infinity' WHERE name = $1 AND holder = $2
