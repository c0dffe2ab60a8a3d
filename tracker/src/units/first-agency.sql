-- $1 id. Does nothing once there is any agency.
INSERT INTO agency (id, code, kind, name_lv, name_en)
SELECT $1, 'IEMIC', 'operator', 'Iekšlietu ministrijas Informācijas centrs', 'Information Centre of the Ministry of the Interior'
WHERE NOT EXISTS (SELECT FROM agency)
ON CONFLICT DO NOTHING
