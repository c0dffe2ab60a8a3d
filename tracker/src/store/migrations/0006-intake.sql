-- What crews send: streams with their durable seq, fixes in time partitions, crew events, and rejected items.

-- Numbers sessions across all nodes; the newest session of a device owns its streams.
CREATE SEQUENCE crew_session;

-- A stream is (device, epoch, lane); seq counts upwards in it without gaps. durable_seq is what the ack promises.
CREATE TABLE stream (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  agency_id   uuid NOT NULL REFERENCES agency,
  device_id   uuid NOT NULL REFERENCES device,
  epoch       bytea NOT NULL CHECK (octet_length(epoch) = 8),
  lane        smallint NOT NULL CHECK (lane BETWEEN 0 AND 2), -- 0 live, 1 backlog, 2 alarm
  session     bigint NOT NULL,
  durable_seq bigint NOT NULL DEFAULT 0,
  claimed_at  timestamptz NOT NULL DEFAULT now(),
  UNIQUE (device_id, epoch, lane)
) WITH (fillfactor = 50); -- room for updates in place: durable_seq changes with every flush

-- Partitioned by our own clock, so that a late fix never looks for a partition that is gone. B-tree only: a GiST index
-- on the hot partition costs a third of the throughput; compacted tracks carry the spatial one.
CREATE TABLE fix (
  unit_handle   integer NOT NULL,
  agency_no     integer NOT NULL, -- whose it was when it was recorded
  device_handle integer NOT NULL,
  stream_id     bigint NOT NULL,
  seq           bigint NOT NULL,
  fix_time      timestamptz NOT NULL,
  received_at   timestamptz NOT NULL,
  lon_e7        integer NOT NULL, -- degrees × 10⁷, WGS84
  lat_e7        integer NOT NULL,
  speed_cmps    integer,          -- null: unknown
  heading_cdeg  integer,
  accuracy_dm   integer,
  altitude_m    integer,
  flags         smallint NOT NULL DEFAULT 0,
  verdict       smallint NOT NULL DEFAULT 0 -- 0 good; else the number of the filter's code (tracker/SPEC.md)
) PARTITION BY RANGE (received_at);
CREATE INDEX fix_unit_time ON fix (unit_handle, fix_time);

-- For people and GIS tools.
CREATE VIEW fix_point AS
SELECT f.*, ST_SetSRID(ST_MakePoint(f.lon_e7 / 1e7, f.lat_e7 / 1e7), 4326) AS place FROM fix f;

-- Makes the partitions of the given UTC days; an insert must never look for one that is missing.
CREATE FUNCTION ensure_fix_partitions(first_day date, days integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  day date;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('fix partitions', 112)); -- two nodes may start at once
  FOR i IN 0 .. days - 1 LOOP
    day := first_day + i;
    EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF fix FOR VALUES FROM (%L) TO (%L)',
                   'fix_' || to_char(day, 'YYYYMMDD'),
                   day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC');
  END LOOP;
END $$;

-- Status changes, SOS, messages and receipts: stored and acked here first, carried out from here (applied_at) after.
CREATE TABLE crew_event (
  stream_id   bigint NOT NULL REFERENCES stream,
  seq         bigint NOT NULL,
  agency_id   uuid NOT NULL REFERENCES agency,
  device_id   uuid NOT NULL REFERENCES device,
  unit_id     uuid REFERENCES unit, -- null: the device was bound to no unit
  kind        text NOT NULL CHECK (kind IN ('status', 'sos', 'message', 'receipt')),
  event_time  timestamptz NOT NULL, -- the device's clock
  received_at timestamptz NOT NULL,
  body        jsonb NOT NULL,
  applied_at  timestamptz,
  outcome     text,                 -- applied, or the code of why not
  PRIMARY KEY (stream_id, seq)
);
CREATE INDEX crew_event_waiting ON crew_event (received_at) WHERE applied_at IS NULL;

-- An item that cannot be decoded but has a seq: kept and acked, so that it blocks nothing.
CREATE TABLE rejected_item (
  stream_id   bigint NOT NULL REFERENCES stream,
  seq         bigint NOT NULL,
  agency_id   uuid NOT NULL REFERENCES agency,
  received_at timestamptz NOT NULL,
  code        text NOT NULL,
  raw         bytea NOT NULL,
  PRIMARY KEY (stream_id, seq)
);
