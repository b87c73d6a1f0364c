-- +goose Up
CREATE EXTENSION IF NOT EXISTS btree_gist;

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
  created_at BIGINT NOT NULL
);

-- The file of an organization's logo, as we have drawn it.
CREATE TABLE logos (
  org_id TEXT PRIMARY KEY REFERENCES organizations (id),
  sum    TEXT NOT NULL,
  png    BYTEA NOT NULL
);

CREATE TABLE schedulers (
  id     TEXT PRIMARY KEY,
  org_id TEXT NOT NULL REFERENCES organizations (id),
  name   TEXT NOT NULL
);

-- One row per organization: its lock, and the revision of everything that slots depend on.
CREATE TABLE schedules (
  org_id           TEXT PRIMARY KEY REFERENCES organizations (id),
  revision         BIGINT NOT NULL,
  catalog_revision BIGINT NOT NULL,
  document         TEXT NOT NULL, -- JSON: holidays, territories
  source_as_of     BIGINT NOT NULL DEFAULT -1, -- when the availability source was last known to agree with the CRM; -1 = there is no source
  source_budget    BIGINT NOT NULL DEFAULT 0, -- how old that may be
  source_policy    TEXT NOT NULL DEFAULT '' -- what holds beyond: block, copy, tentative; '' = there is no source
);

CREATE TABLE services (
  org_id   TEXT NOT NULL,
  id       TEXT NOT NULL,
  position BIGINT NOT NULL,
  archived BIGINT NOT NULL,
  document TEXT NOT NULL, -- JSON
  PRIMARY KEY (org_id, id)
);

CREATE TABLE reps (
  org_id   TEXT NOT NULL,
  id       TEXT NOT NULL,
  position BIGINT NOT NULL,
  archived BIGINT NOT NULL,
  crm_user TEXT NOT NULL,
  timezone TEXT NOT NULL, -- '' = the organization's
  document TEXT NOT NULL, -- JSON
  PRIMARY KEY (org_id, id)
);
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
  created_at   BIGINT NOT NULL,
  updated_at   BIGINT NOT NULL,
  lease_holder TEXT NOT NULL DEFAULT '',
  lease_until  BIGINT NOT NULL DEFAULT 0,
  revision     BIGINT NOT NULL DEFAULT 1,
  pushed       BIGINT NOT NULL DEFAULT 1, -- the revision that the CRM's records have
  push_failed  BIGINT NOT NULL DEFAULT 0,
  push_error   TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (org_id, id)
);
CREATE INDEX customers_email ON customers (org_id, email) WHERE email <> '';
CREATE INDEX customers_phone ON customers (org_id, phone) WHERE phone <> '';
CREATE INDEX customers_lease ON customers (org_id, lease_holder) WHERE lease_holder <> '';
CREATE INDEX customers_behind ON customers (org_id, updated_at) WHERE pushed < revision;

-- What happened to a customer by itself, apart from their appointments.
CREATE TABLE customer_events (
  org_id      TEXT NOT NULL,
  id          TEXT NOT NULL,
  customer_id TEXT NOT NULL,
  at          BIGINT NOT NULL,
  actor       TEXT NOT NULL,
  detail      TEXT NOT NULL,
  PRIMARY KEY (org_id, id)
);
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
  created_at     BIGINT NOT NULL,
  updated_at     BIGINT NOT NULL,
  revision       BIGINT NOT NULL,
  pushed         BIGINT NOT NULL DEFAULT 0, -- the revision that the CRM has
  push_failed    BIGINT NOT NULL DEFAULT 0,
  push_error     TEXT NOT NULL DEFAULT '',
  status         TEXT NOT NULL DEFAULT '', -- the CRM's own word for its stage
  owner          TEXT NOT NULL DEFAULT '', -- who has it in the CRM
  contacted_at   BIGINT NOT NULL DEFAULT 0, -- when somebody first did something about it
  PRIMARY KEY (org_id, id)
);
CREATE INDEX leads_customer ON leads (org_id, customer_id);
CREATE INDEX leads_appointment ON leads (org_id, appointment_id) WHERE appointment_id <> '';
CREATE INDEX leads_created ON leads (org_id, created_at, id);
CREATE INDEX leads_behind ON leads (org_id, updated_at) WHERE pushed < revision;

CREATE TABLE appointments (
  org_id        TEXT NOT NULL,
  id            TEXT NOT NULL,
  status        TEXT NOT NULL,
  revision      BIGINT NOT NULL,
  service_id    TEXT NOT NULL,
  rep_id        TEXT NOT NULL,
  starts_at     BIGINT NOT NULL,
  ends_at       BIGINT NOT NULL CHECK (ends_at > starts_at AND ends_at - starts_at <= 86400000),
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
  request       BIGINT NOT NULL DEFAULT 0, -- 1: the service takes requests, see booking.Appointment
  created_at    BIGINT NOT NULL,
  updated_at    BIGINT NOT NULL,
  pushed        BIGINT NOT NULL DEFAULT 0, -- the revision that the CRM has
  push_failed   BIGINT NOT NULL DEFAULT 0,
  push_error    TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (org_id, id),
  -- The database itself refuses two appointments of one rep that overlap.
  CONSTRAINT appointments_overlap EXCLUDE USING gist
    (org_id WITH =, rep_id WITH =, int8range(starts_at, ends_at) WITH &&) WHERE (status <> 'cancelled')
);
CREATE INDEX appointments_start ON appointments (org_id, starts_at, id, rep_id, status);
CREATE INDEX appointments_customer ON appointments (org_id, customer_id);
CREATE INDEX appointments_tentative ON appointments (org_id, created_at) WHERE status = 'tentative';
CREATE INDEX appointments_behind ON appointments (org_id, updated_at) WHERE pushed < revision;

CREATE TABLE manage_links (
  token_hash     TEXT PRIMARY KEY,
  org_id         TEXT NOT NULL,
  appointment_id TEXT NOT NULL,
  revoked        BIGINT NOT NULL DEFAULT 0 -- opens nothing; a mail that was sent with it still unsubscribes
);
CREATE INDEX manage_links_by_appointment ON manage_links (org_id, appointment_id);

CREATE TABLE rep_feeds (
  org_id     TEXT NOT NULL,
  rep_id     TEXT NOT NULL,
  token_hash TEXT NOT NULL UNIQUE,
  made_at    BIGINT NOT NULL,
  made_by    TEXT NOT NULL,
  PRIMARY KEY (org_id, rep_id)
);

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
  former_until    BIGINT NOT NULL DEFAULT 0,
  last_sequence   BIGINT NOT NULL DEFAULT 0,
  failing_since   BIGINT NOT NULL DEFAULT 0, -- since when nothing was taken; 0: the last attempt was
  failures        BIGINT NOT NULL DEFAULT 0, -- in a row
  quiet_until     BIGINT NOT NULL DEFAULT 0, -- nothing is sent before
  delivered_at    BIGINT NOT NULL DEFAULT 0, -- the last that was taken
  created_at      BIGINT NOT NULL,
  created_by      TEXT NOT NULL,
  PRIMARY KEY (org_id, id)
);

-- What happened, once for all endpoints. body is the data of the message, written when it is first sent, the same for ever.
CREATE TABLE webhook_events (
  org_id     TEXT NOT NULL,
  id         TEXT NOT NULL,
  type       TEXT NOT NULL,
  subject    TEXT NOT NULL, -- id of what it happened to
  snapshot   TEXT NOT NULL, -- JSON: how that was at the moment
  body       TEXT NOT NULL DEFAULT '',
  at         BIGINT NOT NULL,
  PRIMARY KEY (org_id, id)
);
CREATE INDEX webhook_events_subject ON webhook_events (org_id, subject);

-- An event for one endpoint.
CREATE TABLE webhook_messages (
  org_id      TEXT NOT NULL,
  endpoint_id TEXT NOT NULL,
  sequence    BIGINT NOT NULL,
  event_id    TEXT NOT NULL,
  type        TEXT NOT NULL,
  state       TEXT NOT NULL, -- waiting, delivered, failed, held, gone
  attempts    BIGINT NOT NULL DEFAULT 0,
  at          BIGINT NOT NULL, -- of the event
  queued_at   BIGINT NOT NULL,
  next_at     BIGINT NOT NULL DEFAULT 0,
  settled_at  BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (org_id, endpoint_id, sequence)
);
CREATE INDEX webhook_messages_event ON webhook_messages (org_id, event_id);

CREATE TABLE webhook_attempts (
  org_id      TEXT NOT NULL,
  id          TEXT NOT NULL,
  endpoint_id TEXT NOT NULL,
  sequence    BIGINT NOT NULL,
  event_id    TEXT NOT NULL,
  at          BIGINT NOT NULL,
  status      BIGINT NOT NULL, -- of the answer; 0: there was none
  took        BIGINT NOT NULL, -- milliseconds
  head        TEXT NOT NULL, -- of the answer, at most 1 kB, masked
  error       TEXT NOT NULL,
  cause       TEXT NOT NULL, -- ids of the job and the request that led to it
  PRIMARY KEY (org_id, id)
);
CREATE INDEX webhook_attempts_message ON webhook_attempts (org_id, endpoint_id, sequence);

CREATE TABLE holds (
  org_id     TEXT NOT NULL,
  id         TEXT NOT NULL,
  service_id TEXT NOT NULL,
  rep_id     TEXT NOT NULL,
  starts_at  BIGINT NOT NULL,
  ends_at    BIGINT NOT NULL CHECK (ends_at > starts_at),
  expires_at BIGINT NOT NULL,
  holder     TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  choice     TEXT NOT NULL DEFAULT '', -- JSON: how the rep was chosen
  PRIMARY KEY (org_id, id)
);
CREATE INDEX holds_expiry ON holds (org_id, expires_at);

CREATE TABLE timeline (
  org_id         TEXT NOT NULL,
  appointment_id TEXT NOT NULL,
  revision       BIGINT NOT NULL,
  at             BIGINT NOT NULL,
  kind           TEXT NOT NULL,
  actor          TEXT NOT NULL,
  starts_at      BIGINT NOT NULL,
  rep_id         TEXT NOT NULL,
  detail         TEXT NOT NULL,
  choice         TEXT NOT NULL DEFAULT '', -- JSON: how the rep was chosen; '' where nobody chose one
  PRIMARY KEY (org_id, appointment_id, revision, kind)
);

CREATE TABLE idempotency (
  org_id     TEXT NOT NULL,
  call       TEXT NOT NULL,
  key_hash   TEXT NOT NULL,
  body       TEXT NOT NULL, -- digest of the request
  answer     TEXT NOT NULL, -- JSON
  created_at BIGINT NOT NULL,
  PRIMARY KEY (org_id, call, key_hash)
);

-- Answers to writes of the API that have no transaction of their own for it, for a repeated Idempotency-Key. Sealed: some show a
-- secret once.
CREATE TABLE api_answers (
  org_id        TEXT NOT NULL, -- '' = the platform
  id            TEXT NOT NULL, -- digest of caller, call and key
  body          TEXT NOT NULL, -- digest of the request's body
  status        BIGINT NOT NULL, -- 0: the first request is under way
  answer_sealed TEXT NOT NULL,
  at            BIGINT NOT NULL,
  PRIMARY KEY (org_id, id)
);
CREATE INDEX idempotency_age ON idempotency (org_id, created_at);

CREATE TABLE crm_configs (
  org_id               TEXT NOT NULL,
  id                   TEXT NOT NULL,
  name                 TEXT NOT NULL,
  crm_type             TEXT NOT NULL,
  client_id            TEXT NOT NULL,
  client_secret_sealed TEXT NOT NULL,
  client_secret_at     BIGINT NOT NULL DEFAULT 0,
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
  access_expires_at    BIGINT NOT NULL DEFAULT 0,
  token_version        BIGINT NOT NULL DEFAULT 0,
  refresh_lease_until  BIGINT NOT NULL DEFAULT 0,
  refresh_not_before   BIGINT NOT NULL DEFAULT 0,
  failure_class        TEXT NOT NULL DEFAULT '',
  failure_code         TEXT NOT NULL DEFAULT '',
  failure_message      TEXT NOT NULL DEFAULT '',
  failure_at           BIGINT NOT NULL DEFAULT 0,
  paused_until         BIGINT NOT NULL DEFAULT 0,
  pause_failures       BIGINT NOT NULL DEFAULT 0,
  connected_at         BIGINT NOT NULL DEFAULT 0,
  checked_at           BIGINT NOT NULL DEFAULT 0,
  created_at           BIGINT NOT NULL,
  PRIMARY KEY (org_id, id)
);

-- Every saved state of a config's settings; the newest number holds.
CREATE TABLE crm_settings (
  org_id    TEXT NOT NULL,
  config_id TEXT NOT NULL,
  number    BIGINT NOT NULL,
  document  TEXT NOT NULL, -- JSON
  saved_at  BIGINT NOT NULL,
  saved_by  TEXT NOT NULL,
  PRIMARY KEY (org_id, config_id, number)
);

-- What was seen of a config's CRM: its modules as the mapping last worked with them, and what keeps it from working.
CREATE TABLE crm_drift (
  org_id    TEXT NOT NULL,
  config_id TEXT NOT NULL,
  schemas   TEXT NOT NULL, -- JSON
  findings  TEXT NOT NULL, -- JSON
  held      BIGINT NOT NULL, -- 1: a finding keeps writes waiting
  looked_at BIGINT NOT NULL,
  PRIMARY KEY (org_id, config_id)
);

-- What happened to a connection, for its timeline.
CREATE TABLE connection_events (
  org_id    TEXT NOT NULL,
  config_id TEXT NOT NULL,
  id        TEXT NOT NULL,
  at        BIGINT NOT NULL,
  kind      TEXT NOT NULL,
  actor     TEXT NOT NULL, -- '' = the platform itself
  detail    TEXT NOT NULL,
  code      TEXT NOT NULL,
  times     BIGINT NOT NULL DEFAULT 1, -- how often on that day; for what recurs
  PRIMARY KEY (org_id, config_id, id)
);

-- Permissions for want of which the CRM refused a call, until the next connect.
CREATE TABLE connection_denials (
  org_id    TEXT NOT NULL,
  config_id TEXT NOT NULL,
  scope     TEXT NOT NULL,
  without   TEXT NOT NULL, -- what stops working
  at        BIGINT NOT NULL, -- the first time
  PRIMARY KEY (org_id, config_id, scope)
);

-- Setup Passports that were kept: each night's, and those that somebody asked for.
CREATE TABLE passports (
  org_id    TEXT NOT NULL,
  config_id TEXT NOT NULL,
  id        TEXT NOT NULL,
  at        BIGINT NOT NULL,
  nightly   BIGINT NOT NULL,
  taken_by  TEXT NOT NULL, -- '' = the platform itself
  document  TEXT NOT NULL, -- JSON
  PRIMARY KEY (org_id, config_id, id)
);

-- What visitors do on the booking pages: one row for each visit, without who they are. Kept for 92 days, then counted in
-- visit_days, which is kept for two years.
CREATE TABLE visits (
  org_id         TEXT NOT NULL,
  id             TEXT NOT NULL, -- random, carried in the addresses of the pages
  started_at     BIGINT NOT NULL,
  seen_at        BIGINT NOT NULL,
  step           BIGINT NOT NULL, -- the farthest: 1 viewed, 2 area, 3 slot, 4 details, 5 booked
  enquiry        BIGINT NOT NULL,
  spam           BIGINT NOT NULL,
  answered_at    BIGINT NOT NULL, -- when times were last asked for; what follows is of that question
  service_id     TEXT NOT NULL,
  postal_code    TEXT NOT NULL,
  from_day       TEXT NOT NULL, -- the dates that were looked at, yyyy-mm-dd
  to_day         TEXT NOT NULL,
  lost           TEXT NOT NULL, -- the rule that kept most starts closed when none was free; '' = there were free times
  also           TEXT NOT NULL, -- the others, with commas between
  appointment_id TEXT NOT NULL,
  PRIMARY KEY (org_id, id)
);
CREATE INDEX visits_started ON visits (org_id, started_at);
CREATE INDEX visits_appointment ON visits (org_id, appointment_id) WHERE appointment_id <> '';

CREATE TABLE visit_days (
  org_id     TEXT NOT NULL,
  day        BIGINT NOT NULL, -- days since 1970 in UTC
  service_id TEXT NOT NULL,
  step       BIGINT NOT NULL, -- as in visits, and 6 sat
  lost       TEXT NOT NULL,
  also       TEXT NOT NULL,
  enquiry    BIGINT NOT NULL,
  visits     BIGINT NOT NULL,
  PRIMARY KEY (org_id, day, service_id, step, lost, also, enquiry)
);

-- Which websites may show the booking pages in a frame; none: any. And which tried and failed.
CREATE TABLE embed_sites (
  org_id   TEXT NOT NULL,
  position BIGINT NOT NULL,
  site     TEXT NOT NULL,
  PRIMARY KEY (org_id, position)
);

CREATE TABLE embed_refusals (
  org_id   TEXT NOT NULL,
  origin   TEXT NOT NULL,
  times    BIGINT NOT NULL,
  first_at BIGINT NOT NULL,
  last_at  BIGINT NOT NULL,
  PRIMARY KEY (org_id, origin)
);

-- Refresh tokens that live as far as we know: the CRM keeps only so many per account.
CREATE TABLE refresh_tokens (
  org_id     TEXT NOT NULL,
  config_id  TEXT NOT NULL,
  token_hash TEXT NOT NULL,
  account_id TEXT NOT NULL,
  minted_at  BIGINT NOT NULL,
  PRIMARY KEY (org_id, config_id, token_hash)
);
CREATE INDEX refresh_tokens_account ON refresh_tokens (account_id); -- counted over all organizations

CREATE TABLE oauth_attempts (
  state_hash   TEXT PRIMARY KEY,
  org_id       TEXT NOT NULL,
  config_id    TEXT NOT NULL,
  user_id      TEXT NOT NULL,
  session_hash TEXT NOT NULL,
  popup        BIGINT NOT NULL,
  expires_at   BIGINT NOT NULL
);

CREATE TABLE crm_links (
  org_id      TEXT NOT NULL,
  config_id   TEXT NOT NULL,
  role        TEXT NOT NULL,
  subject     TEXT NOT NULL, -- our id
  module      TEXT NOT NULL,
  record_id   TEXT NOT NULL, -- '' while an insert is only begun, '-' where no record is needed
  begun_owner TEXT NOT NULL,
  begun_start BIGINT NOT NULL,
  begun_at    BIGINT NOT NULL, -- when the last insert was sent that may still be carried out
  created_at  BIGINT NOT NULL,
  sight       TEXT NOT NULL DEFAULT '', -- JSON: what of the appointment both sides last knew the record to show
  sending     TEXT NOT NULL DEFAULT '', -- JSON: what a write shows whose answer has not come
  sights      BIGINT NOT NULL DEFAULT 0, -- +1 whenever one of them, or known, changes
  known       TEXT NOT NULL DEFAULT '', -- JSON, of a person's record: what each side was when they last were compared
  wrote_at    BIGINT NOT NULL DEFAULT 0, -- when we last began to write the record
  seen_at     BIGINT NOT NULL DEFAULT 0, -- when the CRM first gave back an appointment's record, or told of it
  matched     TEXT NOT NULL DEFAULT '', -- by what the CRM's record was found to be the person's
  PRIMARY KEY (org_id, subject, role, config_id)
);
CREATE INDEX crm_links_record ON crm_links (org_id, module, record_id);

-- Records that the CRM has deleted, of what they stood for.
CREATE TABLE gone_records (
  org_id    TEXT NOT NULL,
  config_id TEXT NOT NULL,
  subject   TEXT NOT NULL, -- our id
  role      TEXT NOT NULL,
  module    TEXT NOT NULL,
  record_id TEXT NOT NULL,
  seen_at   BIGINT NOT NULL, -- when we saw that it was deleted
  PRIMARY KEY (org_id, subject, role, config_id, record_id)
);

-- The local copy of what in the CRM may take a rep's time, and of the records that our appointments are linked to.
CREATE TABLE mirror (
  org_id      TEXT NOT NULL,
  config_id   TEXT NOT NULL,
  source      TEXT NOT NULL, -- a module's API name, calendar:ID or busy:REP
  record_id   TEXT NOT NULL,
  owner       TEXT NOT NULL, -- the CRM's user; '' of a calendar entry
  rep_id      TEXT NOT NULL, -- whose calendar it stands in; '' of a record
  starts_at   BIGINT NOT NULL,
  ends_at     BIGINT NOT NULL,
  all_day     BIGINT NOT NULL,
  days        BIGINT NOT NULL, -- 1: all day or longer than a day; the others are found by their start
  cancelled   BIGINT NOT NULL,
  disputed    BIGINT NOT NULL DEFAULT 0, -- linked to an appointment, but a person has to say which time holds: both block
  rule        TEXT NOT NULL DEFAULT '', -- how it repeats (mirror.Rule); '' = it does not
  modified_at BIGINT NOT NULL,
  PRIMARY KEY (org_id, config_id, source, record_id)
);
CREATE INDEX mirror_rule ON mirror (org_id) WHERE rule <> '';
CREATE INDEX mirror_time ON mirror (org_id, days, starts_at);

-- How far the copy of each source is.
CREATE TABLE mirror_sources (
  org_id    TEXT NOT NULL,
  config_id TEXT NOT NULL,
  source    TEXT NOT NULL,
  counted   BIGINT NOT NULL, -- takes reps' time under the Slot Availability Source in force
  as_of     BIGINT NOT NULL, -- when the last complete reading began; 0 = never
  tried_at  BIGINT NOT NULL,
  error     TEXT NOT NULL,
  noticed_at BIGINT NOT NULL DEFAULT 0, -- when the CRM last told of a change
  records   BIGINT NOT NULL,
  tag       TEXT NOT NULL DEFAULT '', -- what a calendar said of its state; of a module of meetings, whose earlier ones were asked for
  PRIMARY KEY (org_id, config_id, source)
);

-- Records that the CRM says have changed. A row stays until the record was read as it is after version.
CREATE TABLE mirror_dirty (
  org_id     TEXT NOT NULL,
  config_id  TEXT NOT NULL,
  module     TEXT NOT NULL,
  record_id  TEXT NOT NULL,
  version    BIGINT NOT NULL,
  noticed_at BIGINT NOT NULL,
  made       BIGINT NOT NULL, -- 1: told of nothing but that it was made
  PRIMARY KEY (org_id, config_id, module, record_id)
);

-- Channels by which the CRM tells of changes. Found by the address that it calls, before the organization is known.
CREATE TABLE watch_channels (
  org_id       TEXT NOT NULL,
  config_id    TEXT NOT NULL,
  channel_id   TEXT NOT NULL,
  path_hash    TEXT NOT NULL UNIQUE,
  path_sealed  TEXT NOT NULL,
  token_sealed TEXT NOT NULL,
  modules      TEXT NOT NULL, -- comma-separated
  expires_at   BIGINT NOT NULL,
  renew_at     BIGINT NOT NULL,
  heard_at     BIGINT NOT NULL DEFAULT 0,
  made_at      BIGINT NOT NULL DEFAULT 0,
  error        TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (org_id, config_id, channel_id)
);

-- How the readings of each source went, by hour. Kept for eight days.
CREATE TABLE source_hours (
  org_id    TEXT NOT NULL,
  config_id TEXT NOT NULL,
  source    TEXT NOT NULL,
  hour      BIGINT NOT NULL, -- its beginning
  readings  BIGINT NOT NULL,
  failed    BIGINT NOT NULL,
  lag_ms    BIGINT NOT NULL, -- how old the copy was at most when the next reading came
  changes   BIGINT NOT NULL,
  checked   BIGINT NOT NULL, -- 1: every record was asked for by id once more, as each night
  corrected BIGINT NOT NULL, -- how many of those were not as the copy had them
  PRIMARY KEY (org_id, config_id, source, hour)
);

-- What calls to the CRM cost, by hour and purpose. Kept for eight days.
CREATE TABLE credits (
  org_id       TEXT NOT NULL,
  config_id    TEXT NOT NULL,
  hour         BIGINT NOT NULL, -- its beginning
  purpose      TEXT NOT NULL,
  calls        BIGINT NOT NULL,
  credits      BIGINT NOT NULL,
  refused      BIGINT NOT NULL, -- with 429, of every kind; the next four are those that are known
  over_credits     BIGINT NOT NULL,
  over_concurrency BIGINT NOT NULL,
  over_rate        BIGINT NOT NULL,
  over_tokens      BIGINT NOT NULL, -- by the token endpoint
  failed       BIGINT NOT NULL, -- without an answer, or with one of 500 and above
  remaining    BIGINT NOT NULL, -- as the CRM last said; -1 = it did not
  remaining_at BIGINT NOT NULL,
  PRIMARY KEY (org_id, config_id, hour, purpose)
);

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
  opened_at      BIGINT NOT NULL,
  settled_at     BIGINT NOT NULL DEFAULT 0,
  settled_by     TEXT NOT NULL DEFAULT '',
  choice         TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX conflicts_open ON conflicts (org_id, appointment_id, kind, record_id) WHERE settled_at = 0;
CREATE INDEX conflicts_state ON conflicts (org_id, settled_at, opened_at);
CREATE INDEX conflicts_appointment ON conflicts (org_id, appointment_id);

-- The modules of people, and how far what changed there has been read.
CREATE TABLE mirror_people (
  org_id     TEXT NOT NULL,
  config_id  TEXT NOT NULL,
  module     TEXT NOT NULL,
  as_of      BIGINT NOT NULL, -- when the last reading of changes began
  checked_at BIGINT NOT NULL, -- when it was last asked what has gone
  heard_at   BIGINT NOT NULL DEFAULT 0, -- when the CRM last told of a change that was taken for an echo of ours
  error      TEXT NOT NULL DEFAULT '',
  class      TEXT NOT NULL DEFAULT '', -- of the trouble, as the CRM's problems have it
  PRIMARY KEY (org_id, config_id, module)
);

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
  opened_at   BIGINT NOT NULL,
  settled_at  BIGINT NOT NULL DEFAULT 0,
  settled_by  TEXT NOT NULL DEFAULT '',
  choice      TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX disagreements_open ON disagreements (org_id, subject, role, config_id) WHERE settled_at = 0;
CREATE INDEX disagreements_customer ON disagreements (org_id, customer_id, settled_at);

CREATE TABLE sync_attempts (
  org_id         TEXT NOT NULL,
  id             TEXT NOT NULL,
  config_id      TEXT NOT NULL,
  at             BIGINT NOT NULL,
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
  took_ms        BIGINT NOT NULL,
  customer_id    TEXT NOT NULL DEFAULT '', -- of a write of the person alone
  cause          TEXT NOT NULL DEFAULT '', -- ids of the job and the request that led to it
  PRIMARY KEY (org_id, id)
);
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
  at             BIGINT NOT NULL,
  turn           BIGINT NOT NULL, -- counts the attempts that wrote to the record
  role           TEXT NOT NULL,
  module         TEXT NOT NULL,
  record_id      TEXT NOT NULL,
  field          TEXT NOT NULL,
  made           BIGINT NOT NULL, -- the record was made with it
  sure           BIGINT NOT NULL, -- 0: the answer was lost
  before_sealed  TEXT NOT NULL,
  after_sealed   TEXT NOT NULL,
  heavy_key      TEXT NOT NULL,
  policy         TEXT NOT NULL,
  settings       BIGINT NOT NULL,
  undo_id        TEXT NOT NULL,
  customer_id    TEXT NOT NULL,
  appointment_id TEXT NOT NULL,
  lead_id        TEXT NOT NULL,
  PRIMARY KEY (org_id, id)
);
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
  from_at        BIGINT NOT NULL,
  to_at          BIGINT NOT NULL,
  deletions      BIGINT NOT NULL,
  asked_by       TEXT NOT NULL,
  asked_at       BIGINT NOT NULL,
  PRIMARY KEY (org_id, id)
);

CREATE TABLE crm_undo_records (
  org_id    TEXT NOT NULL,
  undo_id   TEXT NOT NULL,
  number    BIGINT NOT NULL,
  module    TEXT NOT NULL,
  record_id TEXT NOT NULL,
  state     TEXT NOT NULL, -- waits, done, refused, failed
  restored  BIGINT NOT NULL,
  refused   BIGINT NOT NULL,
  deleted   BIGINT NOT NULL,
  words     TEXT NOT NULL,
  PRIMARY KEY (org_id, undo_id, number)
);

CREATE TABLE deliveries (
  org_id         TEXT NOT NULL,
  message_id     TEXT NOT NULL,
  appointment_id TEXT NOT NULL,
  kind           TEXT NOT NULL,
  state          TEXT NOT NULL, -- waiting, sent, refused, bounced, skipped; of text messages unsure, arrived
  recipient      TEXT NOT NULL DEFAULT '', -- of the staff; '' = the customer
  error          TEXT NOT NULL,
  at             BIGINT NOT NULL,
  cause          TEXT NOT NULL, -- ids of the job and the request that led to it
  PRIMARY KEY (org_id, message_id)
);
CREATE INDEX deliveries_message ON deliveries (message_id);
CREATE INDEX deliveries_appointment ON deliveries (org_id, appointment_id);

-- What an organization wants sent, to whom and when. No row: the default.
CREATE TABLE message_policies (
  org_id   TEXT PRIMARY KEY,
  document TEXT NOT NULL -- JSON
);

-- Messages that are to go out at a time: made from the appointment and the policy as they are, and taken away as each becomes a job.
CREATE TABLE planned_messages (
  org_id         TEXT NOT NULL,
  appointment_id TEXT NOT NULL,
  kind           TEXT NOT NULL,
  lead_minutes   BIGINT NOT NULL, -- of a reminder: how long before the visit it was asked for
  starts_at      BIGINT NOT NULL, -- of the visit that it tells of
  due_at         BIGINT NOT NULL,
  PRIMARY KEY (org_id, appointment_id, kind, lead_minutes)
);
CREATE INDEX planned_messages_due ON planned_messages (org_id, due_at);

-- What people said about messages that come unasked, each time: never changed. Of an address only its hash is kept.
CREATE TABLE consents (
  org_id         TEXT NOT NULL,
  id             TEXT NOT NULL,
  at             BIGINT NOT NULL,
  channel        TEXT NOT NULL, -- mail, sms
  address_hash   TEXT NOT NULL,
  state          TEXT NOT NULL, -- given, withdrawn
  source         TEXT NOT NULL, -- one_click, page, bounce; booking, stop, start
  appointment_id TEXT NOT NULL, -- whose link it was
  words          TEXT NOT NULL DEFAULT '', -- that were agreed to
  PRIMARY KEY (org_id, id)
);
CREATE INDEX consents_address ON consents (org_id, address_hash, channel);

-- Words of messages that an organization has put in the place of ours.
CREATE TABLE message_templates (
  org_id     TEXT NOT NULL,
  kind       TEXT NOT NULL,
  language   TEXT NOT NULL,
  document   TEXT NOT NULL, -- JSON
  changed_at BIGINT NOT NULL,
  changed_by TEXT NOT NULL,
  PRIMARY KEY (org_id, kind, language)
);

CREATE TABLE users (
  id            TEXT PRIMARY KEY,
  email         TEXT NOT NULL UNIQUE,
  name          TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  engineer      BIGINT NOT NULL,
  temporary     BIGINT NOT NULL, -- the password was made by us and must be changed
  disabled      BIGINT NOT NULL DEFAULT 0,
  signed_in_at  BIGINT NOT NULL DEFAULT 0,
  created_at    BIGINT NOT NULL
);

-- The second factor of a user (RFC 6238).
CREATE TABLE user_factors (
  user_id        TEXT PRIMARY KEY,
  secret_sealed  TEXT NOT NULL, -- '' until a code of the app has proved it
  pending_sealed TEXT NOT NULL, -- shown to be set up
  step           BIGINT NOT NULL, -- the newest 30 seconds whose code was taken: none is good twice
  since          BIGINT NOT NULL
);

CREATE TABLE recovery_codes (
  user_id   TEXT NOT NULL,
  code_hash TEXT NOT NULL,
  PRIMARY KEY (user_id, code_hash)
);

-- Public keys of users' devices, by which they sign in (WebAuthn).
CREATE TABLE passkeys (
  user_id    TEXT NOT NULL,
  id         TEXT NOT NULL,
  credential TEXT NOT NULL UNIQUE, -- what the device calls it, in base64url
  name       TEXT NOT NULL,
  public_key BYTEA NOT NULL, -- COSE
  flags      BIGINT NOT NULL, -- of the authenticator when it was made
  sign_count BIGINT NOT NULL, -- the newest one seen: one that does not rise shows a copy
  created_at BIGINT NOT NULL,
  used_at    BIGINT NOT NULL DEFAULT 0,
  cloned_at  BIGINT NOT NULL DEFAULT 0, -- a copy of it was noticed; it is taken no more
  PRIMARY KEY (user_id, id)
);

-- What a sign-in that is under way has to answer: good once, in the browser session that asked.
CREATE TABLE signin_challenges (
  hash       TEXT PRIMARY KEY,
  purpose    TEXT NOT NULL, -- signin, register, sso, let-in
  binding    TEXT NOT NULL, -- hash of the session
  user_id    TEXT NOT NULL, -- '' as long as nobody has signed in
  expires_at BIGINT NOT NULL
);
CREATE INDEX signin_challenges_expires ON signin_challenges (expires_at);

-- Who a person is at the issuer of single sign-on.
CREATE TABLE user_identities (
  issuer    TEXT NOT NULL,
  subject   TEXT NOT NULL,
  user_id   TEXT NOT NULL,
  linked_at BIGINT NOT NULL,
  PRIMARY KEY (issuer, subject),
  UNIQUE (user_id, issuer)
);

-- How an organization's people sign in.
CREATE TABLE signin_rules (
  org_id TEXT PRIMARY KEY,
  factor BIGINT NOT NULL -- 1: administrators need a second factor
);

CREATE TABLE memberships (
  org_id  TEXT NOT NULL,
  user_id TEXT NOT NULL,
  role    TEXT NOT NULL,
  PRIMARY KEY (org_id, user_id)
);
CREATE INDEX memberships_user ON memberships (user_id);

CREATE TABLE sessions (
  token      TEXT PRIMARY KEY,
  data       BYTEA NOT NULL,
  expires_at BIGINT NOT NULL
);

-- Who is signed in where: what the session manager's opaque rows do not tell.
CREATE TABLE user_sessions (
  user_id  TEXT NOT NULL,
  id       TEXT NOT NULL,
  began_at BIGINT NOT NULL,
  seen_at  BIGINT NOT NULL,
  address  TEXT NOT NULL,
  browser  TEXT NOT NULL,
  PRIMARY KEY (user_id, id)
);
CREATE INDEX user_sessions_seen ON user_sessions (seen_at);

-- Invitations that wait for an answer. The links that lead to them are in mail_links, as hashes.
CREATE TABLE invitations (
  org_id     TEXT NOT NULL, -- '' for a platform engineer
  id         TEXT NOT NULL,
  email      TEXT NOT NULL,
  role       TEXT NOT NULL,
  invited_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  sent_at    BIGINT NOT NULL DEFAULT 0,
  mail_error TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX invitations_email ON invitations (org_id, email);

-- Links that mails lead to: good once, for one purpose.
CREATE TABLE mail_links (
  token_hash TEXT PRIMARY KEY,
  purpose    TEXT NOT NULL, -- invitation, reset
  org_id     TEXT NOT NULL, -- of the invitation
  subject    TEXT NOT NULL, -- id of the invitation, or of the user
  expires_at BIGINT NOT NULL
);
CREATE INDEX mail_links_subject ON mail_links (subject, purpose);

CREATE TABLE audit_events (
  org_id  TEXT NOT NULL, -- '' for the platform
  id      TEXT NOT NULL,
  at      BIGINT NOT NULL,
  area    TEXT NOT NULL,
  act     TEXT NOT NULL,
  who     TEXT NOT NULL,
  who_id  TEXT NOT NULL, -- '' for an API key
  subject TEXT NOT NULL,
  detail  TEXT NOT NULL,
  address TEXT NOT NULL,
  PRIMARY KEY (org_id, id)
);
CREATE INDEX audit_events_area ON audit_events (org_id, area, id);

-- Proofs of erasures: how many rows of which table. They hold nothing of the person.
CREATE TABLE erasures (
  org_id         TEXT NOT NULL,
  id             TEXT NOT NULL,
  at             BIGINT NOT NULL,
  erased_by      TEXT NOT NULL,
  document       TEXT NOT NULL, -- JSON
  markers_sealed TEXT NOT NULL, -- what is looked for, until the proof is kept
  PRIMARY KEY (org_id, id)
);

CREATE TABLE api_keys (
  key_hash   TEXT PRIMARY KEY,
  org_id     TEXT NOT NULL, -- '' for a platform engineer
  id         TEXT NOT NULL,
  role       TEXT NOT NULL,
  name       TEXT NOT NULL, -- what it is for, in somebody's words
  hint       TEXT NOT NULL, -- last characters, to tell keys apart
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL, -- 0: never
  used_at    BIGINT NOT NULL DEFAULT 0, -- to the minute
  UNIQUE (org_id, id)
);

-- Requests that may be spam: whole, until a person has looked or a month is over.
CREATE TABLE suspects (
  org_id     TEXT NOT NULL,
  id         TEXT NOT NULL,
  key_hash   TEXT NOT NULL, -- digest of the call and its idempotency key; the id without one
  at         BIGINT NOT NULL,
  score      BIGINT NOT NULL,
  reasons    TEXT NOT NULL, -- JSON
  request    TEXT NOT NULL, -- JSON
  settled_at BIGINT NOT NULL, -- 0: waits
  settled_by TEXT NOT NULL,
  choice     TEXT NOT NULL,
  made       TEXT NOT NULL, -- appointment or lead
  PRIMARY KEY (org_id, id),
  UNIQUE (org_id, key_hash)
);
CREATE INDEX suspects_waiting ON suspects (org_id, settled_at, id);

-- Forms whose proof of work has been used, and by which request.
CREATE TABLE used_proofs (
  org_id       TEXT NOT NULL,
  form_hash    TEXT NOT NULL,
  request_hash TEXT NOT NULL,
  expires_at   BIGINT NOT NULL,
  PRIMARY KEY (org_id, form_hash)
);

-- Comparisons of our customers with the CRM's people: ids alone.
CREATE TABLE dry_runs (
  org_id    TEXT NOT NULL,
  id        TEXT NOT NULL,
  config_id TEXT NOT NULL,
  at        BIGINT NOT NULL,
  asked_by  TEXT NOT NULL,
  ended_at  BIGINT NOT NULL, -- 0: it runs
  document  TEXT NOT NULL, -- JSON
  PRIMARY KEY (org_id, id)
);

-- Booking forms that nobody has sent, of visitors who may be contacted: until the person has come, a lead was made, or a week is over.
CREATE TABLE left_forms (
  org_id    TEXT NOT NULL,
  id        TEXT NOT NULL,
  form      TEXT NOT NULL, -- digest of the form's own key
  document  TEXT NOT NULL, -- JSON: contact, message, campaign, signs of spam
  opened_at BIGINT NOT NULL,
  due_at    BIGINT NOT NULL, -- when the quiet time is over
  stated    BIGINT NOT NULL DEFAULT 0, -- 1: its job is there
  PRIMARY KEY (org_id, id),
  UNIQUE (org_id, form)
);
CREATE INDEX left_forms_due ON left_forms (org_id, due_at) WHERE stated = 0;

CREATE TABLE left_policies (
  org_id   TEXT PRIMARY KEY,
  document TEXT NOT NULL -- JSON
);

CREATE TABLE signin_failures (
  subject TEXT NOT NULL, -- digest of an account or an address
  at      BIGINT NOT NULL,
  id      TEXT NOT NULL,
  PRIMARY KEY (subject, at, id)
);

CREATE TABLE nodes (
  id      TEXT PRIMARY KEY,
  beat_at BIGINT NOT NULL
);

CREATE TABLE waitlists (
  org_id   TEXT NOT NULL PRIMARY KEY,
  document TEXT NOT NULL, -- JSON; '' : the default
  looked   BIGINT NOT NULL, -- revision of the schedule at which nothing was left to offer
  looked_at BIGINT NOT NULL
);

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
  unanswered     BIGINT NOT NULL,
  token_hash     TEXT NOT NULL,
  token_sealed   TEXT NOT NULL,
  created_at     BIGINT NOT NULL,
  settled_at     BIGINT NOT NULL, -- 0: waits
  PRIMARY KEY (org_id, id)
);
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
  starts_at  BIGINT NOT NULL,
  ends_at    BIGINT NOT NULL,
  made_at    BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  made_by    TEXT NOT NULL, -- '': the list itself
  state      TEXT NOT NULL,
  changed_at BIGINT NOT NULL,
  PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX waitlist_offers_one ON waitlist_offers (org_id, entry_id) WHERE state IN ('open', 'accepting');
CREATE INDEX waitlist_offers_entry ON waitlist_offers (org_id, entry_id, made_at);
CREATE INDEX waitlist_offers_live ON waitlist_offers (expires_at) WHERE state IN ('open', 'accepting');
