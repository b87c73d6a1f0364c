package admin

import (
	"testing"

	"heavyset.tech/platform/internal/catalog"
)

func TestHoursAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"9:00 AM – 5:00 PM": "9:00 AM – 5:00 PM", "9-5": "9:00 AM – 5:00 PM", "09:00-17:00": "9:00 AM – 5:00 PM", "9–12, 1–5 pm": "9:00 AM – 12:00 PM, 1:00 PM – 5:00 PM",
		"9 to 5pm": "9:00 AM – 5:00 PM", "1-5 pm": "1:00 PM – 5:00 PM", "8am–11": "8:00 AM – 11:00 AM", "8 a.m. until noon": "8:00 AM – 12:00 PM", "10–2": "10:00 AM – 2:00 PM",
		"22:00 – 24:00": "10:00 PM – midnight", "6 pm - 12 am": "6:00 PM – midnight", "all day": "all day", "00:00-24:00": "all day", "off": "", "": "", "1-5 pm and 9-12": "9:00 AM – 12:00 PM, 1:00 PM – 5:00 PM",
		"13:00-17:00; 08:00-12:00": "8:00 AM – 12:00 PM, 1:00 PM – 5:00 PM", "8.30–12.15": "8:30 AM – 12:15 PM",
	} {
		got, wrong := readSpans(text)
		if wrong != "" || spansWords(got) != want {
			t.Errorf("%q: %q, %s; want %q", text, spansWords(got), wrong, want)
		}
		again, wrong := readSpans(spansWords(got))
		if wrong != "" || spansWords(again) != want {
			t.Errorf("%q is not read back: %v, %s", want, again, wrong)
		}
	}
	for _, text := range []string{"whenever", "9", "5pm-9am", "17:00-09:00", "9-5-7", "25:00-26:00", "9:75-10:00", "13 pm - 2 pm", "9-12, 11-2", "09:00-09:00", "<script>"} {
		if got, wrong := readSpans(text); wrong == "" {
			t.Errorf("%q is taken for %v", text, got)
		}
	}
}

func TestWeekOfHours(t *testing.T) {
	t.Parallel()
	nine, five := catalog.Span{Start: "09:00", End: "12:00"}, catalog.Span{Start: "13:00", End: "17:00"}
	week := weekOf(map[string][]catalog.Span{"mon": {nine, five}, "tue": {nine, five}, "wed": {nine}, "sat": {five}})
	if got, want := weekWords(week), "Mon–Tue 9:00 AM – 12:00 PM, 1:00 PM – 5:00 PM; Wed 9:00 AM – 12:00 PM; Sat 1:00 PM – 5:00 PM"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if len(week) != 2 || len(week[0].Days) != 3 {
		t.Errorf("%v", week)
	}
}

func TestLengthsAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{"90": 90, "90 min": 90, "1.5 hours": 90, "1 h 30 min": 90, "1h30m": 90, "2 days": 2880, "1 week": 10080, "0": 0, "4 Hours": 240} {
		if got, wrong := readMinutes(text); got != want || wrong != "" {
			t.Errorf("%q: %d %s, want %d", text, got, wrong, want)
		}
	}
	for _, text := range []string{"", "soon", "-5", "1 fortnight", "0.01 hours", "1 2 3 4", "1e9 hours"} {
		if got, wrong := readMinutes(text); wrong == "" {
			t.Errorf("%q is taken for %d", text, got)
		}
	}
}
