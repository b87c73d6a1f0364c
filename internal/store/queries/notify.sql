-- name: Delivery :one
SELECT state FROM deliveries WHERE org_id = @org_id AND message_id = @message_id;

-- name: PutDelivery :exec
INSERT INTO deliveries (org_id, message_id, appointment_id, kind, state, recipient, error, at)
VALUES (@org_id, @message_id, @appointment_id, @kind, @state, @recipient, @error, @at)
ON CONFLICT (org_id, message_id) DO UPDATE SET state = excluded.state, error = excluded.error, at = excluded.at;

-- name: DeliveriesOf :many
SELECT message_id, kind, state, recipient, error, at FROM deliveries WHERE org_id = @org_id AND appointment_id = @appointment_id ORDER BY at, message_id;

-- name: DeliveryBehind :one
SELECT org_id, appointment_id, kind, state, recipient, error, at FROM deliveries WHERE message_id = @message_id ORDER BY org_id LIMIT 1;

-- name: BounceDelivery :execrows
UPDATE deliveries SET state = @state, error = @error, at = @at WHERE org_id = @org_id AND message_id = @message_id AND state = 'sent';
