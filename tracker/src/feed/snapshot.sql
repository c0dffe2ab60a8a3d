-- name: head
SELECT position FROM feed_head

-- name: items
-- $1 the reader's own agency, $2 the agencies it may see, $3 wanted subjects (kinds, or kind/id; empty: all). Who sees what is as in
-- the statement `read` of feed.sql: cards and assignments their parties, closures everybody, the rest those who may see its agency.
WITH party AS (
  SELECT id, version, agency_id, number, channel, type_code, priority, status, received_at FROM vek v
  WHERE status NOT IN ('closed', 'cancelled', 'transferred', 'merged')
    AND (v.agency_id = $1::uuid OR $1 = ANY (v.co_owners) OR EXISTS (SELECT FROM vek_service s WHERE s.vek_id = v.id AND s.agency_id = $1))
), item AS (
  SELECT 'agency' AS kind, id, version, id AS agency_id, jsonb_build_object('code', code, 'kind', kind) AS data
  FROM agency WHERE id = ANY ($2::uuid[])
  UNION ALL
  SELECT 'grant', id, version, agency_id,
         jsonb_build_object('granteeId', grantee_id, 'tier', tier, 'validFrom', extract(epoch FROM valid_from) * 1000,
                            'validTo', extract(epoch FROM valid_to) * 1000)
  FROM agency_grant
  WHERE revoked_at IS NULL AND (valid_to IS NULL OR valid_to > now()) AND (agency_id = ANY ($2) OR grantee_id = ANY ($2))
  UNION ALL
  SELECT 'station', id, version, agency_id, jsonb_build_object('code', code, 'kind', kind) FROM station WHERE agency_id = ANY ($2)
  UNION ALL
  SELECT 'vehicle', id, version, agency_id, jsonb_build_object('stationId', station_id, 'kind', kind, 'profile', profile)
  FROM vehicle WHERE agency_id = ANY ($2)
  UNION ALL
  SELECT 'unit', id, version, agency_id,
         jsonb_build_object('callsign', callsign, 'kind', kind, 'stationId', station_id, 'vehicleId', vehicle_id, 'status', status,
                            'statusSince', extract(epoch FROM status_since) * 1000)
  FROM unit WHERE retired_at IS NULL AND agency_id = ANY ($2)
  UNION ALL
  SELECT 'device', d.id, d.version, d.agency_id, jsonb_build_object('kind', d.kind, 'unitId', b.unit_id)
  FROM device d LEFT JOIN device_binding b ON b.device_id = d.id AND b.ends_at IS NULL
  WHERE d.revoked_at IS NULL AND d.agency_id = ANY ($2)
  UNION ALL
  SELECT 'crew_shift', id, version, agency_id,
         jsonb_build_object('unitId', unit_id, 'startsAt', extract(epoch FROM starts_at) * 1000, 'endsAt', extract(epoch FROM ends_at) * 1000,
                            'headCount', head_count)
  FROM crew_shift WHERE ends_at > now() AND agency_id = ANY ($2)
  UNION ALL
  SELECT 'vek', v.id, v.version, v.agency_id,
         jsonb_build_object('number', v.number, 'channel', v.channel, 'typeCode', v.type_code, 'priority', v.priority, 'status', v.status,
                            'receivedAt', extract(epoch FROM v.received_at) * 1000,
                            'services', (SELECT coalesce(jsonb_agg(jsonb_build_object('agencyId', s.agency_id, 'status', s.status)
                                                                   ORDER BY s.agency_id), '[]')
                                         FROM vek_service s WHERE s.vek_id = v.id))
  FROM party v
  UNION ALL
  SELECT 'assignment', a.id, a.version, a.agency_id,
         jsonb_build_object('vekId', a.vek_id, 'unitId', a.unit_id, 'status', a.status)
  FROM assignment a JOIN party v ON v.id = a.vek_id WHERE a.status NOT IN ('done', 'cancelled')
  UNION ALL
  SELECT 'closure', id, version, agency_id,
         jsonb_build_object('speedShare', speed_share, 'validFrom', extract(epoch FROM valid_from) * 1000,
                            'validUntil', extract(epoch FROM valid_until) * 1000)
  FROM closure WHERE removed_at IS NULL AND (valid_until IS NULL OR valid_until > now())
  UNION ALL
  SELECT 'alarm', id, version, agency_id,
         jsonb_build_object('unitId', unit_id, 'deviceId', device_id, 'at', extract(epoch FROM called_at) * 1000, 'repeats', repeats)
  FROM alarm WHERE acknowledged_at IS NULL AND agency_id = ANY ($2)
  UNION ALL
  SELECT 'attention', id, version, agency_id,
         jsonb_build_object('kind', kind, 'vekId', vek_id, 'assignmentId', assignment_id, 'unitId', unit_id, 'since', extract(epoch FROM since) * 1000,
                            'level', (ARRAY['desk', 'agency', 'commander', 'owner'])[level], 'repeats', repeats)
  FROM attention WHERE cleared_at IS NULL AND (agency_id = $1 OR owner_id = $1 AND level = 4)
)
SELECT kind || '/' || id AS subject, version, agency_id AS "agencyId", data FROM item
WHERE $3::text[] = '{}' OR kind = ANY ($3) OR kind || '/' || id = ANY ($3)
ORDER BY kind, id
