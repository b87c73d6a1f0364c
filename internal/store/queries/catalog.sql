-- name: LockSchedule :one
UPDATE schedules SET revision = revision + 1 WHERE org_id = @org_id RETURNING revision, catalog_revision;

-- name: RaiseCatalog :exec
UPDATE schedules SET revision = revision + 1, catalog_revision = catalog_revision + 1, document = @document WHERE org_id = @org_id;

-- name: Schedule :one
SELECT s.revision, s.catalog_revision, s.document, o.timezone FROM schedules s JOIN organizations o ON o.id = s.org_id
WHERE s.org_id = @org_id;

-- name: Services :many
SELECT id, position, archived, document FROM services WHERE org_id = @org_id ORDER BY archived, position, id;

-- name: Reps :many
SELECT id, position, archived, document FROM reps WHERE org_id = @org_id ORDER BY archived, position, id;

-- name: ArchiveServices :exec
UPDATE services SET archived = 1 WHERE org_id = @org_id;

-- name: ArchiveReps :exec
UPDATE reps SET archived = 1 WHERE org_id = @org_id;

-- name: PutService :exec
INSERT INTO services (org_id, id, position, archived, document) VALUES (@org_id, @id, @position, 0, @document)
ON CONFLICT (org_id, id) DO UPDATE SET position = excluded.position, archived = 0, document = excluded.document;

-- name: PutRep :exec
INSERT INTO reps (org_id, id, position, archived, crm_user, timezone, document) VALUES (@org_id, @id, @position, 0, @crm_user, @timezone, @document)
ON CONFLICT (org_id, id) DO UPDATE SET position = excluded.position, archived = 0, crm_user = excluded.crm_user,
  timezone = excluded.timezone, document = excluded.document;
