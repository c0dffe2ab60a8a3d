-- name: insert_message
-- Nothing comes back when the id is known already: the command was repeated.
INSERT INTO crew_message (id, agency_id, unit_id, sent_by, sender_name, body, sent_at)
VALUES ($1, $2, $3, $4, $5, $6, to_timestamp($7::float8 / 1000)) ON CONFLICT (id) DO NOTHING RETURNING 1 AS written

-- name: message_unit
SELECT unit_id FROM crew_message WHERE id = $1

-- name: read_message
-- No row: it was read before.
UPDATE crew_message SET read_at = to_timestamp($2::float8 / 1000), version = version + 1
WHERE id = $1 AND read_at IS NULL RETURNING agency_id, version

-- name: unread_messages
-- To these units ($1; null: to all), oldest first; after $2 hours nobody waits for the answer any more.
SELECT id, unit_id, sender_name, body, sent_at FROM crew_message
WHERE read_at IS NULL AND ($1::uuid[] IS NULL OR unit_id = ANY ($1::uuid[])) AND sent_at > now() - $2::int * interval '1 hour'
ORDER BY sent_at, id

-- name: conversation
-- What the desks wrote to a unit and what its crew wrote, newest first.
SELECT id, 'desk' AS writer, sender_name AS name, body AS text, sent_at AS at, sent_at AS received_at, read_at
FROM crew_message WHERE unit_id = $1
UNION ALL
SELECT NULL, 'crew', d.name, e.body ->> 'text', e.event_time, e.received_at, NULL
FROM crew_event e JOIN device d ON d.id = e.device_id WHERE e.unit_id = $1 AND e.kind = 'message'
ORDER BY received_at DESC LIMIT $2
