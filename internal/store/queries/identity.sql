-- name: IdentityOwner :one
SELECT user_id FROM user_identities WHERE issuer = @issuer AND subject = @subject;

-- name: InsertIdentity :exec
INSERT INTO user_identities (issuer, subject, user_id, linked_at) VALUES (@issuer, @subject, @user_id, @linked_at);

-- name: DropTemporaryPassword :exec
UPDATE users SET password_hash = '', temporary = 0 WHERE id = @id AND temporary = 1;
