-- name: InsertUser :exec
INSERT INTO users (id, email, name, password_hash, engineer, temporary, created_at)
VALUES (@id, @email, @name, @password_hash, @engineer, @temporary, @created_at);

-- name: UserByEmail :one
SELECT id, email, name, password_hash, engineer, temporary, created_at FROM users WHERE email = @email;

-- name: UserByID :one
SELECT id, email, name, password_hash, engineer, temporary, created_at FROM users WHERE id = @id;

-- name: SetPassword :exec
UPDATE users SET password_hash = @password_hash, temporary = @temporary WHERE id = @id;

-- name: PutMembership :exec
INSERT INTO memberships (org_id, user_id, role) VALUES (@org_id, @user_id, @role)
ON CONFLICT (org_id, user_id) DO UPDATE SET role = excluded.role;

-- name: MembershipsOf :many
SELECT m.org_id, m.role FROM memberships m WHERE m.user_id = @user_id ORDER BY m.org_id;

-- name: InsertKey :exec
INSERT INTO api_keys (key_hash, org_id, role, hint, created_at) VALUES (@key_hash, @org_id, @role, @hint, @created_at);

-- name: Key :one
SELECT org_id, role, hint, created_at FROM api_keys WHERE key_hash = @key_hash;

-- name: InsertFailure :exec
INSERT INTO signin_failures (subject, at, id) VALUES (@subject, @at, @id);

-- name: CountFailures :one
SELECT count(*) FROM signin_failures WHERE subject = @subject AND at > @after_ms;

-- name: DeleteFailures :execrows
DELETE FROM signin_failures WHERE at <= @before_ms;

-- name: FindSession :one
SELECT data FROM sessions WHERE token = @token AND expires_at > @now_ms;

-- name: PutSession :exec
INSERT INTO sessions (token, data, expires_at) VALUES (@token, @data, @expires_at)
ON CONFLICT (token) DO UPDATE SET data = excluded.data, expires_at = excluded.expires_at;

-- name: DeleteSession :exec
DELETE FROM sessions WHERE token = @token;

-- name: DeleteSessions :execrows
DELETE FROM sessions WHERE expires_at <= @before_ms;

-- name: Staff :many
SELECT u.email, u.engineer, CAST(COALESCE(m.role, '') AS TEXT) AS role FROM users u
LEFT JOIN memberships m ON m.user_id = u.id AND m.org_id = @org_id
WHERE u.engineer = 1 OR m.org_id IS NOT NULL ORDER BY u.email;
