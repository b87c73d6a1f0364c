-- name: CustomersByEmail :many
SELECT id, first_name, last_name, email, phone, street, city, state, postal_code, country, created_at, updated_at FROM customers
WHERE org_id = @org_id AND email = @email AND email <> '' ORDER BY created_at, id LIMIT 50;

-- name: CustomersByPhone :many
SELECT id, first_name, last_name, email, phone, street, city, state, postal_code, country, created_at, updated_at FROM customers
WHERE org_id = @org_id AND phone = @phone AND phone <> '' ORDER BY created_at, id LIMIT 50;

-- name: PutCustomer :exec
INSERT INTO customers (org_id, id, first_name, last_name, email, phone, street, city, state, postal_code, country, created_at, updated_at)
VALUES (@org_id, @id, @first_name, @last_name, @email, @phone, @street, @city, @state, @postal_code, @country, @created_at, @updated_at)
ON CONFLICT (org_id, id) DO UPDATE SET first_name = excluded.first_name, last_name = excluded.last_name, email = excluded.email,
  phone = excluded.phone, street = excluded.street, city = excluded.city, state = excluded.state,
  postal_code = excluded.postal_code, country = excluded.country, updated_at = excluded.updated_at,
  revision = CASE WHEN excluded.updated_at = customers.updated_at THEN customers.revision ELSE customers.revision + 1 END;

-- name: Customer :one
SELECT id, first_name, last_name, email, phone, street, city, state, postal_code, country, created_at, updated_at FROM customers
WHERE org_id = @org_id AND id = @id;

-- name: CustomersPage :many
SELECT id, first_name, last_name, email, phone, street, city, state, postal_code, country, created_at, updated_at FROM customers
WHERE org_id = @org_id AND lower(first_name || ' ' || last_name || ' ' || email || ' ' || street || ' ' || city || ' ' || state || ' ' || postal_code || ' ' || phone) LIKE CAST(@holds AS TEXT)
  AND (created_at < @before_at OR (created_at = @before_at AND id < @before_id))
ORDER BY created_at DESC, id DESC LIMIT @n;

-- name: LeaseCustomer :execrows
UPDATE customers SET lease_holder = @holder, lease_until = @until_ms
WHERE org_id = @org_id AND id = @id AND (lease_holder = '' OR lease_until <= @now_ms OR lease_until > @far_ms);

-- name: LeaseHolder :one
SELECT lease_holder FROM customers WHERE org_id = @org_id AND id = @id;

-- name: ReleaseCustomer :exec
UPDATE customers SET lease_holder = '', lease_until = 0 WHERE org_id = @org_id AND id = @id AND lease_holder = @holder;

-- name: ReleaseNode :exec
UPDATE customers SET lease_holder = '', lease_until = 0 WHERE lease_holder LIKE CAST(@prefix AS TEXT);

-- name: InsertLead :exec
INSERT INTO leads (org_id, id, kind, stage, customer_id, appointment_id, contact, message, utm, language, created_at, updated_at, revision)
VALUES (@org_id, @id, @kind, @stage, @customer_id, @appointment_id, @contact, @message, @utm, @language, @created_at, @created_at, 1);

-- name: CompleteLead :exec
UPDATE leads SET stage = @stage, appointment_id = @appointment_id, updated_at = @updated_at, revision = revision + 1
WHERE org_id = @org_id AND id = @id;

-- name: RenewLead :exec
UPDATE leads SET contact = @contact, message = @message, utm = @utm, language = @language, updated_at = @updated_at, revision = revision + 1
WHERE org_id = @org_id AND id = @id;

-- name: Lead :one
SELECT * FROM leads WHERE org_id = @org_id AND id = @id;

-- name: LeadsOfCustomer :many
SELECT * FROM leads WHERE org_id = @org_id AND customer_id = @customer_id ORDER BY created_at DESC, id DESC;

-- name: LeadsPage :many
SELECT * FROM leads
WHERE org_id = @org_id AND (CAST(@stage AS TEXT) = '' OR stage = @stage)
  AND (created_at < @before_at OR (created_at = @before_at AND id < @before_id))
ORDER BY created_at DESC, id DESC LIMIT @n;
