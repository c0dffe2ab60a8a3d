-- name: load_agencies
SELECT id, no, code, kind, name_lv, name_en, version FROM agency ORDER BY no

-- name: load_grants
-- Grants in force now, or later today: valid_from and valid_to are judged in code.
SELECT id, agency_id, grantee_id, tier, purpose, valid_from, valid_to FROM agency_grant
WHERE revoked_at IS NULL AND (valid_to IS NULL OR valid_to > now())

-- name: load_units
-- $1 ids, or null for all. With what it can do and carries, its vehicle's profile, the shifts, rests and reservations that are not over, the hold in
-- force, the work under way, and the end of its last call.
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
       (SELECT max(m.at) FROM assignment a JOIN assignment_milestone m ON m.assignment_id = a.id
        WHERE a.unit_id = u.id AND m.code IN ('done', 'cancelled')) AS last_call_ended_at
FROM unit u WHERE $1::uuid[] IS NULL OR u.id = ANY ($1::uuid[])

-- name: load_devices
-- $1 ids, or null for all. With the open binding.
SELECT d.id, d.handle, d.agency_id, d.kind, d.name, encode(d.token_sha256, 'hex') AS token_sha256,
       encode(d.previous_token_sha256, 'hex') AS previous_token_sha256, d.previous_token_until, d.report_interval_s,
       d.revoked_at IS NOT NULL AS revoked, b.unit_id, b.priority
FROM device d LEFT JOIN device_binding b ON b.device_id = d.id AND b.ends_at IS NULL
WHERE $1::uuid[] IS NULL OR d.id = ANY ($1::uuid[])

-- name: last_good_fixes
-- The latest good fix of every unit, by one step down the index a unit: the live picture after a restart.
SELECT u.handle, f.device_handle, f.fix_time, f.received_at, f.lon_e7, f.lat_e7, f.speed_cmps, f.heading_cdeg, f.accuracy_dm,
       f.altitude_m, f.flags
FROM unit u
CROSS JOIN LATERAL (
  SELECT * FROM fix WHERE fix.unit_handle = u.handle AND fix.verdict = 0 ORDER BY fix.fix_time DESC LIMIT 1
) AS f
WHERE u.retired_at IS NULL
