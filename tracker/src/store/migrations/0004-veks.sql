-- The VEK (unified electronic incident card), each agency's part in it, assignments with their milestones, and holds.

CREATE TABLE vek (
  id             uuid PRIMARY KEY,
  number         bigint GENERATED ALWAYS AS IDENTITY UNIQUE, -- for people: read out over the radio
  agency_id      uuid NOT NULL REFERENCES agency,            -- who took the report
  channel        text NOT NULL CHECK (channel IN ('voice', 'sms', 'app', 'ecall_auto', 'ecall_manual', 'transfer', 'manual')),
  type_code      text,     -- null while only the place is known: WHERE is asked before WHAT
  priority       text CHECK (priority IN ('P1', 'P2', 'P3', 'P4')),
  place          geometry(Point, 4326),
  accuracy_m     real CHECK (accuracy_m >= 0), -- radius of the circle the caller is in
  address        text,
  summary        text,
  status         text NOT NULL DEFAULT 'new' CHECK (status IN ('new', 'recommended', 'assigned', 'in_progress', 'resolved',
                                                               'closed', 'cancelled', 'transferred', 'merged')),
  received_at    timestamptz NOT NULL,
  closed_at      timestamptz,
  version        integer NOT NULL DEFAULT 1,
  created_at     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX vek_place ON vek USING gist (place);
CREATE INDEX vek_open ON vek (received_at) WHERE status NOT IN ('closed', 'cancelled', 'transferred', 'merged');

-- Personal data of the caller, apart from the card: read only by those who handle the call, each read audited.
CREATE TABLE vek_caller (
  vek_id    uuid PRIMARY KEY REFERENCES vek,
  agency_id uuid NOT NULL REFERENCES agency,
  phone     text,
  name      text,
  note      text
);

-- One agency's part of a VEK, with its own acceptance and status. The VEK is shared, its parts are not.
CREATE TABLE vek_service (
  vek_id       uuid NOT NULL REFERENCES vek,
  agency_id    uuid NOT NULL REFERENCES agency,
  status       text NOT NULL DEFAULT 'offered' CHECK (status IN ('offered', 'accepted', 'refused', 'assigned', 'in_progress', 'done')),
  offered_at   timestamptz NOT NULL DEFAULT now(),
  responded_at timestamptz,
  done_at      timestamptz,
  reason       text,
  version      integer NOT NULL DEFAULT 1,
  PRIMARY KEY (vek_id, agency_id)
);
CREATE INDEX vek_service_agency ON vek_service (agency_id);

CREATE TABLE assignment (
  id          uuid PRIMARY KEY,
  agency_id   uuid NOT NULL REFERENCES agency,
  vek_id      uuid NOT NULL REFERENCES vek,
  unit_id     uuid NOT NULL REFERENCES unit,
  status      text NOT NULL DEFAULT 'dispatched' CHECK (status IN ('queued', 'dispatched', 'en_route', 'on_scene', 'transporting',
                                                                   'at_destination', 'done', 'cancelled')),
  assigned_by text NOT NULL,
  version     integer NOT NULL DEFAULT 1,
  created_at  timestamptz NOT NULL DEFAULT now()
);
-- at most one active assignment a unit: the rule that two desks meet, in the database
CREATE UNIQUE INDEX assignment_active ON assignment (unit_id) WHERE status NOT IN ('queued', 'done', 'cancelled');
CREATE INDEX assignment_vek ON assignment (vek_id);

-- Written once per assignment and code; a second assignment of the unit never resets the first one's.
CREATE TABLE assignment_milestone (
  assignment_id uuid NOT NULL REFERENCES assignment,
  agency_id     uuid NOT NULL REFERENCES agency,
  code          text NOT NULL, -- dispatched, acknowledged, en_route, on_scene, transporting, at_destination, done, cancelled
  at            timestamptz NOT NULL, -- the device's clock, or the dispatcher's
  received_at   timestamptz NOT NULL, -- ours
  source        text NOT NULL CHECK (source IN ('crew', 'dispatcher', 'system')),
  PRIMARY KEY (assignment_id, code)
);

-- An offered unit, held until expires_at. One row a unit: two desks cannot be given the same crew.
CREATE TABLE unit_hold (
  unit_id    uuid PRIMARY KEY REFERENCES unit,
  id         uuid NOT NULL UNIQUE,
  agency_id  uuid NOT NULL REFERENCES agency,
  vek_id     uuid NOT NULL REFERENCES vek,
  held_by    text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL
);
