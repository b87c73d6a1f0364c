-- name: LockConfig :execrows
UPDATE crm_configs SET checked_at = checked_at WHERE org_id = @org_id AND id = @id;

-- name: NewestSettings :one
SELECT * FROM crm_settings WHERE org_id = @org_id AND config_id = @config_id ORDER BY number DESC LIMIT 1;

-- name: AllSettings :many
SELECT * FROM crm_settings WHERE org_id = @org_id AND config_id = @config_id ORDER BY number DESC;

-- name: InsertSettings :exec
INSERT INTO crm_settings (org_id, config_id, number, document, saved_at, saved_by)
VALUES (@org_id, @config_id, @number, @document, @saved_at, @saved_by);

-- name: ForgiveAppointments :exec
UPDATE appointments SET push_failed = 0, push_error = '' WHERE org_id = @org_id AND push_failed = 1 AND pushed < revision;

-- name: ForgiveLeads :exec
UPDATE leads SET push_failed = 0, push_error = '' WHERE org_id = @org_id AND push_failed = 1 AND pushed < revision;
