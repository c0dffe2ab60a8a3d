-- name: survivor
SELECT vek_survivor($1) AS id

-- name: absorb
-- What the card $2 takes over from the card $1: its owners, what it does not know itself, the more urgent priority, the higher alarm level.
-- One row: what that changes.
WITH was AS (
  SELECT v AS card FROM vek v WHERE id = $2
), changed AS (
  UPDATE vek v SET
    co_owners = ARRAY(SELECT DISTINCT o FROM unnest(v.co_owners || a.co_owners || a.agency_id) AS o WHERE o <> v.agency_id),
    type_code = coalesce(v.type_code, a.type_code),
    priority = least(v.priority, a.priority), -- P1 is the smallest; null counts last
    place = coalesce(v.place, a.place),
    accuracy_m = CASE WHEN v.place IS NULL THEN a.accuracy_m ELSE v.accuracy_m END,
    address = coalesce(v.address, a.address),
    summary = coalesce(v.summary, a.summary),
    alarm_level = greatest(v.alarm_level, a.alarm_level),
    objects = ARRAY(SELECT DISTINCT o FROM unnest(v.objects || a.objects) AS o ORDER BY o)
  FROM vek a WHERE v.id = $2 AND a.id = $1
  RETURNING v AS card
)
SELECT vek_changes(was.card, changed.card) AS changes FROM was, changed

-- name: move_parts
-- The parts of the card $1 are parts of $2 from now on, and stay where they were to be read. Where both have one, an accepted one is not lost.
-- Rows: what that changes.
INSERT INTO vek_service AS s (vek_id, agency_id, status, offered_at, offered_by, respond_by, responded_at, done_at, reason)
SELECT $2, agency_id, status, offered_at, offered_by, respond_by, responded_at, done_at, reason FROM vek_service WHERE vek_id = $1
ON CONFLICT (vek_id, agency_id) DO UPDATE SET
  status = excluded.status, responded_at = excluded.responded_at, done_at = excluded.done_at, respond_by = NULL, reason = NULL, version = s.version + 1
WHERE s.status IN ('offered', 'refused', 'timed_out', 'returned') AND excluded.status IN ('accepted', 'assigned', 'in_progress', 'done')
RETURNING 'services.' || s.agency_id AS field,
          (SELECT o.status FROM vek_service o WHERE o.vek_id = $2 AND o.agency_id = s.agency_id) AS "from", -- as it was before
          s.status AS "to"

-- name: move_assignments
-- All of the card $1 to $2: their ids, statuses and milestones stay, so that no crew notices.
UPDATE assignment SET vek_id = $2, version = version + 1 WHERE vek_id = $1 RETURNING id, agency_id, unit_id, status, version

-- name: move_holds
UPDATE unit_hold SET vek_id = $2 WHERE vek_id = $1

-- name: move_reservations
UPDATE reservation SET vek_id = $2, version = version + 1 WHERE vek_id = $1
