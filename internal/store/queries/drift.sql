-- name: Drift :one
SELECT * FROM crm_drift WHERE org_id = @org_id AND config_id = @config_id;

-- name: DriftFindings :one
SELECT findings FROM crm_drift WHERE org_id = @org_id AND config_id = @config_id;

-- name: PutDrift :execrows
INSERT INTO crm_drift (org_id, config_id, schemas, findings, held, looked_at)
VALUES (@org_id, @config_id, @schemas, @findings, @held, @looked_at)
ON CONFLICT (org_id, config_id) DO UPDATE SET schemas = excluded.schemas, findings = excluded.findings, held = excluded.held, looked_at = excluded.looked_at
WHERE crm_drift.looked_at <= excluded.looked_at;

-- name: DriftDue :many
SELECT c.org_id, c.id FROM crm_configs c LEFT JOIN crm_drift d ON d.org_id = c.org_id AND d.config_id = c.id
WHERE c.state = 'connected'
  AND coalesce(d.looked_at, c.connected_at) <= (CASE WHEN coalesce(d.held, 0) = 1 THEN CAST(@hurried_ms AS BIGINT) ELSE CAST(@before_ms AS BIGINT) END)
ORDER BY c.org_id, c.id;
