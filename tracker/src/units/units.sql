-- name: load_agencies
SELECT id, no, code, kind, name_lv, name_en, version FROM agency ORDER BY no

-- name: load_grants
-- Grants in force now, or later today: valid_from and valid_to are judged in code.
SELECT id, agency_id, grantee_id, tier, purpose, valid_from, valid_to FROM agency_grant
WHERE revoked_at IS NULL AND (valid_to IS NULL OR valid_to > now())

-- name: load_units
SELECT * FROM unit_state

-- name: load_units_by_id
SELECT u.* FROM unnest((SELECT $1::uuid[])) AS wanted(id) CROSS JOIN LATERAL (SELECT * FROM unit_state WHERE id = wanted.id OFFSET 0) AS u

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
