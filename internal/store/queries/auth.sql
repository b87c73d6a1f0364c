-- name: InsertUser :exec
INSERT INTO users (id, email, name, password_hash, engineer, temporary, created_at)
VALUES (@id, @email, @name, @password_hash, @engineer, @temporary, @created_at);

-- name: UserByEmail :one
SELECT id, email, name, password_hash, engineer, temporary, disabled, signed_in_at, created_at FROM users WHERE email = @email;

-- name: UserByID :one
SELECT id, email, name, password_hash, engineer, temporary, disabled, signed_in_at, created_at FROM users WHERE id = @id;

-- name: SetPassword :exec
UPDATE users SET password_hash = @password_hash, temporary = @temporary WHERE id = @id;

-- name: PutMembership :exec
INSERT INTO memberships (org_id, user_id, role) VALUES (@org_id, @user_id, @role)
ON CONFLICT (org_id, user_id) DO UPDATE SET role = excluded.role;

-- name: MembershipsOf :many
SELECT m.org_id, m.role, CAST(COALESCE(r.factor, 0) AS BIGINT) AS factor FROM memberships m
LEFT JOIN signin_rules r ON r.org_id = m.org_id WHERE m.user_id = @user_id ORDER BY m.org_id;

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

-- name: SetDisabled :execrows
UPDATE users SET disabled = @disabled WHERE id = @id;

-- name: SetEngineer :execrows
UPDATE users SET engineer = @engineer WHERE id = @id AND engineer <> @engineer;

-- name: CountEngineers :one
SELECT count(*) FROM users WHERE engineer = 1 AND disabled = 0;

-- name: Engineers :many
SELECT id, email, name, password_hash, engineer, temporary, disabled, signed_in_at, created_at FROM users WHERE engineer = 1 ORDER BY name, id;

-- name: LockEngineers :exec
UPDATE users SET engineer = 1 WHERE engineer = 1;

-- name: LockOrganization :exec
UPDATE organizations SET name = name WHERE id = @id;

-- name: MembersOf :many
SELECT m.role, u.id, u.email, u.name, u.temporary, u.disabled, u.signed_in_at, u.created_at FROM memberships m JOIN users u ON u.id = m.user_id
WHERE m.org_id = @org_id ORDER BY u.name, u.id;

-- name: MembershipIn :one
SELECT role FROM memberships WHERE org_id = @org_id AND user_id = @user_id;

-- name: CountAdmins :one
SELECT count(*) FROM memberships m JOIN users u ON u.id = m.user_id WHERE m.org_id = @org_id AND m.role = 'admin' AND u.disabled = 0;

-- name: DeleteMembership :execrows
DELETE FROM memberships WHERE org_id = @org_id AND user_id = @user_id;

-- name: InsertUserSession :exec
INSERT INTO user_sessions (user_id, id, began_at, seen_at, address, browser) VALUES (@user_id, @id, @began_at, @began_at, @address, @browser);

-- name: MarkSignedIn :exec
UPDATE users SET signed_in_at = @at WHERE id = @id;

-- name: UserSession :one
SELECT began_at, seen_at, address, browser FROM user_sessions WHERE user_id = @user_id AND id = @id;

-- name: TouchUserSession :exec
UPDATE user_sessions SET seen_at = @seen_at, address = @address WHERE user_id = @user_id AND id = @id;

-- name: UserSessions :many
SELECT id, began_at, seen_at, address, browser FROM user_sessions
WHERE user_id = @user_id AND seen_at > @seen_after AND began_at > @began_after ORDER BY seen_at DESC, id LIMIT 200;

-- name: DeleteUserSession :execrows
DELETE FROM user_sessions WHERE user_id = @user_id AND id = @id;

-- name: DeleteOtherSessions :execrows
DELETE FROM user_sessions WHERE user_id = @user_id AND id <> @keep;

-- name: DeleteUserSessions :execrows
DELETE FROM user_sessions WHERE seen_at <= @before_ms;

-- name: PutInvitation :one
INSERT INTO invitations (org_id, id, email, role, invited_by, created_at, expires_at) VALUES (@org_id, @id, @email, @role, @invited_by, @created_at, @expires_at)
ON CONFLICT (org_id, email) DO UPDATE SET role = excluded.role, invited_by = excluded.invited_by, created_at = excluded.created_at,
  expires_at = excluded.expires_at, sent_at = 0, mail_error = ''
RETURNING id;

-- name: CountInvitations :one
SELECT count(*) FROM invitations WHERE org_id = @org_id;

-- name: Invitation :one
SELECT * FROM invitations WHERE org_id = @org_id AND id = @id;

-- name: Invitations :many
SELECT * FROM invitations WHERE org_id = @org_id ORDER BY email;

-- name: KeepInvitationMail :exec
UPDATE invitations SET sent_at = @sent_at, mail_error = @mail_error WHERE org_id = @org_id AND id = @id;

-- name: DeleteInvitation :execrows
DELETE FROM invitations WHERE org_id = @org_id AND id = @id;

-- name: InsertMailLink :exec
INSERT INTO mail_links (token_hash, purpose, org_id, subject, expires_at) VALUES (@token_hash, @purpose, @org_id, @subject, @expires_at);

-- name: MailLink :one
SELECT org_id, subject FROM mail_links WHERE token_hash = @token_hash AND purpose = @purpose AND expires_at > @now_ms;

-- name: TakeMailLink :one
DELETE FROM mail_links WHERE token_hash = @token_hash AND purpose = @purpose AND expires_at > @now_ms RETURNING org_id, subject;

-- name: DeleteMailLinksOf :exec
DELETE FROM mail_links WHERE subject = @subject AND purpose = @purpose;

-- name: DeleteMailLinks :execrows
DELETE FROM mail_links WHERE expires_at <= @before_ms;
