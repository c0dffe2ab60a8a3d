-- What can be dispatched: stations, vehicles, units with capabilities, who is on shift, and the devices that report.

CREATE TABLE station (
  id         uuid PRIMARY KEY,
  agency_id  uuid NOT NULL REFERENCES agency,
  code       text NOT NULL,
  name       text NOT NULL,
  kind       text NOT NULL, -- dala, postenis, precinct, region, brigade_base, port, other (data, not a closed list)
  place      geometry(Point, 4326) NOT NULL,
  address    text,
  version    integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (agency_id, code)
);
CREATE INDEX station_place ON station USING gist (place);

CREATE TABLE vehicle (
  id           uuid PRIMARY KEY,
  agency_id    uuid NOT NULL REFERENCES agency,
  station_id   uuid REFERENCES station,
  registration text NOT NULL,
  kind         text NOT NULL, -- tanker, ladder, patrol, medical_team_2 …
  profile      text NOT NULL DEFAULT 'car' CHECK (profile IN ('heavy', 'car', 'ambulance', 'boat')),
  version      integer NOT NULL DEFAULT 1,
  created_at   timestamptz NOT NULL DEFAULT now(),
  UNIQUE (agency_id, registration)
);

-- Crew + vehicle: the thing that is dispatched. Its shown status is derived from its assignments, and kept here
-- (with since when) for readers; status_at_rest is what it falls back to when no assignment is active.
CREATE TABLE unit (
  id             uuid PRIMARY KEY,
  handle         integer GENERATED ALWAYS AS IDENTITY UNIQUE, -- 32-bit, for frames
  agency_id      uuid NOT NULL REFERENCES agency,
  station_id     uuid REFERENCES station,
  vehicle_id     uuid REFERENCES vehicle,
  callsign       text NOT NULL,
  kind           text NOT NULL,
  status         text NOT NULL DEFAULT 'off_duty',
  status_at_rest text NOT NULL DEFAULT 'off_duty',
  status_since   timestamptz NOT NULL DEFAULT now(),
  status_source  text NOT NULL DEFAULT 'system' CHECK (status_source IN ('crew', 'dispatcher', 'system')),
  version        integer NOT NULL DEFAULT 1,
  retired_at     timestamptz,
  created_at     timestamptz NOT NULL DEFAULT now(),
  UNIQUE (agency_id, callsign)
);
CREATE INDEX unit_station ON unit (station_id);

CREATE TABLE unit_capability (
  unit_id   uuid NOT NULL REFERENCES unit ON DELETE CASCADE,
  agency_id uuid NOT NULL REFERENCES agency,
  code      text NOT NULL, -- pump, water, ladder, als, patrol, dive …
  quantity  double precision NOT NULL DEFAULT 1 CHECK (quantity > 0), -- litres, metres or pieces, as the code says
  PRIMARY KEY (unit_id, code)
);

CREATE TABLE crew_shift (
  id             uuid PRIMARY KEY,
  agency_id      uuid NOT NULL REFERENCES agency,
  unit_id        uuid NOT NULL REFERENCES unit,
  starts_at      timestamptz NOT NULL,
  ends_at        timestamptz NOT NULL CHECK (ends_at > starts_at),
  head_count     smallint NOT NULL CHECK (head_count >= 0),
  qualifications jsonb NOT NULL DEFAULT '{}', -- {"commander": 1, "paramedic": 2}
  version        integer NOT NULL DEFAULT 1,
  created_at     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX crew_shift_unit ON crew_shift (unit_id, starts_at);

-- What sends positions. The token itself is never stored, only its SHA-256.
CREATE TABLE device (
  id                uuid PRIMARY KEY,
  handle            integer GENERATED ALWAYS AS IDENTITY UNIQUE,
  agency_id         uuid NOT NULL REFERENCES agency,
  kind              text NOT NULL CHECK (kind IN ('vehicle', 'tablet', 'phone', 'radio', 'tracker')),
  name              text NOT NULL,
  token_sha256      bytea NOT NULL UNIQUE CHECK (octet_length(token_sha256) = 32),
  report_interval_s smallint NOT NULL DEFAULT 10 CHECK (report_interval_s BETWEEN 1 AND 3600),
  revoked_at        timestamptz,
  version           integer NOT NULL DEFAULT 1,
  created_at        timestamptz NOT NULL DEFAULT now()
);

-- A device belongs to a unit for a time. A unit may have several; the highest priority that is fresh is live.
CREATE TABLE device_binding (
  id         uuid PRIMARY KEY,
  agency_id  uuid NOT NULL REFERENCES agency,
  device_id  uuid NOT NULL REFERENCES device,
  unit_id    uuid NOT NULL REFERENCES unit,
  priority   smallint NOT NULL DEFAULT 100, -- larger wins
  starts_at  timestamptz NOT NULL DEFAULT now(),
  ends_at    timestamptz,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX device_binding_open ON device_binding (device_id) WHERE ends_at IS NULL;
CREATE INDEX device_binding_unit ON device_binding (unit_id);
