-- name: insert_decision
-- With what it expects of each unit, $12 as a JSON list. One that is there already was stored by an attempt whose outcome was not learnt.
WITH decided AS (
  INSERT INTO decision (id, agency_id, asked_by, vek_id, card_id, at, format, input, output, input_sha256, output_sha256)
  VALUES ($1::uuid, $2::uuid, $3, $4, $5, to_timestamp($6::float8 / 1000), $7, $8, $9, $10, $11)
  ON CONFLICT (id) DO NOTHING
)
INSERT INTO decision_unit (decision_id, agency_id, vek_id, unit_id, zone, travel_ms, at)
SELECT $1::uuid, $2::uuid, vek_id, unit_id, zone, travel_ms, to_timestamp($6::float8 / 1000)
FROM jsonb_to_recordset($12::jsonb) AS r(vek_id uuid, unit_id uuid, zone text, travel_ms integer)
ON CONFLICT (decision_id, unit_id) DO NOTHING

-- name: decision
SELECT id, agency_id, asked_by, vek_id, card_id, at, format, input, output, input_sha256, output_sha256 FROM decision WHERE id = $1
