package mirror_test

import (
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/mirror"
	"heavyset.tech/platform/internal/settings"
)

// TestPreview: what each source would have blocked last week, side by side, and nothing of it is kept.
func TestPreview(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.control("PUT", "/_sim/modules/Visits", visitsModule, nil)
	lastWeek := func(owner, module string, start, end string, more map[string]any) {
		f := map[string]any{"Event_Title": "Meeting", "Start_DateTime": "2026-11-24T" + start + ":00-06:00", "End_DateTime": "2026-11-24T" + end + ":00-06:00"}
		if module == "Visits" {
			f = map[string]any{"Name": "Visit", "Stage": "Planned", "Begins": f["Start_DateTime"], "Ends": f["End_DateTime"]}
		}
		for k, v := range more {
			f[k] = v
		}
		w.add(module, owner, f)
	}
	lastWeek(annUser, "Visits", "10:00", "12:00", nil)
	lastWeek(annUser, "Visits", "11:00", "13:00", nil)
	lastWeek(annUser, "Visits", "15:00", "16:00", map[string]any{"Stage": "Called off"})
	lastWeek(annUser, "Events", "16:00", "19:00", nil) // until 17 she works
	lastWeek(boUser, "Events", "12:00", "12:30", nil)
	lastWeek(noRep, "Events", "10:00", "12:00", nil)
	lastWeek(noRep, "Visits", "10:00", "12:00", nil)
	lastWeek(noRep, "Visits", "14:00", "15:00", nil)
	w.diary(ann, "", entry("doctor", "20261125T150000Z", "20261125T170000Z"))
	w.diary("ben@ridgeline.example", `"fb_not_enabled":true,`)

	set := settings.Default()
	visits(false)(&set)
	p, err := w.mirror.Preview(t.Context(), w.org.ID, w.conn, set)
	if err != nil {
		t.Fatal(err)
	}
	want := [][]mirror.Blocked{
		{{Rep: "ann", Name: "Ann", Time: 3 * time.Hour, Records: 2}, {Rep: "bo", Name: "Bo"}},
		{{Rep: "ann", Name: "Ann", Time: 4 * time.Hour, Records: 3}, {Rep: "bo", Name: "Bo", Time: 30 * time.Minute, Records: 1}},
		{{Rep: "ann", Name: "Ann", Time: 3 * time.Hour, Records: 2}, {Rep: "bo", Name: "Bo"}}, // the doctor and the meeting
	}
	for i, o := range p.Options {
		for j, b := range o.Reps {
			if b != want[i][j] {
				t.Errorf("%s: %+v, want %+v", o.Source, b, want[i][j])
			}
		}
	}
	names := func(o mirror.Option) string {
		var out []string
		for _, v := range o.Places {
			out = append(out, v.Name)
		}
		return strings.Join(out, ", ")
	}
	if got := names(p.Options[0]) + " | " + names(p.Options[1]) + " | " + names(p.Options[2]); got != "Visits | Visits, Events | free and busy times of Ann, free and busy times of Bo" {
		t.Error(got)
	}
	if e := p.Options[2].Places[1].Error; !strings.Contains(e, "Bo does not share") {
		t.Errorf("%q", e)
	}
	if len(p.Outsiders) != 1 || p.Outsiders[0].User != noRep || p.Outsiders[0].Name != "Cora Diaz" || p.Outsiders[0].Email != "cora@ridgeline.example" || p.Outsiders[0].Records != 3 {
		t.Errorf("%+v", p.Outsiders)
	}
	if p.Outsiders[0].Ahead != 0 {
		t.Errorf("%+v", p.Outsiders)
	}
	var stats struct{ Credits int }
	w.control("GET", "/_sim/stats", "", &stats)
	before := stats.Credits
	if p, err = w.mirror.Preview(t.Context(), w.org.ID, w.conn, set); err != nil || p.Credits == 0 || p.Calls == 0 {
		t.Fatalf("%+v, %v", p, err)
	}
	w.control("GET", "/_sim/stats", "", &stats)
	if stats.Credits-before != p.Credits {
		t.Errorf("said %d credits, Zoho counted %d", p.Credits, stats.Credits-before)
	}
	if len(w.sources()) != 0 {
		t.Error("a look has changed what is copied")
	}
	w.add("Events", noRep, map[string]any{"Event_Title": "Meeting", "Start_DateTime": "2026-12-08T10:00:00-06:00", "End_DateTime": "2026-12-08T11:00:00-06:00"})
	w.round()
	if p, err := w.mirror.Preview(t.Context(), w.org.ID, w.conn, set); err != nil || len(p.Outsiders) != 1 || p.Outsiders[0].Ahead != 1 || p.Outsiders[0].Records != 3 {
		t.Errorf("a meeting to come: %+v %v", p.Outsiders, err)
	}
	w.down.Store(true)
	if p, err = w.mirror.Preview(t.Context(), w.org.ID, w.conn, set); err != nil && fault.As(err) == nil || err == nil && p.Options[0].Places[0].Error == "" {
		t.Errorf("%+v, %v", p, err)
	}
}
