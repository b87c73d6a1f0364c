-- name: InsertConfig :exec
INSERT INTO crm_configs (org_id, id, name, crm_type, client_id, client_secret_sealed, state, created_at)
VALUES (@org_id, @id, @name, @crm_type, @client_id, @client_secret_sealed, @state, @created_at);

-- name: Config :one
SELECT * FROM crm_configs WHERE org_id = @org_id AND id = @id;

-- name: Configs :many
SELECT * FROM crm_configs WHERE org_id = @org_id ORDER BY created_at, id;

-- name: UpdateCredentials :execrows
UPDATE crm_configs SET name = @name, client_id = @client_id, client_secret_sealed = @client_secret_sealed WHERE org_id = @org_id AND id = @id;

-- name: UpdateClientID :execrows
UPDATE crm_configs SET name = @name, client_id = @client_id WHERE org_id = @org_id AND id = @id;

-- name: SaveConnection :execrows
UPDATE crm_configs SET state = @state, location = @location, accounts_domain = @accounts_domain, api_domain = @api_domain,
  crm_org_id = @crm_org_id, crm_org_name = @crm_org_name, crm_user_id = @crm_user_id, crm_user_name = @crm_user_name, scopes = @scopes,
  refresh_sealed = @refresh_sealed, access_sealed = @access_sealed, access_expires_at = @access_expires_at,
  token_version = token_version + 1, refresh_lease_until = 0, refresh_not_before = 0,
  failure_class = '', failure_code = '', failure_message = '', failure_at = 0, paused_until = 0, pause_failures = 0,
  connected_at = @connected_at, checked_at = @checked_at
WHERE org_id = @org_id AND id = @id;

-- name: LeaseRefresh :execrows
UPDATE crm_configs SET refresh_lease_until = @until_ms
WHERE org_id = @org_id AND id = @id AND state = 'connected' AND refresh_lease_until <= @now_ms AND token_version = @version;

-- name: SaveAccess :execrows
UPDATE crm_configs SET access_sealed = @access_sealed, access_expires_at = @access_expires_at, token_version = token_version + 1,
  refresh_lease_until = 0, refresh_not_before = @not_before, checked_at = @checked_at
WHERE org_id = @org_id AND id = @id AND token_version = @version;

-- name: DelayRefresh :exec
UPDATE crm_configs SET refresh_lease_until = 0, refresh_not_before = @not_before
WHERE org_id = @org_id AND id = @id AND token_version = @version;

-- name: MarkLost :execrows
UPDATE crm_configs SET state = 'needs_reconnect', failure_class = @class, failure_code = @code, failure_message = @message,
  failure_at = @at, refresh_lease_until = 0
WHERE org_id = @org_id AND id = @id AND state = 'connected' AND token_version = @version;

-- name: SetPause :exec
UPDATE crm_configs SET paused_until = @until_ms, pause_failures = @failures WHERE org_id = @org_id AND id = @id;

-- name: ClaimProbe :execrows
UPDATE crm_configs SET paused_until = @until_ms WHERE org_id = @org_id AND id = @id AND paused_until = @was_ms;

-- name: InsertAttempt :exec
INSERT INTO oauth_attempts (state_hash, org_id, config_id, user_id, session_hash, expires_at)
VALUES (@state_hash, @org_id, @config_id, @user_id, @session_hash, @expires_at);

-- name: TakeAttempt :one
DELETE FROM oauth_attempts WHERE state_hash = @state_hash RETURNING org_id, config_id, user_id, session_hash, expires_at;

-- name: DeleteAttempts :execrows
DELETE FROM oauth_attempts WHERE expires_at <= @before_ms;

-- name: ConnectedOrganizations :many
SELECT DISTINCT org_id FROM crm_configs WHERE state = 'connected' ORDER BY org_id;

-- name: Pause :one
SELECT paused_until, pause_failures FROM crm_configs WHERE org_id = @org_id AND id = @id;
