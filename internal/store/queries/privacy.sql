-- name: InsertErasure :exec
INSERT INTO erasures (org_id, id, at, erased_by, document, markers_sealed) VALUES (@org_id, @id, @at, @erased_by, @document, @markers_sealed);

-- name: SetErasure :exec
UPDATE erasures SET document = @document WHERE org_id = @org_id AND id = @id;

-- name: ForgetMarkers :exec
UPDATE erasures SET markers_sealed = '' WHERE org_id = @org_id AND id = @id;

-- name: UnprovedErasures :many
SELECT org_id, id, markers_sealed FROM erasures WHERE markers_sealed <> '' AND at <= @before_ms ORDER BY at, id LIMIT 100;

-- name: Erasure :one
SELECT id, at, erased_by, document FROM erasures WHERE org_id = @org_id AND id = @id;

-- name: Erasures :many
SELECT id, at, erased_by, document FROM erasures WHERE org_id = @org_id ORDER BY id DESC LIMIT @n;

-- name: CustomersOfContact :many
-- Whose they are by what was typed, too: an appointment or lead keeps the contact as it was given with it.
SELECT c.id FROM customers c WHERE c.org_id = @org_id AND (c.id = @customer_id OR (c.email = @email AND c.email <> '') OR (c.phone = @phone AND c.phone <> ''))
UNION SELECT l.customer_id FROM leads l WHERE l.org_id = @org_id AND l.customer_id <> ''
  AND (CAST(@email_pair AS TEXT) <> '' AND replace(l.contact, CAST(@email_pair AS TEXT), '') <> l.contact OR CAST(@phone_pair AS TEXT) <> '' AND replace(l.contact, CAST(@phone_pair AS TEXT), '') <> l.contact)
UNION SELECT a.customer_id FROM appointments a WHERE a.org_id = @org_id AND a.customer_id <> ''
  AND (CAST(@email_pair AS TEXT) <> '' AND replace(a.contact, CAST(@email_pair AS TEXT), '') <> a.contact OR CAST(@phone_pair AS TEXT) <> '' AND replace(a.contact, CAST(@phone_pair AS TEXT), '') <> a.contact);

-- name: AppointmentsOfCustomer :many
SELECT id, lead_id, contact, status, starts_at FROM appointments WHERE org_id = @org_id AND customer_id = @customer_id ORDER BY id;

-- name: LeadsAbout :many
SELECT id, contact FROM leads WHERE org_id = @org_id AND customer_id = @customer_id ORDER BY id;

-- name: SuspectRequests :many
SELECT id, request FROM suspects WHERE org_id = @org_id ORDER BY id;

-- name: WaitContacts :many
SELECT id, contact FROM waitlist_entries WHERE org_id = @org_id ORDER BY id;

-- name: LeftDocuments :many
SELECT id, document FROM left_forms WHERE org_id = @org_id ORDER BY id;

-- name: LinksOfSubject :many
SELECT k.config_id, k.role, k.module, k.record_id,
  CAST((SELECT count(*) FROM crm_links o WHERE o.org_id = k.org_id AND o.module = k.module AND o.record_id = k.record_id) AS BIGINT) AS links
FROM crm_links k WHERE k.org_id = @org_id AND k.subject = @subject AND k.record_id NOT IN ('', '-') ORDER BY k.created_at, k.role;

-- name: CustomerLease :one
SELECT lease_until FROM customers WHERE org_id = @org_id AND id = @id AND lease_holder <> '';

-- name: DeleteOldAttempts :execrows
DELETE FROM sync_attempts WHERE at < @before_ms;
