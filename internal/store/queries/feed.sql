-- name: PutFeed :exec
INSERT INTO rep_feeds (org_id, rep_id, token_hash, made_at, made_by) VALUES (@org_id, @rep_id, @token_hash, @made_at, @made_by)
ON CONFLICT (org_id, rep_id) DO UPDATE SET token_hash = excluded.token_hash, made_at = excluded.made_at, made_by = excluded.made_by;

-- name: DeleteFeed :execrows
DELETE FROM rep_feeds WHERE org_id = @org_id AND rep_id = @rep_id;

-- name: Feed :one
SELECT made_at, made_by FROM rep_feeds WHERE org_id = @org_id AND rep_id = @rep_id;

-- name: FeedByHash :one
SELECT org_id, rep_id FROM rep_feeds WHERE token_hash = @token_hash;
