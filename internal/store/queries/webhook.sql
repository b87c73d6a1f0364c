-- name: InsertWebhook :exec
INSERT INTO webhook_endpoints (org_id, id, url, description, types, state, secret_sealed, created_at, created_by)
VALUES (@org_id, @id, @url, @description, @types, @state, @secret_sealed, @created_at, @created_by);

-- name: CountWebhooks :one
SELECT count(*) FROM webhook_endpoints WHERE org_id = @org_id;

-- name: Webhooks :many
SELECT * FROM webhook_endpoints WHERE org_id = @org_id ORDER BY created_at, id;

-- name: Webhook :one
SELECT * FROM webhook_endpoints WHERE org_id = @org_id AND id = @id;

-- name: LockWebhook :one
UPDATE webhook_endpoints SET id = id WHERE org_id = @org_id AND id = @id RETURNING *;

-- name: FailingWebhooks :many
SELECT org_id, id FROM webhook_endpoints WHERE failing_since > 0 AND failing_since <= @before_ms AND state <> 'disabled' ORDER BY org_id, id;

-- name: SetWebhook :exec
UPDATE webhook_endpoints SET url = @url, description = @description, types = @types WHERE org_id = @org_id AND id = @id;

-- name: SetWebhookHealth :exec
UPDATE webhook_endpoints SET state = @state, why = @why, failing_since = @failing_since, failures = @failures, quiet_until = @quiet_until, delivered_at = @delivered_at
WHERE org_id = @org_id AND id = @id;

-- name: SetWebhookSecret :exec
UPDATE webhook_endpoints SET secret_sealed = @secret_sealed, former_sealed = @former_sealed, former_until = @former_until WHERE org_id = @org_id AND id = @id;

-- name: DeleteWebhook :execrows
DELETE FROM webhook_endpoints WHERE org_id = @org_id AND id = @id;

-- name: DeleteWebhookMessages :exec
DELETE FROM webhook_messages WHERE org_id = @org_id AND endpoint_id = @endpoint_id;

-- name: DeleteWebhookAttempts :exec
DELETE FROM webhook_attempts WHERE org_id = @org_id AND endpoint_id = @endpoint_id;

-- name: WebhookSubscriptions :many
SELECT id, types, state FROM webhook_endpoints WHERE org_id = @org_id ORDER BY id;

-- name: NextWebhookSequence :one
UPDATE webhook_endpoints SET last_sequence = last_sequence + 1 WHERE org_id = @org_id AND id = @id RETURNING last_sequence, state;

-- name: InsertWebhookEvent :exec
INSERT INTO webhook_events (org_id, id, type, subject, snapshot, at) VALUES (@org_id, @id, @type, @subject, @snapshot, @at);

-- name: InsertWebhookMessage :exec
INSERT INTO webhook_messages (org_id, endpoint_id, sequence, event_id, type, state, at, queued_at)
VALUES (@org_id, @endpoint_id, @sequence, @event_id, @type, @state, @at, @queued_at);

-- name: WebhookMessage :one
SELECT * FROM webhook_messages WHERE org_id = @org_id AND endpoint_id = @endpoint_id AND sequence = @sequence;

-- name: WebhookEvent :one
SELECT * FROM webhook_events WHERE org_id = @org_id AND id = @id;

-- name: KeepWebhookBody :one
UPDATE webhook_events SET body = CASE WHEN body = '' THEN CAST(@body AS TEXT) ELSE body END WHERE org_id = @org_id AND id = @id RETURNING body;

-- name: SetWebhookMessage :exec
UPDATE webhook_messages SET state = @state, attempts = @attempts, queued_at = @queued_at, next_at = @next_at, settled_at = @settled_at
WHERE org_id = @org_id AND endpoint_id = @endpoint_id AND sequence = @sequence;

-- name: WebhookMessages :many
SELECT * FROM webhook_messages WHERE org_id = @org_id AND endpoint_id = @endpoint_id AND sequence < @before_sequence
  AND (CAST(@state AS TEXT) = '' OR state = CAST(@state AS TEXT)) ORDER BY sequence DESC LIMIT @n;

-- name: WebhookMessagesSince :many
SELECT * FROM webhook_messages WHERE org_id = @org_id AND endpoint_id = @endpoint_id AND at >= @since_ms AND sequence > @after_sequence
  AND state <> 'waiting' ORDER BY sequence LIMIT @n;

-- name: InsertWebhookAttempt :exec
INSERT INTO webhook_attempts (org_id, id, endpoint_id, sequence, event_id, at, status, took, head, error, cause)
VALUES (@org_id, @id, @endpoint_id, @sequence, @event_id, @at, @status, @took, @head, @error, @cause);

-- name: WebhookAttempts :many
SELECT * FROM webhook_attempts WHERE org_id = @org_id AND endpoint_id = @endpoint_id AND sequence = @sequence ORDER BY at DESC, id DESC;

-- name: DeleteOldWebhookAttempts :execrows
DELETE FROM webhook_attempts WHERE at <= @before_ms;

-- name: DeleteOldWebhookMessages :execrows
DELETE FROM webhook_messages WHERE at <= @before_ms AND state <> 'waiting';

-- name: DeleteOldWebhookEvents :execrows
DELETE FROM webhook_events WHERE webhook_events.at <= @before_ms
  AND NOT EXISTS (SELECT 1 FROM webhook_messages m WHERE m.org_id = webhook_events.org_id AND m.event_id = webhook_events.id);
