package zoho_test

import (
	"reflect"
	"testing"
	"time"
	_ "time/tzdata"

	"pgregory.net/rapid"

	"heavyset.tech/platform/internal/zoho"
)

func TestRecordAccessors(t *testing.T) {
	t.Parallel()
	client, _ := newClient(t, says(200, `{"data":[{"id":5725767000000524157,"Last_Name":"Boyle","Amount":12345678901234567890.50,"Count":7,"CountText":"8","Email_Opt_Out":true,"Flag":"TRUE","Off":false,
"Owner":{"name":"Ann","id":"4","email":"ann@example.org"},"Who_Id":5725767000000524199,"What_Id":"57","Appointment_For":{"module":{"api_name":"Leads","id":"1"},"id":58,"name":"Boyle"},
"Old_For":{"module":"Leads","id":"58"},"No_Lookup":{"name":"x"},"Tag":[{"name":"vip","id":"1"},{"id":"2"},{"name":"roof"}],"Colours":["red","blue",3],"Start":"2026-11-23T09:00:00-06:00","Bad_Time":"soon","Nothing":null,
"Participants":[{"type":"contact","participant":"9"},"x",{"Email":"a@b.c"}]}]}`))
	r, err := client.GetRecord(t.Context(), "Leads", "5725767000000524157")
	if err != nil {
		t.Fatal(err)
	}
	if r.ID() != "5725767000000524157" || r.Text("Last_Name") != "Boyle" || r.Text("Amount") != "12345678901234567890.50" || r.Text("Email_Opt_Out") != "true" || r.Text("Owner") != "Ann" {
		t.Errorf("texts of %v", map[string]any(r))
	}
	for _, field := range []string{"Nothing", "Tag", "absent", "Participants"} {
		if s := r.Text(field); s != "" {
			t.Errorf("%s as text: %q", field, s)
		}
	}
	for field, want := range map[string]bool{"Email_Opt_Out": true, "Flag": true, "Off": false, "Last_Name": false, "Nothing": false, "Tag": false} {
		if r.Bool(field) != want {
			t.Errorf("%s as boolean: %t", field, !want)
		}
	}
	for field, want := range map[string]int64{"Count": 7, "CountText": 8, "id": 5725767000000524157} {
		if n, ok := r.Int(field); !ok || n != want {
			t.Errorf("%s: %d %t", field, n, ok)
		}
	}
	if _, ok := r.Int("Amount"); ok {
		t.Error("a fraction counts as whole")
	}
	for field, want := range map[string]zoho.Lookup{
		"Owner": {ID: "4", Name: "Ann", Email: "ann@example.org"}, "Who_Id": {ID: "5725767000000524199"}, "What_Id": {ID: "57"},
		"Appointment_For": {ID: "58", Name: "Boyle", Module: "Leads"}, "Old_For": {ID: "58", Module: "Leads"},
	} {
		if l, ok := r.Lookup(field); !ok || l != want {
			t.Errorf("%s: %+v %t", field, l, ok)
		}
	}
	for _, field := range []string{"No_Lookup", "Last_Name", "Nothing", "Tag"} {
		if l, ok := r.Lookup(field); ok {
			t.Errorf("%s as lookup: %+v", field, l)
		}
	}
	for field, want := range map[string][]string{"Tag": {"vip", "roof"}, "Colours": {"red", "blue", "3"}, "Last_Name": {"Boyle"}, "Nothing": nil} {
		if got := r.Texts(field); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %q", field, got)
		}
	}
	if at, ok := r.Time("Start"); !ok || !at.Equal(time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC)) || at.Location() != time.UTC {
		t.Errorf("Start: %v %t", at, ok)
	}
	for _, field := range []string{"Bad_Time", "Nothing", "Count", "absent"} {
		if at, ok := r.Time(field); ok || !at.IsZero() {
			t.Errorf("%s as time: %v", field, at)
		}
	}
	if p := r.Objects("Participants"); len(p) != 2 || p[0].Text("participant") != "9" || r.Objects("Tag")[1].ID() != "2" || r.Objects("Owner") != nil {
		t.Errorf("objects %v", p)
	}
}

func TestParseTime(t *testing.T) {
	t.Parallel()
	want := time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC)
	for _, s := range []string{
		"2026-11-23T09:00:00-06:00", "2026-11-23T20:30:00+05:30", "2026-11-23T15:00:00Z", "2026-11-23T15:00:00+00:00", "2026-11-23T15:00:00-00:00",
		"2026-11-23T09:00:00-0600", "2026-11-23T15:00:00.000Z", "2026-11-24T05:00:00+14:00",
	} {
		if at, err := zoho.ParseTime(s); err != nil || !at.Equal(want) || at.Location() != time.UTC {
			t.Errorf("%s: %v %v", s, at, err)
		}
	}
	for _, s := range []string{
		"", "2026-11-23", "2026-11-23T15:00:00", "2026-11-23 15:00:00Z", "15:00", "2026-02-30T00:00:00Z", "2026-11-23T25:00:00Z", "2026-11-23T15:00Z",
		"20261123T150000Z", " 2026-11-23T15:00:00Z", "2026-11-23T15:00:00ZZ", "2026-11-23T15:00:00+6:00", "null",
	} {
		if at, err := zoho.ParseTime(s); err == nil {
			t.Errorf("%q: %v", s, at)
		}
	}
}

func TestDateTime(t *testing.T) {
	t.Parallel()
	zone := func(name string) *time.Location {
		l, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	for name, c := range map[string]struct {
		at   time.Time
		loc  *time.Location
		want string
	}{
		"winter":                     {noon.Add(999 * time.Millisecond), zone("America/Chicago"), "2026-11-23T06:00:00-06:00"},
		"summer":                     {time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC), zone("America/Chicago"), "2026-07-01T07:00:00-05:00"},
		"half an hour":               {noon, zone("Asia/Kolkata"), "2026-11-23T17:30:00+05:30"},
		"UTC is +00:00, never Z":     {noon, time.UTC, "2026-11-23T12:00:00+00:00"},
		"no zone: UTC":               {noon.In(zone("Asia/Tokyo")), nil, "2026-11-23T12:00:00+00:00"},
		"offset with seconds: UTC":   {time.Date(1880, 1, 1, 12, 0, 0, 0, time.UTC), zone("America/Chicago"), "1880-01-01T12:00:00+00:00"},
		"the hour that occurs twice": {time.Date(2026, 11, 1, 7, 30, 0, 0, time.UTC), zone("America/Chicago"), "2026-11-01T01:30:00-06:00"},
	} {
		if got := zoho.DateTime(c.at, c.loc); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestInstantsSurviveTheWire(t *testing.T) {
	t.Parallel()
	zones := []*time.Location{time.UTC}
	for _, name := range []string{"America/Chicago", "Asia/Kolkata", "Australia/Lord_Howe", "Africa/Monrovia", "Pacific/Apia"} {
		l, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		zones = append(zones, l)
	}
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(rapid.Int64Range(-5e9, 1e10).Draw(t, "seconds"), rapid.Int64Range(0, 999999999).Draw(t, "nanoseconds"))
		s := zoho.DateTime(at, rapid.SampledFrom(zones).Draw(t, "zone"))
		if got, err := zoho.ParseTime(s); err != nil || !got.Equal(at.Truncate(time.Second)) || len(s) != 25 {
			t.Fatalf("%v as %s is %v, %v", at, s, got, err)
		}
	})
}

func FuzzParseTime(f *testing.F) {
	for _, s := range []string{"2026-11-23T09:00:00-06:00", "2026-11-23T15:00:00Z", "2026-11-23T15:00:00.1+0530", "0000-01-01T00:00:00-23:59", "9999-12-31T23:59:59+00:00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		at, err := zoho.ParseTime(s)
		if err != nil {
			return
		}
		if at.Location() != time.UTC {
			t.Fatalf("%q is not in UTC", s)
		}
		if at.Year() < 0 || at.Year() > 9999 {
			return // an offset leads out of the years that the format has
		}
		if again, err := zoho.ParseTime(zoho.DateTime(at, nil)); err != nil || !again.Equal(at.Truncate(time.Second)) {
			t.Fatalf("%q is %v, then %v %v", s, at, again, err)
		}
	})
}
