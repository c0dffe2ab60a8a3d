-- What remains of fixes once their daily partition is gone: one line a device and hour at most, and what units showed.

-- Lines of where a unit's devices were. Between two vertices a device is taken to have moved evenly: at the instant of every fix it was
-- made from, the line's place is within the tolerance of the setting. Good fixes only.
CREATE TABLE unit_track (
  unit_handle   integer NOT NULL,
  agency_no     integer NOT NULL, -- whose the unit was when it was recorded
  device_handle integer NOT NULL,
  day           date NOT NULL,    -- UTC day on which the fixes were received: the partition they come from
  from_time     timestamptz NOT NULL,
  to_time       timestamptz NOT NULL,
  line          geometry(LineStringM, 4326) NOT NULL, -- M: seconds since 1970. A lone fix stands in it twice
  fix_ms        integer[] NOT NULL -- when each fix was made, milliseconds after from_time: none of the times is lost
);
CREATE INDEX unit_track_time ON unit_track (unit_handle, to_time);
CREATE INDEX unit_track_day ON unit_track (day, unit_handle);
-- place and time in one index: a box of both is looked for
CREATE INDEX unit_track_line ON unit_track USING gist (line gist_geometry_ops_nd);

-- Fixes that a filter set aside, as they were.
CREATE TABLE suspect_fix (
  unit_handle   integer NOT NULL,
  agency_no     integer NOT NULL,
  device_handle integer NOT NULL,
  day           date NOT NULL,
  fix_time      timestamptz NOT NULL,
  lon_e7        integer NOT NULL,
  lat_e7        integer NOT NULL,
  verdict       smallint NOT NULL
);
CREATE INDEX suspect_fix_time ON suspect_fix (unit_handle, fix_time);
CREATE INDEX suspect_fix_day ON suspect_fix (day, unit_handle);

-- How far the compaction has come. A day's partition may only go when its lines are there.
CREATE TABLE track_day (
  day          date PRIMARY KEY,
  compacted_at timestamptz NOT NULL,
  fixes_gone_at timestamptz
);
CREATE TABLE track_unit_day (
  day         date NOT NULL,
  unit_handle integer NOT NULL,
  fixes       bigint NOT NULL, -- rows that the lines and suspects were made from
  PRIMARY KEY (day, unit_handle)
);

-- What each unit showed since when, for the picture of an instant that is past.
CREATE TABLE unit_status_change (
  seq       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  unit_id   uuid NOT NULL REFERENCES unit,
  agency_id uuid NOT NULL REFERENCES agency,
  status    text NOT NULL,
  since     timestamptz NOT NULL
);
CREATE INDEX unit_status_change_unit ON unit_status_change (unit_id, since DESC, seq DESC);

INSERT INTO unit_status_change (unit_id, agency_id, status, since)
SELECT (data ->> 'unitId')::uuid, agency_id, data ->> 'to', to_timestamp((data ->> 'since')::float8 / 1000)
FROM feed_event WHERE type = 'lv.vanags.unit.status_changed.v1' ORDER BY seq;
INSERT INTO unit_status_change (unit_id, agency_id, status, since)
SELECT u.id, u.agency_id, u.status, u.status_since FROM unit u
WHERE NOT EXISTS (SELECT FROM unit_status_change c WHERE c.unit_id = u.id AND c.since = u.status_since AND c.status = u.status);

-- In the transaction of the change itself, whoever makes it.
CREATE FUNCTION note_unit_status() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO unit_status_change (unit_id, agency_id, status, since) VALUES (NEW.id, NEW.agency_id, NEW.status, NEW.status_since);
  RETURN NULL;
END $$;
CREATE TRIGGER unit_status_first AFTER INSERT ON unit FOR EACH ROW EXECUTE FUNCTION note_unit_status();
CREATE TRIGGER unit_status_next AFTER UPDATE OF status ON unit FOR EACH ROW
  WHEN (NEW.status IS DISTINCT FROM OLD.status OR NEW.status_since IS DISTINCT FROM OLD.status_since)
  EXECUTE FUNCTION note_unit_status();
