-- +goose Up
-- Instants are UTC milliseconds; '' and 0 stand for "none". Every table of a client has org_id first in its primary key
-- and in every index. The few tables by which an address or a secret is looked up before the organization is known
-- (organizations, schedulers, manage_links, the token of rep_feeds, the message of deliveries, oauth_attempts, api_keys, users, user_factors, recovery_codes, passkeys, signin_challenges, user_identities, sessions, user_sessions, mail_links, the path of watch_channels) are the named exceptions.

CREATE TABLE organizations (
  id         TEXT PRIMARY KEY,
  slug       TEXT NOT NULL UNIQUE,
  name       TEXT NOT NULL,
  timezone   TEXT NOT NULL,
  country    TEXT NOT NULL,
  accent     TEXT NOT NULL DEFAULT '',
  phone      TEXT NOT NULL DEFAULT '',
  look       TEXT NOT NULL DEFAULT '{}', -- JSON: colour of the head, logo by its checksum, texts by language
  created_at INTEGER NOT NULL
) STRICT;

-- The file of an organization's logo, as we have drawn it.
CREATE TABLE logos (
  org_id TEXT PRIMARY KEY REFERENCES organizations (id),
  sum    TEXT NOT NULL,
  png    BLOB NOT NULL
) STRICT;

CREATE TABLE schedulers (
  id     TEXT PRIMARY KEY,
  org_id TEXT NOT NULL REFERENCES organizations (id),
  name   TEXT NOT NULL
) STRICT;

-- One row per organization: its lock, and the revision of everything that slots depend on.
CREATE TABLE schedules (
  org_id           TEXT PRIMARY KEY REFERENCES organizations (id),
  revision         INTEGER NOT NULL,
  catalog_revision INTEGER NOT NULL,
  document         TEXT NOT NULL, -- JSON: holidays, territories
  source_as_of     INTEGER NOT NULL DEFAULT -1, -- when the availability source was last known to agree with the CRM; -1 = there is no source
  source_budget    INTEGER NOT NULL DEFAULT 0, -- how old that may be
  source_policy    TEXT NOT NULL DEFAULT '' -- what holds beyond: block, copy, tentative; '' = there is no source
) STRICT;

CREATE TABLE services (
  org_id   TEXT NOT NULL,
  id       TEXT NOT NULL,
  position INTEGER NOT NULL,
  archived INTEGER NOT NULL,
  document TEXT NOT NULL, -- JSON
  PRIMARY KEY (org_id, id)
) STRICT;

CREATE TABLE reps (
  org_id   TEXT NOT NULL,
  id       TEXT NOT NULL,
  position INTEGER NOT NULL,
  archived INTEGER NOT NULL,
  crm_user TEXT NOT NULL,
  timezone TEXT NOT NULL, -- '' = the organization's
  document TEXT NOT NULL, -- JSON
  PRIMARY KEY (org_id, id)
) STRICT;
CREATE INDEX reps_crm_user ON reps (org_id, crm_user) WHERE crm_user <> '';

CREATE TABLE customers (
  org_id       TEXT NOT NULL,
  id           TEXT NOT NULL,
  first_name   TEXT NOT NULL,
  last_name    TEXT NOT NULL,
  email        TEXT NOT NULL,
  phone        TEXT NOT NULL,
  street       TEXT NOT NULL,
  city         TEXT NOT NULL,
  state        TEXT NOT NULL,
  postal_code  TEXT NOT NULL,
  country      TEXT NOT NULL,
  created_at   INTEGER NOT NULL,
  updated_at   INTEGER NOT NULL,
  lease_holder TEXT NOT NULL DEFAULT '',
  lease_until  INTEGER NOT NULL DEFAULT 0,
  revision     INTEGER NOT NULL DEFAULT 1,
  pushed       INTEGER NOT NULL DEFAULT 1, -- the revision that the CRM's records have
  push_failed  INTEGER NOT NULL DEFAULT 0,
  push_error   TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (org_id, id)
) STRICT;
CREATE INDEX customers_email ON customers (org_id, email) WHERE email <> '';
CREATE INDEX customers_phone ON customers (org_id, phone) WHERE phone <> '';
CREATE INDEX customers_lease ON customers (org_id, lease_holder) WHERE lease_holder <> '';
CREATE INDEX customers_behind ON customers (org_id, updated_at) WHERE pushed < revision;

-- What happened to a customer by itself, apart from their appointments.
CREATE TABLE customer_events (
  org_id      TEXT NOT NULL,
  id          TEXT NOT NULL,
  customer_id TEXT NOT NULL,
  at          INTEGER NOT NULL,
  actor       TEXT NOT NULL,
  detail      TEXT NOT NULL,
  PRIMARY KEY (org_id, id)
) STRICT;
CREATE INDEX customer_events_customer ON customer_events (org_id, customer_id, at);

CREATE TABLE leads (
  org_id         TEXT NOT NULL,
  id             TEXT NOT NULL,
  kind           TEXT NOT NULL,
  stage          TEXT NOT NULL,
  customer_id    TEXT NOT NULL,
  appointment_id TEXT NOT NULL,
  contact        TEXT NOT NULL, -- JSON
  message        TEXT NOT NULL,
  utm            TEXT NOT NULL, -- JSON
  language       TEXT NOT NULL DEFAULT '',
  created_at     INTEGER NOT NULL,
  updated_at     INTEGER NOT NULL,
  revision       INTEGER NOT NULL,
  pushed         INTEGER NOT NULL DEFAULT 0, -- the revision that the CRM has
  push_failed    INTEGER NOT NULL DEFAULT 0,
  push_error     TEXT NOT NULL DEFAULT '',
  status         TEXT NOT NULL DEFAULT '', -- the CRM's own word for its stage
  owner          TEXT NOT NULL DEFAULT '', -- who has it in the CRM
  contacted_at   INTEGER NOT NULL DEFAULT 0, -- when somebody first did something about it
  PRIMARY KEY (org_id, id)
) STRICT;
CREATE INDEX leads_customer ON leads (org_id, customer_id);
CREATE INDEX leads_appointment ON leads (org_id, appointment_id) WHERE appointment_id <> '';
CREATE INDEX leads_created ON leads (org_id, created_at, id);
CREATE INDEX leads_behind ON leads (org_id, updated_at) WHERE pushed < revision;

CREATE TABLE appointments (
  org_id        TEXT NOT NULL,
  id            TEXT NOT NULL,
  status        TEXT NOT NULL,
  revision      INTEGER NOT NULL,
  service_id    TEXT NOT NULL,
  rep_id        TEXT NOT NULL,
  starts_at     INTEGER NOT NULL,
  ends_at       INTEGER NOT NULL CHECK (ends_at > starts_at AND ends_at - starts_at <= 86400000),
  timezone      TEXT NOT NULL,
  language      TEXT NOT NULL, -- of the visitor, for messages; '' as none was known
  customer_id   TEXT NOT NULL,
  lead_id       TEXT NOT NULL,
  contact       TEXT NOT NULL, -- JSON
  answers       TEXT NOT NULL, -- JSON
  notes         TEXT NOT NULL,
  utm           TEXT NOT NULL, -- JSON
  postal_code   TEXT NOT NULL,
  cancel_reason TEXT NOT NULL,
  token_sealed  TEXT NOT NULL,
  request       INTEGER NOT NULL DEFAULT 0, -- 1: the service takes requests, see booking.Appointment
  created_at    INTEGER NOT NULL,
  updated_at    INTEGER NOT NULL,
  pushed        INTEGER NOT NULL DEFAULT 0, -- the revision that the CRM has
  push_failed   INTEGER NOT NULL DEFAULT 0,
  push_error    TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (org_id, id)
) STRICT;
CREATE INDEX appointments_start ON appointments (org_id, starts_at, id, rep_id, status);
CREATE INDEX appointments_customer ON appointments (org_id, customer_id);
CREATE INDEX appointments_tentative ON appointments (org_id, created_at) WHERE status = 'tentative';
CREATE INDEX appointments_behind ON appointments (org_id, updated_at) WHERE pushed < revision;

-- The database itself refuses two appointments of one rep that overlap.
-- +goose StatementBegin
CREATE TRIGGER appointments_overlap_insert BEFORE INSERT ON appointments WHEN NEW.status <> 'cancelled' BEGIN
  SELECT RAISE(ABORT, 'appointments_overlap') WHERE EXISTS (
    SELECT 1 FROM appointments a WHERE a.org_id = NEW.org_id AND a.rep_id = NEW.rep_id AND a.id <> NEW.id AND a.status <> 'cancelled'
      AND a.starts_at < NEW.ends_at AND a.starts_at > NEW.starts_at - 86400000 AND a.ends_at > NEW.starts_at);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER appointments_overlap_update BEFORE UPDATE OF rep_id, starts_at, ends_at, status ON appointments WHEN NEW.status <> 'cancelled' BEGIN
  SELECT RAISE(ABORT, 'appointments_overlap') WHERE EXISTS (
    SELECT 1 FROM appointments a WHERE a.org_id = NEW.org_id AND a.rep_id = NEW.rep_id AND a.id <> NEW.id AND a.status <> 'cancelled'
      AND a.starts_at < NEW.ends_at AND a.starts_at > NEW.starts_at - 86400000 AND a.ends_at > NEW.starts_at);
END;
-- +goose StatementEnd
CREATE INDEX appointments_rep ON appointments (org_id, rep_id, starts_at) WHERE status <> 'cancelled';

CREATE TABLE manage_links (
  token_hash     TEXT PRIMARY KEY,
  org_id         TEXT NOT NULL,
  appointment_id TEXT NOT NULL,
  revoked        INTEGER NOT NULL DEFAULT 0 -- opens nothing; a mail that was sent with it still unsubscribes
) STRICT;
CREATE INDEX manage_links_by_appointment ON manage_links (org_id, appointment_id);

CREATE TABLE rep_feeds (
  org_id     TEXT NOT NULL,
  rep_id     TEXT NOT NULL,
  token_hash TEXT NOT NULL UNIQUE,
  made_at    INTEGER NOT NULL,
  made_by    TEXT NOT NULL,
  PRIMARY KEY (org_id, rep_id)
) STRICT;

-- Where an organization's programs hear of what happens. last_sequence counts the messages of each without a gap.
CREATE TABLE webhook_endpoints (
  org_id          TEXT NOT NULL,
  id              TEXT NOT NULL,
  url             TEXT NOT NULL,
  description     TEXT NOT NULL,
  types           TEXT NOT NULL, -- JSON: the types of events it hears of
  state           TEXT NOT NULL, -- active, failing, disabled
  why             TEXT NOT NULL DEFAULT '', -- why it is disabled
  secret_sealed   TEXT NOT NULL,
  former_sealed   TEXT NOT NULL DEFAULT '', -- the secret before, which signs too until former_until
  former_until    INTEGER NOT NULL DEFAULT 0,
  last_sequence   INTEGER NOT NULL DEFAULT 0,
  failing_since   INTEGER NOT NULL DEFAULT 0, -- since when nothing was taken; 0: the last attempt was
  failures        INTEGER NOT NULL DEFAULT 0, -- in a row
  quiet_until     INTEGER NOT NULL DEFAULT 0, -- nothing is sent before
  delivered_at    INTEGER NOT NULL DEFAULT 0, -- the last that was taken
  created_at      INTEGER NOT NULL,
  created_by      TEXT NOT NULL,
  PRIMARY KEY (org_id, id)
) STRICT;

-- What happened, once for all endpoints. body is the data of the message, written when it is first sent, the same for ever.
CREATE TABLE webhook_events (
  org_id     TEXT NOT NULL,
  id         TEXT NOT NULL,
  type       TEXT NOT NULL,
  subject    TEXT NOT NULL, -- id of what it happened to
  snapshot   TEXT NOT NULL, -- JSON: how that was at the moment
  body       TEXT NOT NULL DEFAULT '',
  at         INTEGER NOT NULL,
  PRIMARY KEY (org_id, id)
) STRICT;
CREATE INDEX webhook_events_subject ON webhook_events (org_id, subject);

-- An event for one endpoint.
CREATE TABLE webhook_messages (
  org_id      TEXT NOT NULL,
  endpoint_id TEXT NOT NULL,
  sequence    INTEGER NOT NULL,
  event_id    TEXT NOT NULL,
  type        TEXT NOT NULL,
  state       TEXT NOT NULL, -- waiting, delivered, failed, held, gone
  attempts    INTEGER NOT NULL DEFAULT 0,
  at          INTEGER NOT NULL, -- of the event
  queued_at   INTEGER NOT NULL,
  next_at     INTEGER NOT NULL DEFAULT 0,
  settled_at  INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (org_id, endpoint_id, sequence)
) STRICT;
CREATE INDEX webhook_messages_event ON webhook_messages (org_id, event_id);

CREATE TABLE webhook_attempts (
  org_id      TEXT NOT NULL,
  id          TEXT NOT NULL,
  endpoint_id TEXT NOT NULL,
  sequence    INTEGER NOT NULL,
  event_id    TEXT NOT NULL,
  at          INTEGER NOT NULL,
  status      INTEGER NOT NULL, -- of the answer; 0: there was none
  took        INTEGER NOT NULL, -- milliseconds
  head        TEXT NOT NULL, -- of the answer, at most 1 kB, masked
  error       TEXT NOT NULL,
  cause       TEXT NOT NULL, -- ids of the job and the request that led to it
  PRIMARY KEY (org_id, id)
) STRICT;
CREATE INDEX webhook_attempts_message ON webhook_attempts (org_id, endpoint_id, sequence);

CREATE TABLE holds (
  org_id     TEXT NOT NULL,
  id         TEXT NOT NULL,
  service_id TEXT NOT NULL,
  rep_id     TEXT NOT NULL,
  starts_at  INTEGER NOT NULL,
  ends_at    INTEGER NOT NULL CHECK (ends_at > starts_at),
  expires_at INTEGER NOT NULL,
  holder     TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  choice     TEXT NOT NULL DEFAULT '', -- JSON: how the rep was chosen
  PRIMARY KEY (org_id, id)
) STRICT;
CREATE INDEX holds_expiry ON holds (org_id, expires_at);

CREATE TABLE timeline (
  org_id         TEXT NOT NULL,
  appointment_id TEXT NOT NULL,
  revision       INTEGER NOT NULL,
  at             INTEGER NOT NULL,
  kind           TEXT NOT NULL,
  actor          TEXT NOT NULL,
  starts_at      INTEGER NOT NULL,
  rep_id         TEXT NOT NULL,
  detail         TEXT NOT NULL,
  choice         TEXT NOT NULL DEFAULT '', -- JSON: how the rep was chosen; '' where nobody chose one
  PRIMARY KEY (org_id, appointment_id, revision, kind)
) STRICT;

CREATE TABLE idempotency (
  org_id     TEXT NOT NULL,
  call       TEXT NOT NULL,
  key_hash   TEXT NOT NULL,
  body       TEXT NOT NULL, -- digest of the request
  answer     TEXT NOT NULL, -- JSON
  created_at INTEGER NOT NULL,
  PRIMARY KEY (org_id, call, key_hash)
) STRICT;

-- Answers to writes of the API that have no transaction of their own for it, for a repeated Idempotency-Key. Sealed: some show a
-- secret once.
CREATE TABLE api_answers (
  org_id        TEXT NOT NULL, -- '' = the platform
  id            TEXT NOT NULL, -- digest of caller, call and key
  body          TEXT NOT NULL, -- digest of the request's body
  status        INTEGER NOT NULL, -- 0: the first request is under way
  answer_sealed TEXT NOT NULL,
  at            INTEGER NOT NULL,
  PRIMARY KEY (org_id, id)
) STRICT;
CREATE INDEX idempotency_age ON idempotency (org_id, created_at);

CREATE TABLE crm_configs (
  org_id               TEXT NOT NULL,
  id                   TEXT NOT NULL,
  name                 TEXT NOT NULL,
  crm_type             TEXT NOT NULL,
  client_id            TEXT NOT NULL,
  client_secret_sealed TEXT NOT NULL,
  client_secret_at     INTEGER NOT NULL DEFAULT 0,
  state                TEXT NOT NULL,
  location             TEXT NOT NULL DEFAULT '',
  accounts_domain      TEXT NOT NULL DEFAULT '',
  api_domain           TEXT NOT NULL DEFAULT '',
  crm_org_id           TEXT NOT NULL DEFAULT '',
  crm_org_name         TEXT NOT NULL DEFAULT '',
  crm_user_id          TEXT NOT NULL DEFAULT '',
  crm_user_name        TEXT NOT NULL DEFAULT '',
  crm_account_id       TEXT NOT NULL DEFAULT '', -- of the person, over all organizations of the CRM
  edition              TEXT NOT NULL DEFAULT '', -- of the CRM, as at the last connect
  scopes               TEXT NOT NULL DEFAULT '',
  refresh_sealed       TEXT NOT NULL DEFAULT '',
  access_sealed        TEXT NOT NULL DEFAULT '',
  access_expires_at    INTEGER NOT NULL DEFAULT 0,
  token_version        INTEGER NOT NULL DEFAULT 0,
  refresh_lease_until  INTEGER NOT NULL DEFAULT 0,
  refresh_not_before   INTEGER NOT NULL DEFAULT 0,
  failure_class        TEXT NOT NULL DEFAULT '',
  failure_code         TEXT NOT NULL DEFAULT '',
  failure_message      TEXT NOT NULL DEFAULT '',
  failure_at           INTEGER NOT NULL DEFAULT 0,
  paused_until         INTEGER NOT NULL DEFAULT 0,
  pause_failures       INTEGER NOT NULL DEFAULT 0,
  connected_at         INTEGER NOT NULL DEFAULT 0,
  checked_at           INTEGER NOT NULL DEFAULT 0,
  created_at           INTEGER NOT NULL,
  PRIMARY KEY (org_id, id)
) STRICT;

-- Every saved state of a config's settings; the newest number holds.
CREATE TABLE crm_settings (
  org_id    TEXT NOT NULL,
  config_id TEXT NOT NULL,
  number    INTEGER NOT NULL,
  document  TEXT NOT NULL, -- JSON
  saved_at  INTEGER NOT NULL,
  saved_by  TEXT NOT NULL,
  PRIMARY KEY (org_id, config_id, number)
) STRICT;

-- What was seen of a config's CRM: its modules as the mapping last worked with them, and what keeps it from working.
CREATE TABLE crm_drift (
  org_id    TEXT NOT NULL,
  config_id TEXT NOT NULL,
  schemas   TEXT NOT NULL, -- JSON
  findings  TEXT NOT NULL, -- JSON
  held      INTEGER NOT NULL, -- 1: a finding keeps writes waiting
  looked_at INTEGER NOT NULL,
  PRIMARY KEY (org_id, config_id)
) STRICT;

-- What happened to a connection, for its timeline.
CREATE TABLE connection_events (
  org_id    TEXT NOT NULL,
  config_id TEXT NOT NULL,
  id        TEXT NOT NULL,
  at        INTEGER NOT NULL,
  kind      TEXT NOT NULL,
  actor     TEXT NOT NULL, -- '' = the platform itself
  detail    TEXT NOT NULL,
  code      TEXT NOT NULL,
  times     INTEGER NOT NULL DEFAULT 1, -- how often on that day; for what recurs
  PRIMARY KEY (org_id, config_id, id)
) STRICT;

-- Permissions for want of which the CRM refused a call, until the next connect.
CREATE TABLE connection_denials (
  org_id    TEXT NOT NULL,
  config_id TEXT NOT NULL,
  scope     TEXT NOT NULL,
  without   TEXT NOT NULL, -- what stops working
  at        INTEGER NOT NULL, -- the first time
  PRIMARY KEY (org_id, config_id, scope)
) STRICT;

-- Setup Passports that were kept: each night's, and those that somebody asked for.
CREATE TABLE passports (
  org_id    TEXT NOT NULL,
  config_id TEXT NOT NULL,
  id        TEXT NOT NULL,
  at        INTEGER NOT NULL,
  nightly   INTEGER NOT NULL,
  taken_by  TEXT NOT NULL, -- '' = the platform itself
  document  TEXT NOT NULL, -- JSON
  PRIMARY KEY (org_id, config_id, id)
) STRICT;

-- What visitors do on the booking pages: one row for each visit, without who they are. Kept for 92 days, then counted in
-- visit_days, which is kept for two years.
CREATE TABLE visits (
  org_id         TEXT NOT NULL,
  id             TEXT NOT NULL, -- random, carried in the addresses of the pages
  started_at     INTEGER NOT NULL,
  seen_at        INTEGER NOT NULL,
  step           INTEGER NOT NULL, -- the farthest: 1 viewed, 2 area, 3 slot, 4 details, 5 booked
  enquiry        INTEGER NOT NULL,
  spam           INTEGER NOT NULL,
  answered_at    INTEGER NOT NULL, -- when times were last asked for; what follows is of that question
  service_id     TEXT NOT NULL,
  postal_code    TEXT NOT NULL,
  from_day       TEXT NOT NULL, -- the dates that were looked at, yyyy-mm-dd
  to_day         TEXT NOT NULL,
  lost           TEXT NOT NULL, -- the rule that kept most starts closed when none was free; '' = there were free times
  also           TEXT NOT NULL, -- the others, with commas between
  appointment_id TEXT NOT NULL,
  PRIMARY KEY (org_id, id)
) STRICT;
CREATE INDEX visits_started ON visits (org_id, started_at);
CREATE INDEX visits_appointment ON visits (org_id, appointment_id) WHERE appointment_id <> '';

CREATE TABLE visit_days (
  org_id     TEXT NOT NULL,
  day        INTEGER NOT NULL, -- days since 1970 in UTC
  service_id TEXT NOT NULL,
  step       INTEGER NOT NULL, -- as in visits, and 6 sat
  lost       TEXT NOT NULL,
  also       TEXT NOT NULL,
  enquiry    INTEGER NOT NULL,
  visits     INTEGER NOT NULL,
  PRIMARY KEY (org_id, day, service_id, step, lost, also, enquiry)
) STRICT;

-- Which websites may show the booking pages in a frame; none: any. And which tried and failed.
CREATE TABLE embed_sites (
  org_id   TEXT NOT NULL,
  position INTEGER NOT NULL,
  site     TEXT NOT NULL,
  PRIMARY KEY (org_id, position)
) STRICT;

CREATE TABLE embed_refusals (
  org_id   TEXT NOT NULL,
  origin   TEXT NOT NULL,
  times    INTEGER NOT NULL,
  first_at INTEGER NOT NULL,
  last_at  INTEGER NOT NULL,
  PRIMARY KEY (org_id, origin)
) STRICT;

-- Refresh tokens that live as far as we know: the CRM keeps only so many per account.
CREATE TABLE refresh_tokens (
  org_id     TEXT NOT NULL,
  config_id  TEXT NOT NULL,
  token_hash TEXT NOT NULL,
  account_id TEXT NOT NULL,
  minted_at  INTEGER NOT NULL,
  PRIMARY KEY (org_id, config_id, token_hash)
) STRICT;
CREATE INDEX refresh_tokens_account ON refresh_tokens (account_id); -- counted over all organizations

CREATE TABLE oauth_attempts (
  state_hash   TEXT PRIMARY KEY,
  org_id       TEXT NOT NULL,
  config_id    TEXT NOT NULL,
  user_id      TEXT NOT NULL,
  session_hash TEXT NOT NULL,
  popup        INTEGER NOT NULL,
  expires_at   INTEGER NOT NULL
) STRICT;

CREATE TABLE crm_links (
  org_id      TEXT NOT NULL,
  config_id   TEXT NOT NULL,
  role        TEXT NOT NULL,
  subject     TEXT NOT NULL, -- our id
  module      TEXT NOT NULL,
  record_id   TEXT NOT NULL, -- '' while an insert is only begun, '-' where no record is needed
  begun_owner TEXT NOT NULL,
  begun_start INTEGER NOT NULL,
  begun_at    INTEGER NOT NULL, -- when the last insert was sent that may still be carried out
  created_at  INTEGER NOT NULL,
  sight       TEXT NOT NULL DEFAULT '', -- JSON: what of the appointment both sides last knew the record to show
  sending     TEXT NOT NULL DEFAULT '', -- JSON: what a write shows whose answer has not come
  sights      INTEGER NOT NULL DEFAULT 0, -- +1 whenever one of them, or known, changes
  known       TEXT NOT NULL DEFAULT '', -- JSON, of a person's record: what each side was when they last were compared
  wrote_at    INTEGER NOT NULL DEFAULT 0, -- when we last began to write the record
  seen_at     INTEGER NOT NULL DEFAULT 0, -- when the CRM first gave back an appointment's record, or told of it
  matched     TEXT NOT NULL DEFAULT '', -- by what the CRM's record was found to be the person's
  PRIMARY KEY (org_id, subject, role, config_id)
) STRICT;
CREATE INDEX crm_links_record ON crm_links (org_id, module, record_id);

-- Records that the CRM has deleted, of what they stood for.
CREATE TABLE gone_records (
  org_id    TEXT NOT NULL,
  config_id TEXT NOT NULL,
  subject   TEXT NOT NULL, -- our id
  role      TEXT NOT NULL,
  module    TEXT NOT NULL,
  record_id TEXT NOT NULL,
  seen_at   INTEGER NOT NULL, -- when we saw that it was deleted
  PRIMARY KEY (org_id, subject, role, config_id, record_id)
) STRICT;

-- The local copy of what in the CRM may take a rep's time, and of the records that our appointments are linked to.
CREATE TABLE mirror (
  org_id      TEXT NOT NULL,
  config_id   TEXT NOT NULL,
  source      TEXT NOT NULL, -- a module's API name, calendar:ID or busy:REP
  record_id   TEXT NOT NULL,
  owner       TEXT NOT NULL, -- the CRM's user; '' of a calendar entry
  rep_id      TEXT NOT NULL, -- whose calendar it stands in; '' of a record
  starts_at   INTEGER NOT NULL,
  ends_at     INTEGER NOT NULL,
  all_day     INTEGER NOT NULL,
  days        INTEGER NOT NULL, -- 1: all day or longer than a day; the others are found by their start
  cancelled   INTEGER NOT NULL,
  disputed    INTEGER NOT NULL DEFAULT 0, -- linked to an appointment, but a person has to say which time holds: both block
  rule        TEXT NOT NULL DEFAULT '', -- how it repeats (mirror.Rule); '' = it does not
  modified_at INTEGER NOT NULL,
  PRIMARY KEY (org_id, config_id, source, record_id)
) STRICT;
CREATE INDEX mirror_rule ON mirror (org_id) WHERE rule <> '';
CREATE INDEX mirror_time ON mirror (org_id, days, starts_at);

-- How far the copy of each source is.
CREATE TABLE mirror_sources (
  org_id    TEXT NOT NULL,
  config_id TEXT NOT NULL,
  source    TEXT NOT NULL,
  counted   INTEGER NOT NULL, -- takes reps' time under the Slot Availability Source in force
  as_of     INTEGER NOT NULL, -- when the last complete reading began; 0 = never
  tried_at  INTEGER NOT NULL,
  error     TEXT NOT NULL,
  noticed_at INTEGER NOT NULL DEFAULT 0, -- when the CRM last told of a change
  records   INTEGER NOT NULL,
  tag       TEXT NOT NULL DEFAULT '', -- what a calendar said of its state; of a module of meetings, whose earlier ones were asked for
  PRIMARY KEY (org_id, config_id, source)
) STRICT;

-- Records that the CRM says have changed. A row stays until the record was read as it is after version.
CREATE TABLE mirror_dirty (
  org_id     TEXT NOT NULL,
  config_id  TEXT NOT NULL,
  module     TEXT NOT NULL,
  record_id  TEXT NOT NULL,
  version    INTEGER NOT NULL,
  noticed_at INTEGER NOT NULL,
  made       INTEGER NOT NULL, -- 1: told of nothing but that it was made
  PRIMARY KEY (org_id, config_id, module, record_id)
) STRICT;

-- Channels by which the CRM tells of changes. Found by the address that it calls, before the organization is known.
CREATE TABLE watch_channels (
  org_id       TEXT NOT NULL,
  config_id    TEXT NOT NULL,
  channel_id   TEXT NOT NULL,
  path_hash    TEXT NOT NULL UNIQUE,
  path_sealed  TEXT NOT NULL,
  token_sealed TEXT NOT NULL,
  modules      TEXT NOT NULL, -- comma-separated
  expires_at   INTEGER NOT NULL,
  renew_at     INTEGER NOT NULL,
  heard_at     INTEGER NOT NULL DEFAULT 0,
  made_at      INTEGER NOT NULL DEFAULT 0,
  error        TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (org_id, config_id, channel_id)
) STRICT;

-- How the readings of each source went, by hour. Kept for eight days.
CREATE TABLE source_hours (
  org_id    TEXT NOT NULL,
  config_id TEXT NOT NULL,
  source    TEXT NOT NULL,
  hour      INTEGER NOT NULL, -- its beginning
  readings  INTEGER NOT NULL,
  failed    INTEGER NOT NULL,
  lag_ms    INTEGER NOT NULL, -- how old the copy was at most when the next reading came
  changes   INTEGER NOT NULL,
  checked   INTEGER NOT NULL, -- 1: every record was asked for by id once more, as each night
  corrected INTEGER NOT NULL, -- how many of those were not as the copy had them
  PRIMARY KEY (org_id, config_id, source, hour)
) STRICT;

-- What calls to the CRM cost, by hour and purpose. Kept for eight days.
CREATE TABLE credits (
  org_id       TEXT NOT NULL,
  config_id    TEXT NOT NULL,
  hour         INTEGER NOT NULL, -- its beginning
  purpose      TEXT NOT NULL,
  calls        INTEGER NOT NULL,
  credits      INTEGER NOT NULL,
  refused      INTEGER NOT NULL, -- with 429, of every kind; the next four are those that are known
  over_credits     INTEGER NOT NULL,
  over_concurrency INTEGER NOT NULL,
  over_rate        INTEGER NOT NULL,
  over_tokens      INTEGER NOT NULL, -- by the token endpoint
  failed       INTEGER NOT NULL, -- without an answer, or with one of 500 and above
  remaining    INTEGER NOT NULL, -- as the CRM last said; -1 = it did not
  remaining_at INTEGER NOT NULL,
  PRIMARY KEY (org_id, config_id, hour, purpose)
) STRICT;

-- What the rules could not decide between us and the CRM.
CREATE TABLE conflicts (
  org_id         TEXT NOT NULL,
  id             TEXT NOT NULL,
  config_id      TEXT NOT NULL,
  appointment_id TEXT NOT NULL,
  kind           TEXT NOT NULL,
  module         TEXT NOT NULL,
  record_id      TEXT NOT NULL,
  ours           TEXT NOT NULL, -- JSON
  theirs         TEXT NOT NULL, -- JSON
  detail         TEXT NOT NULL,
  opened_at      INTEGER NOT NULL,
  settled_at     INTEGER NOT NULL DEFAULT 0,
  settled_by     TEXT NOT NULL DEFAULT '',
  choice         TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (org_id, id)
) STRICT;
CREATE UNIQUE INDEX conflicts_open ON conflicts (org_id, appointment_id, kind, record_id) WHERE settled_at = 0;
CREATE INDEX conflicts_state ON conflicts (org_id, settled_at, opened_at);
CREATE INDEX conflicts_appointment ON conflicts (org_id, appointment_id);

-- The modules of people, and how far what changed there has been read.
CREATE TABLE mirror_people (
  org_id     TEXT NOT NULL,
  config_id  TEXT NOT NULL,
  module     TEXT NOT NULL,
  as_of      INTEGER NOT NULL, -- when the last reading of changes began
  checked_at INTEGER NOT NULL, -- when it was last asked what has gone
  heard_at   INTEGER NOT NULL DEFAULT 0, -- when the CRM last told of a change that was taken for an echo of ours
  error      TEXT NOT NULL DEFAULT '',
  class      TEXT NOT NULL DEFAULT '', -- of the trouble, as the CRM's problems have it
  PRIMARY KEY (org_id, config_id, module)
) STRICT;

-- What of a customer was changed here and in the CRM, and no rule decides between.
CREATE TABLE disagreements (
  org_id      TEXT NOT NULL,
  id          TEXT NOT NULL,
  config_id   TEXT NOT NULL,
  customer_id TEXT NOT NULL,
  role        TEXT NOT NULL,
  subject     TEXT NOT NULL,
  module      TEXT NOT NULL,
  record_id   TEXT NOT NULL,
  parts       TEXT NOT NULL, -- JSON
  ours        TEXT NOT NULL, -- JSON
  theirs      TEXT NOT NULL, -- JSON
  opened_at   INTEGER NOT NULL,
  settled_at  INTEGER NOT NULL DEFAULT 0,
  settled_by  TEXT NOT NULL DEFAULT '',
  choice      TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (org_id, id)
) STRICT;
CREATE UNIQUE INDEX disagreements_open ON disagreements (org_id, subject, role, config_id) WHERE settled_at = 0;
CREATE INDEX disagreements_customer ON disagreements (org_id, customer_id, settled_at);

CREATE TABLE sync_attempts (
  org_id         TEXT NOT NULL,
  id             TEXT NOT NULL,
  config_id      TEXT NOT NULL,
  at             INTEGER NOT NULL,
  state          TEXT NOT NULL,
  kind           TEXT NOT NULL,
  appointment_id TEXT NOT NULL,
  lead_id        TEXT NOT NULL,
  module         TEXT NOT NULL,
  record_id      TEXT NOT NULL,
  request        TEXT NOT NULL, -- JSON, masked
  answer         TEXT NOT NULL, -- JSON
  error          TEXT NOT NULL,
  code           TEXT NOT NULL,
  took_ms        INTEGER NOT NULL,
  customer_id    TEXT NOT NULL DEFAULT '', -- of a write of the person alone
  cause          TEXT NOT NULL DEFAULT '', -- ids of the job and the request that led to it
  PRIMARY KEY (org_id, id)
) STRICT;
CREATE INDEX sync_attempts_appointment ON sync_attempts (org_id, appointment_id);
CREATE INDEX sync_attempts_kind ON sync_attempts (org_id, config_id, kind, id);
CREATE INDEX sync_attempts_state ON sync_attempts (org_id, state, id);

-- What was written to the CRM, value by value. Before and after are personal data, some of it the client's own words
-- that stand nowhere else with us: sealed, kept for half a year, found by whose it is.
CREATE TABLE crm_values (
  org_id         TEXT NOT NULL,
  id             TEXT NOT NULL,
  config_id      TEXT NOT NULL,
  attempt_id     TEXT NOT NULL,
  at             INTEGER NOT NULL,
  turn           INTEGER NOT NULL, -- counts the attempts that wrote to the record
  role           TEXT NOT NULL,
  module         TEXT NOT NULL,
  record_id      TEXT NOT NULL,
  field          TEXT NOT NULL,
  made           INTEGER NOT NULL, -- the record was made with it
  sure           INTEGER NOT NULL, -- 0: the answer was lost
  before_sealed  TEXT NOT NULL,
  after_sealed   TEXT NOT NULL,
  heavy_key      TEXT NOT NULL,
  policy         TEXT NOT NULL,
  settings       INTEGER NOT NULL,
  undo_id        TEXT NOT NULL,
  customer_id    TEXT NOT NULL,
  appointment_id TEXT NOT NULL,
  lead_id        TEXT NOT NULL,
  PRIMARY KEY (org_id, id)
) STRICT;
CREATE INDEX crm_values_record ON crm_values (org_id, config_id, module, record_id, turn);
CREATE INDEX crm_values_attempt ON crm_values (org_id, attempt_id);
CREATE INDEX crm_values_appointment ON crm_values (org_id, appointment_id);
CREATE INDEX crm_values_lead ON crm_values (org_id, lead_id);
CREATE INDEX crm_values_customer ON crm_values (org_id, customer_id);
CREATE INDEX crm_values_at ON crm_values (org_id, config_id, at);

CREATE TABLE crm_undos (
  org_id         TEXT NOT NULL,
  id             TEXT NOT NULL,
  config_id      TEXT NOT NULL,
  attempt_id     TEXT NOT NULL,
  appointment_id TEXT NOT NULL,
  from_at        INTEGER NOT NULL,
  to_at          INTEGER NOT NULL,
  deletions      INTEGER NOT NULL,
  asked_by       TEXT NOT NULL,
  asked_at       INTEGER NOT NULL,
  PRIMARY KEY (org_id, id)
) STRICT;

CREATE TABLE crm_undo_records (
  org_id    TEXT NOT NULL,
  undo_id   TEXT NOT NULL,
  number    INTEGER NOT NULL,
  module    TEXT NOT NULL,
  record_id TEXT NOT NULL,
  state     TEXT NOT NULL, -- waits, done, refused, failed
  restored  INTEGER NOT NULL,
  refused   INTEGER NOT NULL,
  deleted   INTEGER NOT NULL,
  words     TEXT NOT NULL,
  PRIMARY KEY (org_id, undo_id, number)
) STRICT;

CREATE TABLE deliveries (
  org_id         TEXT NOT NULL,
  message_id     TEXT NOT NULL,
  appointment_id TEXT NOT NULL,
  kind           TEXT NOT NULL,
  state          TEXT NOT NULL, -- waiting, sent, refused, bounced, skipped; of text messages unsure, arrived
  recipient      TEXT NOT NULL DEFAULT '', -- of the staff; '' = the customer
  error          TEXT NOT NULL,
  at             INTEGER NOT NULL,
  cause          TEXT NOT NULL, -- ids of the job and the request that led to it
  PRIMARY KEY (org_id, message_id)
) STRICT;
CREATE INDEX deliveries_message ON deliveries (message_id);
CREATE INDEX deliveries_appointment ON deliveries (org_id, appointment_id);

-- What an organization wants sent, to whom and when. No row: the default.
CREATE TABLE message_policies (
  org_id   TEXT PRIMARY KEY,
  document TEXT NOT NULL -- JSON
) STRICT;

-- Messages that are to go out at a time: made from the appointment and the policy as they are, and taken away as each becomes a job.
CREATE TABLE planned_messages (
  org_id         TEXT NOT NULL,
  appointment_id TEXT NOT NULL,
  kind           TEXT NOT NULL,
  lead_minutes   INTEGER NOT NULL, -- of a reminder: how long before the visit it was asked for
  starts_at      INTEGER NOT NULL, -- of the visit that it tells of
  due_at         INTEGER NOT NULL,
  PRIMARY KEY (org_id, appointment_id, kind, lead_minutes)
) STRICT;
CREATE INDEX planned_messages_due ON planned_messages (org_id, due_at);

-- What people said about messages that come unasked, each time: never changed. Of an address only its hash is kept.
CREATE TABLE consents (
  org_id         TEXT NOT NULL,
  id             TEXT NOT NULL,
  at             INTEGER NOT NULL,
  channel        TEXT NOT NULL, -- mail, sms
  address_hash   TEXT NOT NULL,
  state          TEXT NOT NULL, -- given, withdrawn
  source         TEXT NOT NULL, -- one_click, page, bounce; booking, stop, start
  appointment_id TEXT NOT NULL, -- whose link it was
  words          TEXT NOT NULL DEFAULT '', -- that were agreed to
  PRIMARY KEY (org_id, id)
) STRICT;
CREATE INDEX consents_address ON consents (org_id, address_hash, channel);

-- Words of messages that an organization has put in the place of ours.
CREATE TABLE message_templates (
  org_id     TEXT NOT NULL,
  kind       TEXT NOT NULL,
  language   TEXT NOT NULL,
  document   TEXT NOT NULL, -- JSON
  changed_at INTEGER NOT NULL,
  changed_by TEXT NOT NULL,
  PRIMARY KEY (org_id, kind, language)
) STRICT;

CREATE TABLE users (
  id            TEXT PRIMARY KEY,
  email         TEXT NOT NULL UNIQUE,
  name          TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  engineer      INTEGER NOT NULL,
  temporary     INTEGER NOT NULL, -- the password was made by us and must be changed
  disabled      INTEGER NOT NULL DEFAULT 0,
  signed_in_at  INTEGER NOT NULL DEFAULT 0,
  created_at    INTEGER NOT NULL
) STRICT;

-- The second factor of a user (RFC 6238).
CREATE TABLE user_factors (
  user_id        TEXT PRIMARY KEY,
  secret_sealed  TEXT NOT NULL, -- '' until a code of the app has proved it
  pending_sealed TEXT NOT NULL, -- shown to be set up
  step           INTEGER NOT NULL, -- the newest 30 seconds whose code was taken: none is good twice
  since          INTEGER NOT NULL
) STRICT;

CREATE TABLE recovery_codes (
  user_id   TEXT NOT NULL,
  code_hash TEXT NOT NULL,
  PRIMARY KEY (user_id, code_hash)
) STRICT;

-- Public keys of users' devices, by which they sign in (WebAuthn).
CREATE TABLE passkeys (
  user_id    TEXT NOT NULL,
  id         TEXT NOT NULL,
  credential TEXT NOT NULL UNIQUE, -- what the device calls it, in base64url
  name       TEXT NOT NULL,
  public_key BLOB NOT NULL, -- COSE
  flags      INTEGER NOT NULL, -- of the authenticator when it was made
  sign_count INTEGER NOT NULL, -- the newest one seen: one that does not rise shows a copy
  created_at INTEGER NOT NULL,
  used_at    INTEGER NOT NULL DEFAULT 0,
  cloned_at  INTEGER NOT NULL DEFAULT 0, -- a copy of it was noticed; it is taken no more
  PRIMARY KEY (user_id, id)
) STRICT;

-- What a sign-in that is under way has to answer: good once, in the browser session that asked.
CREATE TABLE signin_challenges (
  hash       TEXT PRIMARY KEY,
  purpose    TEXT NOT NULL, -- signin, register, sso, let-in
  binding    TEXT NOT NULL, -- hash of the session
  user_id    TEXT NOT NULL, -- '' as long as nobody has signed in
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX signin_challenges_expires ON signin_challenges (expires_at);

-- Who a person is at the issuer of single sign-on.
CREATE TABLE user_identities (
  issuer    TEXT NOT NULL,
  subject   TEXT NOT NULL,
  user_id   TEXT NOT NULL,
  linked_at INTEGER NOT NULL,
  PRIMARY KEY (issuer, subject),
  UNIQUE (user_id, issuer)
) STRICT;

-- How an organization's people sign in.
CREATE TABLE signin_rules (
  org_id TEXT PRIMARY KEY,
  factor INTEGER NOT NULL -- 1: administrators need a second factor
) STRICT;

CREATE TABLE memberships (
  org_id  TEXT NOT NULL,
  user_id TEXT NOT NULL,
  role    TEXT NOT NULL,
  PRIMARY KEY (org_id, user_id)
) STRICT;
CREATE INDEX memberships_user ON memberships (user_id);

CREATE TABLE sessions (
  token      TEXT PRIMARY KEY,
  data       BLOB NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;

-- Who is signed in where: what the session manager's opaque rows do not tell.
CREATE TABLE user_sessions (
  user_id  TEXT NOT NULL,
  id       TEXT NOT NULL,
  began_at INTEGER NOT NULL,
  seen_at  INTEGER NOT NULL,
  address  TEXT NOT NULL,
  browser  TEXT NOT NULL,
  PRIMARY KEY (user_id, id)
) STRICT;
CREATE INDEX user_sessions_seen ON user_sessions (seen_at);

-- Invitations that wait for an answer. The links that lead to them are in mail_links, as hashes.
CREATE TABLE invitations (
  org_id     TEXT NOT NULL, -- '' for a platform engineer
  id         TEXT NOT NULL,
  email      TEXT NOT NULL,
  role       TEXT NOT NULL,
  invited_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  sent_at    INTEGER NOT NULL DEFAULT 0,
  mail_error TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (org_id, id)
) STRICT;
CREATE UNIQUE INDEX invitations_email ON invitations (org_id, email);

-- Links that mails lead to: good once, for one purpose.
CREATE TABLE mail_links (
  token_hash TEXT PRIMARY KEY,
  purpose    TEXT NOT NULL, -- invitation, reset
  org_id     TEXT NOT NULL, -- of the invitation
  subject    TEXT NOT NULL, -- id of the invitation, or of the user
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX mail_links_subject ON mail_links (subject, purpose);

CREATE TABLE audit_events (
  org_id  TEXT NOT NULL, -- '' for the platform
  id      TEXT NOT NULL,
  at      INTEGER NOT NULL,
  area    TEXT NOT NULL,
  act     TEXT NOT NULL,
  who     TEXT NOT NULL,
  who_id  TEXT NOT NULL, -- '' for an API key
  subject TEXT NOT NULL,
  detail  TEXT NOT NULL,
  address TEXT NOT NULL,
  PRIMARY KEY (org_id, id)
) STRICT;
CREATE INDEX audit_events_area ON audit_events (org_id, area, id);

-- Proofs of erasures: how many rows of which table. They hold nothing of the person.
CREATE TABLE erasures (
  org_id         TEXT NOT NULL,
  id             TEXT NOT NULL,
  at             INTEGER NOT NULL,
  erased_by      TEXT NOT NULL,
  document       TEXT NOT NULL, -- JSON
  markers_sealed TEXT NOT NULL, -- what is looked for, until the proof is kept
  PRIMARY KEY (org_id, id)
) STRICT;

CREATE TABLE api_keys (
  key_hash   TEXT PRIMARY KEY,
  org_id     TEXT NOT NULL, -- '' for a platform engineer
  id         TEXT NOT NULL,
  role       TEXT NOT NULL,
  name       TEXT NOT NULL, -- what it is for, in somebody's words
  hint       TEXT NOT NULL, -- last characters, to tell keys apart
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL, -- 0: never
  used_at    INTEGER NOT NULL DEFAULT 0, -- to the minute
  UNIQUE (org_id, id)
) STRICT;

-- Requests that may be spam: whole, until a person has looked or a month is over.
CREATE TABLE suspects (
  org_id     TEXT NOT NULL,
  id         TEXT NOT NULL,
  key_hash   TEXT NOT NULL, -- digest of the call and its idempotency key; the id without one
  at         INTEGER NOT NULL,
  score      INTEGER NOT NULL,
  reasons    TEXT NOT NULL, -- JSON
  request    TEXT NOT NULL, -- JSON
  settled_at INTEGER NOT NULL, -- 0: waits
  settled_by TEXT NOT NULL,
  choice     TEXT NOT NULL,
  made       TEXT NOT NULL, -- appointment or lead
  PRIMARY KEY (org_id, id),
  UNIQUE (org_id, key_hash)
) STRICT;
CREATE INDEX suspects_waiting ON suspects (org_id, settled_at, id);

-- Forms whose proof of work has been used, and by which request.
CREATE TABLE used_proofs (
  org_id       TEXT NOT NULL,
  form_hash    TEXT NOT NULL,
  request_hash TEXT NOT NULL,
  expires_at   INTEGER NOT NULL,
  PRIMARY KEY (org_id, form_hash)
) STRICT;

-- Comparisons of our customers with the CRM's people: ids alone.
CREATE TABLE dry_runs (
  org_id    TEXT NOT NULL,
  id        TEXT NOT NULL,
  config_id TEXT NOT NULL,
  at        INTEGER NOT NULL,
  asked_by  TEXT NOT NULL,
  ended_at  INTEGER NOT NULL, -- 0: it runs
  document  TEXT NOT NULL, -- JSON
  PRIMARY KEY (org_id, id)
) STRICT;

-- Booking forms that nobody has sent, of visitors who may be contacted: until the person has come, a lead was made, or a week is over.
CREATE TABLE left_forms (
  org_id    TEXT NOT NULL,
  id        TEXT NOT NULL,
  form      TEXT NOT NULL, -- digest of the form's own key
  document  TEXT NOT NULL, -- JSON: contact, message, campaign, signs of spam
  opened_at INTEGER NOT NULL,
  due_at    INTEGER NOT NULL, -- when the quiet time is over
  stated    INTEGER NOT NULL DEFAULT 0, -- 1: its job is there
  PRIMARY KEY (org_id, id),
  UNIQUE (org_id, form)
) STRICT;
CREATE INDEX left_forms_due ON left_forms (org_id, due_at) WHERE stated = 0;

CREATE TABLE left_policies (
  org_id   TEXT PRIMARY KEY,
  document TEXT NOT NULL -- JSON
) STRICT;

CREATE TABLE signin_failures (
  subject TEXT NOT NULL, -- digest of an account or an address
  at      INTEGER NOT NULL,
  id      TEXT NOT NULL,
  PRIMARY KEY (subject, at, id)
) STRICT;

CREATE TABLE nodes (
  id      TEXT PRIMARY KEY,
  beat_at INTEGER NOT NULL
) STRICT;

CREATE TABLE waitlists (
  org_id   TEXT NOT NULL PRIMARY KEY,
  document TEXT NOT NULL, -- JSON; '' : the default
  looked   INTEGER NOT NULL, -- revision of the schedule at which nothing was left to offer
  looked_at INTEGER NOT NULL
) STRICT;

CREATE TABLE waitlist_entries (
  org_id         TEXT NOT NULL,
  id             TEXT NOT NULL,
  service_id     TEXT NOT NULL,
  wish           TEXT NOT NULL, -- JSON
  email          TEXT NOT NULL,
  contact        TEXT NOT NULL, -- JSON
  notes          TEXT NOT NULL,
  answers        TEXT NOT NULL, -- JSON
  utm            TEXT NOT NULL, -- JSON
  timezone       TEXT NOT NULL,
  language       TEXT NOT NULL,
  state          TEXT NOT NULL,
  appointment_id TEXT NOT NULL,
  known          TEXT NOT NULL, -- JSON: starts that they have seen
  unanswered     INTEGER NOT NULL,
  token_hash     TEXT NOT NULL,
  token_sealed   TEXT NOT NULL,
  created_at     INTEGER NOT NULL,
  settled_at     INTEGER NOT NULL, -- 0: waits
  PRIMARY KEY (org_id, id)
) STRICT;
CREATE UNIQUE INDEX waitlist_entries_token ON waitlist_entries (token_hash);
CREATE UNIQUE INDEX waitlist_entries_once ON waitlist_entries (org_id, service_id, email) WHERE state = 'waiting';
CREATE INDEX waitlist_entries_line ON waitlist_entries (org_id, settled_at, created_at, id);

CREATE TABLE waitlist_offers (
  org_id     TEXT NOT NULL,
  id         TEXT NOT NULL,
  entry_id   TEXT NOT NULL,
  hold_id    TEXT NOT NULL,
  service_id TEXT NOT NULL,
  rep_id     TEXT NOT NULL,
  starts_at  INTEGER NOT NULL,
  ends_at    INTEGER NOT NULL,
  made_at    INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  made_by    TEXT NOT NULL, -- '': the list itself
  state      TEXT NOT NULL,
  changed_at INTEGER NOT NULL,
  PRIMARY KEY (org_id, id)
) STRICT;
CREATE UNIQUE INDEX waitlist_offers_one ON waitlist_offers (org_id, entry_id) WHERE state IN ('open', 'accepting');
CREATE INDEX waitlist_offers_entry ON waitlist_offers (org_id, entry_id, made_at);
CREATE INDEX waitlist_offers_live ON waitlist_offers (expires_at) WHERE state IN ('open', 'accepting');
