-- name: PutGone :exec
INSERT INTO gone_records (org_id, config_id, subject, role, module, record_id, seen_at) VALUES (@org_id, @config_id, @subject, @role, @module, @record_id, @seen_at)
ON CONFLICT (org_id, subject, role, config_id, record_id) DO NOTHING;

-- name: GoneOf :many
SELECT config_id, role, module, record_id, seen_at FROM gone_records WHERE org_id = @org_id AND subject = @subject ORDER BY seen_at, role, record_id;

-- name: DeleteGone :exec
DELETE FROM gone_records WHERE org_id = @org_id AND subject = @subject AND role = @role AND config_id = @config_id AND record_id = @record_id;
