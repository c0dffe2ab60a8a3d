-- What one tile of the base map shows, z/x/y as $1, $2, $3: territories, roads and rivers as GeoJSON in the tile's own whole
-- numbers (0 to 4096 from the upper left corner, with a margin of 64), ready to be encoded. Not ST_AsMVT: the embedded
-- database's PostGIS is compiled without it.
WITH
tile AS (
  SELECT ST_TileEnvelope($1::int, $2::int, $3::int) AS box, ST_TileEnvelope($1::int, $2::int, $3::int, margin => 64.0 / 4096) AS wide
),
-- from Web Mercator metres to the tile's numbers: origin at the upper left, y downwards
scale AS (
  SELECT wide, -ST_XMin(box) AS dx, -ST_YMax(box) AS dy, 4096 / (ST_XMax(box) - ST_XMin(box)) AS sx, -4096 / (ST_YMax(box) - ST_YMin(box)) AS sy
  FROM tile
),
part AS (
  SELECT 'territory' AS layer, ST_Transform(t.boundary, 3857) AS geom,
         jsonb_build_object('kind', t.kind, 'code', t.code, 'name_lv', t.name_lv, 'name_en', t.name_en, 'approximate', t.approximate) AS tags
  FROM territory t, tile
  WHERE t.boundary && ST_Transform(tile.wide, 4326)
    AND (t.kind IN ('country', 'region') OR $1::int >= 6 AND t.kind = 'municipality' OR $1::int >= 9)
  UNION ALL
  SELECT l.layer, l.line, jsonb_strip_nulls(jsonb_build_object('class', l.class, 'ref', l.ref, 'name', l.name, 'generated', l.generated))
  FROM map_line l, tile WHERE l.line && tile.wide AND l.min_zoom <= $1::int
),
placed AS (
  SELECT layer, tags,
         -- half a unit of the tile is less than a pixel: what is finer is left out
         ST_RemoveRepeatedPoints(ST_SnapToGrid(ST_TransScale(ST_ClipByBox2D(geom, wide::box2d), dx, dy, sx, sy), 1)) AS geom
  FROM part, scale
)
-- rings as tiles want them: the outer one with positive area, which in numbers with y downwards is clockwise to the eye
SELECT layer, tags, ST_AsGeoJSON(ST_Multi(ST_ForcePolygonCCW(shape)), 0)::jsonb AS geometry
FROM placed, LATERAL (SELECT ST_CollectionExtract(geom, CASE layer WHEN 'territory' THEN 3 ELSE 2 END) AS shape) AS kept
WHERE NOT ST_IsEmpty(shape)
