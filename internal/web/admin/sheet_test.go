package admin_test

import (
	"net/http"
	"strings"
	"testing"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/lead"
)

func TestARepsDayOnPaper(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	a := w.book(at(2, 10, 0), lead.Contact{FirstName: "Jo", LastName: "Doe", Email: "jo@example.com", Phone: "312 555 0100", Street: "1 Elm St", City: "Chicago"}, func(r *booking.Request) {
		r.Notes, r.Answers = "Gate code 4711", map[string]string{"Roof": "flat"}
	})
	other := w.book(at(2, 10, 0), lead.Contact{LastName: "Poe", Email: "poe@example.com"}, nil)
	w.book(at(3, 10, 0), lead.Contact{LastName: "Tomorrow", Email: "tom@example.com"}, nil)
	b, path := w.as("member@ridge.example"), "/admin/orgs/ridge/appointments/sheet?date=2026-12-02&rep="
	got := b.get(path + a.Rep)
	got.sound(t, "the sheet")
	if got.count(".sheet li") != 1 {
		t.Errorf("%d visits", got.count(".sheet li"))
	}
	for _, want := range []string{"10:00 AM – 11:00 AM", "Jo Doe", "Roof inspection", "1 Elm St, Chicago", "+13125550100", "Gate code 4711", "Roof", "flat"} {
		if !strings.Contains(got.text(".sheet"), want) {
			t.Errorf("the sheet lacks %q: %s", want, got.text(".sheet"))
		}
	}
	for _, link := range got.Find(".sheet a").EachIter() {
		if to := link.AttrOr("href", ""); !strings.HasPrefix(to, "tel:") && !strings.HasPrefix(to, "/admin/orgs/ridge/appointments/apt_") {
			t.Errorf("leads to %s", to)
		}
	}
	if got := b.get(path + other.Rep); strings.Contains(got.text(".sheet"), "Doe") || !strings.Contains(got.text(".sheet"), "Poe") {
		t.Errorf("the other's: %s", got.text(".sheet"))
	}
	for _, query := range []string{"x", "%00&date=x", "ann&date=0000-00-00"} {
		if got := b.get("/admin/orgs/ridge/appointments/sheet?rep=" + query); got.code != http.StatusOK {
			t.Errorf("%s: %d", query, got.code)
		}
	}
}
