-- name: place_facts
-- Whose ground a place is, in one query: every territory that covers it, its edge included, widest first, with the zones of norms that it is in
-- and the agencies that serve it. Edges are straight in degrees, as they were published. $1 lon, $2 lat (degrees, SRID 4326)
SELECT t.id, t.agency_id, t.kind, t.code, t.name_lv, t.name_en, t.approximate,
       coalesce((SELECT jsonb_agg(jsonb_build_object('service', z.service, 'zone', z.zone) ORDER BY z.service)
                 FROM norm_zone z WHERE z.territory_id = t.id), '[]') AS zones,
       coalesce((SELECT jsonb_agg(d.agency_id ORDER BY d.agency_id) FROM duty_area d WHERE d.territory_id = t.id), '[]') AS duty
FROM territory t
WHERE ST_Covers(t.boundary, ST_SetSRID(ST_MakePoint($1::float8, $2::float8), 4326))
ORDER BY array_position(ARRAY['country', 'region', 'municipality', 'town', 'port', 'norm_zone', 'duty_area'], t.kind), t.code, t.id

-- name: all_territories
-- The same of every territory, with its boundary as GeoJSON coordinates (polygons, rings, positions); $1 ids, or null for all.
-- Fifteen digits: what a boundary's corners were written with, so that memory and table agree on its edges.
SELECT t.id, t.agency_id, t.kind, t.code, t.name_lv, t.name_en, t.approximate,
       coalesce((SELECT jsonb_agg(jsonb_build_object('service', z.service, 'zone', z.zone) ORDER BY z.service)
                 FROM norm_zone z WHERE z.territory_id = t.id), '[]') AS zones,
       coalesce((SELECT jsonb_agg(d.agency_id ORDER BY d.agency_id) FROM duty_area d WHERE d.territory_id = t.id), '[]') AS duty,
       ST_AsGeoJSON(t.boundary, 15)::jsonb -> 'coordinates' AS polygons
FROM territory t
WHERE $1::uuid[] IS NULL OR t.id = ANY ($1::uuid[])
ORDER BY array_position(ARRAY['country', 'region', 'municipality', 'town', 'port', 'norm_zone', 'duty_area'], t.kind), t.code, t.id

-- name: duty_agencies
-- Agencies that serve some territories only.
SELECT DISTINCT agency_id FROM duty_area

-- name: zones_with_ground
-- Zones that some territory is in; a service's other zones hold where no territory says.
SELECT DISTINCT service, zone FROM norm_zone

-- name: norms
SELECT service, priority, zone, phase, limit_s, share, source, certainty, to_char(valid_from, 'YYYY-MM-DD') AS valid_from,
       to_char(valid_to, 'YYYY-MM-DD') AS valid_to
FROM response_norm ORDER BY service, phase, priority NULLS LAST, zone NULLS LAST, valid_from, id
