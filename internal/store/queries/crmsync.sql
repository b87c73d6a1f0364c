-- name: PutLink :exec
INSERT INTO crm_links (org_id, config_id, role, subject, module, record_id, begun_owner, begun_start, begun_at, created_at, sight, sending, known, wrote_at, matched)
VALUES (@org_id, @config_id, @role, @subject, @module, @record_id, @begun_owner, @begun_start, @begun_at, @created_at, @sight, @sending, @known, @wrote_at, @matched)
ON CONFLICT (org_id, subject, role, config_id) DO UPDATE SET module = excluded.module, record_id = excluded.record_id,
  begun_owner = excluded.begun_owner, begun_start = excluded.begun_start, begun_at = excluded.begun_at,
  sight = excluded.sight, sending = excluded.sending, known = excluded.known, wrote_at = excluded.wrote_at, matched = excluded.matched, sights = crm_links.sights + 1,
  seen_at = CASE WHEN crm_links.record_id = excluded.record_id THEN crm_links.seen_at ELSE 0 END;

-- name: DeleteLink :exec
DELETE FROM crm_links WHERE org_id = @org_id AND subject = @subject AND role = @role AND config_id = @config_id;

-- name: LinksOf :many
SELECT config_id, role, subject, module, record_id, begun_owner, begun_start, begun_at, created_at, sight, sending, sights, known, wrote_at, matched, seen_at FROM crm_links
WHERE org_id = @org_id AND subject = @subject ORDER BY created_at, role;

-- name: CompletedLeadRecords :many
SELECT k.record_id FROM crm_links k JOIN leads l ON l.org_id = k.org_id AND l.id = k.subject
WHERE k.org_id = @org_id AND l.customer_id = @customer_id AND k.role = 'lead' AND k.record_id NOT IN ('', '-') AND l.stage NOT IN ('new', 'contacted')
UNION
SELECT k.record_id FROM crm_links k JOIN appointments a ON a.org_id = k.org_id AND a.id = k.subject
WHERE k.org_id = @org_id AND a.customer_id = @customer_id AND k.role = 'lead' AND k.record_id NOT IN ('', '-');

-- name: InsertSyncAttempt :exec
INSERT INTO sync_attempts (org_id, id, config_id, at, state, kind, appointment_id, lead_id, customer_id, module, record_id, request, answer, error, code, took_ms, cause)
VALUES (@org_id, @id, @config_id, @at, @state, @kind, @appointment_id, @lead_id, @customer_id, @module, @record_id, @request, @answer, @error, @code, @took_ms, @cause);

-- name: SyncAttempt :one
SELECT * FROM sync_attempts WHERE org_id = @org_id AND id = @id;

-- name: SyncAttemptsPage :many
SELECT * FROM sync_attempts
WHERE org_id = @org_id AND id < @before_id AND (CAST(@state AS TEXT) = '' OR state = @state)
  AND (CAST(@appointment_id AS TEXT) = '' OR appointment_id = @appointment_id) AND (CAST(@lead_id AS TEXT) = '' OR lead_id = @lead_id)
ORDER BY id DESC LIMIT @n;

-- name: SettleAppointment :exec
UPDATE appointments SET pushed = @pushed, push_failed = @failed, push_error = @error WHERE org_id = @org_id AND id = @id;

-- name: SettleLead :exec
UPDATE leads SET pushed = @pushed, push_failed = @failed, push_error = @error WHERE org_id = @org_id AND id = @id;

-- name: NoteAppointment :exec
UPDATE appointments SET push_failed = @failed, push_error = @error WHERE org_id = @org_id AND id = @id;

-- name: NoteLead :exec
UPDATE leads SET push_failed = @failed, push_error = @error WHERE org_id = @org_id AND id = @id;

-- name: SettleLeadsOf :exec
UPDATE leads SET pushed = revision, push_failed = 0, push_error = '' WHERE org_id = @org_id AND appointment_id = @appointment_id AND appointment_id <> '';

-- name: AppointmentsBehind :many
SELECT id FROM appointments WHERE org_id = @org_id AND pushed < revision AND customer_id <> '' AND push_failed <= @most_failed AND updated_at < @before_ms ORDER BY updated_at, id;

-- name: LeadsBehind :many
SELECT id FROM leads WHERE org_id = @org_id AND pushed < revision AND push_failed <= @most_failed AND appointment_id = '' AND updated_at < @before_ms
ORDER BY updated_at, id;

-- name: LastAttemptOfKind :one
SELECT * FROM sync_attempts WHERE org_id = @org_id AND config_id = @config_id AND kind = @kind ORDER BY id DESC LIMIT 1;

-- name: NewestAppointmentOf :one
SELECT pushed, revision, push_failed, push_error FROM appointments WHERE org_id = @org_id AND customer_id = @customer_id
ORDER BY created_at DESC, id DESC LIMIT 1;
