-- name: LinkedAppointments :many
SELECT id FROM appointments WHERE org_id = @org_id AND customer_id = @customer_id AND token_sealed <> '' ORDER BY id;

-- name: DeleteManageLinks :exec
DELETE FROM manage_links WHERE org_id = @org_id AND appointment_id = @appointment_id;

-- name: SetManageToken :exec
UPDATE appointments SET token_sealed = @token_sealed WHERE org_id = @org_id AND id = @id;
