package zohocrm_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/crm"
)

// TestWorkingTimeIsRead: hours of the business and of a shift, holidays, and who is away.
func TestWorkingTimeIsRead(t *testing.T) {
	t.Parallel()
	w := connected(t)
	reader, ok := w.provider.(crm.WorkingTimeReader)
	if !ok {
		t.Fatal("working time can't be read")
	}
	seeded, err := reader.WorkingTime(t.Context(), 2026)
	if err != nil || len(seeded.Unread) > 0 || seeded.Business == nil {
		t.Fatalf("%+v %v", seeded, err)
	}
	if got := (*seeded.Business)[time.Monday]; !slices.Equal(got, []crm.WallSpan{{Start: "07:00", End: "19:00"}}) {
		t.Errorf("%+v", *seeded.Business)
	}
	for _, h := range seeded.Holidays {
		if h.Name == "" || len(h.Date) != len(time.DateOnly) {
			t.Errorf("%+v", h)
		}
	}
	for _, a := range seeded.Away {
		if a.User == "" || !a.To.After(a.From) {
			t.Errorf("%+v", a)
		}
	}
}

// TestWorkingTimeThatAnEditionLacks: each part may be missing, for want of the feature or of the permission, and the rest
// is read all the same.
func TestWorkingTimeThatAnEditionLacks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		switches string
		unread   string
	}{
		"business hours alone": {"business_hours", "shifts, unavailability"},
		"nothing":              {"none", "business hours, shifts, holidays, unavailability"},
	} {
		w := connected(t)
		w.control("PATCH", "/_sim/switches", patch("working_time", c.switches), nil)
		got, err := w.provider.(crm.WorkingTimeReader).WorkingTime(t.Context(), 2026, 2027)
		var unread []string
		for _, u := range got.Unread {
			unread = append(unread, u.What)
		}
		if err != nil || strings.Join(unread, ", ") != c.unread {
			t.Errorf("%s: unread %v, %v", name, got.Unread, err)
		}
	}
}

// TestWorkingTimeIsAskedForByWish: the consent of a connection does not ask for it, but where a person wants it or the
// connection has it already; a refusal for want of it is no missing permission of the connection.
func TestWorkingTimeIsAskedForByWish(t *testing.T) {
	t.Parallel()
	w := connected(t)
	const scope = "ZohoCRM.settings.business_hours.READ"
	for name, c := range map[string]struct {
		change func(*crm.App)
		want   bool
	}{
		"a plain connect": {func(*crm.App) {}, false},
		"by wish":         {func(a *crm.App) { a.Extras = []crm.Extra{crm.ExtraWorkingTime} }, true},
		"connected anew": {func(a *crm.App) {
			a.Granted = []string{scope, "ZohoCRM.settings.holidays.READ", "ZohoCRM.settings.users_unavailability.READ"}
		}, true},
		"had only a part":  {func(a *crm.App) { a.Granted = []string{scope} }, false},
		"had all settings": {func(a *crm.App) { a.Granted = []string{"ZohoCRM.settings.ALL"} }, true},
	} {
		app := w.app
		app.RedirectURI = "http://127.0.0.1/cb"
		c.change(&app)
		got, err := w.connector.AuthorizeURL(app, "us", "s")
		if err != nil || strings.Contains(got, scope) != c.want {
			t.Errorf("%s: %s %v", name, got, err)
		}
	}
	if missing := w.connector.Missing([]string{"ZohoCRM.modules.ALL"}); slices.ContainsFunc(missing, func(p crm.Permission) bool { return p.Scope == scope }) {
		t.Error("a connection without it is said to lack it")
	}
}
