-- What the choice of units needs: run cards, whose ground a place is and which norms hold there, what is on board, who shares a
-- crew, who rests, who is kept for later; and what was decided, with all that it was decided from.

-- A version of a card is never changed: a new one takes its place, or it is withdrawn.
CREATE TABLE run_card (
  id           uuid PRIMARY KEY,
  agency_id    uuid NOT NULL REFERENCES agency, -- who published it
  code         text NOT NULL,
  version      integer NOT NULL,
  valid_from   date NOT NULL,
  card         jsonb NOT NULL, -- as the geo-engine's schema gives it, all fields filled in
  created_by   text NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  withdrawn_by text,
  withdrawn_at timestamptz,
  UNIQUE (code, version, valid_from)
);

-- An agency whose units serve these territories only. One that is in no row serves everywhere.
CREATE TABLE duty_area (
  id           uuid PRIMARY KEY,
  agency_id    uuid NOT NULL REFERENCES agency,
  territory_id uuid NOT NULL REFERENCES territory,
  version      integer NOT NULL DEFAULT 1,
  created_at   timestamptz NOT NULL DEFAULT now(),
  UNIQUE (agency_id, territory_id)
);
CREATE INDEX duty_area_territory ON duty_area (territory_id);

-- Which zone of a service's norms a territory is in. Where no territory says, the service's zones without one hold.
CREATE TABLE norm_zone (
  id           uuid PRIMARY KEY,
  agency_id    uuid NOT NULL REFERENCES agency,
  service      text NOT NULL,
  zone         text NOT NULL,
  territory_id uuid NOT NULL REFERENCES territory,
  version      integer NOT NULL DEFAULT 1,
  created_at   timestamptz NOT NULL DEFAULT now(),
  UNIQUE (service, territory_id)
);
CREATE INDEX norm_zone_territory ON norm_zone (territory_id);

-- One limit on a response. A change of the law ends one row and begins another.
CREATE TABLE response_norm (
  id         uuid PRIMARY KEY,
  agency_id  uuid NOT NULL REFERENCES agency,
  service    text NOT NULL,
  priority   text CHECK (priority IN ('P1', 'P2', 'P3', 'P4')), -- null: every priority
  zone       text,                                               -- null: everywhere
  phase      text NOT NULL CHECK (phase IN ('turnout', 'travel', 'reaction')), -- reaction: report received to arrival
  limit_s    integer NOT NULL CHECK (limit_s > 0),
  share      real CHECK (share > 0 AND share <= 1), -- of cases that must keep it; null: the source names none
  source     text NOT NULL,
  certainty  text NOT NULL CHECK (certainty IN ('read', 'second_hand', 'assumed')),
  valid_from date NOT NULL,
  valid_to   date CHECK (valid_to > valid_from), -- first day it no longer holds
  version    integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- Pieces and stocks of material on board.
CREATE TABLE unit_equipment (
  id         uuid PRIMARY KEY,
  agency_id  uuid NOT NULL REFERENCES agency,
  unit_id    uuid NOT NULL REFERENCES unit,
  code       text NOT NULL, -- foam, hose, sandbag …
  quantity   double precision NOT NULL CHECK (quantity >= 0), -- litres, metres or pieces, as the code says
  version    integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (unit_id, code)
);

-- Shifts with the same crew at the same time are one crew, which mans one of these units at a time.
ALTER TABLE crew_shift ADD COLUMN crew text;

-- When a unit's crew should rest.
CREATE TABLE crew_rest (
  id         uuid PRIMARY KEY,
  agency_id  uuid NOT NULL REFERENCES agency,
  unit_id    uuid NOT NULL REFERENCES unit,
  starts_at  timestamptz NOT NULL,
  ends_at    timestamptz NOT NULL CHECK (ends_at > starts_at),
  version    integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX crew_rest_unit ON crew_rest (unit_id, ends_at);

-- A unit that is kept for an event at a known time.
CREATE TABLE reservation (
  id         uuid PRIMARY KEY,
  agency_id  uuid NOT NULL REFERENCES agency,
  unit_id    uuid NOT NULL REFERENCES unit,
  vek_id     uuid NOT NULL REFERENCES vek,
  starts_at  timestamptz NOT NULL,
  ends_at    timestamptz NOT NULL CHECK (ends_at > starts_at),
  version    integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX reservation_unit ON reservation (unit_id, ends_at);

-- How far it was raised: units of levels above are not looked for. Levels add up.
ALTER TABLE vek ADD COLUMN alarm_level smallint NOT NULL DEFAULT 1 CHECK (alarm_level BETWEEN 1 AND 10);

-- When its crew expects to be free again, as somebody said.
ALTER TABLE assignment ADD COLUMN expected_free_at timestamptz;
-- when a unit's last call ended
CREATE INDEX assignment_unit ON assignment (unit_id);

-- The settings of an agency; what it does not name is as the code has it.
CREATE TABLE dispatch_policy (
  agency_id  uuid PRIMARY KEY REFERENCES agency,
  policy     jsonb NOT NULL,
  version    integer NOT NULL DEFAULT 1,
  updated_by text NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);

-- A recommendation as it was given, to the byte, with its input: it can be decided again and compared.
CREATE TABLE decision (
  id            uuid PRIMARY KEY,
  agency_id     uuid NOT NULL REFERENCES agency, -- whose desk asked
  asked_by      text NOT NULL,
  vek_id        uuid, -- no reference: a card that is not stored yet may be asked about
  card_id       uuid,
  at            timestamptz NOT NULL,
  format        integer NOT NULL,
  input         text NOT NULL,
  output        text NOT NULL,
  input_sha256  text NOT NULL,
  output_sha256 text NOT NULL,
  stored_at     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX decision_vek ON decision (vek_id, at);

-- What a decision expected of each unit it named: what travel times are learnt from.
CREATE TABLE decision_unit (
  decision_id uuid NOT NULL REFERENCES decision ON DELETE CASCADE,
  agency_id   uuid NOT NULL REFERENCES agency,
  vek_id      uuid,
  unit_id     uuid NOT NULL,
  zone        text NOT NULL,   -- code of the narrowest municipality, or '' outside of all
  travel_ms   integer NOT NULL, -- by road, without a correction
  at          timestamptz NOT NULL,
  PRIMARY KEY (decision_id, unit_id)
);
CREATE INDEX decision_unit_vek ON decision_unit (vek_id, unit_id, at);

-- Learnt factor on travel times, by hour of the day in Rīga and zone.
CREATE TABLE travel_correction (
  zone      text NOT NULL,
  hour      smallint NOT NULL CHECK (hour BETWEEN 0 AND 23),
  factor    double precision NOT NULL CHECK (factor > 0),
  samples   integer NOT NULL,
  learnt_at timestamptz NOT NULL,
  PRIMARY KEY (zone, hour)
);

-- Something better that a dispatcher may do. Nothing of it happens by itself.
CREATE TABLE proposal (
  id          uuid PRIMARY KEY,
  agency_id   uuid NOT NULL REFERENCES agency, -- owner of the VEK
  vek_id      uuid NOT NULL REFERENCES vek,
  from_vek_id uuid REFERENCES vek,
  key         text NOT NULL, -- what it is about, whatever its gain
  body        jsonb NOT NULL,
  state       text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'withdrawn', 'confirmed', 'dismissed')),
  reason      text,
  settled_by  text,
  made_at     timestamptz NOT NULL DEFAULT now(),
  settled_at  timestamptz,
  version     integer NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX proposal_open ON proposal (key) WHERE state = 'open';
CREATE INDEX proposal_vek ON proposal (vek_id, state);
