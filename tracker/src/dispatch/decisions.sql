-- name: insert_decisions
-- $1 the records as a JSON list. One that is there already was stored by an attempt whose outcome was not learnt.
INSERT INTO decision (id, agency_id, asked_by, vek_id, card_id, at, format, input, output, input_sha256, output_sha256)
SELECT id, agency_id, asked_by, vek_id, card_id, to_timestamp(at / 1000), format, input, output, input_sha256, output_sha256
FROM jsonb_to_recordset($1::jsonb) AS r(id uuid, agency_id uuid, asked_by text, vek_id uuid, card_id uuid, at float8, format integer, input text,
                                        output text, input_sha256 text, output_sha256 text)
ON CONFLICT (id) DO NOTHING

-- name: insert_decision_units
INSERT INTO decision_unit (decision_id, agency_id, vek_id, unit_id, zone, travel_ms, at)
SELECT decision_id, agency_id, vek_id, unit_id, zone, travel_ms, to_timestamp(at / 1000)
FROM jsonb_to_recordset($1::jsonb) AS r(decision_id uuid, agency_id uuid, vek_id uuid, unit_id uuid, zone text, travel_ms integer, at float8)
ON CONFLICT (decision_id, unit_id) DO NOTHING

-- name: decision
SELECT id, agency_id, asked_by, vek_id, card_id, at, format, input, output, input_sha256, output_sha256 FROM decision WHERE id = $1
