-- Every territory that covers a place, its edge included, from the country down to the duty area.
-- ST_Covers on geometry: a boundary's edges are straight in degrees, as they were published.
-- $1 lon, $2 lat (degrees, SRID 4326)
SELECT t.id::text AS territory_id,
       t.agency_id::text AS agency_id,
       t.kind,
       t.code,
       t.name_lv,
       t.name_en,
       t.approximate
FROM territory t
WHERE ST_Covers(t.boundary, ST_SetSRID(ST_MakePoint($1::float8, $2::float8), 4326))
ORDER BY array_position(ARRAY['country', 'region', 'municipality', 'town', 'port', 'norm_zone', 'duty_area'], t.kind),
         t.code, t.id;
