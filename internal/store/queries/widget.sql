-- name: EmbedSites :many
SELECT site FROM embed_sites WHERE org_id = @org_id ORDER BY position;

-- name: DeleteEmbedSites :exec
DELETE FROM embed_sites WHERE org_id = @org_id;

-- name: InsertEmbedSite :exec
INSERT INTO embed_sites (org_id, position, site) VALUES (@org_id, @position, @site);

-- name: CountEmbedRefusal :exec
INSERT INTO embed_refusals (org_id, origin, times, first_at, last_at) VALUES (@org_id, @origin, 1, @now, @now)
ON CONFLICT (org_id, origin) DO UPDATE SET times = embed_refusals.times + 1, last_at = excluded.last_at;

-- name: EmbedRefusals :many
SELECT org_id, origin, times, first_at, last_at FROM embed_refusals WHERE org_id = @org_id ORDER BY last_at DESC, origin;

-- name: DeleteEmbedRefusal :exec
DELETE FROM embed_refusals WHERE org_id = @org_id AND origin = @origin;
