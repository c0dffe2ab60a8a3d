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
