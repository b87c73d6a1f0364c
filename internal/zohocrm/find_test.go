package zohocrm_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/zohocrm"
)

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestFindWhateverPeopleAreCalled: no name that a visitor types keeps their booking out of the CRM.
func TestFindWhateverPeopleAreCalled(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Doe": "Last_Name = 'Doe'", "O'Brien": `Last_Name = 'O\'Brien'`, `a\b`: `Last_Name = 'a\\b'`,
		`Doe\`: "Last_Name like 'Doe%'", `Doe\\`: "Last_Name like 'Doe%'", `\`: "Last_Name is not null", `50%\`: "Last_Name is not null",
		"' or 'a'='a": `Last_Name = '\' or \'a\'=\'a'`,
	} {
		asked := ""
		c, err := zohocrm.New("us=http://127.0.0.1:1|http://127.0.0.1:2|", &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			b, err := io.ReadAll(r.Body)
			asked = strings.ReplaceAll(string(b), `\\`, `\`)
			return &http.Response{StatusCode: http.StatusNoContent, Body: http.NoBody, Header: http.Header{}, Request: r}, err
		})}, func() time.Time { return time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC) })
		if err != nil {
			t.Fatal(err)
		}
		tokens := func(context.Context, secret.String) (secret.String, error) { return secret.NewString("t"), nil }
		p := c.Provider(crm.Site{Location: "us"}, tokens, nil)
		_, err = p.Find(t.Context(), crm.Query{Module: "Contacts", Fields: []string{"id"}, Limit: 200, Any: [][]crm.Match{{
			{Field: "Last_Name", Op: crm.Equal, Value: name}, {Field: "Phone", Op: crm.EndsWith, Value: "0100"},
		}}})
		if err != nil || !strings.Contains(asked, want) {
			t.Errorf("%s: want %s, asked %s: %v", name, want, asked, err)
		}
	}
}
