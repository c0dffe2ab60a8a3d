-- The life of a VEK: who answers for it, what became of it, what happened on it, what is kept apart from it; and reliefs.

ALTER TABLE vek
  ADD COLUMN responsible_id  uuid REFERENCES agency,         -- who answers for the whole card since it was handed over; null: its owner
  ADD COLUMN merged_into     uuid REFERENCES vek,            -- of a merged card: the one it went into then, which may be merged by now
  ADD COLUMN co_owners       uuid[] NOT NULL DEFAULT '{}',   -- owners of the cards that were merged into this one
  ADD COLUMN objects         text[] NOT NULL DEFAULT '{}',   -- codes of objects concerned: school, hospital …
  ADD COLUMN outcome         text,                           -- code
  ADD COLUMN outcome_note    text,
  ADD COLUMN reopened_at     timestamptz,                    -- last: parts that were done before count no more
  ADD COLUMN external_system text,                           -- the record elsewhere that it was made from
  ADD COLUMN external_id     text,
  ADD CHECK ((merged_into IS NOT NULL) = (status = 'merged')),
  ADD CHECK ((external_system IS NULL) = (external_id IS NULL));
CREATE UNIQUE INDEX vek_external ON vek (agency_id, external_system, external_id);
CREATE INDEX vek_merged ON vek (merged_into) WHERE merged_into IS NOT NULL;
-- where a report may be one of what is known: open cards by their place, and those that ended lately
CREATE INDEX vek_open_place ON vek USING gist ((place::geography)) WHERE status NOT IN ('closed', 'cancelled', 'transferred', 'merged');
CREATE INDEX vek_closed ON vek (closed_at) WHERE closed_at IS NOT NULL;

-- The card that a merged one ended in; any other: itself. Merging into a merged card is refused, so this ends.
CREATE FUNCTION vek_survivor(card uuid) RETURNS uuid LANGUAGE sql STABLE AS $$
  WITH RECURSIVE way AS (
    SELECT id, merged_into FROM vek WHERE id = card
    UNION ALL
    SELECT v.id, v.merged_into FROM way w JOIN vek v ON v.id = w.merged_into
  )
  SELECT id FROM way WHERE merged_into IS NULL
$$;

ALTER TABLE vek_service DROP CONSTRAINT vek_service_status_check;
ALTER TABLE vek_service
  ADD COLUMN transfer   boolean NOT NULL DEFAULT false, -- who accepts it answers for the whole card
  ADD COLUMN offered_by uuid REFERENCES agency,
  ADD COLUMN respond_by timestamptz,                    -- an offer that nobody has answered by then is over; null: it waits
  ADD CONSTRAINT vek_service_status_check CHECK (status IN ('offered', 'accepted', 'refused', 'timed_out', 'returned',
                                                            'assigned', 'in_progress', 'done'));
CREATE INDEX vek_service_due ON vek_service (respond_by) WHERE status = 'offered' AND respond_by IS NOT NULL;

-- The assignment that this one takes over from, with its place in the incident: each keeps milestones of its own.
ALTER TABLE assignment ADD COLUMN relieves_id uuid REFERENCES assignment;
CREATE UNIQUE INDEX assignment_relief ON assignment (relieves_id) WHERE relieves_id IS NOT NULL AND status <> 'cancelled';
ALTER TABLE assignment_milestone ADD CHECK (code IN ('dispatched', 'acknowledged', 'en_route', 'on_scene', 'transporting', 'at_destination',
                                                     'relieved', 'done', 'cancelled'));

-- What happened on a card: one row for each of its versions, and for what leaves the version as it is. Written with the change itself.
CREATE TABLE vek_history (
  seq         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  vek_id      uuid NOT NULL REFERENCES vek,
  version     integer NOT NULL,             -- of the card, after it
  what        text NOT NULL,                -- code
  agency_id   uuid REFERENCES agency,       -- whose person or crew did it; null: the machine
  actor       text NOT NULL,                -- subject of a person, `crew` or `system`
  changes     jsonb NOT NULL DEFAULT '[]',  -- [{field, from, to}]
  detail      jsonb NOT NULL DEFAULT '{}',  -- ids and codes; words of a caller or about one never
  at          timestamptz NOT NULL,         -- when it happened
  recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX vek_history_vek ON vek_history (vek_id, seq);

-- What differs between two states of a card, by the names that the API has for it.
CREATE FUNCTION vek_changes(was vek, now vek) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT coalesce(jsonb_agg(jsonb_build_object('field', field, 'from', before, 'to', after) ORDER BY nr), '[]')
  FROM (VALUES
    (1, 'typeCode', to_jsonb(was.type_code), to_jsonb(now.type_code)),
    (2, 'priority', to_jsonb(was.priority), to_jsonb(now.priority)),
    (3, 'place', CASE WHEN was.place IS NOT NULL THEN to_jsonb(ARRAY[ST_X(was.place), ST_Y(was.place)]) END,
                 CASE WHEN now.place IS NOT NULL THEN to_jsonb(ARRAY[ST_X(now.place), ST_Y(now.place)]) END),
    (4, 'accuracyM', to_jsonb(was.accuracy_m), to_jsonb(now.accuracy_m)),
    (5, 'address', to_jsonb(was.address), to_jsonb(now.address)),
    (6, 'summary', to_jsonb(was.summary), to_jsonb(now.summary)),
    (7, 'objects', to_jsonb(was.objects), to_jsonb(now.objects)),
    (8, 'alarmLevel', to_jsonb(was.alarm_level), to_jsonb(now.alarm_level)),
    (9, 'status', to_jsonb(was.status), to_jsonb(now.status)),
    (10, 'outcome', to_jsonb(was.outcome), to_jsonb(now.outcome)),
    (11, 'responsibleId', to_jsonb(coalesce(was.responsible_id, was.agency_id)), to_jsonb(coalesce(now.responsible_id, now.agency_id)))
  ) AS f (nr, field, before, after)
  WHERE before IS DISTINCT FROM after
$$;

-- What people wrote on a card. It is never changed.
CREATE TABLE vek_comment (
  id        uuid PRIMARY KEY,
  vek_id    uuid NOT NULL REFERENCES vek,
  agency_id uuid NOT NULL REFERENCES agency,
  author    text NOT NULL,
  body      text NOT NULL,
  at        timestamptz NOT NULL
);
CREATE INDEX vek_comment_vek ON vek_comment (vek_id, at);

-- What only some services may read of a card: one text for each set of fields.
CREATE TABLE vek_restricted (
  vek_id     uuid NOT NULL REFERENCES vek,
  field_set  text NOT NULL,                -- veks/restricted.ts says who is entitled
  agency_id  uuid NOT NULL REFERENCES agency, -- who wrote it last
  author     text NOT NULL,
  body       text NOT NULL,
  version    integer NOT NULL DEFAULT 1,
  at         timestamptz NOT NULL,
  PRIMARY KEY (vek_id, field_set)
);

-- The audit log as one agency reads it: what its people did, and what others did to what is its own.
CREATE INDEX audit_entry_agency ON audit_entry (agency_id, position);
CREATE INDEX audit_entry_owner ON audit_entry ((detail->>'ownerId'), position) WHERE detail ? 'ownerId';

-- A card as its readers see it, with parts and assignments.
CREATE VIEW vek_card AS
SELECT v.id, v.number, v.agency_id, coalesce(v.responsible_id, v.agency_id) AS responsible_id, v.co_owners, v.channel, v.type_code, v.priority,
       ST_X(v.place) AS lon, ST_Y(v.place) AS lat, v.accuracy_m, v.address, v.summary, v.objects, v.alarm_level, v.status, v.outcome, v.outcome_note,
       CASE WHEN v.status = 'merged' THEN vek_survivor(v.id) END AS merged_into, v.external_system, v.external_id,
       v.received_at, v.closed_at, v.reopened_at, v.version,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('agencyId', s.agency_id, 'status', s.status, 'transfer', s.transfer,
                                                     'offeredAt', extract(epoch FROM s.offered_at) * 1000,
                                                     'respondBy', extract(epoch FROM s.respond_by) * 1000, 'version', s.version)
                                  ORDER BY s.offered_at, s.agency_id), '[]')
        FROM vek_service s WHERE s.vek_id = v.id) AS services,
       (SELECT coalesce(jsonb_agg(jsonb_build_object(
                 'id', a.id, 'assignedBy', a.assigned_by, 'agencyId', a.agency_id, 'unitId', a.unit_id, 'status', a.status, 'version', a.version,
                 'relieves', a.relieves_id,
                 'relievedBy', (SELECT r.id FROM assignment r WHERE r.relieves_id = a.id AND r.status <> 'cancelled'),
                 'milestones', (SELECT jsonb_object_agg(m.code, jsonb_build_object('at', extract(epoch FROM m.at) * 1000,
                                                        'receivedAt', extract(epoch FROM m.received_at) * 1000, 'source', m.source))
                                FROM assignment_milestone m WHERE m.assignment_id = a.id)) ORDER BY a.created_at, a.id), '[]')
        FROM assignment a WHERE a.vek_id = v.id) AS assignments,
       (SELECT coalesce(array_agg(r.field_set ORDER BY r.field_set), '{}') FROM vek_restricted r WHERE r.vek_id = v.id) AS restricted
FROM vek v;
