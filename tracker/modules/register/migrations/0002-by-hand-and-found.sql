-- Entries made by hand, the classifier, search, who read what; and a place's degrees, so that a map is read from an index alone.

-- An entry is of a VEK or made by hand.
ALTER TABLE register.entry
  ALTER COLUMN vek_id DROP NOT NULL,
  ALTER COLUMN vek_number DROP NOT NULL,
  ALTER COLUMN vek_version DROP NOT NULL,
  ALTER COLUMN vek_status DROP NOT NULL,
  ADD COLUMN hand_id uuid, -- made by whoever enters it: sent again, it is the same entry
  ADD COLUMN entered_by text,
  ADD COLUMN version integer NOT NULL DEFAULT 1,
  ADD COLUMN lon float8 GENERATED ALWAYS AS (ST_X(place)) STORED,
  ADD COLUMN lat float8 GENERATED ALWAYS AS (ST_Y(place)) STORED,
  ADD UNIQUE (agency_id, hand_id),
  ADD CHECK ((vek_id IS NULL) = (hand_id IS NOT NULL)),
  ADD CHECK ((vek_id IS NULL) OR (vek_number IS NOT NULL AND vek_version IS NOT NULL AND vek_status IS NOT NULL)),
  ADD CHECK ((hand_id IS NULL) = (entered_by IS NULL));

-- What people changed in an entry made by hand.
CREATE TABLE register.entry_change (
  entry_id bigint NOT NULL REFERENCES register.entry ON DELETE CASCADE,
  version  integer NOT NULL, -- of the entry, from then on
  at       timestamptz NOT NULL DEFAULT now(),
  subject  text NOT NULL,
  data     jsonb NOT NULL, -- the fields as they were given
  PRIMARY KEY (entry_id, version)
);

-- What codes mean. One that is no longer used stays, so that what was registered under it can be read.
CREATE TABLE register.code (
  kind       text NOT NULL CHECK (kind IN ('type', 'outcome')),
  code       text NOT NULL,
  label_lv   text NOT NULL,
  label_en   text NOT NULL,
  valid_from date NOT NULL,
  valid_to   date, -- the first day on which it may not be used; null: it may
  PRIMARY KEY (kind, code)
);

-- Summaries and addresses may be about people: who read them, the first time in ten minutes.
CREATE TABLE register.access_log (
  seq       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at        timestamptz NOT NULL DEFAULT now(),
  subject   text NOT NULL,
  agency_id uuid NOT NULL,
  purpose   text NOT NULL,
  action    text NOT NULL,
  entry_id  bigint -- null: of a list
);
CREATE INDEX access_log_reader ON register.access_log (subject, action, at DESC);

-- Words as people type them: without case, diacritics and what stands between. Of an address both "12" and "5" of "12-5".
CREATE FUNCTION register.words(text text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT to_tsvector('simple', lower(translate(text, 'āčēģīķļņōŗšūžĀČĒĢĪĶĻŅŌŖŠŪŽ-/.,:;', 'acegiklnorsuzacegiklnorsuz      ')))
$$;
CREATE INDEX entry_words ON register.entry USING gin (register.words(coalesce(address, '') || ' ' || coalesce(summary, '')));

-- A map of little time is read from these indexes alone.
DROP INDEX register.entry_time;
CREATE INDEX entry_time ON register.entry (received_at DESC, id DESC) INCLUDE (agency_id, type_code, lon, lat);
DROP INDEX register.entry_agency_time;
CREATE INDEX entry_agency_time ON register.entry (agency_id, received_at DESC, id DESC) INCLUDE (type_code, lon, lat);
DROP INDEX register.entry_type_time;
CREATE INDEX entry_type_time ON register.entry (type_code, received_at DESC, id DESC) INCLUDE (agency_id, lon, lat);
DROP INDEX register.entry_agency_type_time;
CREATE INDEX entry_agency_type_time ON register.entry (agency_id, type_code, received_at DESC, id DESC) INCLUDE (lon, lat);

-- One of many years adds up whole years: how many entries of a year (UTC) lie in each cell. A cell of a level is 2^-level degrees wide and
-- high; x and y count cells from 0, 0. Kept by the trigger below, whoever writes entries.
CREATE TABLE register.year_cell (
  level     smallint NOT NULL,
  x         integer NOT NULL,
  y         integer NOT NULL,
  year      smallint NOT NULL,
  agency_id uuid NOT NULL,
  entries   integer NOT NULL,
  PRIMARY KEY (level, x, y, year, agency_id)
);

CREATE FUNCTION register.cells_of(lon float8, lat float8) RETURNS TABLE (level integer, x integer, y integer) LANGUAGE sql IMMUTABLE AS $$
  SELECT level, floor(lon * 2 ^ level)::integer, floor(lat * 2 ^ level)::integer FROM generate_series(0, 9) AS level
$$;

-- Of entries that are made or go: its argument is 1 or -1. Two that write the same cells at once lock them in one order.
CREATE FUNCTION register.count_entries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO register.year_cell AS c (level, x, y, year, agency_id, entries)
  SELECT cell.level, cell.x, cell.y, extract(year FROM received_at AT TIME ZONE 'UTC'), agency_id, sum(TG_ARGV[0]::integer)
  FROM changed CROSS JOIN register.cells_of(lon, lat) AS cell
  WHERE lon IS NOT NULL
  GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
  ON CONFLICT (level, x, y, year, agency_id) DO UPDATE SET entries = c.entries + excluded.entries;
  RETURN NULL;
END
$$;
CREATE TRIGGER count_made AFTER INSERT ON register.entry REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION register.count_entries('1');
CREATE TRIGGER count_gone AFTER DELETE ON register.entry REFERENCING OLD TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION register.count_entries('-1');

-- Of an entry whose place or time of report is another now.
CREATE FUNCTION register.move_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO register.year_cell AS c (level, x, y, year, agency_id, entries)
  SELECT cell.level, cell.x, cell.y, extract(year FROM at AT TIME ZONE 'UTC'), agency, sum(change)
  FROM (VALUES (OLD.lon, OLD.lat, OLD.received_at, OLD.agency_id, -1), (NEW.lon, NEW.lat, NEW.received_at, NEW.agency_id, 1))
    AS changed (lon, lat, at, agency, change)
  CROSS JOIN register.cells_of(lon, lat) AS cell
  WHERE lon IS NOT NULL
  GROUP BY 1, 2, 3, 4, 5 HAVING sum(change) <> 0 ORDER BY 1, 2, 3, 4, 5
  ON CONFLICT (level, x, y, year, agency_id) DO UPDATE SET entries = c.entries + excluded.entries;
  RETURN NULL;
END
$$;
CREATE TRIGGER count_moved AFTER UPDATE ON register.entry FOR EACH ROW
  WHEN ((OLD.lon, OLD.lat, OLD.received_at, OLD.agency_id) IS DISTINCT FROM (NEW.lon, NEW.lat, NEW.received_at, NEW.agency_id))
  EXECUTE FUNCTION register.move_entry();

-- what is there already
INSERT INTO register.year_cell (level, x, y, year, agency_id, entries)
SELECT cell.level, cell.x, cell.y, extract(year FROM received_at AT TIME ZONE 'UTC'), agency_id, count(*)
FROM register.entry CROSS JOIN register.cells_of(lon, lat) AS cell
WHERE lon IS NOT NULL
GROUP BY 1, 2, 3, 4, 5;
