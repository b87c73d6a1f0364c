-- name: InsertHold :exec
INSERT INTO holds (org_id, id, service_id, rep_id, starts_at, ends_at, expires_at, holder, created_at, choice)
VALUES (@org_id, @id, @service_id, @rep_id, @starts_at, @ends_at, @expires_at, @holder, @created_at, @choice);

-- name: Hold :one
SELECT id, service_id, rep_id, starts_at, ends_at, expires_at, holder, created_at FROM holds WHERE org_id = @org_id AND id = @id;

-- name: DeleteHold :execrows
DELETE FROM holds WHERE org_id = @org_id AND id = @id;

-- name: CountHolds :one
SELECT count(*) FROM holds WHERE org_id = @org_id AND holder = @holder AND expires_at > @now_ms;

-- name: DeleteExpiredHolds :execrows
DELETE FROM holds WHERE expires_at <= @before_ms;
