-- name: candidates
-- By a function of the database, whose plan is kept (migrations/0018-duplicates.sql)
SELECT * FROM vek_duplicates($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)
