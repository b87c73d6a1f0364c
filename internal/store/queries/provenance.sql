-- name: NextTurn :one
SELECT CAST(COALESCE(MAX(turn), 0) + 1 AS BIGINT) FROM crm_values
WHERE org_id = @org_id AND config_id = @config_id AND module = @module AND record_id = @record_id;

-- name: InsertValue :exec
INSERT INTO crm_values (org_id, id, config_id, attempt_id, at, turn, role, module, record_id, field, made, sure, before_sealed, after_sealed,
  heavy_key, policy, settings, undo_id, customer_id, appointment_id, lead_id)
VALUES (@org_id, @id, @config_id, @attempt_id, @at, @turn, @role, @module, @record_id, @field, @made, @sure, @before_sealed, @after_sealed,
  @heavy_key, @policy, @settings, @undo_id, @customer_id, @appointment_id, @lead_id);

-- name: ValuesOfRecord :many
SELECT * FROM crm_values WHERE org_id = @org_id AND config_id = @config_id AND module = @module AND record_id = @record_id ORDER BY turn, field, id;

-- name: ValuesOfAttempt :many
SELECT * FROM crm_values WHERE org_id = @org_id AND attempt_id = @attempt_id ORDER BY at DESC, turn DESC, field DESC, id DESC LIMIT @n;

-- name: ValuesOfAppointment :many
SELECT * FROM crm_values WHERE org_id = @org_id AND appointment_id = @appointment_id ORDER BY at DESC, turn DESC, field DESC, id DESC LIMIT @n;

-- name: ValuesOfLead :many
SELECT * FROM crm_values WHERE org_id = @org_id AND lead_id = @lead_id ORDER BY at DESC, turn DESC, field DESC, id DESC LIMIT @n;

-- name: RecordsOfAttempt :many
SELECT module, record_id FROM crm_values WHERE org_id = @org_id AND config_id = @config_id AND attempt_id = @attempt_id
GROUP BY module, record_id, role ORDER BY CASE role WHEN 'appointment' THEN 0 WHEN 'related_record' THEN 2 ELSE 1 END, MAX(at) DESC, record_id LIMIT @n;

-- name: RecordsOfAppointment :many
SELECT module, record_id FROM crm_values WHERE org_id = @org_id AND config_id = @config_id AND appointment_id = @appointment_id
GROUP BY module, record_id, role ORDER BY CASE role WHEN 'appointment' THEN 0 WHEN 'related_record' THEN 2 ELSE 1 END, MAX(at) DESC, record_id LIMIT @n;

-- name: RecordsOfSpan :many
SELECT module, record_id FROM crm_values WHERE org_id = @org_id AND config_id = @config_id AND at >= @from_ms AND at < @to_ms
GROUP BY module, record_id, role ORDER BY CASE role WHEN 'appointment' THEN 0 WHEN 'related_record' THEN 2 ELSE 1 END, MAX(at) DESC, record_id LIMIT @n;

-- name: VisitRecords :many
SELECT k.record_id FROM crm_links k JOIN appointments a ON a.org_id = k.org_id AND a.id = k.subject
WHERE k.org_id = @org_id AND k.config_id = @config_id AND k.role = 'appointment' AND k.record_id NOT IN ('', '-') AND a.customer_id = @customer_id
ORDER BY k.record_id;

-- name: DeleteLinksTo :exec
DELETE FROM crm_links WHERE org_id = @org_id AND config_id = @config_id AND module = @module AND record_id = @record_id;

-- name: InsertUndo :exec
INSERT INTO crm_undos (org_id, id, config_id, attempt_id, appointment_id, from_at, to_at, deletions, asked_by, asked_at)
VALUES (@org_id, @id, @config_id, @attempt_id, @appointment_id, @from_at, @to_at, @deletions, @asked_by, @asked_at);

-- name: InsertUndoRecord :exec
INSERT INTO crm_undo_records (org_id, undo_id, number, module, record_id, state, restored, refused, deleted, words)
VALUES (@org_id, @undo_id, @number, @module, @record_id, @state, 0, 0, 0, '');

-- name: UndoByID :one
SELECT * FROM crm_undos WHERE org_id = @org_id AND id = @id;

-- name: UndoRecords :many
SELECT * FROM crm_undo_records WHERE org_id = @org_id AND undo_id = @undo_id ORDER BY number;

-- name: SettleUndoRecord :exec
UPDATE crm_undo_records SET state = @state, restored = @restored, refused = @refused, deleted = @deleted, words = @words
WHERE org_id = @org_id AND undo_id = @undo_id AND number = @number;

-- name: DeleteValues :execrows
DELETE FROM crm_values WHERE at < @before_ms;

-- name: ExpectSight :exec
UPDATE crm_links SET sending = @sending, sights = sights + 1
WHERE org_id = @org_id AND config_id = @config_id AND module = @module AND record_id = @record_id AND role = 'appointment';

-- name: SetSight :exec
UPDATE crm_links SET sight = @sight, sending = @sending, sights = sights + 1
WHERE org_id = @org_id AND config_id = @config_id AND module = @module AND record_id = @record_id AND role = 'appointment';
