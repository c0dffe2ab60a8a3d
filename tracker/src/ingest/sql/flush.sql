-- One group commit: stores what is new and advances each stream's durable seq, exactly once however often it is repeated.
--   entries ($1–$6), one per stream, session and binding in the batch
--   $7 fixes: entry number; $8 seq, $9 fix time, $10 received at (epoch ms), $11 lon, $12 lat, $13 speed, $14 heading,
--   $15 accuracy, $16 altitude (−2147483648: unknown), $17 flags + 256 × verdict
--   $18 crew events and $19 rejected items as jsonb arrays
WITH entry AS (
  SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::int[], $5::int[], $6::int[])
    WITH ORDINALITY AS e(stream_id, session, upto, unit_handle, agency_no, device_handle, no)
),
-- what each session of a stream has sent, up to which seq
sent AS (
  SELECT stream_id, session, max(upto) AS upto FROM entry GROUP BY stream_id, session
),
-- Locks the stream rows, always in one order, and reads durable_seq as it is after the lock. A session that no longer owns its
-- stream finds nothing here, so nothing of it is stored; a repeated flush finds its own durable_seq and stores nothing twice.
locked AS MATERIALIZED (
  SELECT s.id, s.session, s.durable_seq, sent.upto
  FROM sent JOIN stream s ON s.id = sent.stream_id
  WHERE s.session = sent.session
  ORDER BY s.id
  FOR UPDATE OF s
),
advanced AS (
  UPDATE stream s SET durable_seq = greatest(locked.durable_seq, locked.upto)
  FROM locked WHERE s.id = locked.id
  RETURNING s.id, s.session, s.durable_seq, locked.upto
),
stored_fixes AS (
  INSERT INTO fix (unit_handle, agency_no, device_handle, stream_id, seq, fix_time, received_at, lon_e7, lat_e7,
                   speed_cmps, heading_cdeg, accuracy_dm, altitude_m, flags, verdict)
  SELECT e.unit_handle, e.agency_no, e.device_handle, e.stream_id, f.seq,
         to_timestamp(f.fix_time / 1000.0), to_timestamp(f.received_at / 1000.0), f.lon, f.lat,
         nullif(f.speed, -2147483648), nullif(f.heading, -2147483648), nullif(f.accuracy, -2147483648),
         nullif(f.altitude, -2147483648), (f.marks & 255)::smallint, (f.marks >> 8)::smallint
  FROM unnest($7::int[], $8::bigint[], $9::bigint[], $10::bigint[], $11::int[], $12::int[], $13::int[], $14::int[],
              $15::int[], $16::int[], $17::int[])
         AS f(entry_no, seq, fix_time, received_at, lon, lat, speed, heading, accuracy, altitude, marks)
  JOIN entry e ON e.no = f.entry_no
  JOIN locked l ON l.id = e.stream_id AND l.session = e.session
  WHERE f.seq > l.durable_seq
),
stored_events AS (
  INSERT INTO crew_event (stream_id, seq, agency_id, device_id, unit_id, kind, event_time, received_at, body)
  SELECT e.stream_id, v.seq, v.agency_id, v.device_id, v.unit_id, v.kind,
         to_timestamp(v.time_ms / 1000.0), to_timestamp(v.received_ms / 1000.0), v.body
  FROM jsonb_to_recordset($18::jsonb) AS v(entry_no integer, seq bigint, agency_id uuid, device_id uuid, unit_id uuid, kind text,
                                           time_ms bigint, received_ms bigint, body jsonb)
  JOIN entry e ON e.no = v.entry_no
  JOIN locked l ON l.id = e.stream_id AND l.session = e.session
  WHERE v.seq > l.durable_seq
),
stored_rejected AS (
  INSERT INTO rejected_item (stream_id, seq, agency_id, received_at, code, raw)
  SELECT e.stream_id, r.seq, r.agency_id, to_timestamp(r.received_ms / 1000.0), r.code, decode(r.raw_hex, 'hex')
  FROM jsonb_to_recordset($19::jsonb) AS r(entry_no integer, seq bigint, agency_id uuid, code text, raw_hex text, received_ms bigint)
  JOIN entry e ON e.no = r.entry_no
  JOIN locked l ON l.id = e.stream_id AND l.session = e.session
  WHERE r.seq > l.durable_seq
)
-- Thousands of streams are as expected, so only the others are answered: who lost its stream (null), and what is durable further on.
SELECT stream_id, session, NULL::bigint AS durable_seq FROM sent
WHERE (stream_id, session) NOT IN (SELECT id, session FROM advanced)
UNION ALL
SELECT id, session, durable_seq FROM advanced WHERE durable_seq <> upto
