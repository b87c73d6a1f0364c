-- name: LinkVersion :one
SELECT sights FROM crm_links WHERE org_id = @org_id AND config_id = @config_id AND subject = @subject AND role = @role;

-- name: PersonLinks :many
-- Whom a record stands for: a customer by itself, or through their lead or appointment.
SELECT k.role, k.subject, k.module, k.record_id, k.known, k.sights, k.wrote_at, k.created_at,
  CAST(CASE WHEN k.role = 'related_record' THEN k.subject ELSE COALESCE(l.customer_id, a.customer_id, '') END AS TEXT) AS customer_id,
  CAST(COALESCE(l.id, '') AS TEXT) AS lead_id
FROM crm_links k
LEFT JOIN leads l ON l.org_id = k.org_id AND l.id = k.subject
LEFT JOIN appointments a ON a.org_id = k.org_id AND a.id = k.subject
WHERE k.org_id = @org_id AND k.config_id = @config_id AND k.module = @module AND k.record_id = @record_id AND k.role IN ('lead', 'related_record', 'contact_us')
ORDER BY k.created_at, k.subject;

-- name: LinksOfCustomer :many
-- The records of a customer, of their leads and of the leads that their appointments completed.
SELECT k.role, k.subject, k.module, k.record_id, k.begun_owner, k.begun_start, k.begun_at, k.created_at, k.sights, k.known, k.wrote_at, k.matched
FROM crm_links k
WHERE k.org_id = @org_id AND k.config_id = @config_id AND k.role IN ('lead', 'related_record', 'contact_us') AND k.record_id NOT IN ('', '-') AND k.subject IN (
  SELECT CAST(@customer_id AS TEXT)
  UNION SELECT l.id FROM leads l WHERE l.org_id = @org_id AND l.customer_id = @customer_id
  UNION SELECT a.id FROM appointments a WHERE a.org_id = @org_id AND a.customer_id = @customer_id)
ORDER BY k.created_at, k.role, k.subject;

-- name: WatchedPeople :many
-- Records of a module that a lead or customer stands for whom something may still come of.
SELECT DISTINCT k.record_id FROM crm_links k LEFT JOIN leads l ON l.org_id = k.org_id AND l.id = k.subject
WHERE k.org_id = @org_id AND k.config_id = @config_id AND k.module = @module AND k.role IN ('lead', 'related_record', 'contact_us') AND k.record_id NOT IN ('', '-')
  AND (l.id IS NULL OR l.stage IN ('new', 'contacted') OR l.updated_at > @since_ms) AND k.record_id > @after_id
ORDER BY k.record_id LIMIT @n;

-- name: PutKnown :execrows
UPDATE crm_links SET known = @known, sights = sights + 1
WHERE org_id = @org_id AND config_id = @config_id AND subject = @subject AND role = @role AND sights = @sights;

-- name: MoveLink :execrows
UPDATE crm_links SET module = @module, record_id = @record_id, matched = @matched, known = '', begun_start = 0, begun_at = 0, sights = sights + 1
WHERE org_id = @org_id AND config_id = @config_id AND subject = @subject AND role = @role AND sights = @sights;

-- name: CustomerPushState :one
SELECT revision, pushed, push_failed, push_error FROM customers WHERE org_id = @org_id AND id = @id;

-- name: SettleCustomer :exec
UPDATE customers SET pushed = @pushed, push_failed = @failed, push_error = @error WHERE org_id = @org_id AND id = @id;

-- name: NoteCustomer :exec
UPDATE customers SET push_failed = @failed, push_error = @error WHERE org_id = @org_id AND id = @id;

-- name: CustomersBehind :many
SELECT id FROM customers WHERE org_id = @org_id AND pushed < revision AND push_failed <= @most_failed AND updated_at < @before_ms ORDER BY updated_at, id;

-- name: ForgiveCustomers :exec
UPDATE customers SET push_failed = 0, push_error = '' WHERE org_id = @org_id AND push_failed = 1;

-- name: TellLead :exec
-- What the CRM says of a lead: nothing of it has to be written there.
UPDATE leads SET stage = @stage, status = @status, owner = @owner, contacted_at = @contacted_at, updated_at = @updated_at WHERE org_id = @org_id AND id = @id;

-- name: HearPeople :exec
UPDATE mirror_people SET heard_at = @heard_at WHERE org_id = @org_id AND config_id = @config_id AND module = @module;

-- name: InsertCustomerEvent :exec
INSERT INTO customer_events (org_id, id, customer_id, at, actor, detail) VALUES (@org_id, @id, @customer_id, @at, @actor, @detail);

-- name: CustomerEvents :many
SELECT id, at, actor, detail FROM customer_events WHERE org_id = @org_id AND customer_id = @customer_id ORDER BY at DESC, id DESC LIMIT @n;

-- name: PeopleRead :one
SELECT as_of, checked_at, heard_at, error, class FROM mirror_people WHERE org_id = @org_id AND config_id = @config_id AND module = @module;

-- name: PutPeopleRead :exec
INSERT INTO mirror_people (org_id, config_id, module, as_of, checked_at, error, class) VALUES (@org_id, @config_id, @module, @as_of, @checked_at, @error, @class)
ON CONFLICT (org_id, config_id, module) DO UPDATE SET as_of = excluded.as_of, checked_at = excluded.checked_at, error = excluded.error, class = excluded.class;

-- name: PutDisagreement :one
-- Gives the id of the one that is open: another than the new one when there was one already.
INSERT INTO disagreements (org_id, id, config_id, customer_id, role, subject, module, record_id, parts, ours, theirs, opened_at)
VALUES (@org_id, @id, @config_id, @customer_id, @role, @subject, @module, @record_id, @parts, @ours, @theirs, @opened_at)
ON CONFLICT (org_id, subject, role, config_id) WHERE settled_at = 0 DO UPDATE SET module = excluded.module, record_id = excluded.record_id,
  parts = excluded.parts, ours = excluded.ours, theirs = excluded.theirs
RETURNING id;

-- name: Disagreement :one
SELECT * FROM disagreements WHERE org_id = @org_id AND id = @id;

-- name: OpenDisagreement :one
SELECT * FROM disagreements WHERE org_id = @org_id AND config_id = @config_id AND subject = @subject AND role = @role AND settled_at = 0;

-- name: OpenDisagreements :many
SELECT * FROM disagreements WHERE org_id = @org_id AND settled_at = 0 ORDER BY opened_at, id LIMIT 500;

-- name: SettledDisagreements :many
SELECT * FROM disagreements WHERE org_id = @org_id AND settled_at > 0 ORDER BY settled_at DESC, id LIMIT @n;

-- name: DisagreementsOfCustomer :many
SELECT * FROM disagreements WHERE org_id = @org_id AND customer_id = @customer_id AND settled_at = 0 ORDER BY opened_at, id;

-- name: SettleDisagreement :execrows
UPDATE disagreements SET settled_at = @settled_at, settled_by = @settled_by, choice = @choice WHERE org_id = @org_id AND id = @id AND settled_at = 0;

-- name: RaiseCustomer :exec
UPDATE customers SET revision = revision + 1, updated_at = @updated_at WHERE org_id = @org_id AND id = @id;
