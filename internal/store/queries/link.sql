-- name: LinkedAppointments :many
SELECT id FROM appointments WHERE org_id = @org_id AND customer_id = @customer_id AND token_sealed <> '' ORDER BY id;

-- name: RevokeManageLinks :exec
UPDATE manage_links SET revoked = 1 WHERE org_id = @org_id AND appointment_id = @appointment_id;

-- name: LinkEver :one
-- Also one that was revoked.
SELECT org_id, appointment_id FROM manage_links WHERE token_hash = @token_hash;

-- name: LinkedWaits :many
-- Whoever waits is known by their address alone, until they book.
SELECT e.id FROM waitlist_entries e JOIN customers c ON c.org_id = e.org_id AND c.email = e.email
WHERE e.org_id = @org_id AND c.id = @customer_id AND e.email <> '' ORDER BY e.id;

-- name: SetWaitToken :exec
UPDATE waitlist_entries SET token_hash = @token_hash, token_sealed = @token_sealed WHERE org_id = @org_id AND id = @id;

-- name: SetManageToken :exec
UPDATE appointments SET token_sealed = @token_sealed WHERE org_id = @org_id AND id = @id;
