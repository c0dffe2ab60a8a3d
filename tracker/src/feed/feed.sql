-- name: record
-- $1 jsonb array of events, $2 of audit entries; a row's seq is given in the order of its array.
WITH events AS (
  INSERT INTO feed_event (id, agency_id, concerned, type, aggregate_kind, aggregate_id, aggregate_version, data, at)
  SELECT e.id, e.agency_id, e.concerned, e.type, e.aggregate_kind, e.aggregate_id, e.aggregate_version, e.data,
         to_timestamp(e.at_ms / 1000.0)
  FROM ROWS FROM (
    jsonb_to_recordset($1::jsonb) AS (id uuid, agency_id uuid, concerned uuid[], type text, aggregate_kind text,
                                      aggregate_id uuid, aggregate_version integer, data jsonb, at_ms bigint)
  ) WITH ORDINALITY AS e
  ORDER BY e.ordinality
)
INSERT INTO audit_entry (id, agency_id, actor, purpose, action, subject_kind, subject_id, source_ip, detail, at)
SELECT a.id, a.agency_id, a.actor, a.purpose, a.action, a.subject_kind, a.subject_id, a.source_ip, a.detail,
       to_timestamp(a.at_ms / 1000.0)
FROM ROWS FROM (
  jsonb_to_recordset($2::jsonb) AS (id uuid, agency_id uuid, actor text, purpose text, action text, subject_kind text,
                                    subject_id text, source_ip text, detail jsonb, at_ms bigint)
) WITH ORDINALITY AS a
ORDER BY a.ordinality

-- name: lock_head
-- The one row every stamping locks first, in the message that begins the transaction; the next statement's snapshot then sees all earlier stampings.
SELECT FROM feed_head FOR UPDATE

-- name: stamp
-- $1 how many at most. Committed events in the order of their seq: those of one aggregate were written under its lock, so their seq is the
-- order of their versions; an event of a slow transaction is stamped when it is there. Mostly nothing waits, and statistics say so: each event
-- is named by its key, for a plan that expects one where a thousand wait would look at every pair of them.
WITH stamped AS (
  UPDATE feed_event e SET position = (SELECT position FROM feed_head) + p.n
  FROM unnest(ARRAY(SELECT seq FROM feed_event WHERE position IS NULL ORDER BY seq LIMIT $1)) WITH ORDINALITY AS p(seq, n)
  WHERE e.seq = p.seq RETURNING 1
), counted AS (
  SELECT count(*) AS events FROM stamped
), advanced AS (
  UPDATE feed_head SET position = position + c.events FROM counted c WHERE c.events > 0
)
SELECT events FROM counted

-- name: anything_waiting
SELECT EXISTS (SELECT FROM feed_event WHERE position IS NULL) AS events,
       EXISTS (SELECT FROM audit_entry WHERE position IS NULL) AS audit

-- name: audit_head
SELECT audit_position, audit_hash FROM feed_head

-- name: unchained_audit
-- $1 how many at most
SELECT seq, id, agency_id, actor, purpose, action, subject_kind, subject_id, source_ip, detail, at
FROM audit_entry WHERE position IS NULL ORDER BY seq LIMIT $1

-- name: chain_audit
-- $1 seqs, $2 the position before the first of them, $3 hashes in their order. The head moves to the last.
WITH chained AS (
  UPDATE audit_entry a SET position = $2::bigint + c.n, hash = c.hash
  FROM unnest($1::bigint[], $3::bytea[]) WITH ORDINALITY AS c(seq, hash, n) WHERE a.seq = c.seq
)
UPDATE feed_head SET audit_position = $2::bigint + cardinality($1::bigint[]), audit_hash = ($3::bytea[])[cardinality($1::bigint[])]

-- name: head
SELECT position, floor FROM feed_head

-- name: lag
-- Ages of the oldest event without a position and of the oldest audit entry without a link, in milliseconds; 0: there is none.
SELECT coalesce((SELECT extract(epoch FROM clock_timestamp() - min(recorded_at)) * 1000 FROM feed_event WHERE position IS NULL), 0)::float8 AS event_ms,
       coalesce((SELECT extract(epoch FROM clock_timestamp() - min(at)) * 1000 FROM audit_entry WHERE position IS NULL), 0)::float8 AS audit_ms

-- name: follow
-- $1 after this position, $2 how many at most: all of it, for the node's own reader.
SELECT position, id, agency_id, concerned, type, aggregate_kind, aggregate_id, aggregate_version, data, at, recorded_at
FROM feed_event WHERE position > (SELECT $1::bigint) ORDER BY position LIMIT (SELECT $2::bigint)

-- name: read
-- $1 after this position, $2 how many at most; the reader's own agency $3 and those it may see $4; the types $5 and subjects $6 that are
-- wanted (empty: all).
-- VEKs, assignments, proposals and what waits for a person are for those who have a part in them; to see an agency's units is not to see its calls. A closed road is
-- closed to everybody.
SELECT position, id, agency_id, concerned, type, aggregate_kind, aggregate_id, aggregate_version, data, at, recorded_at
FROM feed_event
WHERE position > $1
  AND (aggregate_kind = 'closure' OR $3 = ANY (concerned)
       OR aggregate_kind NOT IN ('vek', 'assignment', 'proposal', 'attention') AND concerned && $4::uuid[])
  AND ($5::text[] = '{}' OR type = ANY ($5)
       OR EXISTS (SELECT FROM unnest($5) AS prefix WHERE prefix LIKE '%.*' AND starts_with(type, left(prefix, -1))))
  AND ($6::text[] = '{}' OR aggregate_kind = ANY ($6) OR aggregate_kind || '/' || aggregate_id = ANY ($6))
ORDER BY position LIMIT $2

-- name: read_audit
-- $1 after this position, $2 how many at most, $3 the agency, whose people it is of or whose things were touched (an index each); $4 actor,
-- $5 action, $6 kind and $7 id of the subject, $8 from and $9 to instants (epoch ms): null where it does not matter
SELECT position, id, agency_id AS "agencyId", actor, purpose, action, subject_kind AS "subjectKind", subject_id AS "subjectId",
       source_ip AS "sourceIp", detail, at, encode(hash, 'hex') AS hash
FROM (
  SELECT * FROM audit_entry WHERE agency_id = $3::uuid
  UNION ALL
  SELECT * FROM audit_entry WHERE detail->>'ownerId' = $3::text AND detail ? 'ownerId' AND agency_id <> $3::uuid
) AS entry
WHERE position > $1
  AND ($4::text IS NULL OR actor = $4) AND ($5::text IS NULL OR action = $5)
  AND ($6::text IS NULL OR subject_kind = $6) AND ($7::text IS NULL OR subject_id = $7)
  AND ($8::float8 IS NULL OR at >= to_timestamp($8 / 1000)) AND ($9::float8 IS NULL OR at < to_timestamp($9 / 1000))
ORDER BY position LIMIT $2

-- name: audit_links
-- $1 after this position, $2 up to this one, $3 how many at most: the chain, to be worked out again.
SELECT position, seq, id, agency_id, actor, purpose, action, subject_kind, subject_id, source_ip, detail, at, hash
FROM audit_entry WHERE position > $1 AND position <= $2 ORDER BY position LIMIT $3

-- name: audit_end
-- Where the chain should end, and the oldest entry that has no place in it yet.
SELECT audit_position, audit_hash, (SELECT min(at) FROM audit_entry WHERE position IS NULL) AS unchained_since FROM feed_head

-- name: save_cursor
-- $1 consumer, $2 agency, $3 position; a cursor never goes back. Answers with the one that is kept.
INSERT INTO feed_cursor AS c (consumer, agency_id, position) VALUES ($1, $2, $3)
ON CONFLICT (agency_id, consumer) DO UPDATE SET position = greatest(c.position, excluded.position), updated_at = now()
RETURNING position

-- name: cursor_of
SELECT position FROM feed_cursor WHERE consumer = $1 AND agency_id = $2

-- name: cursors
SELECT consumer, position, updated_at FROM feed_cursor WHERE agency_id = $1 ORDER BY consumer

-- name: remove_cursor
DELETE FROM feed_cursor WHERE consumer = $1 AND agency_id = $2

-- name: prune
-- $1 days, $2 how many at most: of the oldest events, those that have outlived their time. Raises the floor to the last that goes, so
-- that an older cursor is told (410) and nothing is skipped silently.
WITH oldest AS (
  SELECT position, recorded_at FROM feed_event WHERE position IS NOT NULL ORDER BY position LIMIT $2
), gone AS (
  DELETE FROM feed_event e USING oldest o
  WHERE e.position = o.position AND o.recorded_at < now() - $1::int * interval '1 day' RETURNING e.position
), raised AS (
  UPDATE feed_head SET floor = greatest(floor, (SELECT max(position) FROM gone)) WHERE EXISTS (SELECT FROM gone)
)
SELECT count(*) AS removed FROM gone
