-- name: InsertDenial :execrows
INSERT INTO connection_denials (org_id, config_id, scope, without, at)
SELECT c.org_id, c.id, CAST(@scope AS TEXT), CAST(@without AS TEXT), CAST(@at AS BIGINT) FROM crm_configs c WHERE c.org_id = @org_id AND c.id = @config_id AND c.state = 'connected'
ON CONFLICT (org_id, config_id, scope) DO NOTHING;

-- name: Denials :many
SELECT scope, without, at FROM connection_denials WHERE org_id = @org_id AND config_id = @config_id ORDER BY at, scope;

-- name: DeleteDenials :exec
DELETE FROM connection_denials WHERE org_id = @org_id AND config_id = @config_id;

-- name: ActiveConfig :one
SELECT * FROM crm_configs WHERE org_id = @org_id AND state <> 'not_connected' ORDER BY created_at, id LIMIT 1;
