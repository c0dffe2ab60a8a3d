-- One vector tile of the base map (Mapbox Vector Tile 2.1), z/x/y as $1, $2, $3; layers territory, road and river.
WITH
-- the tile in Web Mercator, with a margin so that lines do not end at the seam
tile AS (
  SELECT ST_TileEnvelope($1::int, $2::int, $3::int) AS box, ST_TileEnvelope($1::int, $2::int, $3::int, margin => 64.0 / 4096) AS wide
),
territory_part AS (
  SELECT ST_AsMVTGeom(ST_Transform(t.boundary, 3857), tile.box, 4096, 64, true) AS geom, t.kind, t.code, t.name_lv, t.name_en, t.approximate
  FROM territory t, tile
  WHERE t.boundary && ST_Transform(tile.wide, 4326) AND (t.kind IN ('country', 'region') OR $1::int >= 6 AND t.kind = 'municipality' OR $1::int >= 9)
),
line_part AS (
  SELECT l.layer, ST_AsMVTGeom(l.line, tile.box, 4096, 64, true) AS geom, l.class, l.ref, l.name, l.generated
  FROM map_line l, tile WHERE l.line && tile.wide AND l.min_zoom <= $1::int
)
SELECT (SELECT coalesce(ST_AsMVT(p, 'territory'), ''::bytea) FROM territory_part p WHERE p.geom IS NOT NULL)
    || (SELECT coalesce(ST_AsMVT(p, 'road'), ''::bytea) FROM (SELECT geom, class, ref, name, generated FROM line_part WHERE layer = 'road' AND geom IS NOT NULL) AS p)
    || (SELECT coalesce(ST_AsMVT(p, 'river'), ''::bytea) FROM (SELECT geom, name, generated FROM line_part WHERE layer = 'river' AND geom IS NOT NULL) AS p)
       AS tile
