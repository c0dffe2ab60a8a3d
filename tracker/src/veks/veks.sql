-- name: insert_vek
-- Nothing comes back when the id is known already: the command was repeated.
INSERT INTO vek (id, agency_id, channel, type_code, priority, place, accuracy_m, address, summary, received_at)
VALUES ($1, $2, $3, $4, $5,
        CASE WHEN $6::float8 IS NULL THEN NULL ELSE ST_SetSRID(ST_MakePoint($6::float8, $7::float8), 4326) END,
        $8, $9, $10, to_timestamp($11::float8 / 1000))
ON CONFLICT (id) DO NOTHING
RETURNING number, version

-- name: insert_caller
INSERT INTO vek_caller (vek_id, agency_id, phone, name, note) VALUES ($1, $2, $3, $4, $5)

-- name: caller
SELECT phone, name, note FROM vek_caller WHERE vek_id = $1

-- name: vek
-- $1 ids, or null for all that are open. With parts and assignments.
SELECT v.id, v.number, v.agency_id, v.channel, v.type_code, v.priority, ST_X(v.place) AS lon, ST_Y(v.place) AS lat, v.accuracy_m,
       v.address, v.summary, v.alarm_level, v.status, v.received_at, v.closed_at, v.version,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('agencyId', s.agency_id, 'status', s.status, 'version', s.version)
                                  ORDER BY s.offered_at, s.agency_id), '[]')
        FROM vek_service s WHERE s.vek_id = v.id) AS services,
       (SELECT coalesce(jsonb_agg(jsonb_build_object(
                 'id', a.id, 'assignedBy', a.assigned_by, 'agencyId', a.agency_id, 'unitId', a.unit_id, 'status', a.status, 'version', a.version,
                 'milestones', (SELECT jsonb_object_agg(m.code, jsonb_build_object('at', extract(epoch FROM m.at) * 1000,
                                                        'receivedAt', extract(epoch FROM m.received_at) * 1000, 'source', m.source))
                                FROM assignment_milestone m WHERE m.assignment_id = a.id)) ORDER BY a.created_at, a.id), '[]')
        FROM assignment a WHERE a.vek_id = v.id) AS assignments
FROM vek v
WHERE CASE WHEN $1::uuid[] IS NULL THEN v.status NOT IN ('closed', 'cancelled', 'transferred', 'merged') ELSE v.id = ANY ($1::uuid[]) END
  -- $2 agencies whose cards may be read (null: all): the owner's, and those they have a part in
  AND ($2::uuid[] IS NULL OR v.agency_id = ANY ($2::uuid[])
       OR EXISTS (SELECT FROM vek_service s WHERE s.vek_id = v.id AND s.agency_id = ANY ($2::uuid[])))
ORDER BY v.received_at DESC, v.id LIMIT $3

-- name: update_vek
-- Fields given as null stay as they are. No row: the version is not $2 any more.
UPDATE vek SET
  type_code = coalesce($3, type_code), priority = coalesce($4, priority),
  place = CASE WHEN $5::float8 IS NULL THEN place ELSE ST_SetSRID(ST_MakePoint($5::float8, $6::float8), 4326) END,
  accuracy_m = coalesce($7, accuracy_m), address = coalesce($8, address), summary = coalesce($9, summary),
  alarm_level = coalesce($10, alarm_level), version = version + 1
WHERE id = $1 AND version = $2
RETURNING version

-- name: close_vek
UPDATE vek SET status = $3, closed_at = now(), version = version + 1
WHERE id = $1 AND version = $2 AND status NOT IN ('closed', 'cancelled', 'transferred', 'merged')
RETURNING version

-- name: vek_parties
-- The owner and every agency with a part: whom an event of this VEK concerns.
SELECT v.agency_id, v.version, v.status, array_remove(array_agg(s.agency_id), NULL) AS parts
FROM vek v LEFT JOIN vek_service s ON s.vek_id = v.id WHERE v.id = $1 GROUP BY v.id

-- name: offer_service
INSERT INTO vek_service (vek_id, agency_id) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING version

-- name: answer_service
UPDATE vek_service SET status = $3, responded_at = now(), reason = $4, version = version + 1
WHERE vek_id = $1 AND agency_id = $2 AND status IN ('offered', 'accepted', 'refused') RETURNING version

-- name: service_status
SELECT status FROM vek_service WHERE vek_id = $1 AND agency_id = $2

-- name: insert_assignment
INSERT INTO assignment (id, agency_id, vek_id, unit_id, assigned_by) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING RETURNING version

-- name: assignment
SELECT id, agency_id, vek_id, unit_id, status, version FROM assignment WHERE id = $1

-- name: active_assignment
-- begun: its crew has acknowledged it, or done anything on it
SELECT id, agency_id, vek_id, unit_id, status, version,
       EXISTS (SELECT FROM assignment_milestone m WHERE m.assignment_id = assignment.id AND m.code <> 'dispatched') AS begun
FROM assignment
WHERE unit_id = $1 AND status NOT IN ('queued', 'done', 'cancelled')

-- name: move_assignment
UPDATE assignment SET status = $2, version = version + 1 WHERE id = $1 RETURNING version

-- name: milestone
-- Written once: a later ping for the same milestone changes nothing.
INSERT INTO assignment_milestone (assignment_id, agency_id, code, at, received_at, source)
VALUES ($1, $2, $3, to_timestamp($4::float8 / 1000), to_timestamp($5::float8 / 1000), $6) ON CONFLICT DO NOTHING RETURNING 1 AS written

-- name: unit_for_change
SELECT id, agency_id, status, status_since, version, retired_at IS NOT NULL AS retired FROM unit WHERE id = $1 FOR UPDATE

-- name: set_unit_status
-- $6: also what it shows once no assignment is active
UPDATE unit SET status = $2, status_since = to_timestamp($3::float8 / 1000), status_source = $4, version = version + 1,
                status_at_rest = CASE WHEN $5 THEN $2 ELSE status_at_rest END
WHERE id = $1 RETURNING version

-- name: derive_services
-- Each agency's part follows its assignments: in progress while one of them rolls, done when all have ended and one was done.
WITH tally AS (
  SELECT agency_id,
         bool_or(status IN ('en_route', 'on_scene', 'transporting', 'at_destination')) AS rolling,
         bool_or(status IN ('queued', 'dispatched')) AS waiting,
         bool_or(status = 'done') AS any_done
  FROM assignment WHERE vek_id = $1 GROUP BY agency_id
)
UPDATE vek_service s SET
  status = d.status, version = s.version + 1, done_at = CASE WHEN d.status = 'done' THEN now() ELSE s.done_at END
FROM (SELECT agency_id, CASE WHEN rolling THEN 'in_progress' WHEN waiting THEN 'assigned' WHEN any_done THEN 'done' ELSE 'accepted' END AS status
      FROM tally) AS d
WHERE s.vek_id = $1 AND s.agency_id = d.agency_id AND s.status <> d.status

-- name: derive_vek
-- The VEK's own status follows its parts. Ended cards stay ended. Always one row: the card as it is now.
WITH tally AS (
  SELECT coalesce(bool_or(status = 'in_progress'), false) AS rolling, coalesce(bool_or(status = 'assigned'), false) AS assigned,
         coalesce(bool_or(status = 'done'), false) AS any_done, coalesce(bool_and(status IN ('done', 'refused')), false) AS all_ended
  FROM vek_service WHERE vek_id = $1
)
UPDATE vek v SET
  status = CASE WHEN v.status IN ('closed', 'cancelled', 'transferred', 'merged') THEN v.status
                WHEN t.rolling THEN 'in_progress' WHEN t.assigned THEN 'assigned'
                WHEN t.any_done AND t.all_ended THEN 'resolved'
                WHEN v.status IN ('new', 'recommended') THEN v.status WHEN t.any_done THEN 'in_progress' ELSE 'new' END,
  version = v.version + 1
FROM tally t WHERE v.id = $1
RETURNING v.status, v.version, v.agency_id, v.type_code, v.priority

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
UPDATE assignment SET expected_free_at = to_timestamp($2::float8 / 1000), version = version + 1
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
