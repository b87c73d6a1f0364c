-- name: InsertOrganization :exec
INSERT INTO organizations (id, slug, name, timezone, country, accent, phone, created_at)
VALUES (@id, @slug, @name, @timezone, @country, @accent, @phone, @created_at);

-- name: InsertScheduler :exec
INSERT INTO schedulers (id, org_id, name) VALUES (@id, @org_id, @name);

-- name: InsertSchedule :exec
INSERT INTO schedules (org_id, revision, catalog_revision, document, source_as_of) VALUES (@org_id, 1, 1, @document, -1);

-- name: OrganizationByID :one
SELECT id, slug, name, timezone, country, accent, phone, look, created_at FROM organizations WHERE id = @id;

-- name: OrganizationBySlug :one
SELECT id, slug, name, timezone, country, accent, phone, look, created_at FROM organizations WHERE slug = @slug;

-- name: Organizations :many
SELECT id, slug, name, timezone, country, accent, phone, look, created_at FROM organizations ORDER BY name, id;

-- name: SetOrganizationZone :exec
UPDATE organizations SET timezone = @timezone WHERE id = @id;

-- name: Offering :one
SELECT s.org_id, r.revision, r.catalog_revision, r.source_as_of, r.source_budget, r.source_policy FROM schedulers s JOIN schedules r ON r.org_id = s.org_id WHERE s.id = @scheduler;

-- name: SchedulerName :one
SELECT name FROM schedulers WHERE id = @scheduler;
