-- What waits for a person, and since when; who looked at a card first; places of units that somebody entered; commands sent under a key.

-- One command's outcome, kept in the transaction of its effect, so that sent again it gets the first answer.
CREATE TABLE idempotency_key (
  agency_id      uuid NOT NULL REFERENCES agency,
  subject        text NOT NULL,     -- who sent it
  key            text NOT NULL,
  step           smallint NOT NULL, -- a command may be several changes, one after another
  request_sha256 bytea NOT NULL CHECK (octet_length(request_sha256) = 32),
  outcome        jsonb,             -- {"value": …}; null: it held a secret that is shown once
  status         smallint,          -- of the answer as it was given
  answer         text,
  created_at     timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (agency_id, subject, key, step)
);
CREATE INDEX idempotency_key_age ON idempotency_key (created_at);

-- Who of an agency looked at a card first.
CREATE TABLE vek_opened (
  vek_id    uuid NOT NULL REFERENCES vek,
  agency_id uuid NOT NULL REFERENCES agency,
  opened_by text NOT NULL,
  opened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (vek_id, agency_id)
);

-- Where somebody says that a unit is or was. The newest is shown until a device of the unit reports.
CREATE TABLE unit_position_by_hand (
  id         uuid PRIMARY KEY,
  agency_id  uuid NOT NULL REFERENCES agency, -- of the unit
  unit_id    uuid NOT NULL REFERENCES unit,
  lon_e7     integer NOT NULL,                -- degrees × 10⁷, WGS84
  lat_e7     integer NOT NULL,
  at         timestamptz NOT NULL,            -- when it was there
  entered_by text NOT NULL,
  entered_at timestamptz NOT NULL,
  note       text
);
CREATE INDEX unit_position_by_hand_unit ON unit_position_by_hand (unit_id, at DESC);

-- Limits of an agency; what it does not name is as the code has it.
CREATE TABLE attention_policy (
  agency_id  uuid PRIMARY KEY REFERENCES agency,
  policy     jsonb NOT NULL,
  version    integer NOT NULL DEFAULT 1,
  updated_by text NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);

-- Something that waits for a person for too long: raised once a cause, told level by level until somebody acknowledges it or the cause is gone.
CREATE TABLE attention (
  id              uuid PRIMARY KEY,
  cause           text NOT NULL UNIQUE,
  kind            text NOT NULL CHECK (kind IN ('vek_unopened', 'vek_unanswered', 'vek_without_unit', 'part_unanswered', 'part_returned',
                                                'assignment_unacknowledged', 'status_too_long', 'safety_check')),
  agency_id       uuid NOT NULL REFERENCES agency, -- whose people are to act
  owner_id        uuid NOT NULL REFERENCES agency, -- who answers for the card, told last; of a unit without a card its own agency
  desk            text,                            -- subject of who is told first; null: all desks are
  vek_id          uuid REFERENCES vek,
  assignment_id   uuid REFERENCES assignment,
  unit_id         uuid REFERENCES unit,
  since           timestamptz NOT NULL,            -- how long it waits
  level           smallint NOT NULL CHECK (level BETWEEN 1 AND 4), -- desk, agency, commander, owner
  raised_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
  told_at         timestamptz NOT NULL DEFAULT clock_timestamp(), -- raised, or last told again
  due_at          timestamptz,                     -- told again then; null: no more
  repeats         integer NOT NULL DEFAULT 0,
  acknowledged_at timestamptz,
  acknowledged_by text,
  cleared_at      timestamptz,
  version         integer NOT NULL DEFAULT 1
);
CREATE INDEX attention_open ON attention (raised_at) WHERE cleared_at IS NULL;
CREATE INDEX attention_due ON attention (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX attention_cleared ON attention (cleared_at) WHERE cleared_at IS NOT NULL;
CREATE INDEX attention_safety_check ON attention (unit_id, acknowledged_at) WHERE kind = 'safety_check';
-- a handful of all units is at work
CREATE INDEX unit_at_work ON unit (status) WHERE status IN ('dispatched', 'en_route', 'on_scene', 'transporting', 'at_destination', 'returning');

-- All that waits for a person at this moment, whether or not too long yet. limit_key: by which its limit is looked up, a priority or a status;
-- a card without a priority counts as the most urgent, since nobody knows better.
CREATE VIEW attention_cause AS
WITH card AS (
  SELECT id, coalesce(responsible_id, agency_id) AS owner_id, priority, coalesce(priority, 'P1') AS urgency, status,
         greatest(created_at, reopened_at) AS open_since
  FROM vek WHERE status NOT IN ('closed', 'cancelled', 'transferred', 'merged')
),
under_way AS (
  SELECT a.*, v.owner_id, v.urgency FROM assignment a JOIN card v ON v.id = a.vek_id WHERE a.status NOT IN ('queued', 'done', 'cancelled')
),
-- cards that nobody has taken: no part accepted, no unit sent
untaken AS (
  SELECT v.*, (SELECT max(responded_at) FROM vek_service s WHERE s.vek_id = v.id) AS answered_at
  FROM card v
  WHERE v.status IN ('new', 'recommended')
    AND NOT EXISTS (SELECT FROM vek_service s WHERE s.vek_id = v.id AND s.status IN ('accepted', 'assigned', 'in_progress'))
    AND NOT EXISTS (SELECT FROM under_way a WHERE a.vek_id = v.id)
),
waiting AS (
  SELECT 'vek_unopened' AS kind, id::text AS about, owner_id AS agency_id, owner_id, NULL::text AS desk, id AS vek_id, NULL::uuid AS assignment_id,
         NULL::uuid AS unit_id, open_since AS since, urgency AS limit_key, urgency
  FROM untaken v WHERE NOT EXISTS (SELECT FROM vek_opened o WHERE o.vek_id = v.id)
  UNION ALL
  SELECT 'vek_unanswered', id::text, owner_id, owner_id, NULL, id, NULL, NULL, greatest(open_since, answered_at), urgency, urgency FROM untaken
  UNION ALL
  -- counted anew from the end of the last unit's work there
  SELECT 'vek_without_unit', id::text, owner_id, owner_id, NULL, id, NULL, NULL,
         greatest(open_since, (SELECT max(m.received_at) FROM assignment a JOIN assignment_milestone m ON m.assignment_id = a.id
                               WHERE a.vek_id = v.id AND m.code IN ('done', 'cancelled'))), urgency, urgency
  FROM card v
  WHERE priority = 'P1' AND status <> 'resolved' AND NOT EXISTS (SELECT FROM under_way a WHERE a.vek_id = v.id)
  UNION ALL
  SELECT 'part_unanswered', s.vek_id || ':' || s.agency_id, s.agency_id, v.owner_id, NULL, v.id, NULL, NULL, s.offered_at, v.urgency, v.urgency
  FROM vek_service s JOIN card v ON v.id = s.vek_id WHERE s.status = 'offered'
  UNION ALL
  SELECT 'part_returned', s.vek_id || ':' || s.agency_id, v.owner_id, v.owner_id, NULL, v.id, NULL, NULL, s.responded_at, v.urgency, v.urgency
  FROM vek_service s JOIN card v ON v.id = s.vek_id
  WHERE s.status IN ('refused', 'timed_out', 'returned') AND s.responded_at IS NOT NULL AND v.status <> 'resolved'
  UNION ALL
  SELECT 'assignment_unacknowledged', a.id::text, a.agency_id, a.owner_id, a.assigned_by, a.vek_id, a.id, a.unit_id, a.created_at, a.urgency, a.urgency
  FROM under_way a
  WHERE a.status = 'dispatched' AND NOT EXISTS (SELECT FROM assignment_milestone m WHERE m.assignment_id = a.id AND m.code <> 'dispatched')
  UNION ALL
  SELECT 'status_too_long', u.id || ':' || u.status, u.agency_id, coalesce(a.owner_id, u.agency_id), a.assigned_by, a.vek_id, a.id, u.id,
         u.status_since, u.status, coalesce(a.urgency, 'P4')
  FROM unit u LEFT JOIN under_way a ON a.unit_id = u.id
  WHERE u.status IN ('dispatched', 'en_route', 'on_scene', 'transporting', 'at_destination', 'returning') AND u.retired_at IS NULL
  UNION ALL
  -- asked again so long after the last answer
  SELECT 'safety_check', u.id::text, u.agency_id, a.owner_id, a.assigned_by, a.vek_id, a.id, u.id,
         greatest(u.status_since, (SELECT max(acknowledged_at) FROM attention c WHERE c.unit_id = u.id AND c.kind = 'safety_check')),
         a.urgency, a.urgency
  FROM unit u JOIN under_way a ON a.unit_id = u.id WHERE u.status = 'on_scene' AND u.retired_at IS NULL
)
SELECT kind || ':' || about || ':' || (extract(epoch FROM since) * 1000)::bigint AS cause, * FROM waiting;
