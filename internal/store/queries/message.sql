-- name: MessagePolicy :one
SELECT document FROM message_policies WHERE org_id = @org_id;

-- name: PutMessagePolicy :exec
INSERT INTO message_policies (org_id, document) VALUES (@org_id, @document)
ON CONFLICT (org_id) DO UPDATE SET document = excluded.document;

-- name: KeepRevision :execrows
-- Locks an appointment that is still at a revision.
UPDATE appointments SET revision = revision WHERE org_id = @org_id AND id = @id AND revision = @revision;

-- name: DeletePlans :exec
DELETE FROM planned_messages WHERE org_id = @org_id AND appointment_id = @appointment_id;

-- name: InsertPlan :exec
INSERT INTO planned_messages (org_id, appointment_id, kind, lead_minutes, starts_at, due_at)
VALUES (@org_id, @appointment_id, @kind, @lead_minutes, @starts_at, @due_at);

-- name: PlansOf :many
SELECT kind, lead_minutes, starts_at, due_at FROM planned_messages WHERE org_id = @org_id AND appointment_id = @appointment_id ORDER BY due_at, kind, lead_minutes;

-- name: OrganizationsWithDuePlans :many
-- One look into the index for each organization.
SELECT o.id FROM organizations o WHERE EXISTS (SELECT 1 FROM planned_messages p WHERE p.org_id = o.id AND p.due_at <= @now_ms) ORDER BY o.id;

-- name: DuePlans :many
SELECT appointment_id, kind, lead_minutes, starts_at FROM planned_messages WHERE org_id = @org_id AND due_at <= @now_ms ORDER BY due_at, appointment_id, kind, lead_minutes LIMIT @n;

-- name: DeletePlan :execrows
DELETE FROM planned_messages WHERE org_id = @org_id AND appointment_id = @appointment_id AND kind = @kind AND lead_minutes = @lead_minutes;

-- name: MessageTemplates :many
SELECT kind, language, document, changed_at, changed_by FROM message_templates WHERE org_id = @org_id ORDER BY kind, language;

-- name: PutMessageTemplate :exec
INSERT INTO message_templates (org_id, kind, language, document, changed_at, changed_by)
VALUES (@org_id, @kind, @language, @document, @changed_at, @changed_by)
ON CONFLICT (org_id, kind, language) DO UPDATE SET document = excluded.document, changed_at = excluded.changed_at, changed_by = excluded.changed_by;

-- name: DeleteMessageTemplate :exec
DELETE FROM message_templates WHERE org_id = @org_id AND kind = @kind AND language = @language;

-- name: InsertConsent :exec
INSERT INTO consents (org_id, id, at, channel, address_hash, state, source, appointment_id, words)
VALUES (@org_id, @id, @at, @channel, @address_hash, @state, @source, @appointment_id, @words);

-- name: Consents :many
SELECT * FROM consents WHERE org_id = @org_id AND address_hash = @address_hash ORDER BY at DESC, id DESC LIMIT 50;
