-- name: InsertConfig :exec
INSERT INTO crm_configs (org_id, id, name, crm_type, client_id, client_secret_sealed, client_secret_at, state, created_at)
VALUES (@org_id, @id, @name, @crm_type, @client_id, @client_secret_sealed, @client_secret_at, @state, @created_at);

-- name: Config :one
SELECT * FROM crm_configs WHERE org_id = @org_id AND id = @id;

-- name: Configs :many
SELECT * FROM crm_configs WHERE org_id = @org_id ORDER BY created_at, id;

-- name: UpdateCredentials :execrows
UPDATE crm_configs SET name = @name, client_id = @client_id, client_secret_sealed = @client_secret_sealed, client_secret_at = @client_secret_at
WHERE org_id = @org_id AND id = @id;

-- name: UpdateClientID :execrows
UPDATE crm_configs SET name = @name, client_id = @client_id WHERE org_id = @org_id AND id = @id;

-- name: SaveConnection :execrows
UPDATE crm_configs SET state = @state, location = @location, accounts_domain = @accounts_domain, api_domain = @api_domain,
  crm_org_id = @crm_org_id, crm_org_name = @crm_org_name, crm_user_id = @crm_user_id, crm_user_name = @crm_user_name, crm_account_id = @crm_account_id, edition = @edition, scopes = @scopes,
  refresh_sealed = @refresh_sealed, access_sealed = @access_sealed, access_expires_at = @access_expires_at,
  token_version = token_version + 1, refresh_lease_until = 0, refresh_not_before = 0,
  failure_class = '', failure_code = '', failure_message = '', failure_at = 0, paused_until = 0, pause_failures = 0,
  connected_at = @connected_at, checked_at = @checked_at
WHERE org_id = @org_id AND id = @id;

-- name: LeaseRefresh :execrows
UPDATE crm_configs SET refresh_lease_until = @until_ms
WHERE org_id = @org_id AND id = @id AND state = 'connected' AND (refresh_lease_until <= @now_ms OR refresh_lease_until > @far_ms) AND token_version = @version;

-- name: SaveAccess :execrows
UPDATE crm_configs SET access_sealed = @access_sealed, access_expires_at = @access_expires_at, token_version = token_version + 1,
  refresh_lease_until = 0, refresh_not_before = @not_before, checked_at = @checked_at
WHERE org_id = @org_id AND id = @id AND token_version = @version AND state = 'connected';

-- name: DelayRefresh :exec
UPDATE crm_configs SET refresh_lease_until = 0, refresh_not_before = @not_before
WHERE org_id = @org_id AND id = @id AND token_version = @version;

-- name: MarkLost :execrows
UPDATE crm_configs SET state = 'needs_reconnect', failure_class = @class, failure_code = @code, failure_message = @message,
  failure_at = @at, refresh_lease_until = 0
WHERE org_id = @org_id AND id = @id AND state = 'connected' AND token_version = @version;

-- name: SetPause :exec
UPDATE crm_configs SET paused_until = @until_ms, pause_failures = @failures WHERE org_id = @org_id AND id = @id
  AND (paused_until = @was_ms AND pause_failures = @was_failures OR paused_until < @until_ms);

-- name: ClaimProbe :execrows
UPDATE crm_configs SET paused_until = @until_ms WHERE org_id = @org_id AND id = @id AND paused_until = @was_ms;

-- name: InsertAttempt :exec
INSERT INTO oauth_attempts (state_hash, org_id, config_id, user_id, session_hash, popup, expires_at)
VALUES (@state_hash, @org_id, @config_id, @user_id, @session_hash, @popup, @expires_at);

-- name: TakeAttempt :one
DELETE FROM oauth_attempts WHERE state_hash = @state_hash RETURNING org_id, config_id, user_id, session_hash, popup, expires_at;

-- name: DeleteAttempts :execrows
DELETE FROM oauth_attempts WHERE expires_at <= @before_ms;

-- name: ConnectedOrganizations :many
SELECT DISTINCT org_id FROM crm_configs WHERE state = 'connected' ORDER BY org_id;

-- name: Pause :one
SELECT paused_until, pause_failures FROM crm_configs WHERE org_id = @org_id AND id = @id;

-- name: Disconnect :execrows
UPDATE crm_configs SET state = 'not_connected', refresh_sealed = '', access_sealed = '', access_expires_at = 0,
  token_version = token_version + 1, refresh_lease_until = 0, refresh_not_before = 0,
  failure_class = '', failure_code = '', failure_message = '', failure_at = 0, paused_until = 0, pause_failures = 0
WHERE org_id = @org_id AND id = @id AND state <> 'not_connected';

-- name: MarkChecked :exec
UPDATE crm_configs SET checked_at = @checked_at, crm_user_name = @crm_user_name
WHERE org_id = @org_id AND id = @id AND state = 'connected';

-- name: IdleConfigs :many
SELECT org_id, id FROM crm_configs WHERE state = 'connected' AND checked_at <= @before_ms ORDER BY checked_at, org_id, id;

-- name: LostConfigs :many
SELECT org_id, id FROM crm_configs WHERE state = 'needs_reconnect' ORDER BY org_id, id;

-- name: InsertConnectionEvent :exec
INSERT INTO connection_events (org_id, config_id, id, at, kind, actor, detail, code)
VALUES (@org_id, @config_id, @id, @at, @kind, @actor, @detail, @code);

-- name: CountConnectionEvent :exec
INSERT INTO connection_events (org_id, config_id, id, at, kind, actor, detail, code)
VALUES (@org_id, @config_id, @id, @at, @kind, @actor, @detail, @code)
ON CONFLICT (org_id, config_id, id) DO UPDATE SET at = excluded.at, detail = excluded.detail, times = connection_events.times + 1;

-- name: DeleteConnectionEvents :execrows
DELETE FROM connection_events WHERE kind = @kind AND at < @before_ms;

-- name: ConnectionEvents :many
SELECT id, at, kind, actor, detail, code, times FROM connection_events WHERE org_id = @org_id AND config_id = @config_id
ORDER BY at DESC, id DESC LIMIT @n;

-- name: PutRefreshToken :exec
INSERT INTO refresh_tokens (org_id, config_id, token_hash, account_id, minted_at) VALUES (@org_id, @config_id, @token_hash, @account_id, @minted_at)
ON CONFLICT (org_id, config_id, token_hash) DO NOTHING;

-- name: DeleteRefreshToken :exec
DELETE FROM refresh_tokens WHERE org_id = @org_id AND config_id = @config_id AND token_hash = @token_hash;

-- name: CountRefreshTokens :one
SELECT count(*) FROM refresh_tokens WHERE account_id = @account_id;

-- name: CountWaiting :one
SELECT (SELECT count(*) FROM appointments a WHERE a.org_id = @org_id AND a.pushed < a.revision AND a.push_failed = 0) AS appointments,
  (SELECT count(*) FROM leads l WHERE l.org_id = @org_id AND l.pushed < l.revision AND l.push_failed = 0 AND l.appointment_id = '') AS leads;
