package catalog

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Differences says in words what changed from one catalog to the next, a line each; nil when nothing did.
func Differences(before, after Catalog) []string {
	var out []string
	if before.Timezone != after.Timezone {
		out = append(out, "Time zone: "+before.Timezone+" → "+after.Timezone)
	}
	if !slices.Equal(before.Holidays, after.Holidays) {
		out = append(out, "Holidays: "+some(before.Holidays)+" → "+some(after.Holidays))
	}
	if before.DetailsFirst != after.DetailsFirst {
		out = append(out, "Visitors first: "+first(before)+" → "+first(after))
	}
	if before.ChangeNoticeMinutes != after.ChangeNoticeMinutes {
		out = append(out, "Visitors change and cancel until: "+Minutes(before.ChangeNoticeMinutes)+" before → "+Minutes(after.ChangeNoticeMinutes)+" before")
	}
	out = append(out, reasonChanges(before, after)...)
	out = append(out, compare("Territory", before.Territories, after.Territories, func(t Territory) (string, string) { return t.ID, t.Name })...)
	out = append(out, compare("Service", before.Services, after.Services, func(s Service) (string, string) { return s.ID, s.Name })...)
	return append(out, compare("Rep", before.Reps, after.Reps, func(r Rep) (string, string) { return r.ID, r.Name })...)
}

func some(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, ", ")
}

// compare lists what came, went and changed among things of one kind. named gives a thing's id and name.
func compare[T any](kind string, before, after []T, named func(T) (id, name string)) []string {
	var out []string
	old := map[string]T{}
	for _, v := range before {
		id, _ := named(v)
		old[id] = v
	}
	for _, v := range after {
		id, name := named(v)
		was, had := old[id]
		delete(old, id)
		if !had {
			out = append(out, fmt.Sprintf("%s %s: added", kind, name))
			continue
		}
		out = append(out, fields(kind+" "+name, was, v)...)
	}
	for _, v := range before {
		id, name := named(v)
		if _, gone := old[id]; gone {
			out = append(out, fmt.Sprintf("%s %s: removed", kind, name))
		}
	}
	return out
}

// fields lists the fields of one thing that changed, with what they were where that is one word.
func fields(what string, before, after any) []string {
	var out []string
	b, a := reflect.ValueOf(before), reflect.ValueOf(after)
	for i := range b.NumField() {
		x, y := b.Field(i), a.Field(i)
		if x.Kind() == reflect.Slice && x.Len() == 0 && y.Len() == 0 || reflect.DeepEqual(x.Interface(), y.Interface()) {
			continue
		}
		line := what + ", " + label(b.Type().Field(i).Name)
		switch x.Kind() {
		case reflect.String:
			line += ": " + none(x.String()) + " → " + none(y.String())
		case reflect.Int:
			line += ": " + strconv.FormatInt(x.Int(), 10) + " → " + strconv.FormatInt(y.Int(), 10)
		case reflect.Bool:
			line += map[bool]string{true: ": yes", false: ": no"}[y.Bool()]
		default:
			line += ": changed"
		}
		out = append(out, line)
	}
	return out
}

func none(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// label writes a field's name in words: "BufferAfterMinutes" is "buffer after minutes".
func label(name string) string {
	var b strings.Builder
	for i, r := range name {
		if i > 0 && r >= 'A' && r <= 'Z' && name[i-1] >= 'a' && name[i-1] <= 'z' {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return strings.ToLower(b.String())
}

// first names what visitors are asked first.
func first(c Catalog) string {
	if c.DetailsFirst {
		return "their details"
	}
	return "day and time"
}
