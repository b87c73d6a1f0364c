package admin

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/notify"
	"heavyset.tech/platform/internal/web/page"
)

// maxAttempts is how many attempts a timeline shows, the newest.
const maxAttempts = 100

// entry is one line of a timeline.
type entry struct {
	at      time.Time
	At      string
	ISO     time.Time
	Kind    string // ok, warn, bad or ""
	Source  string // Booking, Mail, Zoho
	Title   string
	Detail  string
	Cause   string // the job and the request that led to it, as the log names them
	Attempt *attempt
}

// attempt is what an entry shows when it is opened: all of it masked before it was stored.
type attempt struct{ Request, Answer, Code, Took, ID string }

// timeline merges what happened from three sources.
type timeline struct {
	cal     calendar
	entries []entry
}

func (t *timeline) add(e entry) {
	e.At, e.ISO = t.cal.exact(e.at), e.at
	t.entries = append(t.entries, e)
}

func (t *timeline) events(cat catalog.Catalog, list []booking.Event) {
	for _, v := range list {
		rep := v.Rep
		if p, ok := cat.Rep(v.Rep); ok {
			rep = p.Name
		}
		e := entry{at: v.At, Source: "Booking", Detail: strings.TrimSpace(v.Detail + "\n" + assignedWords(cat, v.Choice))}
		if v.Kind == "cancelled" {
			e.Detail = cat.Told(v.Detail, v.Actor == "visitor" || v.Actor == "api")
		}
		when := t.cal.stamp(v.Start) + " with " + rep
		t.held(v, when)
		switch v.Kind {
		case "booked":
			e.Kind, e.Title = "ok", "Booked by "+actorWords(v.Actor)+" for "+when
		case "rescheduled":
			e.Title = "Moved by " + actorWords(v.Actor) + " to " + when
		case "reassigned":
			e.Title = "Given to " + rep + " by " + actorWords(v.Actor)
		case "cancelled":
			e.Kind, e.Title = "off", "Cancelled by "+actorWords(v.Actor)
		case "declined":
			e.Kind, e.Title = "off", "Declined by "+actorWords(v.Actor)
		case "no_show":
			e.Kind, e.Title = "warn", "Marked as a no-show by "+actorWords(v.Actor)
		case "doubted":
			e.Kind, e.Title = "warn", "Waits to be confirmed: something else stands at its time"
		case "reopened":
			e.Title = "Opened again by " + actorWords(v.Actor)
		default:
			e.Title = page.Capital(v.Kind) + " by " + actorWords(v.Actor)
		}
		t.add(e)
	}
}

// held adds when the time was kept that was booked then.
func (t *timeline) held(v booking.Event, when string) {
	if v.Choice == nil || !v.Choice.Held {
		return
	}
	if made, ok := id.Made(string(v.Choice.Hold)); ok && !made.After(v.At) {
		t.add(entry{at: made, Source: "Booking", Title: "Time held: " + when})
	}
}

// seen adds when records of appointments came back from the CRM for the first time: the proof that it has them.
func (t *timeline) seen(records []crmsync.Link) {
	for _, l := range records {
		if !l.Seen.IsZero() {
			t.add(entry{at: l.Seen, Kind: "ok", Source: "Zoho", Title: "Seen in Zoho", Detail: "Zoho has told of the record in " + l.Module + " by itself, or given it back when it was read."})
		}
	}
}

func (t *timeline) mails(list []notify.Delivery) {
	for _, d := range list {
		if kind, ok := strings.CutPrefix(d.Kind, notify.TextPrefix); ok {
			t.add(textEntry(messageName(notify.Kind(kind)), d))
			continue
		}
		title := messageName(notify.Kind(d.Kind))
		e, to := entry{at: d.At, Source: "Mail", Detail: d.Error, Cause: d.Cause}, "the customer"
		if d.To != "" {
			title, to = "Notice to the staff", d.To
		}
		switch d.State {
		case notify.Refused:
			e.Kind, e.Title, e.Detail = "bad", title+" could not be delivered", d.Error+" "+refusedFix
			if d.To != "" {
				e.Detail = d.To + ": " + d.Error + " Correct the address under Web Scheduler, Messages, or at the rep."
			}
		case notify.Bounced:
			e.Kind, e.Title, e.Detail = "bad", title+" came back", d.Error+" "+refusedFix
			if d.To != "" {
				e.Detail = d.To + ": " + d.Error + " Correct the address under Web Scheduler, Messages, or at the rep."
			}
		case notify.Waiting:
			e.Kind, e.Title = "warn", title+" waits for the mail server and is tried again"
		case notify.Skipped:
			e.Title = title + " not sent"
		default:
			e.Kind, e.Title = "ok", title+" sent to "+to
		}
		t.add(e)
	}
}

// textEntry says what became of a text message.
func textEntry(title string, d notify.Delivery) entry {
	e := entry{at: d.At, Source: "SMS", Detail: d.Error, Cause: d.Cause}
	switch d.State {
	case notify.Refused, notify.Bounced:
		e.Kind, e.Title, e.Detail = "bad", title+" could not be delivered by text message", d.Error+" Call the customer if there was no mail either."
	case notify.Waiting:
		e.Kind, e.Title = "warn", title+" waits for the provider of text messages and is tried again"
	case notify.Unsure:
		e.Kind, e.Title = "warn", title+" may have been sent by text message"
	case notify.Skipped:
		e.Title = title + " not sent by text message"
	case notify.Arrived:
		e.Kind, e.Title = "ok", title+" arrived on the customer's phone"
	default:
		e.Kind, e.Title = "ok", title+" sent to the customer by text message"
	}
	return e
}

// refusedFix is what to do about an address that takes no mail.
const refusedFix = "Nothing is tried again by itself. Call the customer, and have them book or change with an address that works."

// messageName names a message by its kind.
func messageName(k notify.Kind) string {
	switch k {
	case notify.Booked, notify.Confirmed:
		return "Confirmation"
	case notify.Requested:
		return "Message that the request is here"
	case notify.Declined:
		return "Message that the request was declined"
	case notify.Rescheduled:
		return "Message with the new time"
	case notify.Reassigned:
		return "Message that another rep comes"
	case notify.Cancelled:
		return "Message of the cancellation"
	case notify.Reminder:
		return "Reminder"
	case notify.RequestWaits:
		return "Reminder to the staff to answer"
	case notify.RequestEnds:
		return "Declined by itself, unless it is answered"
	case notify.FollowUp:
		return "Follow-up after the no-show"
	}
	return "Message (" + string(k) + ")"
}

func (t *timeline) attempts(list []crmsync.Attempt) {
	for _, a := range list {
		e := entry{at: a.At, Source: "Zoho", Detail: a.Error, Attempt: &attempt{
			Request: pretty(a.Request), Answer: pretty(a.Answer), Code: a.Code, Took: took(a.Took), ID: string(a.ID),
		}}
		e.Kind, e.Title = attemptWords(a)
		t.add(e)
	}
}

// attemptWords says what an attempt tried and how it ended.
func attemptWords(a crmsync.Attempt) (kind, title string) {
	verb, _, _ := strings.Cut(a.Kind, " ")
	words, ok := map[string][3]string{
		"create": {"Created a record in ", "Could not create a record in ", "No answer to creating a record, so we look for it before we write again: "},
		"update": {"Updated the record in ", "Could not update the record in ", "No answer to updating the record, so we write it again: "},
		"find":   {"Searched ", "Could not search ", "No answer to searching "},
		"undo":   {"Took values back in ", "Could not take values back in ", "No answer to taking values back, so we look before we go on: "},
		"delete": {"Deleted the record that we had made in ", "Could not delete the record in ", "No answer to deleting the record, so we look before we go on: "},
		"found":  {"Found the record of a write whose answer was lost in ", "Could not look in ", "No answer to looking in "},
		"read":   {"Read the record in ", "Could not read the record in ", "No answer to reading the record in "},
	}[verb]
	if !ok || a.Module == "" {
		words = [3]string{page.Capital(a.Kind), "Failed: " + a.Kind, "No answer: " + a.Kind}
		a.Module = ""
	}
	switch a.State {
	case crmsync.AttemptWritten:
		return "ok", words[0] + a.Module
	case crmsync.AttemptUnknown:
		return "warn", words[2] + a.Module
	}
	return "bad", words[1] + a.Module
}

// takenBack reports whether an attempt was an undo.
func takenBack(a crmsync.Attempt) bool {
	return strings.HasPrefix(a.Kind, "undo ") || strings.HasPrefix(a.Kind, "delete ")
}

// sorted gives the entries, oldest first; what happened at one instant stays in the order of booking, mail, CRM.
func (t *timeline) sorted() []entry {
	rank := map[string]int{"Booking": 0, "Mail": 1, "Zoho": 2}
	slices.SortStableFunc(t.entries, func(a, b entry) int {
		if d := a.at.Compare(b.at); d != 0 {
			return d
		}
		if d := rank[a.Source] - rank[b.Source]; d != 0 || a.Attempt == nil || b.Attempt == nil {
			return d
		}
		if a.Attempt.ID < b.Attempt.ID {
			return -1
		}
		return 1
	})
	return t.entries
}

// pretty writes JSON for people; what is none stays as it is, and an empty object is nothing.
func pretty(s string) string {
	var v any
	d := json.NewDecoder(strings.NewReader(s))
	d.UseNumber() // Zoho's ids have more digits than a float keeps
	if d.Decode(&v) != nil {
		return s
	}
	if m, ok := v.(map[string]any); ok && len(m) == 0 {
		return ""
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false) // the template escapes
	if e.Encode(v) != nil {
		return s
	}
	return strings.TrimSpace(b.String())
}

func took(d time.Duration) string {
	if d < time.Millisecond {
		return ""
	}
	return strconv.FormatInt(d.Milliseconds(), 10) + " ms"
}
