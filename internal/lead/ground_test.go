package lead_test

import (
	"testing"

	"heavyset.tech/platform/internal/lead"
)

func TestShared(t *testing.T) {
	t.Parallel()
	jo := lead.Contact{FirstName: "Jo", LastName: "Doe", Email: "jo@x.example", Phone: "+13125550100", Street: "12 Oak St.", PostalCode: "60601"}
	for name, c := range map[string]struct {
		other lead.Contact
		want  string
	}{
		"all":                      {jo, "e-mail, phone, name and address"},
		"nothing":                  {lead.Contact{LastName: "Poe", Email: "p@x.example"}, ""},
		"blanks are nothing alike": {lead.Contact{}, ""},
		"e-mail in capitals":       {lead.Contact{LastName: "Poe", Email: "JO@x.example"}, "e-mail"},
		"two":                      {lead.Contact{LastName: "Poe", Email: "jo@x.example", Phone: "+13125550100"}, "e-mail and phone"},
		"a name as people write":   {lead.Contact{LastName: " d'OE"}, "name"},
		"another first name":       {lead.Contact{FirstName: "Sam", LastName: "Doe"}, ""},
		"a street elsewhere":       {lead.Contact{Street: "12 Oak St", PostalCode: "10001"}, ""},
		"a street":                 {lead.Contact{Street: "12 oak st"}, "address"},
	} {
		if got := lead.GroundWords(lead.Shared(jo, c.other)); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if a, b := lead.GroundWords(lead.Shared(jo, c.other)), lead.GroundWords(lead.Shared(c.other, jo)); a != b {
			t.Errorf("%s: is not symmetric", name)
		}
	}
	if got := lead.GroundWords([]lead.Ground{lead.ByPhone, lead.ByID}); got != "our own ID and phone" {
		t.Errorf("%q", got)
	}
}
