package mapping

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"heavyset.tech/platform/internal/crm"
)

// column is what the sampled records have in one field, as texts; blanks and stand-ins for nothing are left out.
type column struct {
	values []string
	times  []time.Time // by record, zero where there is none; only of instants
	seen   int         // records looked at in which the field was asked for
}

// columnOf reads a field out of samples.
func columnOf(samples []crm.Record, field string) column {
	c := column{}
	for _, r := range samples {
		v, asked := r.Values[field]
		if asked {
			c.seen++
		}
		at, _ := v.(time.Time)
		c.times = append(c.times, at)
		if s := strings.TrimSpace(sampleText(v)); !nothing(s) {
			c.values = append(c.values, s)
		}
	}
	return c
}

func sampleText(v any) string {
	switch x := v.(type) {
	case nil:
		return ""
	case string:
		return x
	case []string:
		return strings.Join(x, ", ")
	case crm.Ref:
		return x.Name
	case crm.Date:
		return string(x)
	case time.Time:
		return x.Format(time.RFC3339)
	}
	return fmt.Sprint(v)
}

// nothing reports whether a text is what people write where they have nothing to say.
func nothing(s string) bool {
	switch strings.ToLower(s) {
	case "", "-", "--", ".", "x", "n/a", "na", "none", "-none-", "null", "unknown", "tbd", "?":
		return true
	}
	return false
}

// unused reports whether a field is blank in every one of many records, used whether it is filled in most.
func (c column) unused() bool { return c.seen >= 10 && len(c.values) == 0 }
func (c column) used() bool   { return c.seen >= 10 && len(c.values)*2 > c.seen }

// share gives how many of the values match; ok is false when there are too few to say anything.
func (c column) share(match func(string) bool) (hits, of int, ok bool) {
	for _, v := range c.values {
		if match(v) {
			hits++
		}
	}
	return hits, len(c.values), len(c.values) >= 3
}

var (
	emailShape  = regexp.MustCompile(`^[^@\s]+@[^@\s]+\.[^@\s]{2,}$`)
	phoneChars  = regexp.MustCompile(`^\+?[0-9 ()./x\-–]+$`)
	zipShape    = regexp.MustCompile(`(?i)^(\d{4,5}(-?\d{3,4})?|[a-z]\d[a-z] ?\d[a-z]\d|[a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2}|\d{4} ?[a-z]{2}|[a-z]{1,2}-\d{4,5})$`)
	urlShape    = regexp.MustCompile(`(?i)^(https?://|www\.)\S+$`)
	clockShape  = regexp.MustCompile(`(?i)^\d{1,2}([:.h]\d{2})? ?([ap]\.?m\.?|h|uhr)?$`)
	windowShape = regexp.MustCompile(`(?i)^\D{0,12}\d{1,2}([:.h]\d{2})? ?([ap]\.?m\.?)? ?(-|–|to|bis|a|à|tot|until) ?\d{1,2}([:.h]\d{2})? ?([ap]\.?m\.?)?$`)
	tokenShape  = regexp.MustCompile(`^[\pL\d_.+%|{}\-]+$`)
	clickShape  = regexp.MustCompile(`^[\w.\-]{12,}$`)
	letterName  = regexp.MustCompile(`^[\pL'’.\- ]+$`)
)

// shapes are the patterns of the values of HeavySet fields, where there is one.
func shapeOf(key string) func(string) bool {
	switch key {
	case "first_name", "last_name":
		return func(s string) bool { return letterName.MatchString(s) && len(strings.Fields(s)) <= 4 }
	case "full_name":
		return func(s string) bool { return letterName.MatchString(s) && len(strings.Fields(s)) >= 2 }
	case "email", "customer_email":
		return emailShape.MatchString
	case "phone", "mobile", "phone_alt", "customer_phone":
		return phoneShape
	case "street":
		return func(s string) bool { return hasDigit(s) && hasLetter(s) }
	case "city", "country", "state":
		return func(s string) bool { return letterName.MatchString(s) && len(s) <= 40 }
	case "zip":
		return zipShape.MatchString
	case "landing_page", "referrer", "manage_url", "scheduler_url":
		return urlShape.MatchString
	case "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content":
		return tokenShape.MatchString
	case "gclid", "gbraid", "wbraid", "fbclid", "msclkid":
		return clickShape.MatchString
	case "time":
		return clockShape.MatchString
	case "arrival_window":
		return windowShape.MatchString
	case "duration":
		return func(s string) bool {
			n, err := strconv.ParseFloat(s, 64)
			return err == nil && n >= 10 && n <= 600
		}
	}
	return nil
}

func phoneShape(s string) bool {
	digits := 0
	for _, r := range s {
		if unicode.IsDigit(r) {
			digits++
		}
	}
	return digits >= 7 && digits <= 15 && phoneChars.MatchString(s)
}

func hasDigit(s string) bool  { return strings.ContainsFunc(s, unicode.IsDigit) }
func hasLetter(s string) bool { return strings.ContainsFunc(s, unicode.IsLetter) }

// leastLength is the shortest field that can hold what we write; 0 where any can.
func leastLength(key string) int {
	switch key {
	case "email", "customer_email", "street", "title", "location", "external_id":
		return 40
	case "last_name", "full_name", "city":
		return 20
	case "phone", "mobile", "phone_alt", "customer_phone":
		return 15
	case "project_details", "description", "consent_text":
		return 200
	case "landing_page", "referrer", "manage_url", "scheduler_url", "gclid", "fbclid":
		return 80
	case "zip":
		return 5
	}
	return 0
}
