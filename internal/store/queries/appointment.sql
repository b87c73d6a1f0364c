-- name: AppointmentBlocks :many
-- An appointment lasts at most a day, so the index on the start bounds the search from both sides.
SELECT id, service_id, rep_id, starts_at, ends_at FROM appointments
WHERE org_id = @org_id AND starts_at < @to_ms AND starts_at > CAST(@from_ms AS BIGINT) - 86400000 AND ends_at > @from_ms AND status <> 'cancelled';

-- name: HoldBlocks :many
SELECT id, service_id, rep_id, starts_at, ends_at, expires_at FROM holds
WHERE org_id = @org_id AND expires_at > @now_ms AND starts_at < @to_ms AND ends_at > @from_ms;

-- name: AppointmentsOfVisit :many
SELECT * FROM appointments WHERE org_id = @org_id AND starts_at = @starts_at AND service_id = @service_id AND status <> 'cancelled' ORDER BY id;

-- name: CountByRep :many
SELECT rep_id, count(*) AS n FROM appointments
WHERE org_id = @org_id AND starts_at >= @from_ms AND starts_at <= @to_ms AND status <> 'cancelled' GROUP BY rep_id;

-- name: InsertAppointment :exec
INSERT INTO appointments (org_id, id, status, revision, service_id, rep_id, starts_at, ends_at, timezone, language, customer_id, lead_id,
  contact, answers, notes, utm, postal_code, cancel_reason, request, token_sealed, created_at, updated_at)
VALUES (@org_id, @id, @status, @revision, @service_id, @rep_id, @starts_at, @ends_at, @timezone, @language, @customer_id, @lead_id,
  @contact, @answers, @notes, @utm, @postal_code, @cancel_reason, @request, @token_sealed, @created_at, @updated_at);

-- name: UpdateAppointment :exec
UPDATE appointments SET status = @status, revision = @revision, rep_id = @rep_id, starts_at = @starts_at, ends_at = @ends_at,
  cancel_reason = @cancel_reason, request = @request, updated_at = @updated_at, push_failed = 0, push_error = ''
WHERE org_id = @org_id AND id = @id;

-- name: Appointment :one
SELECT * FROM appointments WHERE org_id = @org_id AND id = @id;

-- name: AppointmentsPage :many
SELECT * FROM appointments
WHERE org_id = @org_id AND starts_at >= @from_ms AND starts_at < @to_ms
  AND (CAST(@status AS TEXT) = '' OR status = @status) AND (CAST(@customer_id AS TEXT) = '' OR customer_id = @customer_id)
  AND (CAST(@service_id AS TEXT) = '' OR service_id = @service_id) AND (CAST(@rep_id AS TEXT) = '' OR rep_id = @rep_id)
  AND lower(contact) LIKE CAST(@holds AS TEXT)
  AND (starts_at > @after_start OR (starts_at = @after_start AND id > @after_id))
ORDER BY starts_at, id LIMIT @n;

-- name: Requests :many
SELECT * FROM appointments WHERE org_id = @org_id AND status = 'tentative' AND request = 1 AND starts_at > @now_ms ORDER BY created_at, starts_at, id LIMIT 100;

-- name: CountRequests :one
SELECT count(*) FROM appointments WHERE org_id = @org_id AND status = 'tentative' AND request = 1 AND starts_at > @now_ms;

-- name: InsertManageLink :exec
INSERT INTO manage_links (token_hash, org_id, appointment_id) VALUES (@token_hash, @org_id, @appointment_id);

-- name: ManageLink :one
SELECT org_id, appointment_id FROM manage_links WHERE token_hash = @token_hash AND revoked = 0;

-- name: InsertEvent :exec
INSERT INTO timeline (org_id, appointment_id, revision, at, kind, actor, starts_at, rep_id, detail, choice)
VALUES (@org_id, @appointment_id, @revision, @at, @kind, @actor, @starts_at, @rep_id, @detail, @choice);

-- name: Events :many
SELECT at, kind, actor, starts_at, rep_id, detail, choice FROM timeline
WHERE org_id = @org_id AND appointment_id = @appointment_id ORDER BY at, revision, kind;
