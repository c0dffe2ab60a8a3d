-- Gives new sessions their devices' streams: $1 device ids, $2 epochs, $3 agencies; one row a device, newest session wins.
-- Answers with the stream, the session's number and the last durable seq of each of the three lanes.
WITH claim AS (
  SELECT c.device_id, c.epoch, c.agency_id, nextval('crew_session') AS session
  FROM unnest($1::uuid[], $2::bytea[], $3::uuid[]) AS c(device_id, epoch, agency_id)
),
-- An older outbox of the same device is fenced too. The lock is waited for, so that a flush under way ends first.
fenced AS (
  UPDATE stream s SET session = claim.session
  FROM claim WHERE s.device_id = claim.device_id AND s.epoch <> claim.epoch
)
INSERT INTO stream AS s (agency_id, device_id, epoch, lane, session)
SELECT claim.agency_id, claim.device_id, claim.epoch, lane, claim.session
FROM claim CROSS JOIN generate_series(0, 2) AS lane
ORDER BY claim.device_id, lane
ON CONFLICT (device_id, epoch, lane) DO UPDATE SET session = excluded.session, claimed_at = now()
RETURNING s.device_id, s.lane, s.id AS stream_id, s.session, s.durable_seq
