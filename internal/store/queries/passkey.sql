-- name: PasskeysOf :many
SELECT id, credential, name, public_key, flags, sign_count, created_at, used_at, cloned_at FROM passkeys WHERE user_id = @user_id ORDER BY created_at, id;

-- name: CountPasskeys :one
SELECT count(*) FROM passkeys WHERE user_id = @user_id AND cloned_at = 0;

-- name: InsertPasskey :exec
INSERT INTO passkeys (user_id, id, credential, name, public_key, flags, sign_count, created_at)
VALUES (@user_id, @id, @credential, @name, @public_key, @flags, @sign_count, @created_at);

-- name: UsePasskey :execrows
UPDATE passkeys SET sign_count = @sign_count, used_at = @used_at
WHERE user_id = @user_id AND id = @id AND cloned_at = 0 AND (sign_count < @sign_count OR (sign_count = 0 AND @sign_count = 0));

-- name: BarPasskey :exec
UPDATE passkeys SET cloned_at = @cloned_at WHERE user_id = @user_id AND id = @id;

-- name: DeletePasskey :execrows
DELETE FROM passkeys WHERE user_id = @user_id AND id = @id;

-- name: DeletePasskeysOf :execrows
DELETE FROM passkeys WHERE user_id = @user_id;

-- name: InsertChallenge :exec
INSERT INTO signin_challenges (hash, purpose, binding, user_id, expires_at) VALUES (@hash, @purpose, @binding, @user_id, @expires_at);

-- name: TakeChallenge :execrows
DELETE FROM signin_challenges WHERE hash = @hash AND purpose = @purpose AND binding = @binding AND user_id = @user_id AND expires_at > @now_ms;

-- name: DeleteChallenges :execrows
DELETE FROM signin_challenges WHERE expires_at <= @before_ms;
