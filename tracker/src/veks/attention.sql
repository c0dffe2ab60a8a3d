-- name: waiting
-- What is to be done now, at most $2 of each: what is to be raised, told again ($1 the usual policy) and cleared. No cause is null; NOT IN looks
-- each up in a table of them, where NOT EXISTS may compare all with all.
WITH cause AS MATERIALIZED (SELECT * FROM attention_cause)
SELECT ARRAY(SELECT a.id FROM attention a WHERE a.cleared_at IS NULL AND a.cause NOT IN (SELECT c.cause FROM cause c) LIMIT $2) AS gone,
       ARRAY(SELECT a.id FROM attention a WHERE a.due_at <= clock_timestamp() ORDER BY a.due_at LIMIT $2) AS due,
       ARRAY(SELECT c.cause FROM cause c LEFT JOIN attention_policy p USING (agency_id)
             CROSS JOIN LATERAL (SELECT (coalesce(p.policy -> 'limitS' -> c.kind, $1::jsonb -> 'limitS' -> c.kind) ->> c.limit_key)::int AS s) AS most
             WHERE c.since <= clock_timestamp() - most.s * interval '1 second' AND NOT EXISTS (SELECT FROM attention a WHERE a.cause = c.cause)
             ORDER BY c.urgency, c.since LIMIT $2) AS causes

-- name: raise
-- Those of the causes $2 that hold still and that no other node raised; told again after so long as the policy says ($1 the usual one).
INSERT INTO attention (id, cause, kind, agency_id, owner_id, desk, vek_id, assignment_id, unit_id, since, level, due_at)
SELECT n.id, c.cause, c.kind, c.agency_id, c.owner_id, c.desk, c.vek_id, c.assignment_id, c.unit_id, c.since,
       CASE WHEN c.desk IS NULL THEN 2 ELSE 1 END,
       clock_timestamp() + (coalesce(p.policy -> 'escalateAfterS', $1::jsonb -> 'escalateAfterS') ->> c.urgency)::int * interval '1 second'
FROM unnest($2::text[], $3::uuid[]) AS n(cause, id) JOIN attention_cause c USING (cause) LEFT JOIN attention_policy p USING (agency_id)
ON CONFLICT (cause) DO NOTHING
RETURNING id, kind, agency_id, owner_id, desk, vek_id, assignment_id, unit_id, since, level, repeats, version

-- name: tell_again
-- Of $2 those still due: one level up, and at the last one once more. Only a life-threatening card without a unit is told of without end,
-- whatever was acknowledged.
UPDATE attention a SET
  level = least(a.level + 1, was.top), repeats = a.repeats + 1, version = a.version + 1, told_at = clock_timestamp(),
  due_at = CASE WHEN a.kind = 'vek_without_unit' OR a.level + 1 < was.top THEN clock_timestamp() + was.step_s * interval '1 second' END
FROM (SELECT d.id, d.level, CASE WHEN d.owner_id = d.agency_id THEN 3 ELSE 4 END AS top,
             (coalesce(p.policy -> 'escalateAfterS', $1::jsonb -> 'escalateAfterS')
              ->> CASE WHEN d.vek_id IS NULL THEN 'P4' ELSE coalesce(v.priority, 'P1') END)::int AS step_s
      FROM attention d LEFT JOIN attention_policy p ON p.agency_id = d.agency_id LEFT JOIN vek v ON v.id = d.vek_id
      WHERE d.id = ANY ($2::uuid[])) AS was
WHERE a.id = was.id AND a.due_at <= clock_timestamp()
RETURNING a.id, a.kind, a.agency_id, a.owner_id, a.desk, a.vek_id, a.assignment_id, a.unit_id, a.since, a.level, a.repeats, a.version,
          a.level > was.level AS escalated

-- name: clear
UPDATE attention a SET cleared_at = clock_timestamp(), due_at = NULL, version = a.version + 1
WHERE a.id = ANY ($1::uuid[]) AND a.cleared_at IS NULL AND NOT EXISTS (SELECT FROM attention_cause c WHERE c.cause = a.cause)
RETURNING id, kind, agency_id, owner_id, desk, vek_id, assignment_id, unit_id, since, level, repeats, version

-- name: acknowledge
-- No row: it is over, or somebody has acknowledged it since it was last told.
UPDATE attention SET acknowledged_at = clock_timestamp(), acknowledged_by = $2, version = version + 1,
                     due_at = CASE WHEN kind = 'vek_without_unit' THEN due_at END
WHERE id = $1 AND cleared_at IS NULL AND (acknowledged_at IS NULL OR acknowledged_at < told_at)
RETURNING id, kind, agency_id, owner_id, desk, vek_id, assignment_id, unit_id, since, level, repeats, version

-- name: parties
-- Whose people may answer it: the owner's once it has come to them.
SELECT agency_id, owner_id, level FROM attention WHERE id = $1

-- name: items
-- Of the agency $1, and those that have come to it as the owner; $2: also what is over; oldest first, at most $3.
SELECT id, kind, agency_id, owner_id, desk, vek_id, assignment_id, unit_id, since, level, raised_at, told_at, due_at, repeats, acknowledged_at,
       acknowledged_by, cleared_at, version
FROM attention WHERE (agency_id = $1 OR owner_id = $1 AND level = 4) AND ($2 OR cleared_at IS NULL)
ORDER BY raised_at, id LIMIT $3

-- name: summary
-- What waits for somebody, by kind.
SELECT kind, count(*)::int AS open, min(raised_at) AS oldest_at
FROM attention WHERE cleared_at IS NULL AND (acknowledged_at IS NULL OR acknowledged_at < told_at) GROUP BY kind

-- name: overdue_parts
SELECT vek_id, agency_id FROM vek_service WHERE status = 'offered' AND respond_by <= clock_timestamp() ORDER BY respond_by LIMIT $1

-- name: policy
SELECT policy FROM attention_policy WHERE agency_id = $1

-- name: set_policy
INSERT INTO attention_policy (agency_id, policy, updated_by) VALUES ($1, $2::jsonb, $3)
ON CONFLICT (agency_id) DO UPDATE SET policy = excluded.policy, updated_by = excluded.updated_by, updated_at = now(), version = attention_policy.version + 1
RETURNING version

-- name: forget
-- $1 days
DELETE FROM attention WHERE cleared_at < now() - $1::int * interval '1 day'
