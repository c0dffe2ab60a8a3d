-- name: part
SELECT status, transfer FROM vek_service WHERE vek_id = $1 AND agency_id = $2

-- name: offer_part
-- Offers it, or again what is over. $3 by which agency, $4 with the whole card, $5 seconds to answer (null: any time). No row: it has it.
INSERT INTO vek_service AS s (vek_id, agency_id, offered_by, transfer, respond_by)
VALUES ($1, $2, $3, $4, clock_timestamp() + $5::int * interval '1 second')
ON CONFLICT (vek_id, agency_id) DO UPDATE SET
  status = 'offered', offered_by = excluded.offered_by, transfer = excluded.transfer, respond_by = excluded.respond_by,
  offered_at = clock_timestamp(), responded_at = NULL, reason = NULL, version = s.version + 1
WHERE s.status IN ('refused', 'timed_out', 'returned')
RETURNING version

-- name: take_part
-- The part of an agency that sends a unit without having been asked, or after having declined.
INSERT INTO vek_service (vek_id, agency_id, offered_by) VALUES ($1, $2, $2) ON CONFLICT DO NOTHING

-- name: offer_transfer
-- The whole card, to an agency that has a part already.
UPDATE vek_service SET transfer = true, offered_by = $3, version = version + 1
WHERE vek_id = $1 AND agency_id = $2 AND NOT transfer RETURNING version

-- name: end_transfers
-- Offers of the whole card that count no more: that to $2, or all but that to $3.
UPDATE vek_service SET transfer = false WHERE vek_id = $1 AND transfer AND (agency_id = $2::uuid OR agency_id <> $3::uuid)

-- name: answer_part
UPDATE vek_service SET status = $3, responded_at = clock_timestamp(), respond_by = NULL, reason = $4, version = version + 1
WHERE vek_id = $1 AND agency_id = $2
