package notify_test

import (
	"strings"
	"testing"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/locale"
	"heavyset.tech/platform/internal/notify"
)

// TestOurTemplatesAreInOrder: each is one that an organization could have saved itself, in every language.
func TestOurTemplatesAreInOrder(t *testing.T) {
	t.Parallel()
	for _, k := range notify.Kinds() {
		for _, l := range locale.All() {
			x := notify.Standard(k, l)
			if checked, err := x.Check(k); err != nil || checked != x {
				t.Errorf("%s in %s: %v", k, l, err)
			}
		}
	}
}

func TestTemplatesAreChecked(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind   notify.Kind
		change func(*notify.Template)
		path   string
		says   string
	}{
		"unknown":                   {notify.Booked, func(x *notify.Template) { x.Body = "Hi {name}" }, "body", "{name}"},
		"of another message":        {notify.Booked, func(x *notify.Template) { x.Closing = "{before}" }, "closing", "{before}"},
		"in capitals":               {notify.Booked, func(x *notify.Template) { x.Heading = "{Service}" }, "heading", "{Service}"},
		"a visitor's text in front": {notify.Booked, func(x *notify.Template) { x.Subject = "For {first_name}" }, "subject", "{first_name}"},
		"half of one":               {notify.Booked, func(x *notify.Template) { x.Body = "Hi {service" }, "body", "belongs to no placeholder"},
		"no subject":                {notify.Booked, func(x *notify.Template) { x.Subject = " " }, "subject", "empty"},
		"two lines of subject":      {notify.Booked, func(x *notify.Template) { x.Subject = "a\nBcc: b" }, "subject", "control"},
		"too long":                  {notify.Booked, func(x *notify.Template) { x.Heading = strings.Repeat("x", 121) }, "heading", "120"},
	} {
		x := notify.Standard(c.kind, locale.English)
		c.change(&x)
		_, err := x.Check(c.kind)
		if f := fault.As(err); f == nil || len(f.Fields) != 1 || f.Fields[0].Path != c.path || !strings.Contains(f.Fields[0].Message, c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestOwnWords: what an organization has written is what the customer reads; what a visitor typed stays data.
func TestOwnWords(t *testing.T) {
	t.Parallel()
	d, s, due := reminded()
	d.appointment.Contact.FirstName = "{phone} <b>"
	d.policy.Sender, d.policy.ReplyTo = "The Office", "office@o.example"
	d.custom = []notify.Custom{
		{Kind: notify.Reminder, Language: locale.English, Template: notify.Template{Subject: "Soon: {service} at {time}", Heading: "See you, {first_name}", Body: "One\nCall {address}\nTwo {organization} {address} end\n\nThree", Closing: "{organization} {rep}!"}},
		{Kind: notify.Reminder, Language: locale.German, Template: notify.Template{Subject: "Bald", Heading: "Bald"}},
		{Kind: notify.Booked, Language: locale.English, Template: notify.Template{Subject: "Other", Heading: "Other"}},
	}
	if err := s.Deliver(t.Context(), due); err != nil {
		t.Fatal(err)
	}
	m := d.messages[0]
	if m.Subject != "Soon: SVC at 3:00 PM – 4:00 PM UTC" || m.From.Name != "The Office" || m.From.Address != "book@o.example" || m.ReplyTo.Address != "office@o.example" || m.Invitation != nil {
		t.Errorf("%+v", m)
	}
	for _, want := range []string{"See you, {phone} <b>\n", "\nOne\nTwo O end\n\nThree\n", "\nO ANN!\n"} {
		if !strings.Contains(m.Text, want) {
			t.Errorf("%q is missing in\n%s", want, m.Text)
		}
	}
	for _, want := range []string{"See you, {phone} &lt;b&gt;</h1>", ">One<br>Two O end</p>", ">Three</p>"} {
		if !strings.Contains(m.HTML, want) {
			t.Errorf("%q is missing in\n%s", want, m.HTML)
		}
	}
}

// TestNoSecondMailWhereZohoTells: of a change made there, and of no other.
func TestNoSecondMailWhereZohoTells(t *testing.T) {
	t.Parallel()
	for _, byCRM := range []bool{true, false} {
		for _, crm := range []bool{true, false} {
			d, s, due := reminded()
			d.policy.ByCRM = byCRM
			f := booking.Fact{Org: "o", Appointment: "apt_1", Revision: 2, Service: "SVC", Rep: "ann", Start: due.Start, End: d.appointment.End, CRM: crm}
			if err := s.Rescheduled(t.Context(), booking.Rescheduled{Fact: f}); err != nil {
				t.Fatal(err)
			}
			if quiet := byCRM && crm; (len(d.sent) == 0) != quiet || len(d.kept) != 1 || (d.kept[0].State == notify.Skipped) != quiet {
				t.Errorf("Zoho tells: %v, changed there: %v: sent %q, kept %+v", byCRM, crm, d.sent, d.kept)
			}
		}
	}
}
