package zohosim

import (
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"heavyset.tech/platform/internal/zohosim/journal"
)

// workingTime is when an organization works, and what its appointments may do: settings in the shapes of their calls. It is
// never changed, only replaced.
type workingTime struct {
	Hours        map[string]any   `json:"hours,omitempty"` // business_hours; nil while unset
	Shifts       []map[string]any `json:"shifts,omitempty"`
	Holidays     []map[string]any `json:"holidays,omitempty"`
	Absences     []map[string]any `json:"absences,omitempty"`     // users_unavailability
	Appointments map[string]any   `json:"appointments,omitempty"` // appointment_preferences as changed
	Services     map[string]any   `json:"services,omitempty"`     // service_preferences as changed
}

// workOp is the working time of an organization as the journal keeps it, with the last id it used.
type workOp struct {
	Org    int         `json:"org"`
	LastID int64       `json:"last_id"`
	Work   workingTime `json:"work"`
}

func (o *org) workOp() workOp { return workOp{o.index, o.lastID, *o.work} }

func (s *Sim) applyWork(op workOp) error {
	o, err := s.orgAt(op.Org)
	if err == nil {
		o.saw(op.LastID)
		o.work = &op.Work
	}
	return err
}

// setWork journals and makes a change of the working time.
func (c *call) setWork(next workingTime) *answer {
	op := workOp{c.org.index, c.org.lastID, next}
	if err := c.sim.write(addJSON(journal.Batch(nil), opWork, op)); err != nil {
		a := internalError()
		return &a
	}
	c.org.work = &next
	return nil
}

// demoWork is the working time of the first organization in seed demo: a contractor in the United States.
func (o *org) demoWork() *workingTime {
	w := &workingTime{Hours: map[string]any{
		"id": formatID(o.base + 31_001), "week_starts_on": "Sunday", "type": "custom",
		"business_days":    []any{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
		"same_as_everyday": true, "daily_timing": []any{"07:00", "19:00"}, "custom_timing": []any{},
	}}
	for i, day := range [][2]string{
		{"2026-07-03", "Independence Day (observed)"},
		{"2026-11-26", "Thanksgiving"},
		{"2026-12-25", "Christmas Day"},
		{"2027-01-01", "New Year's Day"},
	} {
		w.Holidays = append(w.Holidays, map[string]any{
			"id": formatID(o.base + 31_101 + int64(i)), "name": day[1], "date": day[0], "type": "business_holiday",
			"year": json.Number(day[0][:4]), "shift_hour": nil,
		})
	}
	return w
}

// businessHours answers GET /settings/business_hours. Source: Zoho CRM v8, "Get Business Hours".
func (c *call) businessHours() answer {
	if c.org.work.Hours == nil {
		return noContent
	}
	return jsonAnswer(http.StatusOK, map[string]any{"business_hours": c.org.work.Hours})
}

// addBusinessHours answers POST /settings/business_hours; hours that are there are replaced.
// Source: Zoho CRM v8, "Create Business Hours".
func (c *call) addBusinessHours() answer { return c.saveBusinessHours(http.StatusCreated) }

// changeBusinessHours answers PUT /settings/business_hours. Source: Zoho CRM v8, "Update Business Hours".
func (c *call) changeBusinessHours() answer { return c.saveBusinessHours(http.StatusOK) }

func (c *call) saveBusinessHours(status int) answer {
	item, refused := c.memberObject("business_hours")
	if refused != nil {
		return *refused
	}
	now := c.org.work.Hours
	s := &shape{path: "$.business_hours", item: item}
	if status == http.StatusOK {
		if id := s.text("id", true, 0); now == nil || id != now["id"] {
			s.refuse("INVALID_DATA", "the id given seems to be invalid", "id", nil)
		}
		s.item = overlay(now, item)
	}
	hours := s.hours()
	if hours["id"] = formatID(c.org.nextID()); now != nil {
		hours["id"] = now["id"]
	}
	if s.wrong == nil {
		next := *c.org.work
		next.Hours = hours
		if refused := c.setWork(next); refused != nil {
			return *refused
		}
	}
	return s.saved(status, "business_hours", "Business Hours saved successfully", details{"id": hours["id"]})
}

// hours reads business hours: around the clock, or with the times of their days.
func (s *shape) hours() map[string]any {
	kind := s.word("type", true, "24_by_7", "24_by_5", "custom")
	out := map[string]any{
		"type": kind, "week_starts_on": s.word("week_starts_on", true, weekdays...), "same_as_everyday": nil,
		"business_days": []any{}, "daily_timing": []any{}, "custom_timing": []any{},
	}
	if kind == "24_by_7" {
		return out
	}
	days := s.days("business_days", true)
	out["business_days"] = days
	if kind == "24_by_5" {
		if len(days) != 5 {
			s.invalid("business_days", details{"maximum_length": 5})
		}
		return out
	}
	s.timings(days, "business_timing")
	for _, name := range []string{"same_as_everyday", "daily_timing", "custom_timing"} {
		if v := s.item[name]; v != nil {
			out[name] = v
		}
	}
	return out
}

// open tells whether a time span falls under business hours: within the hours of one day that is no holiday. Where none are set,
// any does.
func (w *workingTime) open(from, to time.Time) bool {
	date := from.Format(dayLayout)
	if w.Hours == nil {
		return true
	}
	if slices.ContainsFunc(w.Holidays, func(h map[string]any) bool {
		return h["type"] == "business_holiday" && h["date"] == date
	}) {
		return false
	}
	if w.Hours["type"] == "24_by_7" {
		return true
	}
	day := from.Weekday().String()
	if days, _ := w.Hours["business_days"].([]any); !slices.Contains(days, any(day)) {
		return false
	}
	if w.Hours["type"] == "24_by_5" {
		return true
	}
	start, end := w.times(day)
	return to.Format(dayLayout) == date && from.Format("15:04") >= start && clock(to) <= end
}

// clock is a time of day for comparison with an end: one that has seconds comes after its minute.
func clock(t time.Time) string {
	if t.Second() > 0 {
		return t.Format("15:04:05")
	}
	return t.Format("15:04")
}

// times gives the business hours of a day.
func (w *workingTime) times(day string) (start, end string) {
	pair, _ := w.Hours["daily_timing"].([]any)
	for _, own := range objects(w.Hours["custom_timing"]) {
		if w.Hours["same_as_everyday"] != true && own["days"] == day {
			pair, _ = own["business_timing"].([]any)
		}
	}
	if len(pair) != 2 {
		return "24:00", ""
	}
	start, _ = pair[0].(string)
	end, _ = pair[1].(string)
	return start, end
}
