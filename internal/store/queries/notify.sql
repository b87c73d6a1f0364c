-- name: Delivery :one
SELECT state FROM deliveries WHERE org_id = @org_id AND message_id = @message_id;

-- name: PutDelivery :exec
-- Who reports what became of a message did not send it.
INSERT INTO deliveries (org_id, message_id, appointment_id, kind, state, recipient, error, at, cause)
VALUES (@org_id, @message_id, @appointment_id, @kind, @state, @recipient, @error, @at, @cause)
ON CONFLICT (org_id, message_id) DO UPDATE SET state = excluded.state, error = excluded.error, at = excluded.at,
  cause = CASE WHEN excluded.state = 'arrived' OR excluded.state = 'bounced' THEN deliveries.cause ELSE excluded.cause END;

-- name: DeliveriesOf :many
SELECT message_id, kind, state, recipient, error, at, cause FROM deliveries WHERE org_id = @org_id AND appointment_id = @appointment_id ORDER BY at, message_id;

-- name: DeliveryBehind :one
SELECT org_id, appointment_id, kind, state, recipient, error, at FROM deliveries WHERE message_id = @message_id ORDER BY org_id LIMIT 1;

-- name: BounceDelivery :execrows
UPDATE deliveries SET state = @state, error = @error, at = @at WHERE org_id = @org_id AND message_id = @message_id AND state = 'sent';
