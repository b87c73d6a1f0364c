-- name: LeftPolicy :one
SELECT document FROM left_policies WHERE org_id = @org_id;

-- name: PutLeftPolicy :exec
INSERT INTO left_policies (org_id, document) VALUES (@org_id, @document)
ON CONFLICT (org_id) DO UPDATE SET document = excluded.document;

-- name: PutLeftForm :exec
-- What was typed last holds; its quiet time begins anew.
INSERT INTO left_forms (org_id, id, form, document, opened_at, due_at) VALUES (@org_id, @id, @form, @document, @opened_at, @due_at)
ON CONFLICT (org_id, form) DO UPDATE SET document = excluded.document, due_at = excluded.due_at, stated = 0;

-- name: CountLeftForms :one
SELECT count(*) FROM left_forms WHERE org_id = @org_id;

-- name: LeftForm :one
SELECT * FROM left_forms WHERE org_id = @org_id AND id = @id;

-- name: DeleteLeftForm :execrows
DELETE FROM left_forms WHERE org_id = @org_id AND id = @id;

-- name: ForgetLeftForm :exec
DELETE FROM left_forms WHERE org_id = @org_id AND form = @form;

-- name: OrganizationsWithLeftForms :many
-- One look into the index for each organization.
SELECT o.id FROM organizations o WHERE EXISTS (SELECT 1 FROM left_forms f WHERE f.org_id = o.id AND f.stated = 0 AND f.due_at <= @now_ms) ORDER BY o.id;

-- name: DueLeftForms :many
SELECT id FROM left_forms WHERE org_id = @org_id AND stated = 0 AND due_at <= @now_ms ORDER BY due_at, id LIMIT @n;

-- name: StateLeftForm :execrows
UPDATE left_forms SET stated = 1 WHERE org_id = @org_id AND id = @id AND stated = 0 AND due_at <= @now_ms;

-- name: CameSince :one
-- Bookings and enquiries of whoever has an e-mail address or a phone number.
SELECT CAST(
  (SELECT count(*) FROM appointments a JOIN customers c ON c.org_id = a.org_id AND c.id = a.customer_id
    WHERE c.org_id = @org_id AND ((c.email = @email AND c.email <> '') OR (c.phone = @phone AND c.phone <> '')) AND a.created_at >= @since_ms)
  + (SELECT count(*) FROM leads l JOIN customers c ON c.org_id = l.org_id AND c.id = l.customer_id
    WHERE c.org_id = @org_id AND ((c.email = @email AND c.email <> '') OR (c.phone = @phone AND c.phone <> '')) AND l.created_at >= @since_ms AND l.kind <> 'abandoned')
  AS BIGINT) AS n;

-- name: DeleteLeftForms :execrows
DELETE FROM left_forms WHERE due_at <= @before_ms;
