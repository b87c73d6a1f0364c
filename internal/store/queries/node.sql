-- name: Beat :exec
INSERT INTO nodes (id, beat_at) VALUES (@id, @beat_at) ON CONFLICT (id) DO UPDATE SET beat_at = excluded.beat_at;

-- name: OtherNodes :many
SELECT id, beat_at FROM nodes WHERE id <> @self ORDER BY id;

-- name: DeleteNode :execrows
DELETE FROM nodes WHERE id = @id AND beat_at = @beat_at;
