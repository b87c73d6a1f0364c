-- name: ClaimCall :execrows
INSERT INTO api_answers (org_id, id, body, status, answer_sealed, at) VALUES (@org_id, @id, @body, 0, '', @at)
ON CONFLICT (org_id, id) DO UPDATE SET body = excluded.body, status = 0, answer_sealed = '', at = excluded.at
WHERE api_answers.at <= @expired_ms OR (api_answers.status = 0 AND api_answers.at <= @stale_ms);

-- name: Call :one
SELECT body, status, answer_sealed FROM api_answers WHERE org_id = @org_id AND id = @id;

-- name: KeepCall :exec
UPDATE api_answers SET status = @status, answer_sealed = @answer_sealed WHERE org_id = @org_id AND id = @id;

-- name: DropCall :exec
DELETE FROM api_answers WHERE org_id = @org_id AND id = @id AND status = 0;

-- name: DeleteCalls :execrows
DELETE FROM api_answers WHERE at <= @before_ms;
