package store_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"heavyset.tech/platform/internal/store/storetest"
)

// whole names the queries that may read all rows that an organization, or the database, has of a table that grows, and why.
var whole = map[string]string{
	"countWaiting": "what waits to be written is few", "syncQueue": "what waits to be written is few",
	"forgiveAppointments": "what waits to be written is few", "forgiveLeads": "what waits to be written is few",
	"forgiveCustomers":   "once for each connect",
	"customersOfContact": "an erasure looks into every text that a person has typed",
	"mirrorSeries":       "records that say how they repeat are few",
	"releaseNode":        "once for each node that dies",
	"deleteOldAttempts":  "pruning, an hour apart", "deleteValues": "pruning, an hour apart", "deleteConnectionEvents": "pruning, an hour apart",
	"deleteSourceHours": "pruning, an hour apart", "countConflicts": "disagreements that are open are few",
}

// grows are the tables whose rows grow with each booking.
var grows = regexp.MustCompile(`^(customers|leads|appointments|appointment_events|crm_links|sync_attempts|crm_values|deliveries|planned_messages|mirror|mirror_people|mirror_dirty|conflicts|disagreements|manage_links|idempotency|connection_events|source_hours|consents)$`)

// TestNoQueryReadsAWholeOrganization: SQLite finds the rows of every query by more than their organization where a table grows.
func TestNoQueryReadsAWholeOrganization(t *testing.T) {
	t.Parallel()
	url := storetest.URLs(t, "sqlite")
	storetest.Open(t, url, clock, nil)
	base, err := sql.Open("sqlite", strings.TrimPrefix(url, "sqlite:"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = base.Close() })
	files, err := filepath.Glob("db/*.sql.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	query := regexp.MustCompile("(?s)const (\\w+) = `-- name: \\w+ :\\w+\n(.*?)`")
	named := regexp.MustCompile(`(?i)\b(?:from|join|update|into)\s+(\w+)(?:\s+(?:as\s+)?(\w+))?`)
	bad := regexp.MustCompile(`^(?:SCAN|SEARCH) (\w+)(?: USING (?:COVERING )?INDEX \w+ \(org_id=\?\)|$| USING (?:COVERING )?INDEX \w+$)`)
	n, needed := 0, map[string]bool{}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range query.FindAllStringSubmatch(string(text), -1) {
			n++
			name, body := m[1], m[2]
			tables := map[string]string{}
			for _, r := range named.FindAllStringSubmatch(body, -1) {
				tables[r[1]] = r[1]
				tables[r[2]] = r[1]
			}
			for _, step := range plan(t, base, body) {
				s := bad.FindStringSubmatch(step)
				if s == nil || !grows.MatchString(tables[s[1]]) || strings.Contains(body, "LIMIT") {
					continue
				}
				needed[name] = true
				if whole[name] == "" {
					t.Errorf("%s: %s", name, step)
				}
			}
		}
	}
	for name := range whole {
		if !needed[name] {
			t.Errorf("%s needs no exception", name)
		}
	}
	if n < 200 {
		t.Errorf("only %d queries", n)
	}
}

// plan asks SQLite how it would carry out a query.
func plan(t *testing.T, base *sql.DB, query string) []string {
	t.Helper()
	arguments := map[string]bool{}
	for _, p := range regexp.MustCompile(`\$\d+`).FindAllString(query, -1) {
		arguments[p] = true
	}
	rows, err := base.Query("EXPLAIN QUERY PLAN "+query, make([]any, len(arguments))...)
	if err != nil {
		t.Fatalf("%v in %s", err, query)
	}
	defer func() { _ = rows.Close() }()
	var out []string
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			t.Fatal(err)
		}
		out = append(out, step)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}
