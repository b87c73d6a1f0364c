package admin

import (
	"fmt"
	"net/http"
	"strings"

	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/locale"
	"heavyset.tech/platform/internal/web/page"
)

// schedulerView is the Web Scheduler: where visitors book, and what.
type schedulerView struct {
	frame
	Public   string
	Embed    string
	Services []serviceRow
	Action   string // "" for whoever may not change it
	Orders   []choice
	Changes  page.Field   // until when visitors may change
	Reasons  []page.Field // for cancelling, by language
}

type serviceRow struct{ Name, Words, Duration, Reps, Link string }

// scheduler shows the public address with the services that it offers.
func (c *Console) scheduler(w http.ResponseWriter, r *http.Request, v *visit) error {
	cat, err := c.Bookings.Catalog(r.Context(), v.org.ID)
	if err != nil {
		return err
	}
	f, err := c.frame(r, v, "Web Scheduler")
	if err != nil {
		return err
	}
	f.Purpose = "Where visitors book, and what they can choose there."
	view := schedulerView{frame: f, Public: c.BaseURL + "/book/" + v.org.Slug, Embed: v.path("scheduler", "embed")}
	for _, s := range cat.Services {
		if !s.Archived {
			view.Services = append(view.Services, serviceRow{s.Name, s.Description, fmt.Sprintf("%d minutes", s.DurationMinutes), repNames(cat, s), view.Public + "?service=" + s.ID})
		}
	}
	view.Orders = []choice{
		{"slot", "Day and time, then their details", "The chosen time is kept for ten minutes while they type.", !cat.DetailsFirst},
		{"details", "Their details, then day and time", "With territories the ZIP code is asked for with the address. The time is chosen last, and booked with what was typed.", cat.DetailsFirst},
	}
	view.Changes = page.Field{
		Name: "change_notice", Label: "Visitors may change and cancel until", Type: "text", Width: "half", Hint: "How long before the visit, like 24 hours; 0 for until it begins. Later they are asked to call. You can always.",
		Value: catalog.Minutes(cat.ChangeNoticeMinutes), Limit: 50, Autocomplete: "off",
	}
	for _, l := range locale.All() {
		view.Reasons = append(view.Reasons, page.Field{
			Name: "reasons_" + string(l), Label: languageName(l), Lines: 5, Limit: 1200, Optional: true, Width: "half", Value: strings.Join(cat.CancelReasons[l], "\n"),
			Hint: "Empty: " + strings.Join(catalog.Catalog{}.ReasonsIn(l), "; ") + ".",
		})
	}
	if v.may(auth.Admin) {
		view.Action = v.path("scheduler")
	}
	return c.set.Render(w, http.StatusOK, "scheduler", view)
}

// repNames lists who carries a service out.
func repNames(cat catalog.Catalog, s catalog.Service) string {
	var names []string
	for _, id := range s.Reps {
		if rep, ok := cat.Rep(id); ok && !rep.Archived {
			names = append(names, rep.Name)
		}
	}
	return strings.Join(names, ", ")
}

// saveScheduler sets what visitors are asked first.
func (c *Console) saveScheduler(w http.ResponseWriter, r *http.Request, v *visit) error {
	details := r.PostFormValue("first") == "details"
	reasons := map[locale.Lang][]string{}
	for _, l := range locale.All() {
		if list := catalog.ParseReasons(r.PostFormValue("reasons_" + string(l))); len(list) > 0 {
			reasons[l] = list
		}
	}
	notice, wrong := readMinutes(r.PostFormValue("change_notice"))
	return c.done(w, r, v, ruleChange{"Booking page changed", v.org.Name, func(now catalog.Catalog) (catalog.Catalog, error) {
		if wrong != "" && r.PostForm.Has("change_notice") {
			return now, fault.New(fault.Invalid, "Not saved. "+wrong)
		}
		now.DetailsFirst = details
		if r.PostForm.Has("reasons_en") {
			now.CancelReasons = reasons
		}
		if wrong == "" {
			now.ChangeNoticeMinutes = notice
		}
		return now, nil
	}}, "Saved. Visitors see it at once.", v.path("scheduler"))
}
