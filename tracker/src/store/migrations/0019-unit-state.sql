-- A unit as every node reads it when it changes, and all of them at the start.

-- The calls and shifts that a unit has behind it, years of them, are not read: each index ends with the latest.
DROP INDEX assignment_unit;
CREATE INDEX assignment_unit ON assignment (unit_id, created_at);
DROP INDEX crew_shift_unit;
CREATE INDEX crew_shift_unit ON crew_shift (unit_id, ends_at);

-- With what it can do and carries, its vehicle's profile, the shifts, rests and reservations that are not over, the hold in force, the work under
-- way, and the end of its last call.
CREATE VIEW unit_state AS
SELECT u.id, u.handle, u.agency_id, u.station_id, u.callsign, u.kind, u.status, u.status_since, u.status_source, u.version,
       u.retired_at IS NOT NULL AS retired,
       (SELECT v.profile FROM vehicle v WHERE v.id = u.vehicle_id) AS profile,
       coalesce((SELECT jsonb_object_agg(c.code, c.quantity) FROM unit_capability c WHERE c.unit_id = u.id), '{}') AS capabilities,
       coalesce((SELECT jsonb_object_agg(e.code, e.quantity) FROM unit_equipment e WHERE e.unit_id = u.id), '{}') AS equipment,
       (SELECT jsonb_agg(jsonb_build_object('startsAt', extract(epoch FROM s.starts_at) * 1000, 'endsAt', extract(epoch FROM s.ends_at) * 1000,
                                            'headCount', s.head_count, 'qualifications', s.qualifications, 'crew', s.crew) ORDER BY s.starts_at)
        FROM crew_shift s WHERE s.unit_id = u.id AND s.ends_at > now()) AS shifts,
       (SELECT jsonb_agg(jsonb_build_object('startsAt', extract(epoch FROM r.starts_at) * 1000, 'endsAt', extract(epoch FROM r.ends_at) * 1000)
                         ORDER BY r.starts_at)
        FROM crew_rest r WHERE r.unit_id = u.id AND r.ends_at > now()) AS rests,
       (SELECT jsonb_agg(jsonb_build_object('startsAt', extract(epoch FROM r.starts_at) * 1000, 'endsAt', extract(epoch FROM r.ends_at) * 1000,
                                            'vekId', r.vek_id) ORDER BY r.starts_at)
        FROM reservation r WHERE r.unit_id = u.id AND r.ends_at > now()) AS reservations,
       (SELECT jsonb_build_object('vekId', h.vek_id, 'by', h.held_by, 'until', extract(epoch FROM h.expires_at) * 1000)
        FROM unit_hold h WHERE h.unit_id = u.id AND h.expires_at > now()) AS hold,
       (SELECT jsonb_build_object('assignmentId', a.id, 'vekId', a.vek_id, 'expectedFreeAt', extract(epoch FROM a.expected_free_at) * 1000,
                                  'dispatchedAt', (SELECT extract(epoch FROM m.at) * 1000 FROM assignment_milestone m
                                                   WHERE m.assignment_id = a.id AND m.code = 'dispatched'))
        FROM assignment a WHERE a.unit_id = u.id AND a.status NOT IN ('queued', 'done', 'cancelled')) AS work,
       -- one call at a time: the last to end is among the last that it was sent to
       (SELECT max(m.at)
        FROM (SELECT a.id FROM assignment a WHERE a.unit_id = u.id ORDER BY a.created_at DESC LIMIT 10) AS latest
        JOIN assignment_milestone m ON m.assignment_id = latest.id
        WHERE m.code IN ('done', 'cancelled')) AS last_call_ended_at
FROM unit u;

