package admin_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/store"
)

const agendaPath = "/admin/orgs/ridge/appointments/calendar"

// stamp is an instant as forms write it.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func TestTheCalendarShowsWhoGoesWhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	first := w.book(at(2, 10, 0), jo, nil)
	poe := w.book(at(2, 10, 0), lead.Contact{LastName: "Poe", Email: "poe@example.com", City: "Chicago"}, nil)
	if err := w.store.Load(t.Context(), w.ridge.ID, []store.Loaded{loaded("apt_late", "ann", at(2, 23, 30), booking.Confirmed)}); err != nil {
		t.Fatal(err)
	}
	if first.Rep == poe.Rep {
		t.Fatal("two at one time with one rep")
	}
	b := w.as("member@ridge.example")
	got := b.get(agendaPath + "?date=2026-12-02")
	got.sound(t, "the calendar")
	got.has(t, "main h2", "Wed, Dec 2, 2026")
	if got.count(".agenda thead th") != 3 || got.count(".agenda .visit") != 3 || got.count(".agenda-list li") != 3 {
		t.Errorf("%d columns, %d visits, %d in the list", got.count(".agenda thead th"), got.count(".agenda .visit"), got.count(".agenda-list li"))
	}
	for _, cell := range got.Find("td.agenda-visit").EachIter() { // an hour is two rows, and what goes past midnight ends with the day
		want := "2"
		if strings.Contains(cell.Text(), "apt_late") {
			want = "1"
		}
		if span := cell.AttrOr("rowspan", ""); span != want {
			t.Errorf("%s takes %s rows", strings.Join(strings.Fields(cell.Text()), " "), span)
		}
	}
	columns := map[string]int{}
	for _, row := range got.Find(".agenda tbody tr").EachIter() { // each row is as wide as the table, with what reaches into it
		for _, cell := range row.Find("td[data-at]").EachIter() {
			columns[cell.AttrOr("data-rep", "")]++
		}
	}
	if rows := got.count(".agenda tbody tr"); columns["ann"]+columns["ben"] != 2*rows-5 {
		t.Errorf("%d rows, free cells %v", rows, columns)
	}
	week := b.get(agendaPath + "?view=week&date=2026-12-02&rep=" + poe.Rep)
	week.sound(t, "the week")
	week.has(t, "main h2", "Mon, Nov 30, 2026 – Sun, Dec 6, 2026")
	if week.count(".agenda thead th") != 8 || !strings.Contains(week.text(".agenda"), "Poe") || strings.Contains(week.text(".agenda"), "Doe") {
		t.Errorf("the week of one rep: %s", week.text(".agenda"))
	}
	sunday := b.get(agendaPath + "?view=week&date=2026-12-06&rep=" + poe.Rep)
	sunday.has(t, "main h2", "Mon, Nov 30, 2026 – Sun, Dec 6, 2026")
	if _, err := w.bookings.Move(t.Context(), w.ridge, "apt_late", booking.Wish{Start: at(3, 9, 0)}, "Rae"); err != nil {
		t.Fatal(err)
	}
	if n := b.get(agendaPath + "?date=2026-12-02").count(".agenda .visit"); n != 2 {
		t.Errorf("%d visits after one has gone", n)
	}
	b.get(agendaPath+"?date=2026-12-09").has(t, "main", "No visit this day.")
	for _, query := range []string{"?date=x&view=y&rep=z", "?date=0001-01-01", "?date=9999-12-31&view=week", "?rep=%00&view=week"} {
		if got := b.get(agendaPath + query); got.code != http.StatusOK {
			t.Errorf("%s: %d", query, got.code)
		}
	}
	w.clock.set(at(2, 10, 30))
	begun := b.get(agendaPath + "?date=2026-12-02")
	if begun.count(".agenda form[action$=outcome]") != 2 || begun.count(".agenda [data-move]") != 0 {
		t.Error("a visit that has begun can't be moved any more, and its outcome can be said")
	}
	done := b.send(begun, ".agenda form[action$=outcome]", "Completed")
	if done.location != agendaPath+"?date=2026-12-02" {
		t.Errorf("leads to %s", done.location)
	}
}

// TestACellForWhatOverlaps: visits that a row can't tell apart stand in one cell, and the rows stay whole.
func TestACellForWhatOverlaps(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	_, _, err := (&catalog.Editor{Store: w.store}).Edit(t.Context(), w.ridge.ID, func(c catalog.Catalog) (catalog.Catalog, error) {
		s, _ := c.Service("inspection")
		s.DurationMinutes, s.SlotIntervalMinutes, s.Reps = 20, 5, []string{"ann"}
		return c.WithService(s), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		w.book(at(2, 10, 0).Add(time.Duration(i)*20*time.Minute), lead.Contact{LastName: "N" + strconv.Itoa(i), Email: "n@example.com"}, nil)
	}
	got := w.as("member@ridge.example").get(agendaPath + "?date=2026-12-02&rep=ann")
	if got.count("td.agenda-visit") != 1 || got.count("td.agenda-visit .visit") != 3 || got.Find("td.agenda-visit").AttrOr("rowspan", "") != "4" {
		t.Errorf("%d cells with %d visits of %s rows", got.count("td.agenda-visit"), got.count(".visit"), got.Find("td.agenda-visit").AttrOr("rowspan", ""))
	}
}

func TestMoveAndUndo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	a := w.book(at(2, 10, 0), jo, nil)
	other := map[string]string{"ann": "ben", "ben": "ann"}[a.Rep]
	w.book(at(3, 10, 0), lead.Contact{LastName: "Poe", Email: "poe@example.com"}, nil)
	b := w.as("member@ridge.example")
	next := agendaPath + "?date=2026-12-02"
	path := "/admin/orgs/ridge/appointments/" + string(a.ID) + "/move"
	offered := b.get(path + "?from=2026-12-03&rep=" + other + "&next=" + "%2Fadmin%2Forgs%2Fridge%2Fappointments%2Fcalendar%3Fdate%3D2026-12-02")
	offered.sound(t, "the move")
	pick := offered.Find("input[name=start]").First().AttrOr("value", "")
	start, err := time.Parse(time.RFC3339, pick)
	if err != nil || offered.Find("input[name=rep]").AttrOr("value", "") != other {
		t.Fatalf("offered %q: %v", pick, err)
	}
	done := b.post(path, "start", pick, "rep", other, "revision", "1", "next", next)
	if now := w.state(a.ID); done.location != next || !now.Start.Equal(start) || now.Rep != other || now.Revision != 2 {
		t.Fatalf("%d %s: %+v", done.code, done.location, now)
	}
	page := b.get(next)
	page.has(t, "[role=status]", "Jo Doe is moved to Thu, Dec 3, 12:00 AM with")
	b.send(page, "[role=status] form", "Undo")
	if now := w.state(a.ID); !now.Start.Equal(a.Start) || now.Rep != a.Rep || now.Revision != 3 {
		t.Fatalf("undone: %+v", now)
	}
	if b.get(next).count("[role=status]") != 1 {
		t.Error("the undo is not told")
	}
	b.post(path, "start", pick, "rep", other, "revision", "1", "next", next)
	b.get(path).has(t, "[role=alert]", "Somebody has changed this appointment meanwhile.")
	for what, form := range map[string][]string{
		"no time": {"revision", "3"}, "no revision": {"start", pick}, "off the grid": {"start", stamp(at(3, 10, 7)), "revision", "3"},
		"the past": {"start", stamp(at(-3, 10, 0)), "revision", "3"}, "a rep who is none": {"start", pick, "rep", "nobody", "revision", "3"},
	} {
		b.post(path, form...)
		b.get(path).has(t, "[role=alert]", "")
		if now := w.state(a.ID); now.Revision != 3 {
			t.Errorf("%s: %+v", what, now)
		}
	}
	hands := b.get(path)
	hands.has(t, "[aria-labelledby=hands]", "The customer hears of who comes by mail.")
	given := b.send(hands, "[aria-labelledby=hands] form", "Give to")
	if now := w.state(a.ID); given.code != http.StatusSeeOther || now.Rep != other || !now.Start.Equal(a.Start) {
		t.Fatalf("given away: %+v", now)
	}
	b.get(given.location).has(t, "[role=status]", ", at the same time. The customer hears of who comes by mail.")
	w.clock.set(at(2, 10, 1))
	b.get(path).has(t, "main", "This visit has begun already and can't be moved any more.")
}

// TestMovesByTheRules: whoever asks for a rep gets this one or a reason.
func TestMovesByTheRules(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	_, _, err := (&catalog.Editor{Store: w.store}).Edit(t.Context(), w.ridge.ID, func(c catalog.Catalog) (catalog.Catalog, error) {
		s, _ := c.Service("inspection")
		s.MinNoticeMinutes = 48 * 60
		return c.WithService(s), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	a, blocker := w.book(at(5, 10, 0), jo, nil), w.book(at(7, 10, 0), lead.Contact{LastName: "Poe", Email: "poe@example.com"}, nil)
	move := func(wish booking.Wish) error {
		_, err := w.bookings.Move(t.Context(), w.ridge, a.ID, wish, "Rae")
		return err
	}
	err = move(booking.Wish{Start: blocker.Start, Rep: blocker.Rep})
	if e := fault.As(err); e == nil || e.Kind != fault.Conflict || !strings.Contains(e.Message, map[string]string{"ann": "Ann Archer: ", "ben": "Ben Brooks: "}[blocker.Rep]) {
		t.Errorf("a rep who is busy: %v", err)
	}
	w.clock.set(at(4, 10, 0))
	other := map[string]string{"ann": "ben", "ben": "ann"}[a.Rep]
	if err := move(booking.Wish{Start: a.Start.Add(time.Hour), Rep: other}); !fault.Is(err, fault.Conflict) {
		t.Errorf("within the notice: %v", err)
	}
	if err := move(booking.Wish{Start: a.Start, Rep: other}); err != nil {
		t.Errorf("another rep at the agreed time: %v", err)
	}
	hands, err := w.bookings.Hands(t.Context(), w.ridge, w.state(blocker.ID))
	if err != nil || len(hands) != 1 || hands[0].Why != "" {
		t.Errorf("%v %v", hands, err)
	}
}
