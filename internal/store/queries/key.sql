-- name: InsertKey :exec
INSERT INTO api_keys (key_hash, org_id, id, role, name, hint, created_at, expires_at)
VALUES (@key_hash, @org_id, @id, @role, @name, @hint, @created_at, @expires_at);

-- name: Key :one
SELECT * FROM api_keys WHERE key_hash = @key_hash;

-- name: Keys :many
SELECT * FROM api_keys WHERE org_id = @org_id ORDER BY created_at, id;

-- name: TouchKey :exec
UPDATE api_keys SET used_at = @used_at WHERE key_hash = @key_hash AND used_at < @used_at;

-- name: DeleteKey :execrows
DELETE FROM api_keys WHERE org_id = @org_id AND id = @id;
