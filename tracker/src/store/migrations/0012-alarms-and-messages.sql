-- Crews' calls for help, each open until a person acknowledges it, and what desks write to crews.

CREATE TABLE alarm (
  id              uuid PRIMARY KEY,
  agency_id       uuid NOT NULL REFERENCES agency,
  unit_id         uuid REFERENCES unit,    -- null: the device belonged to no unit
  device_id       uuid NOT NULL REFERENCES device,
  stream_id       bigint NOT NULL,         -- with seq: the crew event, which holds the words
  seq             bigint NOT NULL,
  called_at       timestamptz NOT NULL,    -- the device's clock
  received_at     timestamptz NOT NULL,    -- ours
  lon_e7          integer,                 -- degrees × 10⁷, WGS84; null: nobody knows where
  lat_e7          integer,
  place_at        timestamptz,             -- when it was there
  place_source    text CHECK (place_source IN ('device', 'last_fix')),
  told_at         timestamptz NOT NULL DEFAULT clock_timestamp(), -- raised, or last repeated
  repeats         integer NOT NULL DEFAULT 0,
  acknowledged_at timestamptz,
  acknowledged_by text,
  version         integer NOT NULL DEFAULT 1,
  UNIQUE (stream_id, seq)
);
CREATE INDEX alarm_open ON alarm (told_at) WHERE acknowledged_at IS NULL;
CREATE INDEX alarm_received ON alarm (received_at);

-- Sent to the unit's devices until one of them says that its crew has read it.
CREATE TABLE crew_message (
  id          uuid PRIMARY KEY,
  agency_id   uuid NOT NULL REFERENCES agency, -- of the unit
  unit_id     uuid NOT NULL REFERENCES unit,
  sent_by     text NOT NULL,                   -- subject of who wrote it
  sender_name text NOT NULL,                   -- what the crew is shown
  body        text NOT NULL,
  sent_at     timestamptz NOT NULL,
  read_at     timestamptz,                     -- the device's clock
  version     integer NOT NULL DEFAULT 1
);
CREATE INDEX crew_message_unread ON crew_message (unit_id) WHERE read_at IS NULL;
CREATE INDEX crew_message_unit ON crew_message (unit_id, sent_at);
CREATE INDEX crew_event_message ON crew_event (unit_id, received_at) WHERE kind = 'message';
