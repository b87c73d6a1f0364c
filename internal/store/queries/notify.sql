-- name: Delivery :one
SELECT state FROM deliveries WHERE org_id = @org_id AND message_id = @message_id;

-- name: PutDelivery :exec
INSERT INTO deliveries (org_id, message_id, appointment_id, kind, state, recipient, error, at)
VALUES (@org_id, @message_id, @appointment_id, @kind, @state, @recipient, @error, @at)
ON CONFLICT (org_id, message_id) DO UPDATE SET state = excluded.state, error = excluded.error, at = excluded.at;

-- name: DeliveriesOf :many
SELECT message_id, kind, state, recipient, error, at FROM deliveries WHERE org_id = @org_id AND appointment_id = @appointment_id ORDER BY at, message_id;
