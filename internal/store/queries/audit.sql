-- name: InsertAudit :exec
INSERT INTO audit_events (org_id, id, at, area, act, who, who_id, subject, detail, address)
VALUES (@org_id, @id, @at, @area, @act, @who, @who_id, @subject, @detail, @address);

-- name: AuditPage :many
SELECT * FROM audit_events
WHERE org_id = @org_id AND (CAST(@before_id AS TEXT) = '' OR id < @before_id) AND (CAST(@area AS TEXT) = '' OR area = @area)
  AND (CAST(@without AS TEXT) = '' OR area <> @without) AND (CAST(@who AS TEXT) = '' OR who_id = @who)
ORDER BY id DESC LIMIT @n;

-- name: DeleteAuditBefore :exec
DELETE FROM audit_events WHERE org_id = @org_id AND area = @area AND at < @before_ms;
