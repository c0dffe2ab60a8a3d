-- The feed and the audit log. Rows that are not of an agency (the head) are the machine's own.

-- One event per change of state, written in the change's own transaction under the aggregate's advisory lock.
-- seq orders the events of one aggregate as its versions; position is stamped on committed rows by the sequencer.
CREATE TABLE feed_event (
  seq               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id                uuid NOT NULL UNIQUE,
  position          bigint UNIQUE,          -- dense, total order; null until stamped
  agency_id         uuid NOT NULL REFERENCES agency,
  concerned         uuid[] NOT NULL,        -- every agency whose part the event touches; always holds agency_id
  type              text NOT NULL,          -- lv.vanags.vek.created.v1
  aggregate_kind    text NOT NULL,          -- vek, unit, agency …
  aggregate_id      uuid NOT NULL,
  aggregate_version integer NOT NULL,
  data              jsonb NOT NULL,         -- references and states only: no personal data
  at                timestamptz NOT NULL,
  recorded_at       timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX feed_event_unstamped ON feed_event (seq) WHERE position IS NULL;

-- Append-only. Written in the command's transaction; chained within a second by the sequencer, outside it.
CREATE TABLE audit_entry (
  seq          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id           uuid NOT NULL UNIQUE,
  position     bigint UNIQUE,
  hash         bytea, -- SHA-256 over the previous hash and the canonical row
  agency_id    uuid NOT NULL REFERENCES agency,
  actor        text NOT NULL,
  purpose      text,
  action       text NOT NULL,
  subject_kind text NOT NULL,
  subject_id   text NOT NULL,
  source_ip    text,
  detail       jsonb NOT NULL DEFAULT '{}',
  at           timestamptz NOT NULL
);
CREATE INDEX audit_entry_unchained ON audit_entry (seq) WHERE position IS NULL;
CREATE INDEX audit_entry_subject ON audit_entry (subject_kind, subject_id);

-- One row. Whoever stamps locks it first, so positions stay dense even if two processes think they hold the lease.
CREATE TABLE feed_head (
  one_row        boolean PRIMARY KEY DEFAULT true CHECK (one_row),
  position       bigint NOT NULL DEFAULT 0, -- last stamped
  floor          bigint NOT NULL DEFAULT 0, -- events at or before it may be gone (retention)
  audit_position bigint NOT NULL DEFAULT 0,
  audit_hash     bytea NOT NULL DEFAULT '\x0000000000000000000000000000000000000000000000000000000000000000'
);
INSERT INTO feed_head DEFAULT VALUES;

-- A consumer's cursor that lives on the server.
CREATE TABLE feed_cursor (
  consumer   text NOT NULL,
  agency_id  uuid NOT NULL REFERENCES agency,
  position   bigint NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (agency_id, consumer)
);
