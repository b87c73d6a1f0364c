package notify

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/locale"
	"heavyset.tech/platform/internal/org"
)

// Template is the words of a message of one kind in one language. Between Body and Closing the message shows the visit
// itself: service, date, time, rep and address. An empty line begins a paragraph.
type Template struct {
	Subject, Heading, Body, Closing string
}

// Custom is a template that an organization has put in the place of ours.
type Custom struct {
	Kind     Kind
	Language locale.Lang
	Template Template
	At       time.Time
	By       string
}

// standard are our templates, in English; locale has them in the other languages.
func standard(k Kind) Template {
	switch k {
	case Requested:
		return Template{
			Subject: "Requested: {service} on {date} – {organization}",
			Heading: "We have your request",
			Body:    "{greeting}\n\nwe keep this time for you and write again as soon as it is confirmed:",
			Closing: "Questions? Call {phone}.",
		}
	case Declined:
		return Template{
			Subject: "Not possible: {service} on {date} – {organization}",
			Heading: "We can't confirm your request",
			Body:    "{greeting}\n\nwe are sorry, this visit is not possible:",
			Closing: "The reason: {reason}\n\nPlease choose another time, or call {phone}.",
		}
	case Rescheduled:
		return Template{
			Subject: "New time: {service} on {date} – {organization}",
			Heading: "Your appointment has a new time",
			Body:    "{greeting}\n\nhere is what we have agreed:",
			Closing: "It was on {before} before.\n\nQuestions? Call {phone}.",
		}
	case Reassigned:
		return Template{
			Subject: "Now with {rep}: {service} on {date} – {organization}",
			Heading: "Your appointment is with {rep} now",
			Body:    "{greeting}\n\nsomebody else comes to you. Day and time stay the same:",
			Closing: "Questions? Call {phone}.",
		}
	case Cancelled:
		return Template{
			Subject: "Cancelled: {service} on {date} – {organization}",
			Heading: "Your appointment is cancelled",
			Body:    "{greeting}\n\nthis visit will not take place:",
			Closing: "Questions? Call {phone}.",
		}
	case Reminder:
		return Template{
			Subject: "Reminder: {service} on {date} – {organization}",
			Heading: "Your appointment is coming up",
			Body:    "{greeting}\n\nwe are looking forward to seeing you:",
			Closing: "You can't make it? Please choose another time or cancel, so that somebody else can have this one.\n\nQuestions? Call {phone}.",
		}
	case FollowUp:
		return Template{
			Subject: "We missed you: {service} on {date} – {organization}",
			Heading: "We missed you",
			Body:    "{greeting}\n\nwe were there at this time and could not find anybody:",
			Closing: "If you would still like us to come, please choose another time.\n\nQuestions? Call {phone}.",
		}
	}
	return Template{
		Subject: "Confirmed: {service} on {date} – {organization}",
		Heading: "Your appointment is confirmed",
		Body:    "{greeting}\n\nhere is what we have agreed:",
		Closing: "Questions? Call {phone}.",
	}
}

// Standard gives our own template of a kind in a language.
func Standard(k Kind, l locale.Lang) Template {
	t := standard(k)
	return Template{Subject: l.T(t.Subject), Heading: l.T(t.Heading), Body: l.T(t.Body), Closing: l.T(t.Closing)}
}

// placeholder is a name in braces; whatever else stands between braces is a mistake.
var placeholder = regexp.MustCompile(`\{[^{}\n]*\}`)

// Placeholder is what a template may name in braces.
type Placeholder struct{ Name, Meaning string }

// Placeholders lists what templates of a kind may name.
func Placeholders(k Kind) []Placeholder {
	out := []Placeholder{
		{"greeting", "“Hello Pat,” or, without a first name, “Hello,”"},
		{"first_name", "the customer's first name"},
		{"organization", "your name"},
		{"service", "what is booked"},
		{"rep", "who comes"},
		{"date", "the day of the visit"},
		{"time", "from when to when, with the zone"},
		{"address", "where the visit is"},
		{"phone", "your phone number"},
	}
	switch k {
	case Rescheduled:
		out = append(out, Placeholder{"before", "day and time before the change"})
	case Cancelled:
		out = append(out, Placeholder{"reason", "why it was cancelled"})
	case Declined:
		out = append(out, Placeholder{"reason", "why it is not possible"})
	}
	if k != Cancelled && k != Declined && k != FollowUp {
		out = append(out, Placeholder{"manage_link", "address of the customer's page to change or cancel"})
	}
	return append(out, Placeholder{"book_link", "address of your booking page"})
}

// inSubject are the placeholders that may stand in a subject: what staff have written, and times. What a visitor typed
// reaches no header.
var inSubject = []string{"organization", "service", "rep", "date", "time", "before"}

// Check names every field of a template that can't be used, a placeholder that does not exist among them. The fields are
// subject, heading, body and closing.
func (t Template) Check(k Kind) (Template, error) {
	var known []string
	for _, p := range Placeholders(k) {
		known = append(known, p.Name)
	}
	var wrong []fault.Field
	for _, f := range []struct {
		path  string
		text  *string
		limit int
		line  bool // one line, not empty
		known []string
	}{
		{"subject", &t.Subject, 150, true, slices.DeleteFunc(slices.Clone(known), func(n string) bool { return !slices.Contains(inSubject, n) })},
		{"heading", &t.Heading, 120, true, known},
		{"body", &t.Body, 4000, false, known},
		{"closing", &t.Closing, 4000, false, known},
	} {
		*f.text = strings.TrimSpace(strings.ReplaceAll(*f.text, "\r\n", "\n"))
		if problem := checkText(*f.text, f.limit, f.line, f.known); problem != "" {
			wrong = append(wrong, fault.Field{Path: f.path, Message: problem})
		}
	}
	return t, fault.OfFields(wrong)
}

func checkText(s string, limit int, line bool, known []string) string {
	switch {
	case line && s == "":
		return "must not be empty."
	case len([]rune(s)) > limit:
		return fmt.Sprintf("is longer than %d characters.", limit)
	case strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && (r != '\n' || line) || r == 0x7f }):
		return "must not have control characters."
	}
	for _, p := range placeholder.FindAllString(s, -1) {
		if !slices.Contains(known, strings.Trim(p, "{}")) {
			return fmt.Sprintf("can't have %s here. It can have {%s}.", p, strings.Join(known, "}, {"))
		}
	}
	if strings.ContainsAny(placeholder.ReplaceAllString(s, ""), "{}") {
		return "has a { or } that belongs to no placeholder. A placeholder looks like {service}."
	}
	return ""
}

// fill puts values in the place of placeholders, once: what a value itself says is left as it is. A line that is only
// about values which are empty is left out, and a blank goes with an empty value.
func fill(text string, values map[string]string) string {
	var out []string
	for line := range strings.SplitSeq(text, "\n") {
		names, empty := placeholder.FindAllString(line, -1), 0
		for _, n := range names {
			if values[strings.Trim(n, "{}")] == "" {
				empty++
				line = strings.ReplaceAll(line, " "+n, n)
			}
		}
		if len(names) > 0 && empty == len(names) {
			continue
		}
		out = append(out, placeholder.ReplaceAllStringFunc(line, func(n string) string { return values[strings.Trim(n, "{}")] }))
	}
	return strings.Trim(strings.Join(out, "\n"), "\n")
}

// paragraphs parts a text at its empty lines; each paragraph is its lines.
func paragraphs(text string) [][]string {
	var out [][]string
	for p := range strings.SplitSeq(text, "\n\n") {
		if p = strings.Trim(p, "\n"); p != "" {
			out = append(out, strings.Split(p, "\n"))
		}
	}
	return out
}

// template gives the organization's own template of a kind, or ours.
func (s *Service) template(ctx context.Context, o org.ID, k Kind, l locale.Lang) (Template, error) {
	list, err := s.Store.MessageTemplates(ctx, o)
	if err != nil {
		return Template{}, err
	}
	for _, c := range list {
		if c.Kind == k && c.Language == l {
			return c.Template, nil
		}
	}
	return Standard(k, l), nil
}

// Templates gives the organization's own templates.
func (s *Service) Templates(ctx context.Context, o org.ID) ([]Custom, error) {
	return s.Store.MessageTemplates(ctx, o)
}

// SetTemplate puts a template in the place of ours. fault.Invalid names the fields.
func (s *Service) SetTemplate(ctx context.Context, o org.ID, c Custom) error {
	if !slices.Contains(Kinds(), c.Kind) || !slices.Contains(locale.All(), c.Language) {
		return fault.New(fault.NotFound, "There is no such message.")
	}
	var err error
	if c.Template, err = c.Template.Check(c.Kind); err != nil {
		return err
	}
	if c.Template == Standard(c.Kind, c.Language) {
		return s.Store.ResetMessageTemplate(ctx, o, c.Kind, c.Language)
	}
	c.At = s.Now()
	return s.Store.KeepMessageTemplate(ctx, o, c)
}

// ResetTemplate puts ours in the place of an organization's own template.
func (s *Service) ResetTemplate(ctx context.Context, o org.ID, k Kind, l locale.Lang) error {
	return s.Store.ResetMessageTemplate(ctx, o, k, l)
}

// values are what the placeholders of a message stand for.
func (v view) values(firstName, phone, reason string) map[string]string {
	greeting := v.Lang.T("Hello,")
	if firstName != "" {
		greeting = v.Lang.T("Hello %s,", firstName)
	}
	return map[string]string{
		"greeting": greeting, "first_name": firstName, "organization": v.Organization, "service": v.Service, "rep": v.Rep, "date": v.When, "time": v.Time,
		"before": v.Before, "address": v.Where, "phone": phone, "reason": reason, "manage_link": v.ManageURL, "book_link": v.BookURL,
	}
}
