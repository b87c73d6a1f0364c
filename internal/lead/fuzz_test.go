package lead_test

import (
	"net/mail"
	"strings"
	"testing"
	"unicode"

	"heavyset.tech/platform/internal/lead"
)

// FuzzContact: whatever is typed, a contact that is taken is one of plain lines with an address and a number that programs
// read, stays the same when it is taken again, and is the same person; one that is refused says which of its fields is wrong.
func FuzzContact(f *testing.F) {
	f.Add("Jo", "Ärmel", " JO@Example.com ", "(312) 555-0100", "5 Elm St", "US")
	f.Add(" Jo", "Ärmel ", "jo@example.com", "", "5 Elm St\u00a0", "US")
	f.Add("", "Smith\r\nBcc: x@y", "a@b, c@d", "+1", "", "DE")
	f.Add("\xff", "\u202e", "\"a b\"@x.example", "٣١٢ ٥٥٥ ٠١٠٠", strings.Repeat("x", 251), "")
	f.Add("Jo", "Smith", "jo@[10.0.0.1]", "tel:+49 30 123456;ext=7", "a\tb", "XX")
	f.Fuzz(func(t *testing.T, first, last, email, phone, street, country string) {
		c, wrong := lead.Contact{FirstName: first, LastName: last, Email: email, Phone: phone, Street: street}.Normalise(country)
		for _, w := range wrong {
			if !strings.HasPrefix(w.Path, "customer.") || w.Message == "" {
				t.Fatalf("%+v names no field", w)
			}
		}
		if len(wrong) > 0 {
			return
		}
		for _, s := range []string{c.FirstName, c.LastName, c.Email, c.Phone, c.Street} {
			if strings.ContainsFunc(s, unicode.IsControl) || strings.TrimSpace(s) != s {
				t.Fatalf("%q was taken", s)
			}
		}
		if a, err := mail.ParseAddress(c.Email); c.Email != "" && (err != nil || a.Address != c.Email || a.Name != "") {
			t.Fatalf("%q was taken as the address %q: %v", email, c.Email, err)
		}
		if digits, ok := strings.CutPrefix(c.Phone, "+"); c.Phone != "" && (!ok || digits == "" || strings.Trim(digits, "0123456789") != "" || len(digits) > 17) {
			t.Fatalf("%q was taken as the number %q", phone, c.Phone)
		}
		again, wrong := c.Normalise(country)
		if len(wrong) > 0 || again != c {
			t.Fatalf("%+v is %+v when it is taken again, %v", c, again, wrong)
		}
		if (c.FirstName != "" || c.Phone != "" || c.Email == "" || c.LastName != "") && !lead.Same(c, c) {
			t.Fatalf("%+v is not the same as itself", c)
		}
	})
}
