-- name: SetLook :exec
UPDATE organizations SET accent = @accent, look = @look WHERE id = @id;

-- name: PutLogo :exec
INSERT INTO logos (org_id, sum, png) VALUES (@org_id, @sum, @png)
ON CONFLICT (org_id) DO UPDATE SET sum = excluded.sum, png = excluded.png;

-- name: DeleteLogo :exec
DELETE FROM logos WHERE org_id = @org_id;

-- name: LogoFile :one
SELECT png FROM logos WHERE org_id = @org_id AND sum = @sum;
