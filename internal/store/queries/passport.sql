-- name: InsertPassport :exec
INSERT INTO passports (org_id, config_id, id, at, nightly, taken_by, document)
VALUES (@org_id, @config_id, @id, @at, @nightly, @taken_by, @document);

-- name: Passports :many
SELECT * FROM passports WHERE org_id = @org_id AND config_id = @config_id ORDER BY id DESC LIMIT @n;

-- name: Passport :one
SELECT * FROM passports WHERE org_id = @org_id AND config_id = @config_id AND id = @id;

-- name: LastNight :one
SELECT * FROM passports WHERE org_id = @org_id AND config_id = @config_id AND nightly = 1 ORDER BY id DESC LIMIT 1;

-- name: DeletePassports :exec
DELETE FROM passports WHERE org_id = @org_id AND config_id = @config_id AND at < @before_ms;

-- name: Nights :many
SELECT c.org_id, c.id, c.created_at, o.timezone, CAST(COALESCE((SELECT max(p.at) FROM passports p WHERE p.org_id = c.org_id AND p.config_id = c.id AND p.nightly = 1), 0) AS BIGINT) AS taken_at
FROM crm_configs c JOIN organizations o ON o.id = c.org_id ORDER BY c.org_id, c.id;
