-- name: candidates
-- By a function of the database, whose plan is kept (migrations/0020-duplicates-by-name.sql)
SELECT * FROM vek_duplicates(
  report_lon => $1, report_lat => $2, circle_m => $3, reported_ms => $4, reader_ids => $5, except_id => $6,
  usual_circle_m => $7, points_apart_m => $8, share_of_circles => $9, narrow_reach_m => $10, wide_reach_m => $11,
  narrow_wests => $12, narrow_easts => $13, narrow_south => $14, narrow_north => $15,
  wide_wests => $16, wide_easts => $17, wide_south => $18, wide_north => $19,
  ended_before_ms => $20, ended_after_ms => $21, unplaced_ms => $22, max_unplaced => $23
)
