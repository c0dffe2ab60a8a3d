-- Cards that a report may be of: nearly all know their place to 250 m, and are looked for within a kilometre; only the others need a search that is
-- as wide as a town. An index for each, in place of one for both.
DROP INDEX vek_open_place;
CREATE INDEX vek_open_place ON vek USING gist ((place::geography))
  WHERE status NOT IN ('closed', 'cancelled', 'transferred', 'merged') AND (accuracy_m > 250) IS NOT TRUE;
CREATE INDEX vek_open_wide_place ON vek USING gist ((place::geography))
  WHERE status NOT IN ('closed', 'cancelled', 'transferred', 'merged') AND accuracy_m > 250;

DROP INDEX vek_ended_place;
CREATE INDEX vek_ended_place ON vek
  USING gist (ST_MakePoint(ST_X(place), ST_Y(place), extract(epoch FROM closed_at - to_timestamp(0))::float8) gist_geometry_ops_nd)
  WHERE closed_at IS NOT NULL AND place IS NOT NULL AND (accuracy_m > 250) IS NOT TRUE;
CREATE INDEX vek_ended_wide_place ON vek
  USING gist (ST_MakePoint(ST_X(place), ST_Y(place), extract(epoch FROM closed_at - to_timestamp(0))::float8) gist_geometry_ops_nd)
  WHERE closed_at IS NOT NULL AND place IS NOT NULL AND accuracy_m > 250;

-- Those that ended and nobody knew where: few, so that nobody has to look for them among all that ended today.
CREATE INDEX vek_ended_unplaced ON vek (received_at) WHERE closed_at IS NOT NULL AND place IS NULL;

-- Cards that a report at $1, $2 (null: nobody knows where) at the instant $3 may be of, among those that the agencies $4 may read, without $5.
-- The report's circle is $6 metres wide, a card's $7 if it does not say; places count up to $8 metres apart, and $9 times what both circles are
-- wide, with 1 % of room for roundings. So cards with a circle of up to 250 m, as nearly all have, lie within $14 metres, and the others
-- within $15: open ones are looked up by that, those that ended from $10 before to $11 milliseconds after in boxes that hold it, from $16 to $17
-- degrees east and $18 to $19 north, and from $20 to $21 and $22 to $23. Where a place is missing cards count $12 milliseconds around, of open ones
-- the $13 newest.
-- A function, because its plan is kept then: as a statement it was planned anew at each call, which took twice as long as to answer it.
CREATE FUNCTION vek_duplicates(float8, float8, float8, uuid[], uuid, float8, float8, float8, float8, float8, float8, int, int, float8, float8, float8[], float8[], float8, float8, float8[], float8[], float8, float8)
  RETURNS TABLE ("vekId" uuid, number bigint, "shownTypeCode" text, status text, "typeCode" text, lon float8, lat float8, "accuracyM" real, "receivedAt" timestamptz)
  LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  WITH question AS (
    SELECT ST_SetSRID(ST_MakePoint($1::float8, $2::float8), 4326)::geography AS place, to_timestamp($3::float8 / 1000) AS at
  ), near AS (
    SELECT v.* FROM question q JOIN vek v ON ST_DWithin(v.place::geography, q.place, 1.01 * $14::float8, false)
    WHERE v.status NOT IN ('closed', 'cancelled', 'transferred', 'merged') AND (v.accuracy_m > 250) IS NOT TRUE
    UNION ALL
    SELECT v.* FROM question q JOIN vek v ON ST_DWithin(v.place::geography, q.place, 1.01 * $15::float8, false)
    WHERE v.status NOT IN ('closed', 'cancelled', 'transferred', 'merged') AND v.accuracy_m > 250
  ), ended AS MATERIALIZED (
    -- the instants of the index are rounded, and compared once more below
    SELECT v.*
    FROM unnest($16::float8[], $17::float8[]) AS b(west, east)
    JOIN vek v ON ST_MakePoint(ST_X(v.place), ST_Y(v.place), extract(epoch FROM v.closed_at - to_timestamp(0))::float8)
      &&& ST_MakeLine(ST_MakePoint(b.west, $18::float8, ($3::float8 - $10::float8) / 1000), ST_MakePoint(b.east, $19::float8, ($3::float8 + $11::float8) / 1000))
    WHERE v.closed_at IS NOT NULL AND v.place IS NOT NULL AND (v.accuracy_m > 250) IS NOT TRUE
    UNION ALL
    SELECT v.*
    FROM unnest($20::float8[], $21::float8[]) AS b(west, east)
    JOIN vek v ON ST_MakePoint(ST_X(v.place), ST_Y(v.place), extract(epoch FROM v.closed_at - to_timestamp(0))::float8)
      &&& ST_MakeLine(ST_MakePoint(b.west, $22::float8, ($3::float8 - $10::float8) / 1000), ST_MakePoint(b.east, $23::float8, ($3::float8 + $11::float8) / 1000))
    WHERE v.closed_at IS NOT NULL AND v.place IS NOT NULL AND v.accuracy_m > 250
  ), ended_unplaced AS (
    SELECT v.* FROM question q
    JOIN vek v ON v.received_at BETWEEN q.at - $12::int * interval '1 millisecond' AND q.at + $12::int * interval '1 millisecond'
    WHERE v.closed_at IS NOT NULL AND v.place IS NULL
      AND v.closed_at BETWEEN q.at - $10::float8 * interval '1 millisecond' AND q.at + $11::float8 * interval '1 millisecond'
    UNION ALL
    SELECT v.* FROM question q
    JOIN vek v ON v.closed_at BETWEEN q.at - $10::float8 * interval '1 millisecond' AND q.at + $11::float8 * interval '1 millisecond'
    WHERE $1::float8 IS NULL AND v.place IS NOT NULL
      AND v.received_at BETWEEN q.at - $12::int * interval '1 millisecond' AND q.at + $12::int * interval '1 millisecond'
  ), unplaced AS (
    SELECT v.* FROM question q
    JOIN vek v ON v.received_at BETWEEN q.at - $12::int * interval '1 millisecond' AND q.at + $12::int * interval '1 millisecond'
    WHERE v.status NOT IN ('closed', 'cancelled', 'transferred', 'merged') AND (v.place IS NULL OR q.place IS NULL)
    ORDER BY v.received_at DESC LIMIT $13
  ), found AS (
    SELECT * FROM near
    UNION ALL
    SELECT e.* FROM ended e, question q
    WHERE e.closed_at BETWEEN q.at - $10::float8 * interval '1 millisecond' AND q.at + $11::float8 * interval '1 millisecond'
    UNION ALL
    SELECT * FROM ended_unplaced
    UNION ALL
    SELECT * FROM unplaced
  )
  SELECT s.id AS "vekId", s.number, s.type_code AS "shownTypeCode", s.status, v.type_code AS "typeCode", ST_X(v.place) AS lon, ST_Y(v.place) AS lat,
         v.accuracy_m AS "accuracyM", v.received_at AS "receivedAt"
  FROM question q, found v JOIN vek s ON s.id = CASE WHEN v.status = 'merged' THEN vek_survivor(v.id) ELSE v.id END
  WHERE ($5::uuid IS NULL OR s.id <> $5 AND v.id <> $5)
    AND (v.place IS NULL OR q.place IS NULL
         OR ST_DWithin(v.place::geography, q.place, 1.01 * ($8::float8 + $9::float8 * ($6::float8 + coalesce(v.accuracy_m, $7::float8))), false))
    AND (s.agency_id = ANY ($4::uuid[]) OR s.co_owners && $4::uuid[]
         OR EXISTS (SELECT FROM vek_service p WHERE p.vek_id = s.id AND p.agency_id = ANY ($4::uuid[])));
END;
$$;
