-- name: claim_streams
-- Takes the hub's own streams of devices that have no outbox: $1 device ids, $2 agencies, $3 the epoch they all share. Other epochs of the
-- device are left alone: a crew's socket with the same token goes on. A flush under way ends first, because its row lock is waited for.
WITH claim AS (
  SELECT c.device_id, c.agency_id, nextval('crew_session') AS session
  FROM unnest($1::uuid[], $2::uuid[]) AS c(device_id, agency_id)
),
claimed AS (
  INSERT INTO stream AS s (agency_id, device_id, epoch, lane, session)
  SELECT claim.agency_id, claim.device_id, $3::bytea, lane, claim.session
  FROM claim CROSS JOIN (VALUES (0), (2)) AS lanes(lane)
  ORDER BY claim.device_id, lane
  ON CONFLICT (device_id, epoch, lane) DO UPDATE SET session = excluded.session, claimed_at = now()
  RETURNING s.device_id, s.lane, s.id, s.session, s.durable_seq
)
SELECT device_id, lane, id AS stream_id, session, durable_seq FROM claimed

-- name: newest_fixes
-- $1 device ids, $2 epoch ms: the newest fix of each since then, by its own clock; devices without any are left out. Asked after the claim, so
-- that nothing can come in between. Fixes stand under the unit the device belonged to then, 0 for none.
SELECT d.id AS device_id, max(f.fix_time) AS newest
FROM device d
CROSS JOIN LATERAL (
  SELECT 0 AS handle UNION SELECT u.handle FROM device_binding b JOIN unit u ON u.id = b.unit_id WHERE b.device_id = d.id
) AS owner
JOIN fix f ON f.unit_handle = owner.handle AND f.device_handle = d.handle
WHERE d.id = ANY ($1::uuid[]) AND f.fix_time > to_timestamp($2::bigint / 1000.0) AND f.received_at > now() - interval '1 day'
GROUP BY d.id

-- name: stored_fixes
-- $1 a device, $2 fix times (epoch ms), $3 received at or after (epoch ms, so that older partitions are not looked into): what is stored of
-- those times.
SELECT f.fix_time, f.lon_e7, f.lat_e7, f.speed_cmps, f.heading_cdeg, f.accuracy_dm, f.altitude_m, f.flags
FROM device d
CROSS JOIN LATERAL (
  SELECT 0 AS handle UNION SELECT u.handle FROM device_binding b JOIN unit u ON u.id = b.unit_id WHERE b.device_id = d.id
) AS owner
JOIN fix f ON f.unit_handle = owner.handle AND f.device_handle = d.handle
  AND f.fix_time = ANY (ARRAY(SELECT to_timestamp(ms / 1000.0) FROM unnest($2::bigint[]) AS ms))
WHERE d.id = $1 AND f.received_at >= to_timestamp($3::bigint / 1000.0)

-- name: stored_events
-- $1 an alarm stream, $2 event times (epoch ms): what is stored of those times.
SELECT event_time, kind, body FROM crew_event
WHERE stream_id = $1 AND event_time = ANY (ARRAY(SELECT to_timestamp(ms / 1000.0) FROM unnest($2::bigint[]) AS ms))

-- name: load_aliases
-- $1 device ids, or null for all
SELECT alias, device_id, networks FROM device_alias WHERE $1::uuid[] IS NULL OR device_id = ANY ($1::uuid[])

-- name: add_alias
-- Answers with the device that has the alias now: another's, if it was taken.
WITH added AS (
  INSERT INTO device_alias (alias, agency_id, device_id, networks) VALUES ($1, $2, $3, $4)
  ON CONFLICT (alias) DO UPDATE SET networks = excluded.networks WHERE device_alias.device_id = excluded.device_id
  RETURNING device_id
)
SELECT device_id FROM added

-- name: remove_alias
DELETE FROM device_alias WHERE alias = $1 AND device_id = $2 RETURNING 1 AS removed

-- name: touch_device
-- Its version grows with everything that changes in how it is known.
UPDATE device SET version = version + 1 WHERE id = $1 RETURNING version

-- name: add_join_code
INSERT INTO join_code (code_sha256, agency_id, unit_id, device_kind, device_name, priority, created_by, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, clock_timestamp() + $8::int * interval '1 second')
RETURNING expires_at

-- name: join_code
-- Good still: not used, not run out. Locked, so that of two who use it at once one is late.
SELECT c.agency_id, c.unit_id, c.device_kind, c.device_name, c.priority, a.code AS agency_code
FROM join_code c JOIN agency a ON a.id = c.agency_id JOIN unit u ON u.id = c.unit_id
WHERE c.code_sha256 = $1 AND c.used_at IS NULL AND c.expires_at > clock_timestamp() AND u.retired_at IS NULL
FOR UPDATE OF c

-- name: use_join_code
UPDATE join_code SET used_at = clock_timestamp(), device_id = $2 WHERE code_sha256 = $1

-- name: forget_join_codes
-- Those that nobody can use any more, a day later.
DELETE FROM join_code WHERE expires_at < now() - interval '1 day'
