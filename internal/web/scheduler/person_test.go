package scheduler_test

import (
	"net/http"
	"strings"
	"testing"

	"heavyset.tech/platform/internal/catalog"
)

// TestVisitorsChooseAPerson: by name, on the page with the times, and the wish goes along to the booking.
func TestVisitorsChooseAPerson(t *testing.T) {
	t.Parallel()
	c := north()
	c.Territories, c.Reps[0].Territories, c.Reps[0].Email = nil, nil, "ann@x.example"
	c.Reps = append(c.Reps, catalog.Rep{ID: "ben", Name: "Ben", Email: "ben@x.example", Hours: []catalog.Hours{{Days: []string{"tue"}, Start: "13:00", End: "17:00"}}})
	c.Services[0].Assignment, c.Services[0].Reps = catalog.CustomerChoice, []string{"ann", "ben"}
	h, _, _ := pagesOf(t, c, nil)

	anyone := ask(t, h, "/book/o?service=s")
	if strings.Contains(anyone.Body.String(), "x.example") {
		t.Error("an e-mail address is public")
	}
	doc := document(t, anyone)
	if got := strings.Join(strings.Fields(doc.Find(".people").Text()), " "); !strings.Contains(got, "Anyone") || doc.Find(".people a").Length() != 3 || doc.Find(".people [aria-current]").Text() != "Anyone" {
		t.Errorf("%q", got)
	}
	link, _ := doc.Find(".people a").Last().Attr("href")
	doc = document(t, ask(t, h, link))
	if got := doc.Find(".people [aria-current]").Text(); got != "Ben" || doc.Find(".times button").Length() != 4 {
		t.Errorf("%s has %d times", got, doc.Find(".times button").Length())
	}
	held := post(t, h, "/book/o/hold", "service", "s", "rep", "ben", "start", "2026-12-01T13:00:00Z")
	to := held.Header().Get("Location")
	if held.Code != http.StatusSeeOther || !strings.Contains(to, "rep=ben") {
		t.Fatalf("%d %s", held.Code, to)
	}
	details := document(t, ask(t, h, to))
	if got := details.Find(".chosen").Text(); !strings.Contains(got, "With Ben") {
		t.Errorf("%q", got)
	}
	done := post(t, h, "/book/o/details", "service", "s", "rep", "ben", "start", "2026-12-01T13:00:00Z", "last_name", "Doe", "email", "doe@x.example", "key", "1")
	if done.Code == http.StatusSeeOther {
		t.Error("Ben is held by somebody else, and Ann is not who was asked for")
	}
	if got := document(t, done).Find("button[name=start]").Length(); got != 3 {
		t.Errorf("%d other times of Ben", got)
	}
	if got := document(t, ask(t, h, "/book/o?service=s&rep=zoe")).Find(".people [aria-current]").Text(); got != "Anyone" {
		t.Errorf("a person who is not there is %q", got)
	}
	plain, _, _ := pagesOf(t, north(), nil)
	if got := document(t, ask(t, plain, "/book/o?service=s&zip=60601&rep=ann")); got.Find(".people").Length() != 0 || got.Find(".times button").Length() == 0 {
		t.Error("where visitors don't choose a wish counts nothing")
	}
}

// TestVisitorsAreToldTheArrivalWindow on every page; what is booked is the exact start.
func TestVisitorsAreToldTheArrivalWindow(t *testing.T) {
	t.Parallel()
	c := north()
	c.Territories, c.Reps[0].Territories = nil, nil
	c.Services[0].ArrivalWindowMinutes = 120
	h, _, _ := pagesOf(t, c, nil)
	first := document(t, ask(t, h, "/book/o?service=s")).Find(".times button").First()
	start, _ := first.Attr("value")
	aria, _ := first.Attr("aria-label")
	if first.Text() != "9:00 AM – 11:00 AM" || start != "2026-11-30T09:00:00Z" || aria != "Monday, November 30, between 9:00 AM and 11:00 AM UTC" {
		t.Errorf("%q %q %q", first.Text(), start, aria)
	}
	to := post(t, h, "/book/o/hold", "service", "s", "start", start, "lang", "de").Header().Get("Location")
	if got := document(t, ask(t, h, to)).Find(".chosen").Text(); !strings.Contains(got, "zwischen 09:00 und 11:00 UTC") {
		t.Errorf("%q", got)
	}
	done := post(t, h, "/book/o/details", "service", "s", "start", "2026-12-01T09:00:00Z", "last_name", "Doe", "email", "doe@x.example", "key", "1")
	page := document(t, ask(t, h, done.Header().Get("Location")))
	google, _ := page.Find("a[href*='calendar.google']").Attr("href")
	if got := page.Find(".chosen").Text(); !strings.Contains(got, "between 9:00 AM and 11:00 AM UTC") || !strings.Contains(google, "20261201T090000Z%2F20261201T100000Z") || !strings.Contains(google, "between+9%3A00+AM") {
		t.Errorf("%q %s", got, google)
	}
}
