-- name: Answer :one
SELECT body, answer FROM idempotency WHERE org_id = @org_id AND call = @call AND key_hash = @key_hash AND created_at > @after_ms;

-- name: KeepAnswer :exec
INSERT INTO idempotency (org_id, call, key_hash, body, answer, created_at) VALUES (@org_id, @call, @key_hash, @body, @answer, @created_at)
ON CONFLICT (org_id, call, key_hash) DO UPDATE SET body = excluded.body, answer = excluded.answer, created_at = excluded.created_at;

-- name: DeleteAnswers :execrows
DELETE FROM idempotency WHERE created_at <= @before_ms;
