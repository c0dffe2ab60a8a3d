-- name: lock_phone
-- $1 phone: a call and a place of the same phone that come at once see each other
SELECT pg_advisory_xact_lock(hashtextextended($1, 114))

-- name: insert_call
-- $1 jsonb of the call. No row: it is there already.
INSERT INTO calls.call (id, source, source_call_id, channel, phone, caller_name, words, detail, received_at, lon, lat, accuracy_m,
  place_from, vek_id, conversation, needs)
SELECT id, source, source_call_id, channel, phone, caller_name, words, detail, to_timestamp(received_at / 1000), lon, lat, accuracy_m,
  place_from, vek_id, conversation, needs
FROM jsonb_to_record($1::jsonb) AS c(id uuid, source text, source_call_id text, channel text, phone text, caller_name text, words text,
  detail jsonb, received_at float8, lon float8, lat float8, accuracy_m float8, place_from text, vek_id uuid, conversation text, needs text[])
ON CONFLICT (source, source_call_id) DO NOTHING
RETURNING id

-- name: call_by_source
-- $1 source, $2 its name of the call
SELECT id, vek_id FROM calls.call WHERE source = $1 AND source_call_id = $2

-- name: call
-- $1 id
SELECT * FROM calls.call WHERE id = $1

-- name: queue
-- $1 call, $2 kind. One that waits already says the same.
INSERT INTO calls.outbox (call_id, kind) VALUES ($1, $2) ON CONFLICT DO NOTHING

-- name: due
-- $1 how many at most. What else is to be told waits until the VEK is there.
SELECT o.seq, o.kind, o.tries, o.note_id, to_jsonb(c) AS call
FROM calls.outbox o JOIN calls.call c ON c.id = o.call_id
WHERE o.next_at <= now() AND (o.kind = 'create' OR c.vek_number IS NOT NULL)
ORDER BY o.seq LIMIT $1

-- name: sent
-- $1 seq, $2 the place that was told: lon, $3 lat, $4 accuracy. If the call has another one by now, it is told too: the row stays. The call
-- is locked: whoever changes it at this moment either is waited for, or queues anew.
DELETE FROM calls.outbox o USING (
  SELECT id, lon, lat, accuracy_m FROM calls.call WHERE id = (SELECT call_id FROM calls.outbox WHERE seq = $1) FOR UPDATE
) AS c
WHERE o.seq = $1 AND c.id = o.call_id
  AND (c.lon, c.lat, c.accuracy_m) IS NOT DISTINCT FROM ($2::float8, $3::float8, $4::float8)

-- name: created
-- $1 call, $2 VEK, $3 its number, $4 the place that was told: lon, $5 lat, $6 accuracy. A better place that came meanwhile is told after.
WITH known AS (
  UPDATE calls.call SET vek_id = $2, vek_number = $3, vek_status = coalesce(vek_status, 'new') WHERE id = $1
  RETURNING id, (lon, lat, accuracy_m) IS DISTINCT FROM ($4::float8, $5::float8, $6::float8) AS has_moved
), done AS (
  DELETE FROM calls.outbox WHERE call_id = $1 AND kind = 'create'
)
INSERT INTO calls.outbox (call_id, kind) SELECT id, 'place' FROM known WHERE has_moved ON CONFLICT DO NOTHING

-- name: failed
-- $1 seq, $2 seconds until the next try, $3 code of the refusal, or null
UPDATE calls.outbox SET tries = tries + 1, next_at = now() + $2::float8 * interval '1 s', refused = $3 WHERE seq = $1

-- name: backlog
SELECT count(*)::integer AS waiting, count(*) FILTER (WHERE refused IS NOT NULL)::integer AS refused,
       coalesce(extract(epoch FROM now() - min(queued_at)), 0)::float8 AS oldest_s
FROM calls.outbox

-- name: insert_report
-- $1 jsonb of the report. No row: the same message came before.
INSERT INTO calls.aml_report (id, sha256, form, is_trusted, phone, imei, lon, lat, accuracy_m, confidence_pct, method, fix_at,
  received_at)
SELECT id, decode(sha256, 'hex'), form, is_trusted, phone, imei, lon, lat, accuracy_m, confidence_pct, method,
  to_timestamp(fix_at / 1000), to_timestamp(received_at / 1000)
FROM jsonb_to_record($1::jsonb) AS r(id uuid, sha256 text, form text, is_trusted boolean, phone text, imei text, lon float8,
  lat float8, accuracy_m float8, confidence_pct float8, method text, fix_at float8, received_at float8)
ON CONFLICT (sha256) DO NOTHING
RETURNING id

-- name: call_of_phone
-- The latest call of a phone around an instant. $1 phone, $2 instant (epoch ms), $3 and $4 how long before and after it (ms)
SELECT id FROM calls.call
WHERE phone = $1 AND vek_id IS NOT NULL
  AND received_at BETWEEN to_timestamp(($2::float8 - $3) / 1000) AND to_timestamp(($2::float8 + $4) / 1000)
ORDER BY received_at DESC LIMIT 1

-- name: join_reports
-- Gives a call the places of its phone that waited for it. $1 call, $2 phone, $3 instant of the call (epoch ms), $4 and $5 how long before
-- and after it (ms)
UPDATE calls.aml_report SET call_id = $1
WHERE call_id IS NULL AND is_trusted AND phone = $2
  AND received_at BETWEEN to_timestamp(($3::float8 - $4) / 1000) AND to_timestamp(($3::float8 + $5) / 1000)

-- name: join_report
-- $1 report, $2 call
UPDATE calls.aml_report SET call_id = $2 WHERE id = $1

-- name: reports
-- $1 call
SELECT id, form, imei, lon, lat, accuracy_m, confidence_pct, method, fix_at, received_at
FROM calls.aml_report WHERE call_id = $1 ORDER BY received_at

-- name: place_call
-- $1 call, $2 lon, $3 lat, $4 accuracy. Only a place that is told as a circle is replaced by a smaller one.
UPDATE calls.call SET lon = $2, lat = $3, accuracy_m = $4, place_from = 'aml'
WHERE id = $1 AND (lon IS NULL OR place_from = 'aml' OR accuracy_m > $4)
  AND (lon, lat, accuracy_m) IS DISTINCT FROM ($2::float8, $3::float8, $4::float8)
RETURNING id

-- name: history
-- Earlier and later calls of the same phone. $1 call, $2 how many at most
SELECT h.id, h.channel, h.received_at, h.vek_id, h.vek_number, h.vek_status
FROM calls.call c JOIN calls.call h ON h.phone = c.phone AND h.id <> c.id
WHERE c.id = $1 ORDER BY h.received_at DESC LIMIT $2

-- name: recent
-- $1 how many at most
SELECT id, channel, received_at, vek_id, vek_number, vek_status, phone IS NOT NULL AS has_phone, lon IS NOT NULL AS has_place
FROM calls.call ORDER BY received_at DESC, id DESC LIMIT $1

-- name: log_access
-- $1 subject, $2 agency, $3 purpose, $4 address, $5 action, $6 call (null: a list)
INSERT INTO calls.access_log (subject, agency_id, purpose, source_ip, action, call_id) VALUES ($1, $2, $3, $4, $5, $6)

-- name: log_read
-- The same of what is read again and again: the first time in ten minutes
INSERT INTO calls.access_log (subject, agency_id, purpose, source_ip, action, call_id)
SELECT $1::text, $2::uuid, $3::text, $4::text, $5::text, $6::uuid
WHERE NOT EXISTS (
  SELECT FROM calls.access_log
  WHERE subject = $1 AND action = $5 AND at > now() - interval '10 minutes' AND agency_id = $2 AND purpose = $3 AND source_ip = $4
    AND call_id IS NOT DISTINCT FROM $6
)

-- name: known_veks
-- $1 VEKs: those of calls
SELECT vek_id FROM calls.call WHERE vek_id = ANY ($1::uuid[])

-- name: set_status
-- $1 VEK, $2 status
UPDATE calls.call SET vek_status = $2 WHERE vek_id = $1

-- name: forget
-- $1 days, $2 how many at most: calls that the tracker has, and reports that found no call, go with their data once they are that old.
WITH calls AS (
  DELETE FROM calls.call WHERE id IN (
    SELECT c.id FROM calls.call c WHERE c.received_at < now() - $1::int * interval '1 day'
      AND NOT EXISTS (SELECT FROM calls.outbox o WHERE o.call_id = c.id)
    ORDER BY c.received_at LIMIT $2)
  RETURNING id
), reports AS (
  DELETE FROM calls.aml_report WHERE id IN (
    SELECT id FROM calls.aml_report WHERE call_id IS NULL AND received_at < now() - $1::int * interval '1 day' LIMIT $2)
  RETURNING id
)
SELECT (SELECT count(*) FROM calls) + (SELECT count(*) FROM reports) AS gone

-- name: message_by_source
-- $1 source, $2 its name of the message
SELECT m.id, m.call_id, m.position, c.vek_id FROM calls.message m JOIN calls.call c ON c.id = m.call_id
WHERE m.source = $1 AND m.source_message_id = $2

-- name: open_conversation
-- The call that a message goes on with, locked. $1 source, $2 its name of the conversation, $3 for so many hours after the last word
SELECT c.id, c.vek_id FROM calls.call c
WHERE c.source = $1 AND c.conversation = $2 AND coalesce(c.vek_status, 'new') NOT IN ('closed', 'cancelled', 'transferred')
  AND greatest(c.received_at, (SELECT max(m.received_at) FROM calls.message m WHERE m.call_id = c.id)) > now() - $3::int * interval '1 h'
ORDER BY c.received_at DESC LIMIT 1 FOR UPDATE

-- name: lock_call
-- $1 id: what is written to it is numbered one by one
SELECT conversation FROM calls.call WHERE id = $1 FOR UPDATE

-- name: insert_message
-- The next one of a call that is locked. $1 id, $2 call, $3 direction, $4 source, $5 its name of the message, $6 words, $7 sent at (epoch ms),
-- $8 who of the desk
INSERT INTO calls.message (id, call_id, position, direction, source, source_message_id, words, sent_at, written_by, state, state_at)
SELECT $1, $2, coalesce((SELECT max(position) FROM calls.message WHERE call_id = $2), 0) + 1, $3, $4, $5, $6, to_timestamp($7::float8 / 1000),
  $8::text, CASE WHEN $8::text IS NOT NULL THEN 'waiting' END, CASE WHEN $8::text IS NOT NULL THEN now() END
RETURNING position

-- name: add_needs
-- $1 call, $2 codes. No row: they were known.
UPDATE calls.call SET needs = ARRAY(SELECT DISTINCT unnest(needs || $2::text[]) ORDER BY 1) WHERE id = $1 AND NOT needs @> $2::text[]

-- name: queue_written
-- The card is told that its caller has written: of the first message since the desk's last one. $1 call, $2 position of the message, $3 id that
-- the comment will have, also where that of an earlier turn waits still
INSERT INTO calls.outbox (call_id, kind, note_id)
SELECT $1, 'written', $3
WHERE NOT EXISTS (
  SELECT FROM calls.message WHERE call_id = $1 AND direction = 'from_caller' AND position > 1 AND position < $2
    AND position > coalesce((SELECT max(position) FROM calls.message WHERE call_id = $1 AND direction = 'to_caller'), 0)
)
ON CONFLICT (call_id, kind) DO UPDATE SET note_id = excluded.note_id

-- name: told
-- $1 seq, $2 id of the comment that was told. If the caller has begun another turn by now, that is told too: the row stays.
DELETE FROM calls.outbox WHERE seq = $1 AND note_id = $2

-- name: needs_told
-- $1 seq, $2 the codes that were told. If the call has others by now, they are told too: the row stays. Locks as `sent` does.
DELETE FROM calls.outbox o USING (
  SELECT id, needs FROM calls.call WHERE id = (SELECT call_id FROM calls.outbox WHERE seq = $1) FOR UPDATE
) AS c
WHERE o.seq = $1 AND c.id = o.call_id AND c.needs = $2::text[]

-- name: message
-- $1 id
SELECT call_id, position, words FROM calls.message WHERE id = $1

-- name: messages
-- $1 call, $2 after this position
SELECT id, position, direction, words, sent_at, received_at, written_by, state, state_at
FROM calls.message WHERE call_id = $1 AND position > $2 ORDER BY position

-- name: outgoing
-- What a source has still to hand over. $1 source, $2 how many at most
SELECT m.id, c.conversation, c.phone, m.words, m.sent_at
FROM calls.message m JOIN calls.call c ON c.id = m.call_id
WHERE m.state = 'waiting' AND c.source = $1
ORDER BY m.received_at, m.call_id, m.position LIMIT $2

-- name: receipt
-- $1 message, $2 source, $3 state, $4 states that come before it. No row: no such message of that source.
UPDATE calls.message m
SET state = CASE WHEN m.state = ANY ($4::text[]) THEN $3 ELSE m.state END,
  state_at = CASE WHEN m.state = ANY ($4::text[]) THEN now() ELSE m.state_at END
FROM calls.call c
WHERE m.id = $1 AND c.id = m.call_id AND c.source = $2 AND m.direction = 'to_caller'
RETURNING m.id

-- name: conversations
-- Of the latest ones: those that wait for an answer first, and of them the one that waits longest. What was written while a card was being ended
-- waits for ten minutes too. $1 how many at most
SELECT c.id, c.channel, c.needs, c.vek_id, c.vek_number, c.vek_status, said.messages, said.last_at, waits.since AS unanswered_since
FROM (SELECT * FROM calls.call WHERE conversation IS NOT NULL ORDER BY received_at DESC LIMIT $1) AS c
CROSS JOIN LATERAL (
  SELECT count(*)::integer AS messages, max(received_at) AS last_at,
    coalesce(max(position) FILTER (WHERE direction = 'to_caller'), 0) AS answered_to
  FROM calls.message WHERE call_id = c.id
) AS said
CROSS JOIN LATERAL (
  SELECT min(received_at) AS since FROM calls.message
  WHERE call_id = c.id AND direction = 'from_caller' AND position > said.answered_to
    AND (coalesce(c.vek_status, 'new') NOT IN ('closed', 'cancelled', 'transferred') OR received_at > now() - interval '10 minutes')
) AS waits
ORDER BY waits.since NULLS LAST, said.last_at DESC NULLS LAST, c.received_at DESC
