-- name: Beat :exec
INSERT INTO nodes (id, beat_at) VALUES (@id, @beat_at) ON CONFLICT (id) DO UPDATE SET beat_at = excluded.beat_at;

-- name: DeadNodes :many
SELECT id FROM nodes WHERE beat_at < @deadline AND id <> @self ORDER BY id;

-- name: DeleteNode :exec
DELETE FROM nodes WHERE id = @id;
