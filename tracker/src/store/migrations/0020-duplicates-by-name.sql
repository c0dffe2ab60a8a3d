-- The question for duplicates as before, with names for what it is given.
DROP FUNCTION vek_duplicates;

-- Cards that a report may be of, among those that the agencies reader_ids may read, without except_id. The report is of report_lon, report_lat (null:
-- nobody knows where), its circle circle_m metres wide, of the instant reported_ms; a card's circle is usual_circle_m wide if it does not say. Places
-- count up to points_apart_m metres apart, and share_of_circles times what both circles are wide, with 1 % of room for roundings. So cards
-- with a circle of up to 250 m, as nearly all have, lie within narrow_reach_m metres, and the others within wide_reach_m: open ones are looked up by
-- that, those that ended from ended_before_ms before to ended_after_ms after in boxes that hold it, in degrees from their wests to their easts and
-- from one south to one north. Where a place is missing cards count unplaced_ms around, of open ones the max_unplaced newest.
-- A function, because its plan is kept then: as a statement it was planned anew at each call, which took longer than to answer it.
CREATE FUNCTION vek_duplicates(
    report_lon float8, report_lat float8, circle_m float8, reported_ms float8, reader_ids uuid[], except_id uuid,
    usual_circle_m float8, points_apart_m float8, share_of_circles float8, narrow_reach_m float8, wide_reach_m float8,
    narrow_wests float8[], narrow_easts float8[], narrow_south float8, narrow_north float8,
    wide_wests float8[], wide_easts float8[], wide_south float8, wide_north float8,
    ended_before_ms float8, ended_after_ms float8, unplaced_ms int, max_unplaced int
  ) RETURNS TABLE (
    "vekId" uuid, number bigint, "shownTypeCode" text, status text, "typeCode" text, lon float8, lat float8, "accuracyM" real, "receivedAt" timestamptz
  )
  LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  WITH question AS (
    SELECT ST_SetSRID(ST_MakePoint(report_lon, report_lat), 4326)::geography AS place, to_timestamp(reported_ms / 1000) AS at
  ), near AS (
    SELECT v.* FROM question q JOIN vek v ON ST_DWithin(v.place::geography, q.place, 1.01 * narrow_reach_m, false)
    WHERE v.status NOT IN ('closed', 'cancelled', 'transferred', 'merged') AND (v.accuracy_m > 250) IS NOT TRUE
    UNION ALL
    SELECT v.* FROM question q JOIN vek v ON ST_DWithin(v.place::geography, q.place, 1.01 * wide_reach_m, false)
    WHERE v.status NOT IN ('closed', 'cancelled', 'transferred', 'merged') AND v.accuracy_m > 250
  ), ended AS MATERIALIZED (
    -- the instants of the index are rounded, and compared once more below
    SELECT v.*
    FROM unnest(narrow_wests, narrow_easts) AS b(west, east)
    JOIN vek v ON ST_MakePoint(ST_X(v.place), ST_Y(v.place), extract(epoch FROM v.closed_at - to_timestamp(0))::float8)
      &&& ST_MakeLine(ST_MakePoint(b.west, narrow_south, (reported_ms - ended_before_ms) / 1000), ST_MakePoint(b.east, narrow_north, (reported_ms + ended_after_ms) / 1000))
    WHERE v.closed_at IS NOT NULL AND v.place IS NOT NULL AND (v.accuracy_m > 250) IS NOT TRUE
    UNION ALL
    SELECT v.*
    FROM unnest(wide_wests, wide_easts) AS b(west, east)
    JOIN vek v ON ST_MakePoint(ST_X(v.place), ST_Y(v.place), extract(epoch FROM v.closed_at - to_timestamp(0))::float8)
      &&& ST_MakeLine(ST_MakePoint(b.west, wide_south, (reported_ms - ended_before_ms) / 1000), ST_MakePoint(b.east, wide_north, (reported_ms + ended_after_ms) / 1000))
    WHERE v.closed_at IS NOT NULL AND v.place IS NOT NULL AND v.accuracy_m > 250
  ), ended_unplaced AS (
    SELECT v.* FROM question q
    JOIN vek v ON v.received_at BETWEEN q.at - unplaced_ms * interval '1 millisecond' AND q.at + unplaced_ms * interval '1 millisecond'
    WHERE v.closed_at IS NOT NULL AND v.place IS NULL
      AND v.closed_at BETWEEN q.at - ended_before_ms * interval '1 millisecond' AND q.at + ended_after_ms * interval '1 millisecond'
    UNION ALL
    SELECT v.* FROM question q
    JOIN vek v ON v.closed_at BETWEEN q.at - ended_before_ms * interval '1 millisecond' AND q.at + ended_after_ms * interval '1 millisecond'
    WHERE report_lon IS NULL AND v.place IS NOT NULL
      AND v.received_at BETWEEN q.at - unplaced_ms * interval '1 millisecond' AND q.at + unplaced_ms * interval '1 millisecond'
  ), unplaced AS (
    SELECT v.* FROM question q
    JOIN vek v ON v.received_at BETWEEN q.at - unplaced_ms * interval '1 millisecond' AND q.at + unplaced_ms * interval '1 millisecond'
    WHERE v.status NOT IN ('closed', 'cancelled', 'transferred', 'merged') AND (v.place IS NULL OR q.place IS NULL)
    ORDER BY v.received_at DESC LIMIT max_unplaced
  ), found AS (
    SELECT * FROM near
    UNION ALL
    SELECT e.* FROM ended e, question q
    WHERE e.closed_at BETWEEN q.at - ended_before_ms * interval '1 millisecond' AND q.at + ended_after_ms * interval '1 millisecond'
    UNION ALL
    SELECT * FROM ended_unplaced
    UNION ALL
    SELECT * FROM unplaced
  )
  SELECT s.id AS "vekId", s.number, s.type_code AS "shownTypeCode", s.status, v.type_code AS "typeCode", ST_X(v.place) AS lon, ST_Y(v.place) AS lat,
         v.accuracy_m AS "accuracyM", v.received_at AS "receivedAt"
  FROM question q, found v JOIN vek s ON s.id = CASE WHEN v.status = 'merged' THEN vek_survivor(v.id) ELSE v.id END
  WHERE (except_id IS NULL OR s.id <> except_id AND v.id <> except_id)
    AND (v.place IS NULL OR q.place IS NULL
         OR ST_DWithin(v.place::geography, q.place, 1.01 * (points_apart_m + share_of_circles * (circle_m + coalesce(v.accuracy_m, usual_circle_m))), false))
    AND (s.agency_id = ANY (reader_ids) OR s.co_owners && reader_ids
         OR EXISTS (SELECT FROM vek_service p WHERE p.vek_id = s.id AND p.agency_id = ANY (reader_ids)));
END;
$$;
