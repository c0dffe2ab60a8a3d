-- Call records on their way to VEKs. Callers' data are here by right: each read of them is in calls.access_log.

CREATE TABLE calls.follower (
  name   text PRIMARY KEY,
  cursor text NOT NULL
);

CREATE TABLE calls.call (
  id             uuid PRIMARY KEY,
  source         text NOT NULL, -- the system that told of it
  source_call_id text NOT NULL, -- its own name of the call
  channel        text NOT NULL,
  phone          text,          -- +371…; null: withheld, or a phone without a SIM
  caller_name    text,
  words          text,          -- of an SMS, or of who transfers the call
  detail         jsonb,         -- what an eCall or a transfer brings besides
  received_at    timestamptz NOT NULL,
  lon            float8,
  lat            float8,
  accuracy_m     float8,        -- null beside a place: it was told as exact
  place_from     text CHECK (place_from IN ('source', 'ecall', 'aml')),
  vek_id         uuid UNIQUE,   -- made before the tracker hears of it; null: a test, of which there is no VEK
  vek_number     bigint,        -- null until the tracker has it
  vek_status     text,
  created_at     timestamptz NOT NULL DEFAULT now(),
  UNIQUE (source, source_call_id)
);
CREATE INDEX call_phone ON calls.call (phone, received_at DESC) WHERE phone IS NOT NULL;
CREATE INDEX call_received ON calls.call (received_at DESC);

CREATE TABLE calls.aml_report (
  id             uuid PRIMARY KEY,
  sha256         bytea NOT NULL UNIQUE, -- of the message: phones and gateways send it again
  form           text NOT NULL CHECK (form IN ('https', 'sms')),
  is_trusted     boolean NOT NULL,      -- false: not signed as it should be; kept, and believed by nobody
  phone          text,
  imei           text,
  lon            float8,
  lat            float8,
  accuracy_m     float8,
  confidence_pct float8,
  method         text,
  fix_at         timestamptz,
  received_at    timestamptz NOT NULL,
  call_id        uuid REFERENCES calls.call ON DELETE CASCADE
);
CREATE INDEX aml_report_waiting ON calls.aml_report (phone, received_at) WHERE call_id IS NULL;
CREATE INDEX aml_report_call ON calls.aml_report (call_id);

-- What the tracker must still be told, in order. Written with the call itself, and gone only once the tracker has it.
CREATE TABLE calls.outbox (
  seq       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  call_id   uuid NOT NULL REFERENCES calls.call ON DELETE CASCADE,
  kind      text NOT NULL CHECK (kind IN ('create', 'place')),
  tries     integer NOT NULL DEFAULT 0,
  next_at   timestamptz NOT NULL DEFAULT now(),
  refused   text, -- code with which the tracker refused it: a person must look, and it is tried on
  queued_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (call_id, kind)
);
CREATE INDEX outbox_next ON calls.outbox (next_at);

CREATE TABLE calls.access_log (
  seq       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at        timestamptz NOT NULL DEFAULT now(),
  subject   text NOT NULL,
  agency_id uuid NOT NULL,
  action    text NOT NULL,
  call_id   uuid NOT NULL
);
