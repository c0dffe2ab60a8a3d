-- The register of events (VNR), first cut: an entry for each VEK handed to a police agency, kept up to date until its outcome.
-- Needs PostGIS, for the map. Instants as the tracker gave them; nothing here is personal data of a caller.

CREATE EXTENSION IF NOT EXISTS postgis;

-- Where in the feed each agency's entries stand.
CREATE TABLE register.follower (
  name   text PRIMARY KEY, -- the agency's id
  cursor text NOT NULL
);

-- The last number given to an agency in a year (of Latvian time): numbers have no gaps.
CREATE TABLE register.entry_counter (
  agency_id uuid NOT NULL,
  year      integer NOT NULL,
  last      integer NOT NULL,
  PRIMARY KEY (agency_id, year)
);

CREATE TABLE register.entry (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  agency_id     uuid NOT NULL, -- whose entry it is
  number        text NOT NULL UNIQUE, -- VP-2026-000123
  vek_id        uuid NOT NULL,
  vek_number    bigint NOT NULL,
  vek_version   integer NOT NULL, -- of the card as it was last read
  taken_by      uuid NOT NULL, -- the agency that took the report
  channel       text NOT NULL,
  type_code     text,
  priority      text,
  place         geometry(Point, 4326),
  accuracy_m    real,
  address       text,
  summary       text,
  vek_status    text NOT NULL,
  part_status   text NOT NULL, -- of this agency's part; `own`: the agency took the report itself
  received_at   timestamptz NOT NULL,
  dispatched_at timestamptz, -- the agency's first unit
  on_scene_at   timestamptz, -- reaction time is from received_at to here
  closed_at     timestamptz,
  outcome_code  text,
  merged_into   uuid, -- the VEK that took this one in
  registered_at timestamptz NOT NULL DEFAULT now(),
  updated_at    timestamptz NOT NULL DEFAULT now(),
  UNIQUE (agency_id, vek_id)
);
-- a map of the whole country over a year is read from this index alone
CREATE INDEX entry_time ON register.entry (received_at DESC, id DESC) INCLUDE (agency_id, type_code, place);
CREATE INDEX entry_agency_time ON register.entry (agency_id, received_at DESC, id DESC);
CREATE INDEX entry_agency_type_time ON register.entry (agency_id, type_code, received_at DESC, id DESC);
CREATE INDEX entry_type_time ON register.entry (type_code, received_at DESC, id DESC);
CREATE INDEX entry_place ON register.entry USING gist (place);
CREATE INDEX entry_open ON register.entry (received_at DESC, id DESC) WHERE closed_at IS NULL;

-- What happened to an entry's VEK, as the feed told it: each event once.
CREATE TABLE register.entry_event (
  agency_id uuid NOT NULL,
  event_id  uuid NOT NULL,
  vek_id    uuid NOT NULL,
  type      text NOT NULL,
  at        timestamptz NOT NULL,
  data      jsonb NOT NULL, -- references and states, as in the event
  PRIMARY KEY (agency_id, event_id)
);
CREATE INDEX entry_event_vek ON register.entry_event (agency_id, vek_id, at);
