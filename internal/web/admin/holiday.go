package admin

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/web/page"
)

type holidaysView struct {
	frame
	MayEdit  bool
	Action   string
	Form     page.Form
	Days     []holidayRow
	Date     page.Field
	Zone     page.Field
	Years    []int
	Usual    []string // what the helper adds, by name
	Forecast *forecastView
	Ask      string
	Back     string
}

type holidayRow struct{ Date, Words, Name string }

// holidays lists the days on which nobody works, and the zone that days are counted in.
func (c *Console) holidays(w http.ResponseWriter, r *http.Request, v *visit) error {
	return c.showHolidays(w, r, v, http.StatusOK, page.Form{Errors: map[string]string{}}, nil)
}

func (c *Console) showHolidays(w http.ResponseWriter, r *http.Request, v *visit, status int, form page.Form, look *forecastView) error {
	all, err := c.Bookings.Catalog(r.Context(), v.org.ID)
	if err != nil {
		return err
	}
	f, err := c.frame(r, v, "Holidays and time zone")
	if err != nil {
		return err
	}
	f.Purpose = "Days on which nobody works. A rep who does work on one gets other hours for that date."
	if form.Values == nil {
		form.Values = map[string][]string{}
	}
	if !form.Values.Has("timezone") {
		form.Values.Set("timezone", all.Timezone)
	}
	view := holidaysView{
		frame: f, MayEdit: v.may(auth.Admin), Action: r.URL.Path, Back: r.URL.Path, Form: form, Forecast: look,
		Date: page.Field{Name: "date", Label: "Date", Type: "date", Width: "half"}.With(form),
		Zone: page.Field{Name: "timezone", Label: "Time zone", Type: "text", Width: "half", Limit: 64, Required: true, Autocomplete: "off", Hint: "Like America/Chicago. Holidays, days ahead and limits a day are counted in it, and reps without a zone of their own work in it."}.With(form),
	}
	this := c.Now().In(v.org.Location()).Year()
	names := map[string]string{}
	for year := this - 1; year < this+5; year++ {
		for _, h := range catalog.USHolidays(year) {
			names[h.Date] = h.Name
		}
	}
	for _, h := range catalog.USHolidays(this) {
		view.Usual = append(view.Usual, h.Name)
	}
	view.Years = []int{this, this + 1, this + 2}
	for _, d := range all.Holidays {
		words := d
		if t, err := time.Parse(time.DateOnly, d); err == nil {
			words = t.Format("Monday, January 2, 2006")
		}
		view.Days = append(view.Days, holidayRow{d, words, names[d]})
	}
	return c.set.Render(w, status, "holidays", view)
}

// saveHolidays adds or takes away days, or changes the zone.
func (c *Console) saveHolidays(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	change, words := holidayChange(form)
	preview := looks(form)
	var look *forecastView
	if preview {
		look, err = c.forecast(r, v, form, "", change.apply)
	} else {
		err = c.store(r, v, change)
	}
	if err != nil {
		prefix := ""
		if err := wrongIn(&form, err, prefix); err != nil {
			return err
		}
		if e := form.Errors["holidays"]; e != "" {
			form.Errors["date"] = "Please give the date."
		}
		return c.showHolidays(w, r, v, http.StatusUnprocessableEntity, form, nil)
	}
	if preview {
		return c.showHolidays(w, r, v, http.StatusOK, form, look)
	}
	return c.said(w, r, words, v.path("scheduler", "holidays"))
}

// holidayChange reads what a form asks for.
func holidayChange(form page.Form) (ruleChange, string) {
	date := strings.TrimSpace(form.Get("date"))
	if gone := form.Get("remove"); gone != "" {
		return ruleChange{"Holiday removed", gone, func(now catalog.Catalog) (catalog.Catalog, error) { return now.WithoutHoliday(gone), nil }},
			"Removed " + gone + ". Add it again below if that was a mistake."
	}
	if year, err := strconv.Atoi(form.Get("year")); err == nil && year > 1970 && year < 2200 {
		return ruleChange{"Holidays added", "usual US holidays of " + strconv.Itoa(year), func(now catalog.Catalog) (catalog.Catalog, error) {
			var dates []string
			for _, h := range catalog.USHolidays(year) {
				dates = append(dates, h.Date)
			}
			return now.WithHolidays(dates...), nil
		}}, "Added the usual US holidays of " + strconv.Itoa(year) + ". Remove those on which you work."
	}
	if zone := strings.TrimSpace(form.Get("timezone")); zone != "" && date == "" {
		return ruleChange{"Time zone changed", zone, func(now catalog.Catalog) (catalog.Catalog, error) {
			now.Timezone = zone
			return now, nil
		}}, "The time zone is " + zone + "."
	}
	return ruleChange{"Holiday added", date, func(now catalog.Catalog) (catalog.Catalog, error) {
		if slices.Contains(now.Holidays, date) {
			return now, nil
		}
		return now.WithHolidays(date), nil
	}}, "Added " + date + "."
}
