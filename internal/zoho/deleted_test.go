package zoho_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/zoho"
)

func TestDeleted(t *testing.T) {
	t.Parallel()
	client, l := newClient(t, says(200, `{"data":[{"deleted_by":{"name":"Ann","id":"4"},"id":"57","display_name":"Boyle","type":"recycle","created_by":{"name":"Ann","id":"4"},"deleted_time":"2026-11-20T10:00:00-06:00"},
		{"deleted_by":null,"id":58,"display_name":null,"type":"permanent","created_by":null,"deleted_time":"2026-10-01T10:00:00+00:00"}],"info":{"per_page":200,"count":2,"page":1,"more_records":false}}`))
	got, err := collect(client.Deleted(t.Context(), "Leads", zoho.DeletedAll, noon))
	want := []zoho.Deleted{
		{ID: "57", Name: "Boyle", Type: zoho.DeletedRecycle, At: time.Date(2026, 11, 20, 16, 0, 0, 0, time.UTC), By: zoho.Lookup{ID: "4", Name: "Ann"}},
		{ID: "58", Type: zoho.DeletedPermanent, At: time.Date(2026, 10, 1, 10, 0, 0, 0, time.UTC)},
	}
	if err != nil || len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("%v, %v", got, err)
	}
	s := l.seen[0]
	if s.Path != "/crm/v8/Leads/deleted" || s.Query.Encode() != "page=1&per_page=200&type=all" || s.Header.Get("If-Modified-Since") != "2026-11-23T12:00:00+00:00" || l.calls[0].Credits != 2 {
		t.Errorf("%s?%s since %s for %d credits", s.Path, s.Query.Encode(), s.Header.Get("If-Modified-Since"), l.calls[0].Credits)
	}
}

func TestDeletedReadsEveryPage(t *testing.T) {
	t.Parallel()
	const n = 2450
	client, l := newClient(t, func(w http.ResponseWriter, s seen) {
		page, _ := strconv.Atoi(s.Query.Get("page"))
		var rows []string
		for i := (page - 1) * 200; i < min(page*200, n); i++ {
			rows = append(rows, fmt.Sprintf(`{"id":"%d","type":"recycle"}`, 1000+i))
		}
		says(200, fmt.Sprintf(`{"data":[%s],"info":{"page":%d,"more_records":%t}}`, strings.Join(rows, ","), page, page*200 < n))(w, s)
	})
	got, err := collect(client.Deleted(t.Context(), "Leads", zoho.DeletedAll, time.Time{}))
	if err != nil || len(got) != n || len(l.seen) != 13 || got[n-1].ID != "3449" || l.seen[0].Header.Get("If-Modified-Since") != "" {
		t.Errorf("%d in %d calls, %v", len(got), len(l.seen), err)
	}
}

func TestDeletedFails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer answers
		kind   zoho.Kind // "": nothing deleted
	}{
		"nothing":               {says(204, ""), ""},
		"nothing since":         {says(304, ""), ""},
		"refused in data[]":     {says(400, within("data", bare("INVALID_MODULE", `{"resource_path_index":0}`, "x"))), zoho.InvalidModule},
		"refused bare":          {says(400, bare("INVALID_MODULE", `{"resource_path_index":0}`, "x")), zoho.InvalidModule},
		"more promised, no row": {says(200, `{"data":[],"info":{"more_records":true}}`), zoho.Unreadable},
		"too many":              {says(429, bare("TOO_MANY_REQUESTS", `{}`, "x")), zoho.TooManyRequests},
	} {
		client, _ := newClient(t, c.answer)
		got, err := collect(client.Deleted(t.Context(), "Leads", zoho.DeletedRecycle, noon))
		if len(got) != 0 || c.kind == "" && err != nil || c.kind != "" && asError(t, err).Kind != c.kind {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	client, l := newClient(t, says(204, ""))
	_, err := collect(client.Deleted(t.Context(), "../org", zoho.DeletedAll, noon))
	if wantKind(t, err, zoho.InvalidArgument); len(l.seen) != 0 {
		t.Error("asked all the same")
	}
}
