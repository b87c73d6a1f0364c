package catalog

import (
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/org"
)

// Limits of a document: far above any real client's, low enough that a view stays cheap.
const (
	maxServices    = 200
	maxReps        = 500
	maxTerritories = 500
	maxPostalCodes = 20_000
	maxHolidays    = 1_000
	maxHours       = 100
	maxOverrides   = 2_000
	maxDuration    = 24 * 60
	maxNotice      = 366 * 24 * 60
	maxBusiness    = 31 * 24 * 60
	maxWindow      = 1_100
	maxCapacity    = 100_000
	maxWeight      = 100
)

// check collects wrong values by path.
type check struct{ wrong []fault.Field }

func (c *check) add(path, message string) {
	c.wrong = append(c.wrong, fault.Field{Path: path, Message: message})
}

// Check gives fault.Invalid with the path of every wrong value, or nil.
func (c Catalog) Check() error { return c.check(nil) }

// check is Check where services may also name these archived reps.
func (c Catalog) check(archived []string) error {
	var k check
	k.zone("timezone", c.Timezone, false)
	k.count("holidays", len(c.Holidays), maxHolidays)
	for i, h := range c.Holidays {
		k.date(fmt.Sprintf("holidays[%d]", i), h)
	}
	k.number("change_notice_minutes", c.ChangeNoticeMinutes, 0, maxNotice)
	k.reasons(c.CancelReasons)
	territories := k.territories(c.Territories)
	reps := k.reps(c.Reps, territories)
	for _, id := range archived {
		reps[id] = true
	}
	k.services(c.Services, reps)
	return fault.OfFields(k.wrong)
}

func (k *check) territories(list []Territory) map[string]bool {
	k.count("territories", len(list), maxTerritories)
	seen := map[string]bool{}
	total := 0
	for i, t := range list {
		p := fmt.Sprintf("territories[%d]", i)
		k.ident(p+".id", t.ID, seen)
		k.name(p+".name", t.Name)
		total += len(t.PostalCodes)
		for j, code := range t.PostalCodes {
			trimmed := strings.TrimSpace(code)
			if trimmed == "" || len(code) > 20 || hasControl(code) || strings.Contains(strings.TrimSuffix(trimmed, "*"), "*") {
				k.add(fmt.Sprintf("%s.postal_codes[%d]", p, j), "must be a postal code or a prefix of one with a * at its end")
			}
		}
	}
	k.count("territories", total, maxPostalCodes)
	return seen
}

func (k *check) reps(list []Rep, territories map[string]bool) map[string]bool {
	k.count("reps", len(list), maxReps)
	seen := map[string]bool{}
	for i, r := range list {
		p := fmt.Sprintf("reps[%d]", i)
		k.ident(p+".id", r.ID, seen)
		k.name(p+".name", r.Name)
		if r.Email != "" {
			if a, err := mail.ParseAddress(r.Email); err != nil || a.Address != r.Email || hasControl(r.Email) {
				k.add(p+".email", "must be an e-mail address")
			}
		}
		if len(r.CRMUser) > 100 || hasControl(r.CRMUser) {
			k.add(p+".crm_user", "must be the CRM's id of a user")
		}
		k.zone(p+".timezone", r.Timezone, true)
		for j, t := range r.Territories {
			if !territories[t] {
				k.add(fmt.Sprintf("%s.territories[%d]", p, j), "names no territory of this catalog")
			}
		}
		k.number(p+".weight", r.Weight, 0, maxWeight)
		k.hours(p, r.Hours)
		k.overrides(p, r.Overrides)
	}
	return seen
}

var weekdays = map[string]time.Weekday{
	"sun": time.Sunday, "mon": time.Monday, "tue": time.Tuesday, "wed": time.Wednesday,
	"thu": time.Thursday, "fri": time.Friday, "sat": time.Saturday,
}

func (k *check) hours(p string, list []Hours) {
	k.count(p+".hours", len(list), maxHours)
	for i, h := range list {
		q := fmt.Sprintf("%s.hours[%d]", p, i)
		if len(h.Days) == 0 || len(h.Days) > 7 {
			k.add(q+".days", "must name one to seven days")
		}
		for j, d := range h.Days {
			if _, ok := weekdays[d]; !ok {
				k.add(fmt.Sprintf("%s.days[%d]", q, j), "must be one of mon, tue, wed, thu, fri, sat, sun")
			}
		}
		k.span(q, h.Start, h.End)
	}
}

func (k *check) overrides(p string, list []Override) {
	k.count(p+".overrides", len(list), maxOverrides)
	seen := map[string]bool{}
	for i, o := range list {
		q := fmt.Sprintf("%s.overrides[%d]", p, i)
		k.date(q+".date", o.Date)
		if seen[o.Date] {
			k.add(q+".date", "is overridden twice; put all hours of a date into one override")
		}
		seen[o.Date] = true
		k.count(q+".hours", len(o.Hours), maxHours)
		for j, h := range o.Hours {
			k.span(fmt.Sprintf("%s.hours[%d]", q, j), h.Start, h.End)
		}
	}
}

func (k *check) services(list []Service, reps map[string]bool) {
	k.count("services", len(list), maxServices)
	seen := map[string]bool{}
	kinds := map[string]QuestionKind{}
	for i, s := range list {
		p := fmt.Sprintf("services[%d]", i)
		k.ident(p+".id", s.ID, seen)
		k.name(p+".name", s.Name)
		if utf8.RuneCountInString(s.Description) > 300 || hasControl(s.Description) {
			k.add(p+".description", "must be at most 300 characters on one line")
		}
		k.number(p+".duration_minutes", s.DurationMinutes, 1, maxDuration)
		k.number(p+".slot_interval_minutes", s.SlotIntervalMinutes, 1, maxDuration)
		k.number(p+".buffer_before_minutes", s.BufferBeforeMinutes, 0, maxDuration)
		k.number(p+".buffer_after_minutes", s.BufferAfterMinutes, 0, maxDuration)
		k.number(p+".minimum_notice_minutes", s.MinNoticeMinutes, 0, maxNotice)
		k.number(p+".minimum_notice_business_minutes", s.BusinessNoticeMinutes, 0, maxBusiness)
		k.number(p+".arrival_window_minutes", s.ArrivalWindowMinutes, 0, maxDuration)
		k.number(p+".booking_window_days", s.BookingWindowDays, 0, maxWindow)
		k.number(p+".capacity_per_day", s.CapacityPerDay, 0, maxCapacity)
		k.number(p+".capacity_per_slot", s.CapacityPerSlot, 0, maxCapacity)
		if !slices.Contains([]Assignment{RoundRobin, Priority, OwnerFirst, CustomerChoice}, s.Assignment) {
			k.add(p+".assignment", "must be round_robin, priority, owner_first or customer_choice")
		}
		used := map[string]bool{}
		for j, r := range s.Reps {
			q := fmt.Sprintf("%s.reps[%d]", p, j)
			if !reps[r] {
				k.add(q, "names no rep of this catalog")
			} else if used[r] {
				k.add(q, "is there twice")
			}
			used[r] = true
		}
		k.questions(p+".questions", s.Questions, kinds)
		if c := s.Confirmation; c != "" && c != Instant && c != ByRequest {
			k.add(p+".confirmation", "must be instant or request")
		}
	}
}

func (k *check) count(path string, n, limit int) {
	if n > limit {
		k.add(path, "has more than "+strconv.Itoa(limit)+" entries")
	}
}

func (k *check) number(path string, v, low, high int) {
	if v < low || v > high {
		k.add(path, fmt.Sprintf("must be from %d to %d", low, high))
	}
}

func (k *check) ident(path, v string, seen map[string]bool) {
	switch {
	case v == "" || len(v) > 100 || hasControl(v) || strings.TrimSpace(v) != v:
		k.add(path, "must be 1 to 100 characters without control characters or outer blanks")
	case seen[v]:
		k.add(path, "is there twice")
	}
	seen[v] = true
}

func (k *check) name(path, v string) {
	if strings.TrimSpace(v) == "" || utf8.RuneCountInString(v) > 200 || hasControl(v) {
		k.add(path, "must be 1 to 200 characters on one line")
	}
}

func (k *check) zone(path, v string, optional bool) {
	if optional && v == "" {
		return
	}
	if !org.ValidZone(v) {
		k.add(path, "must be an IANA time zone such as America/Chicago")
	}
}

var dateShape = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)

func (k *check) date(path, v string) {
	if t, err := time.Parse(time.DateOnly, v); err != nil || !dateShape.MatchString(v) || t.Year() < 1970 || t.Year() > 2200 {
		k.add(path, "must be a date yyyy-mm-dd")
	}
}

func (k *check) span(path, start, end string) {
	s, okStart := wall(start)
	e, okEnd := wall(end)
	if !okStart || s == 24*60 {
		k.add(path+".start", "must be a time HH:MM from 00:00 to 23:59")
	}
	if !okEnd || e == 0 {
		k.add(path+".end", "must be a time HH:MM from 00:01 to 24:00")
	}
	if okStart && okEnd && e != 0 && s != 24*60 && e <= s {
		k.add(path+".end", "must be after the start")
	}
}

var wallShape = regexp.MustCompile(`^([01]\d|2[0-4]):([0-5]\d)$`)

// wall reads HH:MM, 00:00 to 24:00, as minutes.
func wall(v string) (int, bool) {
	m := wallShape.FindStringSubmatch(v)
	if m == nil {
		return 0, false
	}
	h, _ := strconv.Atoi(m[1])
	n, _ := strconv.Atoi(m[2])
	if h == 24 && n > 0 {
		return 0, false
	}
	return h*60 + n, true
}

// hasControl finds what may not stand in a line of text: control characters and broken UTF-8.
func hasControl(s string) bool {
	return !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r == 0x7f })
}
