-- name: InsertSuspect :exec
INSERT INTO suspects (org_id, id, key_hash, at, score, reasons, request, settled_at, settled_by, choice, made)
VALUES (@org_id, @id, @key_hash, @at, @score, @reasons, @request, 0, '', '', '')
ON CONFLICT (org_id, key_hash) DO NOTHING;

-- name: WaitingSuspects :many
SELECT * FROM suspects WHERE org_id = @org_id AND settled_at = 0 ORDER BY id LIMIT @n;

-- name: SettledSuspects :many
SELECT * FROM suspects WHERE org_id = @org_id AND settled_at > 0 ORDER BY settled_at DESC, id LIMIT @n;

-- name: Suspect :one
SELECT * FROM suspects WHERE org_id = @org_id AND id = @id;

-- name: CountSuspects :one
SELECT count(*) FROM suspects WHERE org_id = @org_id AND settled_at = 0;

-- name: SettleSuspect :execrows
UPDATE suspects SET settled_at = @at, settled_by = @settled_by, choice = @choice, made = @made WHERE org_id = @org_id AND id = @id AND settled_at = 0;

-- name: DeleteSuspects :execrows
DELETE FROM suspects WHERE at <= @before_ms;
