-- name: corrections
SELECT zone, hour, factor, samples FROM travel_correction

-- name: forget_corrections
DELETE FROM travel_correction

-- name: learn_corrections
-- Drives of the last $1 days from the crew's own milestones, each against what the last decision before it expected of the unit, without a
-- correction. The median of at least $2 drives of an hour of the day and a zone, kept between $3 and $4. Drives under half a minute say more
-- about the button than about the road.
WITH drive AS (
  SELECT expected.zone,
         extract(hour FROM rolled.at AT TIME ZONE 'Europe/Riga')::smallint AS hour,
         extract(epoch FROM arrived.at - rolled.at)::float8 * 1000 / expected.travel_ms AS ratio
  FROM assignment a
  JOIN assignment_milestone sent ON sent.assignment_id = a.id AND sent.code = 'dispatched'
  JOIN assignment_milestone rolled ON rolled.assignment_id = a.id AND rolled.code = 'en_route' AND rolled.source = 'crew'
  JOIN assignment_milestone arrived ON arrived.assignment_id = a.id AND arrived.code = 'on_scene' AND arrived.source = 'crew'
  CROSS JOIN LATERAL (
    SELECT u.zone, u.travel_ms FROM decision_unit u
    WHERE u.vek_id = a.vek_id AND u.unit_id = a.unit_id AND u.at <= sent.at
    ORDER BY u.at DESC LIMIT 1
  ) AS expected
  WHERE sent.at > now() - $1::integer * interval '1 day' AND arrived.at - rolled.at >= interval '30 seconds' AND expected.travel_ms >= 30000
)
INSERT INTO travel_correction (zone, hour, factor, samples, learnt_at)
SELECT zone, hour, least($4::float8, greatest($3::float8, percentile_cont(0.5) WITHIN GROUP (ORDER BY ratio))), count(*), now()
FROM drive GROUP BY zone, hour HAVING count(*) >= $2::integer
