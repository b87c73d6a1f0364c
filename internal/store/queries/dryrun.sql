-- name: InsertDryRun :exec
INSERT INTO dry_runs (org_id, id, config_id, at, asked_by, ended_at, document) VALUES (@org_id, @id, @config_id, @at, @asked_by, 0, @document);

-- name: PutDryRun :exec
UPDATE dry_runs SET ended_at = @ended_at, document = @document WHERE org_id = @org_id AND id = @id;

-- name: DryRun :one
SELECT * FROM dry_runs WHERE org_id = @org_id AND id = @id;

-- name: LastDryRun :one
SELECT * FROM dry_runs WHERE org_id = @org_id AND config_id = @config_id ORDER BY at DESC, id DESC LIMIT 1;

-- name: DeleteDryRuns :execrows
DELETE FROM dry_runs WHERE at <= @before_ms;
