package lead_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/lead"
)

func TestNormalise(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in    lead.Contact
		want  lead.Contact
		wrong string // first wrong path; "" for none
	}{
		"trims and normalises": {
			in:   lead.Contact{FirstName: " Jo ", LastName: "Doe", Email: " Jo.Doe@Example.COM ", Phone: "(312) 555-0100"},
			want: lead.Contact{FirstName: "Jo", LastName: "Doe", Email: "jo.doe@example.com", Phone: "+13125550100"},
		},
		"number with its own country code":       {in: lead.Contact{LastName: "D", Phone: "+43 660 1234567"}, want: lead.Contact{LastName: "D", Phone: "+436601234567"}},
		"possible but unassigned number":         {in: lead.Contact{LastName: "D", Phone: "312-555-0199"}, want: lead.Contact{LastName: "D", Phone: "+13125550199"}},
		"no last name":                           {in: lead.Contact{Email: "a@b.example"}, wrong: "customer.last_name"},
		"neither e-mail nor phone":               {in: lead.Contact{LastName: "D"}, wrong: "customer.email"},
		"too short a number":                     {in: lead.Contact{LastName: "D", Phone: "12"}, wrong: "customer.phone"},
		"letters for a number":                   {in: lead.Contact{LastName: "D", Phone: "call me"}, wrong: "customer.phone"},
		"line end in a name":                     {in: lead.Contact{LastName: "D\r\nBcc: x@y.example", Email: "a@b.example"}, wrong: "customer.last_name"},
		"NUL in a name":                          {in: lead.Contact{FirstName: "a\x00b", LastName: "D", Email: "a@b.example"}, wrong: "customer.first_name"},
		"broken UTF-8":                           {in: lead.Contact{LastName: "D\xff", Email: "a@b.example"}, wrong: "customer.last_name"},
		"C1 control character":                   {in: lead.Contact{LastName: "D\u0085E", Email: "a@b.example"}, wrong: "customer.last_name"},
		"name of 101 characters":                 {in: lead.Contact{LastName: strings.Repeat("é", 101), Email: "a@b.example"}, wrong: "customer.last_name"},
		"name of 100 characters":                 {in: lead.Contact{LastName: strings.Repeat("é", 100), Email: "a@b.example"}, want: lead.Contact{LastName: strings.Repeat("é", 100), Email: "a@b.example"}},
		"address with a display name":            {in: lead.Contact{LastName: "D", Email: "Jo <a@b.example>"}, wrong: "customer.email"},
		"two addresses":                          {in: lead.Contact{LastName: "D", Email: "a@b.example, c@d.example"}, wrong: "customer.email"},
		"address without a domain":               {in: lead.Contact{LastName: "D", Email: "a@"}, wrong: "customer.email"},
		"address at an IP":                       {in: lead.Contact{LastName: "D", Email: "a@[127.0.0.1]"}, wrong: "customer.email"},
		"address with a line end inside":         {in: lead.Contact{LastName: "D", Email: "a@b.example\r\nRCPT TO:<x@y.example>"}, wrong: "customer.email"},
		"right-to-left override is no line end":  {in: lead.Contact{LastName: "D\u202e", Email: "a@b.example"}, want: lead.Contact{LastName: "D\u202e", Email: "a@b.example"}},
		"an address with plus and a long domain": {in: lead.Contact{LastName: "D", Email: "a+b@mail.example.co.uk"}, want: lead.Contact{LastName: "D", Email: "a+b@mail.example.co.uk"}},
	} {
		got, wrong := c.in.Normalise("US")
		switch {
		case c.wrong == "" && len(wrong) > 0:
			t.Errorf("%s: refused: %v", name, wrong)
		case c.wrong != "" && (len(wrong) == 0 || wrong[0].Path != c.wrong):
			t.Errorf("%s: want %s named, got %v", name, c.wrong, wrong)
		case c.wrong == "" && got != c.want:
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

func TestSame(t *testing.T) {
	t.Parallel()
	jo := lead.Contact{FirstName: "Jo", LastName: "Doe", Email: "jo@x.example", Phone: "+13125550100"}
	with := func(change func(*lead.Contact)) lead.Contact {
		c := jo
		change(&c)
		return c
	}
	for name, c := range map[string]struct {
		other lead.Contact
		want  bool
	}{
		"equal":                                     {jo, true},
		"same e-mail, another phone":                {with(func(c *lead.Contact) { c.Phone = "+13125550199" }), true},
		"same e-mail, no first name":                {with(func(c *lead.Contact) { c.FirstName, c.Phone = "", "" }), true},
		"same e-mail, new last name":                {with(func(c *lead.Contact) { c.LastName, c.Phone = "Miller", "" }), true},
		"couple with one e-mail":                    {with(func(c *lead.Contact) { c.FirstName, c.Phone = "Sam", "+13125550111" }), false},
		"stranger with our e-mail":                  {with(func(c *lead.Contact) { c.FirstName, c.LastName, c.Phone = "Sam", "Poe", "" }), false},
		"stranger's name, e-mail and phone both":    {with(func(c *lead.Contact) { c.FirstName, c.LastName = "Sam", "Poe" }), true},
		"same phone and name, no e-mail":            {with(func(c *lead.Contact) { c.Email = "" }), true},
		"same phone and name, another e-mail":       {with(func(c *lead.Contact) { c.Email = "other@x.example" }), false},
		"family on one phone":                       {with(func(c *lead.Contact) { c.Email, c.FirstName = "", "Sam" }), false},
		"same name alone":                           {with(func(c *lead.Contact) { c.Email, c.Phone = "", "+1" }), false},
		"case, blanks and punctuation mean nothing": {with(func(c *lead.Contact) { c.LastName, c.Phone = " d'OE", "" }), true},
	} {
		if got := lead.Same(jo, c.other); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
		if lead.Same(jo, c.other) != lead.Same(c.other, jo) {
			t.Errorf("%s: is not symmetric", name)
		}
	}
	nobody := lead.Contact{LastName: "Doe"}
	if lead.Same(nobody, nobody) {
		t.Error("two without e-mail and phone are not known to be one")
	}
}

func TestRecogniseFillsBlanksOnly(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	known := lead.Customer{ID: "cus_1", Contact: lead.Contact{FirstName: "Jo", LastName: "Doe", Email: "jo@x.example", Street: "1 Old St", City: "Evanston"}, Created: now.Add(-time.Hour), Updated: now.Add(-time.Hour)}
	got := lead.Recognise(lead.Contact{FirstName: "Jo", LastName: "Doe", Email: "jo@x.example", Phone: "+13125550100", Street: "2 New St", City: "Chicago", PostalCode: "60601"}, []lead.Customer{known}, now)
	want := known
	want.Phone, want.Updated = "+13125550100", now
	if got != want {
		t.Errorf("got %+v\nwant %+v", got.Contact, want.Contact)
	}
	if again := lead.Recognise(want.Contact, []lead.Customer{want}, now.Add(time.Hour)); again.Updated != now {
		t.Error("nothing new must not touch the customer")
	}
}

func TestPeopleStayOutOfLogs(t *testing.T) {
	t.Parallel()
	c := lead.Contact{FirstName: "Xaveria", LastName: "Quill", Email: "x@quill.example", Phone: "+13125550100"}
	var b bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&b, nil))
	log.Info("m", "contact", c, "customer", lead.Customer{ID: "cus_1", Contact: c}, "lead", lead.Lead{ID: "lead_1", Contact: c})
	for _, secret := range []string{"Xaveria", "Quill", "quill", "5550100"} {
		if strings.Contains(b.String(), secret) {
			t.Errorf("the log shows %s: %s", secret, b.String())
		}
	}
	if !strings.Contains(b.String(), "cus_1") {
		t.Error("the id should show")
	}
}

func TestCheckPairs(t *testing.T) {
	t.Parallel()
	many := map[string]string{}
	for i := range 41 {
		many[fmt.Sprint(i)] = "x"
	}
	for name, c := range map[string]struct {
		in   map[string]string
		want string
	}{
		"fine":             {map[string]string{"utm_source": "google", "note": "two\nlines"}, ""},
		"too many":         {many, "utm"},
		"hostile key":      {map[string]string{"a\nb": "x"}, "utm"},
		"empty key":        {map[string]string{"": "x"}, "utm"},
		"long value":       {map[string]string{"k": strings.Repeat("x", 1001)}, "utm.k"},
		"NUL in the value": {map[string]string{"k": "a\x00"}, "utm.k"},
	} {
		err := fault.OfFields(lead.CheckPairs("utm", c.in))
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.want != "" && (err == nil || fault.As(err).Fields[0].Path != c.want):
			t.Errorf("%s: want %s, got %v", name, c.want, err)
		}
	}
}
