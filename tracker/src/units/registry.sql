-- name: agencies
INSERT INTO agency (id, code, kind, name_lv, name_en)
SELECT id, code, kind, "nameLv", "nameEn"
FROM jsonb_to_recordset($1::jsonb) AS r(id uuid, code text, kind text, "nameLv" text, "nameEn" text)
ON CONFLICT (id) DO NOTHING RETURNING id, id AS agency_id

-- name: grants
INSERT INTO agency_grant (id, agency_id, grantee_id, tier, purpose, valid_from, valid_to)
SELECT r.id, a.id, g.id, r.tier, r.purpose, coalesce(r."validFrom", now()), r."validTo"
FROM jsonb_to_recordset($1::jsonb) AS r(id uuid, "agencyCode" text, "granteeCode" text, tier text, purpose text, "validFrom" timestamptz, "validTo" timestamptz)
JOIN agency a ON a.code = r."agencyCode" JOIN agency g ON g.code = r."granteeCode"
ON CONFLICT (id) DO NOTHING RETURNING id, agency_id

-- name: stations
INSERT INTO station (id, agency_id, code, name, kind, place, address)
SELECT r.id, a.id, r.code, r.name, r.kind, ST_SetSRID(ST_MakePoint(r.lon, r.lat), 4326), r.address
FROM jsonb_to_recordset($1::jsonb) AS r(id uuid, "agencyCode" text, code text, name text, kind text, lon float8, lat float8, address text)
JOIN agency a ON a.code = r."agencyCode"
ON CONFLICT (id) DO NOTHING RETURNING id, agency_id

-- name: vehicles
INSERT INTO vehicle (id, agency_id, station_id, registration, kind, profile)
SELECT r.id, a.id, s.id, r.registration, r.kind, r.profile
FROM jsonb_to_recordset($1::jsonb) AS r(id uuid, "agencyCode" text, "stationCode" text, registration text, kind text, profile text)
JOIN agency a ON a.code = r."agencyCode"
LEFT JOIN station s ON s.agency_id = a.id AND s.code = r."stationCode"
WHERE r."stationCode" IS NULL OR s.id IS NOT NULL
ON CONFLICT (id) DO NOTHING RETURNING id, agency_id

-- name: units
-- The unit and what it can do, together.
WITH given AS (
  SELECT r.*, a.id AS agency_id, s.id AS station_id
  FROM jsonb_to_recordset($1::jsonb) AS r(id uuid, "agencyCode" text, callsign text, kind text, "stationCode" text, "vehicleId" uuid,
                                          "statusAtRest" text, capabilities jsonb)
  JOIN agency a ON a.code = r."agencyCode"
  LEFT JOIN station s ON s.agency_id = a.id AND s.code = r."stationCode"
  LEFT JOIN vehicle v ON v.id = r."vehicleId" AND v.agency_id = a.id
  WHERE (r."stationCode" IS NULL OR s.id IS NOT NULL) AND (r."vehicleId" IS NULL OR v.id IS NOT NULL)
), added AS (
  INSERT INTO unit (id, agency_id, station_id, vehicle_id, callsign, kind, status, status_at_rest)
  SELECT id, agency_id, station_id, "vehicleId", callsign, kind, "statusAtRest", "statusAtRest" FROM given
  ON CONFLICT (id) DO NOTHING RETURNING id, agency_id
), capable AS (
  INSERT INTO unit_capability (unit_id, agency_id, code, quantity)
  SELECT added.id, added.agency_id, c.code, c.quantity
  FROM added JOIN given ON given.id = added.id
  CROSS JOIN LATERAL jsonb_to_recordset(given.capabilities) AS c(code text, quantity float8)
)
SELECT id, agency_id FROM added

-- name: devices
INSERT INTO device (id, agency_id, kind, name, token_sha256, report_interval_s)
SELECT r.id, a.id, r.kind, r.name, decode(r."tokenSha256", 'hex'), r."reportIntervalS"
FROM jsonb_to_recordset($1::jsonb) AS r(id uuid, "agencyCode" text, kind text, name text, "tokenSha256" text, "reportIntervalS" smallint)
JOIN agency a ON a.code = r."agencyCode"
ON CONFLICT (id) DO NOTHING RETURNING id, agency_id

-- name: device_bindings
-- An open binding of the same device ends where the new one begins. Agencies are compared in a way that no index serves: without
-- statistics, as after a first import, the planner would look through an agency's every unit for each row.
WITH given AS (
  SELECT r.*, a.id AS agency_id
  FROM jsonb_to_recordset($1::jsonb) AS r(id uuid, "agencyCode" text, "deviceId" uuid, "unitId" uuid, priority smallint)
  JOIN agency a ON a.code = r."agencyCode"
  JOIN device d ON d.id = r."deviceId" AND d.agency_id IS NOT DISTINCT FROM a.id
  JOIN unit u ON u.id = r."unitId" AND u.agency_id IS NOT DISTINCT FROM a.id
  WHERE NOT EXISTS (SELECT FROM device_binding b WHERE b.id = r.id)
), ended AS (
  UPDATE device_binding b SET ends_at = now() FROM given WHERE b.device_id = given."deviceId" AND b.ends_at IS NULL RETURNING b.device_id
)
INSERT INTO device_binding (id, agency_id, device_id, unit_id, priority)
SELECT id, agency_id, "deviceId", "unitId", coalesce(priority, 100) FROM given
-- the unique index on open bindings looks at once: make it wait for the update above
WHERE (SELECT count(*) FROM ended) >= 0
RETURNING device_id AS id, agency_id

-- name: crew_shifts
INSERT INTO crew_shift (id, agency_id, unit_id, starts_at, ends_at, head_count, qualifications, crew)
SELECT r.id, a.id, u.id, r."startsAt", r."endsAt", r."headCount", r.qualifications, r.crew
FROM jsonb_to_recordset($1::jsonb) AS r(id uuid, "agencyCode" text, "unitId" uuid, "startsAt" timestamptz, "endsAt" timestamptz,
                                        "headCount" smallint, qualifications jsonb, crew text)
JOIN agency a ON a.code = r."agencyCode" JOIN unit u ON u.id = r."unitId" AND u.agency_id IS NOT DISTINCT FROM a.id
ON CONFLICT (id) DO NOTHING RETURNING id, agency_id

-- name: crew_rests
INSERT INTO crew_rest (id, agency_id, unit_id, starts_at, ends_at)
SELECT r.id, a.id, u.id, r."startsAt", r."endsAt"
FROM jsonb_to_recordset($1::jsonb) AS r(id uuid, "agencyCode" text, "unitId" uuid, "startsAt" timestamptz, "endsAt" timestamptz)
JOIN agency a ON a.code = r."agencyCode" JOIN unit u ON u.id = r."unitId" AND u.agency_id IS NOT DISTINCT FROM a.id
ON CONFLICT (id) DO NOTHING RETURNING id, agency_id

-- name: unit_equipment
INSERT INTO unit_equipment (id, agency_id, unit_id, code, quantity)
SELECT r.id, a.id, u.id, r.code, r.quantity
FROM jsonb_to_recordset($1::jsonb) AS r(id uuid, "agencyCode" text, "unitId" uuid, code text, quantity float8)
JOIN agency a ON a.code = r."agencyCode" JOIN unit u ON u.id = r."unitId" AND u.agency_id IS NOT DISTINCT FROM a.id
ON CONFLICT (id) DO NOTHING RETURNING id, agency_id

-- name: reservations
INSERT INTO reservation (id, agency_id, unit_id, vek_id, starts_at, ends_at)
SELECT r.id, a.id, u.id, v.id, r."startsAt", r."endsAt"
FROM jsonb_to_recordset($1::jsonb) AS r(id uuid, "agencyCode" text, "unitId" uuid, "vekId" uuid, "startsAt" timestamptz, "endsAt" timestamptz)
JOIN agency a ON a.code = r."agencyCode" JOIN unit u ON u.id = r."unitId" AND u.agency_id IS NOT DISTINCT FROM a.id
JOIN vek v ON v.id = r."vekId"
ON CONFLICT (id) DO NOTHING RETURNING id, agency_id

-- name: duty_areas
-- The territory of that kind and code, whoever published it; of several the oldest.
INSERT INTO duty_area (id, agency_id, territory_id)
SELECT r.id, a.id, t.id
FROM jsonb_to_recordset($1::jsonb) AS r(id uuid, "agencyCode" text, "territoryKind" text, "territoryCode" text)
JOIN agency a ON a.code = r."agencyCode"
CROSS JOIN LATERAL (SELECT id FROM territory WHERE kind = r."territoryKind" AND code = r."territoryCode" ORDER BY created_at, id LIMIT 1) AS t
ON CONFLICT (id) DO NOTHING RETURNING id, agency_id

-- name: norm_zones
INSERT INTO norm_zone (id, agency_id, service, zone, territory_id)
SELECT r.id, a.id, r.service, r.zone, t.id
FROM jsonb_to_recordset($1::jsonb) AS r(id uuid, "agencyCode" text, "territoryKind" text, "territoryCode" text, service text, zone text)
JOIN agency a ON a.code = r."agencyCode"
CROSS JOIN LATERAL (SELECT id FROM territory WHERE kind = r."territoryKind" AND code = r."territoryCode" ORDER BY created_at, id LIMIT 1) AS t
ON CONFLICT (id) DO NOTHING RETURNING id, agency_id

-- name: norms
INSERT INTO response_norm (id, agency_id, service, priority, zone, phase, limit_s, share, source, certainty, valid_from, valid_to)
SELECT r.id, a.id, r.service, r.priority, r.zone, r.phase, r."limitS", r.share, r.source, r.certainty, r."validFrom", r."validTo"
FROM jsonb_to_recordset($1::jsonb) AS r(id uuid, "agencyCode" text, service text, priority text, zone text, phase text, "limitS" integer,
                                        share real, source text, certainty text, "validFrom" date, "validTo" date)
JOIN agency a ON a.code = r."agencyCode"
ON CONFLICT (id) DO NOTHING RETURNING id, agency_id

-- name: territories
INSERT INTO territory (id, agency_id, kind, code, name_lv, name_en, approximate, boundary, attributes)
SELECT r.id, a.id, r.kind, r.code, r."nameLv", r."nameEn", r.approximate, ST_Multi(ST_SetSRID(ST_GeomFromGeoJSON(r.boundary), 4326)), r.attributes
FROM jsonb_to_recordset($1::jsonb) AS r(id uuid, "agencyCode" text, kind text, code text, "nameLv" text, "nameEn" text, approximate boolean,
                                        boundary jsonb, attributes jsonb)
JOIN agency a ON a.code = r."agencyCode"
ON CONFLICT (id) DO NOTHING RETURNING id, agency_id

-- name: shelters
INSERT INTO shelter (id, agency_id, source, source_id, municipality, address_line, use_raw, use_code, category, capacity, accessible,
                     entrance_note, entrance, published)
SELECT r.id, a.id, r.source, r."sourceId", r.municipality, r."addressLine", r."useRaw", r."useCode", r.category, r.capacity, r.accessible,
       r."entranceNote", ST_SetSRID(ST_MakePoint(r.lon, r.lat), 4326), r.published
FROM jsonb_to_recordset($1::jsonb) AS r(id uuid, "agencyCode" text, source text, "sourceId" text, municipality text, "addressLine" text,
                                        "useRaw" text, "useCode" text, category smallint, capacity integer, accessible boolean,
                                        "entranceNote" text, lon float8, lat float8, published boolean)
JOIN agency a ON a.code = r."agencyCode"
ON CONFLICT (id) DO NOTHING RETURNING id, agency_id

-- name: map_lines
INSERT INTO map_line (id, agency_id, layer, class, min_zoom, ref, name, generated, line)
SELECT r.id, a.id, r.layer, r.class, r."minZoom", r.ref, r.name, r.generated,
       ST_Transform(ST_SetSRID(ST_GeomFromGeoJSON(jsonb_build_object('type', 'LineString', 'coordinates', r.line)), 4326), 3857)
FROM jsonb_to_recordset($1::jsonb) AS r(id uuid, "agencyCode" text, layer text, class text, "minZoom" smallint, ref text, name text,
                                        generated boolean, line jsonb)
JOIN agency a ON a.code = r."agencyCode"
ON CONFLICT (id) DO NOTHING RETURNING id, agency_id

-- name: known
-- Which of these ids exist already, whatever they are: ids are unique across all kinds.
SELECT id FROM unnest($1::uuid[]) AS id
WHERE EXISTS (SELECT FROM agency t WHERE t.id = id.id) OR EXISTS (SELECT FROM agency_grant t WHERE t.id = id.id)
   OR EXISTS (SELECT FROM station t WHERE t.id = id.id) OR EXISTS (SELECT FROM vehicle t WHERE t.id = id.id)
   OR EXISTS (SELECT FROM unit t WHERE t.id = id.id) OR EXISTS (SELECT FROM device t WHERE t.id = id.id)
   OR EXISTS (SELECT FROM device_binding t WHERE t.id = id.id) OR EXISTS (SELECT FROM crew_shift t WHERE t.id = id.id)
   OR EXISTS (SELECT FROM territory t WHERE t.id = id.id) OR EXISTS (SELECT FROM shelter t WHERE t.id = id.id)
   OR EXISTS (SELECT FROM map_line t WHERE t.id = id.id) OR EXISTS (SELECT FROM crew_rest t WHERE t.id = id.id)
   OR EXISTS (SELECT FROM unit_equipment t WHERE t.id = id.id) OR EXISTS (SELECT FROM reservation t WHERE t.id = id.id)
   OR EXISTS (SELECT FROM duty_area t WHERE t.id = id.id) OR EXISTS (SELECT FROM norm_zone t WHERE t.id = id.id)
   OR EXISTS (SELECT FROM response_norm t WHERE t.id = id.id)

-- name: revoke_grant
UPDATE agency_grant SET revoked_at = now(), version = version + 1 WHERE id = $1 AND revoked_at IS NULL RETURNING agency_id, grantee_id, version

-- name: grant
SELECT agency_id, grantee_id FROM agency_grant WHERE id = $1

-- name: revoke_device
UPDATE device SET revoked_at = now(), version = version + 1 WHERE id = $1 AND revoked_at IS NULL RETURNING agency_id, version

-- name: rotate_device_token
-- $1 device, $2 the new token's SHA-256 in hexadecimal, $3 seconds for which the old one counts beside it
UPDATE device SET token_sha256 = decode($2, 'hex'),
                  previous_token_sha256 = CASE WHEN $3::int > 0 THEN token_sha256 END,
                  previous_token_until = CASE WHEN $3::int > 0 THEN now() + $3::int * interval '1 second' END,
                  version = version + 1
WHERE id = $1 AND revoked_at IS NULL RETURNING agency_id, version, coalesce(previous_token_until, now()) AS previous_until

-- name: set_report_interval
-- Of the devices $1, in seconds ($2); those that have it already are left alone.
UPDATE device SET report_interval_s = $2, version = version + 1
WHERE id = ANY ($1::uuid[]) AND report_interval_s <> $2 RETURNING id, agency_id, version

-- name: stations_of
SELECT id, agency_id, code, name, kind, ST_X(place) AS lon, ST_Y(place) AS lat, address FROM station
WHERE agency_id = ANY ($1::uuid[]) ORDER BY agency_id, code

-- name: set_equipment
-- $1 unit, $2 its agency, $3 quantity by code: what is not named is gone.
WITH given AS (SELECT key AS code, value::float8 AS quantity FROM jsonb_each_text($3::jsonb)),
gone AS (DELETE FROM unit_equipment WHERE unit_id = $1 AND code NOT IN (SELECT code FROM given))
INSERT INTO unit_equipment (id, agency_id, unit_id, code, quantity)
SELECT gen_random_uuid(), $2, $1, code, quantity FROM given
ON CONFLICT (unit_id, code) DO UPDATE SET quantity = excluded.quantity, version = unit_equipment.version + 1
