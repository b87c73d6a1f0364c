package zohocrm

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/worktime"
)

// canned is a transport that gives the answer of an address.
type canned map[string][]byte

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	body := c[r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]]
	status := http.StatusOK
	if len(body) == 0 {
		status = http.StatusNoContent
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(body)), Request: r}, nil
}

// FuzzWorkingTime: whatever Zoho answers when it is asked for working time, reading it ends, what could not be read is
// named, and everything that is proposed of it can be taken over.
func FuzzWorkingTime(f *testing.F) {
	const (
		business = `{"business_hours":{"type":"custom","business_days":["Monday","friday"],"same_as_everyday":false,"custom_timing":[{"days":"Monday","business_timing":["09:00","18:00"]},{"days":"friday","business_timing":["22:00","00:00"]}]}}`
		shift    = `{"shift_hours":[{"id":"7","name":"Night","timezone":"America/Denver","shift_days":["Saturday"],"same_as_everyday":true,"daily_timing":["22:00","06:00"],"break_hours":[{}],"users":[{"id":"1"}]}]}`
		holiday  = `{"holidays":[{"id":"1","name":"New Year","date":"2027-01-01"},{"id":"2","name":"Inventory","date":"2026-12-05","shift_hour":{"id":"7"}}]}`
		leave    = `{"users_unavailability":[{"id":"1","from":"2026-12-02T09:00:00-06:00","to":"2026-12-04T09:00:00-06:00","all_day":false,"title":"Trip","user":{"id":"2"}},{"all_day":true,"from":"2026-12-09T00:00:00+01:00","to":"2026-12-10T00:00:00+01:00","user":{"id":"1"}}]}`
	)
	f.Add([]byte(business), []byte(shift), []byte(holiday), []byte(leave))
	f.Add([]byte(`{"business_hours":{"type":"24_by_5","business_days":["Sunday"]}}`), []byte(``), []byte(`{"holidays":[[]]}`), []byte(`{"users_unavailability":{}}`))
	f.Add([]byte(`{"business_hours":[]}`), []byte(`{"shift_hours":[{"daily_timing":["9",null,3],"users":[{}]}]}`), []byte(`null`), []byte(`<html>`))
	now := time.Date(2026, 12, 1, 15, 0, 0, 0, time.UTC)
	weekdays := []catalog.Hours{{Days: []string{"mon", "tue"}, Start: "09:00", End: "17:00"}}
	rules := catalog.Catalog{Timezone: "America/Chicago", Reps: []catalog.Rep{{ID: "ann", Name: "Ann", CRMUser: "1", Hours: weekdays}, {ID: "ben", Name: "Ben", CRMUser: "2", Hours: weekdays}}}
	f.Fuzz(func(t *testing.T, business, shift, holiday, leave []byte) {
		c, err := New("", &http.Client{Transport: canned{"business_hours": business, "shift_hours": shift, "holidays": holiday, "users_unavailability": leave}}, func() time.Time { return now })
		if err != nil {
			t.Fatal(err)
		}
		p := &provider{connector: c, site: crm.Site{Location: "us"}, tokens: func(context.Context, secret.String) (secret.String, error) { return secret.NewString("t"), nil }}
		got, err := p.WorkingTime(t.Context(), 2026)
		if err != nil && crm.AsProblem(err) == nil {
			t.Fatalf("no problem of ours: %v", err)
		}
		for _, u := range got.Unread {
			if u.What == "" || crm.AsProblem(u.Err) == nil {
				t.Fatalf("unread without a reason: %+v", u)
			}
		}
		list := worktime.Plan(rules, got, now)
		for _, x := range list {
			if after, missing := worktime.Apply(rules, list, []string{x.Key}); after.Check() != nil || missing != 0 {
				t.Fatalf("%+v can't be taken over: %v", x, after.Check())
			}
		}
	})
}
