-- name: UserFactor :one
SELECT secret_sealed, pending_sealed, step, since FROM user_factors WHERE user_id = @user_id;

-- name: PutPendingFactor :exec
INSERT INTO user_factors (user_id, secret_sealed, pending_sealed, step, since) VALUES (@user_id, '', @pending_sealed, 0, 0)
ON CONFLICT (user_id) DO UPDATE SET pending_sealed = excluded.pending_sealed;

-- name: ConfirmFactor :execrows
UPDATE user_factors SET secret_sealed = @secret_sealed, pending_sealed = '', step = @step, since = @since WHERE user_id = @user_id AND secret_sealed = '' AND pending_sealed <> '';

-- name: TakeFactorStep :execrows
UPDATE user_factors SET step = @step WHERE user_id = @user_id AND secret_sealed <> '' AND step < @step;

-- name: DeleteFactor :execrows
DELETE FROM user_factors WHERE user_id = @user_id;

-- name: InsertRecoveryCode :exec
INSERT INTO recovery_codes (user_id, code_hash) VALUES (@user_id, @code_hash);

-- name: CountRecoveryCodes :one
SELECT count(*) FROM recovery_codes WHERE user_id = @user_id;

-- name: TakeRecoveryCode :execrows
DELETE FROM recovery_codes WHERE user_id = @user_id AND code_hash = @code_hash;

-- name: DeleteRecoveryCodes :exec
DELETE FROM recovery_codes WHERE user_id = @user_id;

-- name: SigninRule :one
SELECT factor FROM signin_rules WHERE org_id = @org_id;

-- name: PutSigninRule :exec
INSERT INTO signin_rules (org_id, factor) VALUES (@org_id, @factor)
ON CONFLICT (org_id) DO UPDATE SET factor = excluded.factor;
