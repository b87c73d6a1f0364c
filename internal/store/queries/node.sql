-- name: Beat :exec
INSERT INTO nodes (id, beat_at) VALUES (@id, @beat_at) ON CONFLICT (id) DO UPDATE SET beat_at = excluded.beat_at;

-- name: OtherNodes :many
SELECT id, beat_at FROM nodes WHERE id <> @self ORDER BY id;

-- name: DeleteNode :execrows
DELETE FROM nodes WHERE id = @id AND beat_at = @beat_at;

-- name: CountNodes :one
SELECT count(*) FROM nodes;

-- name: ConnectionStates :many
SELECT state, count(*) AS n, CAST(COALESCE(SUM(CASE WHEN paused_until > @now_ms THEN 1 ELSE 0 END), 0) AS BIGINT) AS paused
FROM crm_configs GROUP BY state ORDER BY state;

-- name: OldestCopy :one
SELECT CAST(COALESCE(MIN(s.as_of), 0) AS BIGINT) AS as_of FROM mirror_sources s JOIN crm_configs c ON c.org_id = s.org_id AND c.id = s.config_id
WHERE s.counted = 1 AND s.as_of > 0 AND c.state = 'connected';

-- name: StaleCopies :one
SELECT count(*) FROM schedules WHERE source_as_of >= 0 AND source_as_of + source_budget < @now_ms;
