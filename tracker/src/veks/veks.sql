-- name: insert_vek
-- With the first line of its history, by $12. Nothing comes back when the id, or the agency's record elsewhere, is known already.
WITH made AS (
  INSERT INTO vek (id, agency_id, channel, type_code, priority, place, accuracy_m, address, summary, received_at, objects, external_system, external_id)
  VALUES ($1, $2, $3, $4, $5,
          CASE WHEN $6::float8 IS NULL THEN NULL ELSE ST_SetSRID(ST_MakePoint($6::float8, $7::float8), 4326) END,
          $8, $9, $10, to_timestamp($11::float8 / 1000), $13, $14, $15)
  ON CONFLICT DO NOTHING
  RETURNING id, agency_id, number, version, received_at
), noted AS (
  INSERT INTO vek_history (vek_id, version, what, agency_id, actor, at)
  SELECT id, version, 'created', agency_id, $12, received_at FROM made
)
SELECT number, version FROM made

-- name: vek_by_external
SELECT id FROM vek WHERE agency_id = $1 AND external_system = $2 AND external_id = $3

-- name: vek
-- The card $1, if the agencies $2 may read it (null: all): an owner's, or one they have a part in.
SELECT * FROM vek_card c
WHERE c.id = $1
  AND ($2::uuid[] IS NULL OR c.agency_id = ANY ($2::uuid[]) OR c.co_owners && $2::uuid[]
       OR EXISTS (SELECT FROM vek_service s WHERE s.vek_id = c.id AND s.agency_id = ANY ($2::uuid[])))

-- name: open_veks
-- All that are open and that the agencies $1 may read (null: all), newest first, at most $2.
SELECT * FROM vek_card c
WHERE c.status NOT IN ('closed', 'cancelled', 'transferred', 'merged')
  AND ($1::uuid[] IS NULL OR c.agency_id = ANY ($1::uuid[]) OR c.co_owners && $1::uuid[]
       OR EXISTS (SELECT FROM vek_service s WHERE s.vek_id = c.id AND s.agency_id = ANY ($1::uuid[])))
ORDER BY c.received_at DESC, c.id LIMIT $2

-- name: states
SELECT v.* FROM unnest((SELECT $1::uuid[])) AS wanted(id) CROSS JOIN LATERAL (SELECT * FROM vek_state WHERE id = wanted.id OFFSET 0) AS v

-- name: open_states
-- All that are open, newest first, at most $1.
SELECT * FROM vek_state WHERE status NOT IN ('closed', 'cancelled', 'transferred', 'merged') ORDER BY received_at DESC, id LIMIT $1

-- name: busy_units
SELECT unit_id FROM assignment WHERE vek_id = $1 AND status NOT IN ('done', 'cancelled') ORDER BY created_at, id

-- name: update_vek
-- Fields given as null stay as they are. No row: the version is not $2 any more, or the card has ended. One row: the card now. In the history by $12 of agency $13, at $14.
WITH was AS (
  SELECT v AS card FROM vek v WHERE id = $1 AND version = $2
), changed AS (
  UPDATE vek v SET
    type_code = coalesce($3, type_code), priority = coalesce($4, priority),
    place = CASE WHEN $5::float8 IS NULL THEN place ELSE ST_SetSRID(ST_MakePoint($5::float8, $6::float8), 4326) END,
    accuracy_m = coalesce($7, accuracy_m), address = coalesce($8, address), summary = coalesce($9, summary),
    alarm_level = coalesce($10, alarm_level), objects = coalesce($11, objects), version = version + 1
  WHERE id = $1 AND version = $2 AND status NOT IN ('closed', 'cancelled', 'transferred', 'merged')
  RETURNING v AS card, agency_id, coalesce(responsible_id, agency_id) AS responsible_id, co_owners, version, status, merged_into
), noted AS (
  INSERT INTO vek_history (vek_id, version, what, agency_id, actor, changes, at)
  SELECT $1, c.version, 'changed', $13, $12, vek_changes(was.card, c.card), to_timestamp($14::float8 / 1000) FROM was, changed c
)
SELECT agency_id, responsible_id, co_owners, version, status, merged_into,
       ARRAY(SELECT s.agency_id FROM vek_service s WHERE s.vek_id = $1) AS parts
FROM changed

-- name: end_vek
-- $2 version, $3 how, $4 and $5 its outcome, $6 the card it goes into. No row: the version is another by now. In the history as $7, by $8 of
-- agency $9, with $10, at $11. Offers that wait run out no more.
WITH was AS (
  SELECT v AS card FROM vek v WHERE id = $1 AND version = $2
), changed AS (
  UPDATE vek v SET status = $3, closed_at = clock_timestamp(), outcome = $4, outcome_note = $5, merged_into = $6, version = version + 1
  WHERE id = $1 AND version = $2
  RETURNING v AS card, version
), noted AS (
  INSERT INTO vek_history (vek_id, version, what, agency_id, actor, changes, detail, at)
  SELECT $1, c.version, $7, $9, $8, vek_changes(was.card, c.card), $10, to_timestamp($11::float8 / 1000) FROM was, changed c
), unhurried AS (
  UPDATE vek_service SET respond_by = NULL WHERE vek_id = $1 AND respond_by IS NOT NULL AND EXISTS (SELECT FROM changed)
)
SELECT version FROM changed

-- name: reopen_vek
-- $2 version. No row: it is another by now. In the history by $3 of agency $4, with $5, at $6.
WITH was AS (
  SELECT v AS card FROM vek v WHERE id = $1 AND version = $2
), changed AS (
  UPDATE vek v SET status = 'new', closed_at = NULL, outcome = NULL, outcome_note = NULL, reopened_at = clock_timestamp(), version = version + 1
  WHERE id = $1 AND version = $2
  RETURNING v AS card, version
), noted AS (
  INSERT INTO vek_history (vek_id, version, what, agency_id, actor, changes, detail, at)
  SELECT $1, c.version, 'reopened', $4, $3, vek_changes(was.card, c.card), $5, to_timestamp($6::float8 / 1000) FROM was, changed c
)
SELECT version FROM changed

-- name: vek_parties
-- The card as commands need it, with its owners and every agency with a part: whom an event of this VEK concerns.
SELECT v.agency_id, coalesce(v.responsible_id, v.agency_id) AS responsible_id, v.co_owners, v.version, v.status, v.merged_into,
       ARRAY(SELECT s.agency_id FROM vek_service s WHERE s.vek_id = v.id) AS parts
FROM vek v WHERE v.id = $1

-- name: insert_assignment
-- created_at by the clock, not the transaction: what was done before a card was reopened is told from it.
INSERT INTO assignment (id, agency_id, vek_id, unit_id, assigned_by, relieves_id, created_at) VALUES ($1, $2, $3, $4, $5, $6, clock_timestamp())

-- name: relief_of
-- The assignment that takes over from $1, if any does.
SELECT id, unit_id FROM assignment WHERE relieves_id = $1 AND status <> 'cancelled'

-- name: assignment
SELECT id, agency_id, vek_id, unit_id, status, version, relieves_id FROM assignment WHERE id = $1

-- name: active_assignment
-- begun: its crew has acknowledged it, or done anything on it
SELECT id, agency_id, vek_id, unit_id, status, version, relieves_id,
       EXISTS (SELECT FROM assignment_milestone m WHERE m.assignment_id = assignment.id AND m.code <> 'dispatched') AS begun
FROM assignment
WHERE unit_id = $1 AND status NOT IN ('queued', 'done', 'cancelled')

-- name: move_assignment
UPDATE assignment SET status = $2, version = version + 1 WHERE id = $1 RETURNING version

-- name: milestone
-- Written once; of several by one source the earliest counts, in whatever order they come. No row: it changes nothing.
INSERT INTO assignment_milestone AS m (assignment_id, agency_id, code, at, received_at, source)
VALUES ($1, $2, $3, to_timestamp($4::float8 / 1000), to_timestamp($5::float8 / 1000), $6)
ON CONFLICT (assignment_id, code) DO UPDATE SET at = excluded.at, received_at = excluded.received_at
WHERE excluded.at < m.at AND excluded.source = m.source
RETURNING 1 AS written

-- name: unit_for_change
SELECT id, agency_id, status, status_since, version, retired_at IS NOT NULL AS retired FROM unit WHERE id = $1 FOR UPDATE

-- name: set_unit_status
-- $6: also what it shows once no assignment is active
UPDATE unit SET status = $2, status_since = to_timestamp($3::float8 / 1000), status_source = $4, version = version + 1,
                status_at_rest = CASE WHEN $5 THEN $2 ELSE status_at_rest END
WHERE id = $1 RETURNING version

-- name: derive_services
-- Each agency's part follows its assignments: in progress while one of them rolls, done when all have ended and one was done. What had
-- ended before the card was reopened counts no more. Rows: what changed.
WITH tally AS (
  SELECT a.agency_id,
         bool_or(a.status IN ('en_route', 'on_scene', 'transporting', 'at_destination')) AS rolling,
         bool_or(a.status IN ('queued', 'dispatched')) AS waiting,
         bool_or(a.status = 'done') AS any_done
  FROM assignment a JOIN vek v ON v.id = a.vek_id
  WHERE a.vek_id = $1 AND (v.reopened_at IS NULL OR a.created_at > v.reopened_at OR a.status NOT IN ('done', 'cancelled'))
  GROUP BY a.agency_id
), derived AS (
  SELECT s.agency_id, s.status AS was,
         CASE WHEN t.rolling THEN 'in_progress' WHEN t.waiting THEN 'assigned' WHEN t.any_done THEN 'done' ELSE 'accepted' END AS status
  FROM tally t JOIN vek_service s ON s.vek_id = $1 AND s.agency_id = t.agency_id
)
UPDATE vek_service s SET
  status = d.status, version = s.version + 1, done_at = CASE WHEN d.status = 'done' THEN clock_timestamp() ELSE s.done_at END
FROM derived d
WHERE s.vek_id = $1 AND s.agency_id = d.agency_id AND s.status <> d.status
RETURNING 'services.' || s.agency_id AS field, d.was AS "from", d.status AS "to"

-- name: derive_vek
-- The card's own status follows its parts; an ended one stays ended. $8 answers for it from now on (null: who did before). Always a new
-- version with its line in the history: $2 what happened, by $4 of agency $3, what else changed $5, detail $6, when $7. One row: the card now.
WITH was AS (
  SELECT v AS card, v.reopened_at FROM vek v WHERE id = $1
), tally AS (
  SELECT coalesce(bool_or(s.status = 'in_progress'), false) AS rolling, coalesce(bool_or(s.status = 'assigned'), false) AS assigned,
         coalesce(bool_or(s.status = 'done' AND (was.reopened_at IS NULL OR s.done_at > was.reopened_at)), false) AS any_done,
         coalesce(bool_and(s.status IN ('done', 'refused', 'timed_out', 'returned')), false) AS all_ended,
         array_agg(s.agency_id) AS parts
  FROM was, vek_service s WHERE s.vek_id = $1
), changed AS (
  UPDATE vek v SET
    status = CASE WHEN v.status IN ('closed', 'cancelled', 'transferred', 'merged') THEN v.status
                  WHEN t.rolling THEN 'in_progress' WHEN t.assigned THEN 'assigned'
                  WHEN t.any_done AND t.all_ended THEN 'resolved'
                  WHEN v.status IN ('new', 'recommended') THEN v.status WHEN t.any_done THEN 'in_progress' ELSE 'new' END,
    responsible_id = coalesce($8, v.responsible_id),
    version = v.version + 1
  FROM tally t WHERE v.id = $1
  RETURNING v AS card, v.status, v.version, v.agency_id, v.co_owners, v.type_code, v.priority, coalesce(v.responsible_id, v.agency_id) AS responsible_id,
            v.merged_into, coalesce(t.parts, '{}') AS parts
), noted AS (
  INSERT INTO vek_history (vek_id, version, what, agency_id, actor, changes, detail, at)
  SELECT $1, c.version, $2, $3, $4, vek_changes(was.card, c.card) || $5::jsonb, $6, to_timestamp($7::float8 / 1000) FROM was, changed c
)
SELECT status, version, agency_id, co_owners, type_code, priority, responsible_id, merged_into, parts FROM changed

-- name: hold_unit
-- Atomic: the row is taken, taken over once it has run out, or renewed by the same desk for the same VEK; nobody else gets it meanwhile.
INSERT INTO unit_hold AS h (unit_id, id, agency_id, vek_id, held_by, expires_at)
VALUES ($1, $2, $3, $4, $5, clock_timestamp() + $6::int * interval '1 second')
ON CONFLICT (unit_id) DO UPDATE SET id = excluded.id, vek_id = excluded.vek_id, held_by = excluded.held_by, expires_at = excluded.expires_at
WHERE h.expires_at < clock_timestamp() OR h.vek_id = excluded.vek_id AND h.held_by = excluded.held_by
RETURNING expires_at

-- name: hold_of
SELECT vek_id, held_by, expires_at FROM unit_hold WHERE unit_id = $1 AND expires_at > clock_timestamp()

-- name: hold
SELECT h.unit_id, h.vek_id, h.agency_id, h.held_by, u.version FROM unit_hold h JOIN unit u ON u.id = h.unit_id WHERE h.id = $1

-- name: end_hold
-- No row: it has ended already.
UPDATE unit_hold SET expires_at = clock_timestamp() WHERE id = $1 AND expires_at > clock_timestamp() RETURNING unit_id

-- name: release_hold
DELETE FROM unit_hold WHERE unit_id = $1 AND vek_id = $2

-- name: expect_free
-- No row: it has ended.
UPDATE assignment SET
  expected_free_at = to_timestamp($2::float8 / 1000),
  free_place = CASE WHEN $3::float8 IS NOT NULL THEN ST_SetSRID(ST_MakePoint($3::float8, $4::float8), 4326) END, free_place_name = $5,
  version = version + 1
WHERE id = $1 AND status NOT IN ('done', 'cancelled') RETURNING version

-- name: waiting_events
-- Crew events that are stored and not yet carried out: calls for help first, the others in the order they came.
SELECT e.stream_id, e.seq, e.agency_id, e.device_id, e.unit_id, e.kind, e.event_time, e.received_at, e.body, s.lane
FROM crew_event e JOIN stream s ON s.id = e.stream_id
WHERE e.applied_at IS NULL ORDER BY e.kind <> 'sos', e.received_at, e.stream_id, e.seq LIMIT $1

-- name: lock_event
-- No row: another node has carried it out meanwhile.
SELECT 1 FROM crew_event WHERE stream_id = $1 AND seq = $2 AND applied_at IS NULL FOR UPDATE

-- name: settle_event
UPDATE crew_event SET applied_at = clock_timestamp(), outcome = $3 WHERE stream_id = $1 AND seq = $2

-- name: last_fix
-- The unit's last good fix, to be attached to an alarm that came without a place.
SELECT f.lon_e7, f.lat_e7, f.fix_time FROM unit u CROSS JOIN LATERAL (
  SELECT * FROM fix WHERE fix.unit_handle = u.handle AND fix.verdict = 0 ORDER BY fix.fix_time DESC LIMIT 1
) AS f WHERE u.id = $1

-- name: undelivered
-- Assignments of these units ($1; null: of all) that no crew has acknowledged yet: sent until somebody does. With $2 those under way too, for a
-- device that has just connected and may have forgotten what it knew.
SELECT a.id, a.unit_id, v.id AS vek_id, v.number, v.type_code, v.priority, v.address, v.summary, ST_X(v.place) AS lon, ST_Y(v.place) AS lat,
       (SELECT extract(epoch FROM m.at)::float8 * 1000 FROM assignment_milestone m WHERE m.assignment_id = a.id AND m.code = 'dispatched') AS dispatched_at
FROM assignment a JOIN vek v ON v.id = a.vek_id
WHERE ($1::uuid[] IS NULL OR a.unit_id = ANY ($1::uuid[])) AND a.status NOT IN ('queued', 'done', 'cancelled')
  AND ($2 OR NOT EXISTS (SELECT FROM assignment_milestone m WHERE m.assignment_id = a.id AND m.code <> 'dispatched'))
