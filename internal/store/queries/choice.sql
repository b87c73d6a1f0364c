-- name: HoldChoice :one
SELECT choice FROM holds WHERE org_id = @org_id AND id = @id;

-- name: KnownOfCustomer :many
-- What is known of the records of a customer and of their leads, those of the contact first.
SELECT k.known FROM crm_links k
WHERE k.org_id = @org_id AND k.role IN ('lead', 'related_record', 'contact_us') AND k.record_id NOT IN ('', '-') AND k.subject IN (
  SELECT CAST(@customer_id AS TEXT)
  UNION SELECT l.id FROM leads l WHERE l.org_id = @org_id AND l.customer_id = @customer_id
  UNION SELECT a.id FROM appointments a WHERE a.org_id = @org_id AND a.customer_id = @customer_id)
ORDER BY CASE k.role WHEN 'related_record' THEN 0 ELSE 1 END, k.created_at DESC, k.subject;
