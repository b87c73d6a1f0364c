-- name: NewestTextConsent :many
SELECT * FROM consents WHERE org_id = @org_id AND address_hash = @address_hash AND channel = 'sms' ORDER BY at DESC, id DESC LIMIT 1;

-- name: NewestTextReply :many
SELECT * FROM consents WHERE org_id = @org_id AND address_hash = @address_hash AND channel = 'sms' AND source IN ('stop', 'start') ORDER BY at DESC, id DESC LIMIT 1;

-- name: AgreedToTexts :one
SELECT EXISTS (SELECT 1 FROM consents WHERE org_id = @org_id AND address_hash = @address_hash AND channel = 'sms' AND state = 'given'
  AND appointment_id = @appointment_id AND appointment_id <> '') AS agreed;

-- name: Texted :many
-- One look into the index for each organization.
SELECT o.id FROM organizations o WHERE EXISTS (SELECT 1 FROM consents c WHERE c.org_id = o.id AND c.address_hash = @address_hash AND c.channel = 'sms') ORDER BY o.id;

-- name: SettleDelivery :exec
UPDATE deliveries SET state = @state, error = @error, at = @at WHERE org_id = @org_id AND message_id = @message_id AND state = 'unsure';
