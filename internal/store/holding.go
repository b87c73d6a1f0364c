package store

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"

	"heavyset.tech/platform/internal/org"
)

// holding says of a table whose data it has, how long a row is kept, which rows are one person's and what an erasure does
// to them. docs/PRIVACY.md repeats it; a test holds both against the schema.
type holding struct {
	table string
	whose string // visitor, staff, or nobody
	what  string
	kept  string
	// mine is the condition for a person's rows; "" for a table that holds nothing of theirs by itself. Words in braces are
	// lists: see (*Store).spell.
	mine string
	// change is what an erasure sets; "" deletes the rows.
	change string
	// show is what an export reads; "" is every column.
	show string
}

// Whose data a table has.
const (
	visitors = "visitor"
	staff    = "staff"
	nobody   = "nobody"
)

// How long rows are kept, where more than one table says so. Sweep removes what has had its time.
const (
	keptForever    = "as long as the organization"
	keptErased     = "until the person is erased"
	keptHalfYear   = "183 days (Sweep)"
	keptUntilEnded = "until it is removed"
)

// holdings is every table of the database.
func holdings() []holding {
	return append(append(holdingsOfVisitors(), holdingsOfCRM()...), holdingsOfOthers()...)
}

func holdingsOfVisitors() []holding {
	return []holding{
		{table: "customers", whose: visitors, what: "name, e-mail, phone, address", kept: keptErased, mine: "id IN {customers}"},
		{table: "customer_events", whose: visitors, what: "what changed of a customer, in words", kept: keptErased, mine: "customer_id IN {customers}"},
		{table: "leads", whose: visitors, what: "contact as typed, message, campaign", kept: keptErased, mine: "customer_id IN {customers}"},
		{
			table: "appointments", whose: visitors, what: "contact as typed, answers, notes, campaign, reason for cancelling, sealed link", kept: "for good; without the person after an erasure",
			mine: "id IN {appointments}",
			change: `contact = '{"last_name":"(erased)"}', answers = '{}', notes = '', utm = '{}', postal_code = '', language = '', cancel_reason = '', token_sealed = '',
				customer_id = '', lead_id = '', pushed = revision, push_failed = 0, push_error = ''`,
		},
		{table: "timeline", whose: visitors, what: "reasons in words", kept: "as the appointment", mine: "appointment_id IN {appointments}", change: "detail = ''"},
		{table: "manage_links", whose: visitors, what: "hash of the private link", kept: keptErased, mine: "org_id = {org} AND appointment_id IN {appointments}"},
		{table: "deliveries", whose: visitors, what: "what a mail server answered, often with the address", kept: "as the appointment", mine: "appointment_id IN {appointments}", change: "error = ''"},
		{
			table: "suspects", whose: visitors, what: "bookings and enquiries that may be spam, whole, with the address they came from", kept: "30 days (Sweep)",
			mine: "(made IN {ids} OR id IN {suspects})",
		},
		{
			table: "waitlist_offers", whose: visitors, what: "times that were offered to somebody who waits, and what became of that", kept: "as the entry",
			mine: "entry_id IN {entries}",
		},
		{
			table: "waitlist_entries", whose: visitors, what: "who waits for a time: contact, wishes, notes, answers, campaign, hash of the private link, sealed link", kept: "30 days after they stopped waiting (Sweep)",
			mine: "id IN {entries}",
		},
		{
			table: "visits", whose: visitors, what: "how far a visit of the booking pages has come, what it asked for and which appointment it booked; no address, no browser", kept: "92 days (Sweep)",
			mine: "appointment_id IN {appointments}", change: "appointment_id = '', postal_code = ''",
		},
		{
			table: "left_forms", whose: visitors, what: "booking forms that are not sent, of visitors who may be contacted", kept: "until the quiet time is over; at most 7 days more (Sweep)",
			mine: "id IN {forms}",
		},
		{table: "planned_messages", whose: visitors, what: "messages that are still to go out, without their text", kept: "until they go out", mine: "appointment_id IN {appointments}"},
		{
			table: "webhook_attempts", whose: visitors, what: "what an organization's program answered to a webhook, masked", kept: "30 days (Sweep)",
			mine: "event_id IN (SELECT e.id FROM webhook_events e WHERE e.org_id = {org} AND e.subject IN {ids})",
		},
		{table: "webhook_events", whose: visitors, what: "what webhooks told of an appointment, a lead or a customer, whole", kept: "30 days (Sweep)", mine: "subject IN {ids}"},
		{
			table: "consents", whose: visitors, what: "hash of an address or a phone number, and what its owner said about messages to it, with the words agreed to", kept: "for good: what was withdrawn is never sent again",
			mine: "appointment_id IN {appointments}", change: "appointment_id = ''",
		},
		{
			table: "idempotency", whose: visitors, what: "answer and digest of a request", kept: "24 hours (Sweep)",
			mine: "EXISTS (SELECT 1 FROM {ids} i WHERE {instr}(call || ' ' || answer, i.value) > 0)",
		},
		{
			table: "audit_events", whose: "visitor and " + staff, what: "who did what; subjects and details in words", kept: keptForever + "; uses of secrets by themselves 60 days",
			mine:   "(subject IN {ids} OR EXISTS (SELECT 1 FROM {markers} i WHERE {instr}(subject || ' ' || detail, i.value) > 0 OR {instr}(lower(subject || ' ' || detail), i.value) > 0))",
			change: `detail = '', subject = CASE WHEN EXISTS (SELECT 1 FROM {markers} i WHERE {instr}(subject, i.value) > 0 OR {instr}(lower(subject), i.value) > 0) THEN '[erased]' ELSE subject END`,
		},
		{
			table: "river_job", whose: visitors, what: "ids in arguments; errors in words, sometimes with an address", kept: "24 hours when done, 7 days when given up (River)",
			mine: "EXISTS (SELECT 1 FROM {ids} i WHERE {instr}({args}, i.value) > 0) AND state <> 'running'", show: "id, kind, CAST(state AS TEXT) AS state, {args} AS args",
		},
	}
}

func holdingsOfCRM() []holding {
	return []holding{
		{table: "crm_links", whose: visitors, what: "which records stand for the person, and their contact as both sides last knew it", kept: keptErased, mine: "subject IN {ids}"},
		{table: "gone_records", whose: visitors, what: "which records of the person the CRM has deleted", kept: keptErased, mine: "subject IN {ids}"},
		{
			table: "crm_values", whose: visitors, what: "values written to the CRM and those before, sealed", kept: keptHalfYear,
			mine: "(customer_id IN {customers} OR appointment_id IN {appointments} OR lead_id IN {leads} OR record_id IN {records})",
		},
		{
			table: "sync_attempts", whose: visitors, what: "requests, masked, and the CRM's answers", kept: keptHalfYear,
			mine: "(customer_id IN {customers} OR appointment_id IN {appointments} OR lead_id IN {leads} OR record_id IN {records})",
		},
		{table: "crm_undos", whose: visitors, what: "which booking was to be taken back", kept: keptErased, mine: "appointment_id IN {appointments}"},
		{table: "crm_undo_records", whose: visitors, what: "what became of a record, in words", kept: keptErased, mine: "record_id IN {records}"},
		{table: "conflicts", whose: visitors, what: "what both sides say of a visit", kept: keptErased, mine: "appointment_id IN {appointments}"},
		{table: "disagreements", whose: visitors, what: "what both sides say of a person", kept: keptErased, mine: "(customer_id IN {customers} OR subject IN {ids})"},
		{
			table: "dry_runs", whose: visitors, what: "which records of the CRM may be which customer, by ids; who asked", kept: "30 days (Sweep)",
			mine: "EXISTS (SELECT 1 FROM {ids} i WHERE {instr}(document, i.value) > 0)",
		},
		{table: "mirror", whose: visitors, what: "times and owners of the CRM's records, by their id", kept: "while the record counts in the CRM", mine: "record_id IN {records}"},
		{table: "mirror_dirty", whose: visitors, what: "ids of records that have changed", kept: "until they are read", mine: "record_id IN {records}"},
		{table: "mirror_sources", whose: nobody, what: "how far the copy is", kept: "until the config is disconnected"},
		{table: "mirror_people", whose: nobody, what: "how far changes of people were read", kept: keptForever},
		{table: "source_hours", whose: nobody, what: "readings by hour", kept: "8 days (Sweep)"},
		{table: "credits", whose: nobody, what: "calls by hour", kept: "8 days (Sweep)"},
		{table: "watch_channels", whose: nobody, what: "channels by which the CRM tells of changes", kept: "until they end"},
		{table: "crm_configs", whose: staff, what: "who authorized; sealed tokens", kept: keptForever},
		{table: "crm_settings", whose: staff, what: "settings, and who saved them; addresses that get alerts", kept: keptForever},
		{table: "crm_drift", whose: nobody, what: "the CRM's modules and fields", kept: keptForever},
		{table: "connection_events", whose: staff, what: "what happened to a connection, and by whom", kept: "for good; counts of renewed tokens 60 days (Sweep)"},
		{table: "connection_denials", whose: nobody, what: "missing permissions", kept: "until the next connect"},
		{table: "refresh_tokens", whose: staff, what: "hashes of tokens by account", kept: "until they are revoked"},
		{table: "oauth_attempts", whose: staff, what: "consents that are under way", kept: "15 minutes (Sweep)"},
		{table: "passports", whose: staff, what: "Setup Passports, and who took them", kept: "90 days, by the next one"},
	}
}

func holdingsOfOthers() []holding {
	return []holding{
		{table: "erasures", whose: staff, what: "who had a person erased; how many rows; until the proof is there the words that it looks for, sealed", kept: keptForever},
		{table: "organizations", whose: nobody, what: "the organization, and how its pages look", kept: keptForever},
		{table: "logos", whose: nobody, what: "an organization's logo, drawn anew from the file that was uploaded", kept: keptUntilEnded},
		{table: "schedulers", whose: nobody, what: "booking pages", kept: keptForever},
		{table: "schedules", whose: nobody, what: "holidays and territories", kept: keptForever},
		{table: "services", whose: nobody, what: "what can be booked", kept: keptForever},
		{table: "reps", whose: staff, what: "names and hours of reps", kept: keptForever},
		{table: "rep_feeds", whose: staff, what: "hash of a calendar's private address, and who made it", kept: keptUntilEnded},
		{table: "holds", whose: nobody, what: "times that are held; a digest of the visitor's address", kept: "an hour after their end (Sweep)"},
		{table: "used_proofs", whose: nobody, what: "digests of forms whose proof of work was used, and of the request", kept: "24 hours (Sweep)"},
		{table: "visit_days", whose: nobody, what: "visits by day, counted", kept: "2 years (Sweep)"},
		{table: "waitlists", whose: nobody, what: "how an organization's waiting list works", kept: keptForever},
		{table: "embed_sites", whose: nobody, what: "websites with the booking page", kept: keptUntilEnded},
		{table: "embed_refusals", whose: nobody, what: "websites that were refused", kept: keptUntilEnded},
		{table: "left_policies", whose: nobody, what: "what becomes of forms that are not sent", kept: keptForever},
		{table: "webhook_endpoints", whose: staff, what: "addresses of an organization's programs, and who added them; sealed secrets", kept: keptUntilEnded},
		{table: "webhook_messages", whose: nobody, what: "numbers and states of what was sent to them", kept: "30 days (Sweep)"},
		{table: "api_answers", whose: staff, what: "answers to writes by the API, sealed, and digests of the requests", kept: "24 hours (Sweep)"},
		{table: "message_policies", whose: staff, what: "which messages go out; reply address", kept: keptForever},
		{table: "message_templates", whose: staff, what: "words of messages, and who changed them", kept: keptUntilEnded},
		{table: "users", whose: staff, what: "name, e-mail, password hash", kept: "for good; disabled accounts too"},
		{table: "user_factors", whose: staff, what: "second factor, sealed", kept: keptUntilEnded},
		{table: "recovery_codes", whose: staff, what: "hashes of codes", kept: "until they are used or renewed"},
		{table: "passkeys", whose: staff, what: "public keys of devices, their names and last use", kept: keptUntilEnded},
		{table: "signin_challenges", whose: staff, what: "sign-ins that are under way, as hashes", kept: "5 minutes, an hour for those whom the command line lets in (Sweep)"},
		{table: "user_identities", whose: staff, what: "who a person is at the issuer of single sign-on", kept: keptForever},
		{table: "signin_rules", whose: nobody, what: "how an organization's people sign in", kept: keptForever},
		{table: "memberships", whose: staff, what: "roles", kept: keptUntilEnded},
		{table: "sessions", whose: staff, what: "who is signed in", kept: "12 hours (Sweep)"},
		{table: "user_sessions", whose: staff, what: "address and browser of a session", kept: "12 hours (Sweep)"},
		{table: "invitations", whose: staff, what: "e-mail of who is invited", kept: "until they are accepted or withdrawn"},
		{table: "mail_links", whose: staff, what: "hashes of links in mails", kept: "until they expire (Sweep)"},
		{table: "api_keys", whose: nobody, what: "hashes of keys", kept: keptForever},
		{table: "signin_failures", whose: staff, what: "digests of accounts and addresses", kept: "24 hours (Sweep)"},
		{table: "nodes", whose: nobody, what: "processes that live", kept: "until they end"},
		{table: "river_client", whose: nobody, what: "job bookkeeping", kept: keptForever},
		{table: "river_client_queue", whose: nobody, what: "job bookkeeping", kept: keptForever},
		{table: "river_leader", whose: nobody, what: "job bookkeeping", kept: keptForever},
		{table: "river_migration", whose: nobody, what: "job bookkeeping", kept: keptForever},
		{table: "river_notification", whose: nobody, what: "that jobs have come", kept: "minutes"},
		{table: "river_queue", whose: nobody, what: "job bookkeeping", kept: "24 hours unused"},
		{table: "goose_db_version", whose: nobody, what: "the schema's version", kept: keptForever},
		{table: "sqlite_sequence", whose: nobody, what: "SQLite's own counter", kept: keptForever},
	}
}

var braces = regexp.MustCompile(`\{(\w+)\}`)

// spell puts lists and the engine's own words into a text of SQL: {org} is the organization, {instr} finds a text in
// another, {args} a job's arguments, any other word a list of texts with the column value.
func (s *Store) spell(text string, o org.ID, lists map[string][]string) (string, []any) {
	var args []any
	number := map[string]string{}
	out := braces.ReplaceAllStringFunc(text, func(m string) string {
		word := strings.Trim(m, "{}")
		if w, own := s.engine.words()[word]; own {
			return w
		}
		list, known := lists[word]
		if !known && word != "org" {
			return m // braces of a JSON text
		}
		n, seen := number[word]
		if !seen {
			n = "$" + strconv.Itoa(len(args)+1)
			number[word] = n
			if word == "org" {
				args = append(args, string(o))
			} else {
				args = append(args, listDoc(list))
			}
		}
		if word == "org" {
			return n
		}
		return strings.ReplaceAll(s.engine.words()["list"], "?", n)
	})
	return out, args
}

func listDoc(list []string) string {
	if list == nil {
		list = []string{}
	}
	b, err := json.Marshal(list)
	if err != nil {
		return "[]" // a list of texts can always be written
	}
	return string(b)
}

// where is the condition for a person's rows of a table.
func (h holding) where() string {
	if strings.HasPrefix(h.table, "river_") {
		return h.mine
	}
	return "org_id = {org} AND " + h.mine
}
