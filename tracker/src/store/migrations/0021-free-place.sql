-- Where a unit at work frees up, as somebody said with the time: the hospital, the station. From there it is counted.
ALTER TABLE assignment
  ADD COLUMN free_place geometry(Point, 4326),
  ADD COLUMN free_place_name text,
  ADD CHECK (expected_free_at IS NOT NULL OR free_place IS NULL),
  ADD CHECK (free_place IS NOT NULL OR free_place_name IS NULL);

-- {at, place: {lon, lat, name} or null}, or null.
CREATE FUNCTION expected_free(a assignment) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN a.expected_free_at IS NOT NULL THEN jsonb_build_object(
    'at', extract(epoch FROM a.expected_free_at) * 1000,
    'place', CASE WHEN a.free_place IS NOT NULL
             THEN jsonb_build_object('lon', ST_X(a.free_place), 'lat', ST_Y(a.free_place), 'name', a.free_place_name) END) END
$$;

-- As before, but for what was said of the end of the work under way.
CREATE OR REPLACE VIEW unit_state AS
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
       (SELECT jsonb_build_object('assignmentId', a.id, 'vekId', a.vek_id, 'expectedFree', expected_free(a),
                                  'dispatchedAt', (SELECT extract(epoch FROM m.at) * 1000 FROM assignment_milestone m
                                                   WHERE m.assignment_id = a.id AND m.code = 'dispatched'))
        FROM assignment a WHERE a.unit_id = u.id AND a.status NOT IN ('queued', 'done', 'cancelled')) AS work,
       -- one call at a time: the last to end is among the last that it was sent to
       (SELECT max(m.at)
        FROM (SELECT a.id FROM assignment a WHERE a.unit_id = u.id ORDER BY a.created_at DESC LIMIT 10) AS latest
        JOIN assignment_milestone m ON m.assignment_id = latest.id
        WHERE m.code IN ('done', 'cancelled')) AS last_call_ended_at
FROM unit u;

-- As before, with that of each assignment.
CREATE OR REPLACE VIEW vek_card AS
SELECT v.id, v.number, v.agency_id, coalesce(v.responsible_id, v.agency_id) AS responsible_id, v.co_owners, v.channel, v.type_code, v.priority,
       ST_X(v.place) AS lon, ST_Y(v.place) AS lat, v.accuracy_m, v.address, v.summary, v.objects, v.alarm_level, v.status, v.outcome, v.outcome_note,
       CASE WHEN v.status = 'merged' THEN vek_survivor(v.id) END AS merged_into, v.external_system, v.external_id,
       v.received_at, v.closed_at, v.reopened_at, v.version,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('agencyId', s.agency_id, 'status', s.status, 'transfer', s.transfer,
                                                     'offeredAt', extract(epoch FROM s.offered_at) * 1000,
                                                     'respondBy', extract(epoch FROM s.respond_by) * 1000, 'version', s.version)
                                  ORDER BY s.offered_at, s.agency_id), '[]')
        FROM vek_service s WHERE s.vek_id = v.id) AS services,
       (SELECT coalesce(jsonb_agg(jsonb_build_object(
                 'id', a.id, 'assignedBy', a.assigned_by, 'agencyId', a.agency_id, 'unitId', a.unit_id, 'status', a.status, 'version', a.version,
                 'relieves', a.relieves_id, 'expectedFree', expected_free(a),
                 'relievedBy', (SELECT r.id FROM assignment r WHERE r.relieves_id = a.id AND r.status <> 'cancelled'),
                 'milestones', (SELECT jsonb_object_agg(m.code, jsonb_build_object('at', extract(epoch FROM m.at) * 1000,
                                                        'receivedAt', extract(epoch FROM m.received_at) * 1000, 'source', m.source))
                                FROM assignment_milestone m WHERE m.assignment_id = a.id)) ORDER BY a.created_at, a.id), '[]')
        FROM assignment a WHERE a.vek_id = v.id) AS assignments,
       (SELECT coalesce(array_agg(r.field_set ORDER BY r.field_set), '{}') FROM vek_restricted r WHERE r.vek_id = v.id) AS restricted
FROM vek v;
