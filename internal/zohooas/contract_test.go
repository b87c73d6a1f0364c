package zohooas_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/zoho"
	"heavyset.tech/platform/internal/zohooas"
	"heavyset.tech/platform/internal/zohosim"
)

var contract = zohooas.Open("zohooas")

func TestMain(m *testing.M) { os.Exit(contract.End(m.Run())) }

var noon = time.Date(2026, 11, 23, 18, 0, 0, 0, time.UTC)

// everything is a scope for all that the client can do.
const everything = "ZohoCRM.modules.ALL,ZohoCRM.settings.ALL,ZohoCRM.users.READ,ZohoCRM.org.READ,ZohoCRM.coql.READ,ZohoSearch.securesearch.READ,ZohoCRM.notifications.ALL,ZohoCRM.bulk.READ,ZohoCalendar.calendar.READ,ZohoCalendar.event.ALL,ZohoCalendar.freebusy.READ"

// meet makes a client whose calls to a fresh simulator are judged in both directions.
func meet(t *testing.T) *zoho.Client {
	t.Helper()
	now := func() time.Time { return noon }
	sim, err := zohosim.New(zohosim.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(sim.Handler("us"))
	t.Cleanup(server.Close)
	sim.SetBaseURL("us", server.URL)
	dc := zoho.DataCenter{Location: "us", Accounts: server.URL, API: server.URL, Calendar: server.URL}
	h := zoho.NewHTTPClient()
	h.Transport = zohooas.Transport{Base: h.Transport, Suite: contract, To: t, Requests: true, Answers: true}
	token := authorize(t, h, dc)
	c, err := zoho.New(zoho.Config{DataCenter: dc, HTTP: h, Now: now, Token: func(context.Context, string) (string, error) { return token, nil }})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func authorize(t *testing.T, h *http.Client, dc zoho.DataCenter) string {
	t.Helper()
	const callback = "http://127.0.0.1:8080/oauth/zoho/callback"
	res, err := http.Post(dc.API+"/_sim/grant", "application/json", strings.NewReader(fmt.Sprintf(
		`{"client_id":"1000.SIMCLIENT","redirect_uri":%q,"scope":%q}`, callback, everything)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var given struct{ Code string }
	if err := json.NewDecoder(res.Body).Decode(&given); err != nil {
		t.Fatal(err)
	}
	centers, err := zoho.ParseDataCenters("us=" + dc.Accounts + "|" + dc.API + "|" + dc.Calendar)
	if err != nil {
		t.Fatal(err)
	}
	g, err := zoho.NewAccounts(h, centers).Exchange(t.Context(), zoho.App{
		ClientID: "1000.SIMCLIENT", ClientSecret: "sim-secret", RedirectURI: callback,
	}, dc, given.Code)
	if err != nil {
		t.Fatal(err)
	}
	return g.AccessToken
}

// trips says how to make the client send each of its requests: a method and what must come of it.
var trips = map[string]func(ctx context.Context, c *zoho.Client) (int, error){
	"Modules": func(ctx context.Context, c *zoho.Client) (int, error) { return many(c.Modules(ctx)) },
	"Module": func(ctx context.Context, c *zoho.Client) (int, error) {
		m, err := c.Module(ctx, "Events")
		return len(m.APIName), err
	},
	"BusinessHours": func(ctx context.Context, c *zoho.Client) (int, error) {
		h, there, err := c.BusinessHours(ctx)
		if !there {
			return 0, err
		}
		return len(h.Type), err
	},
	"Holidays": func(ctx context.Context, c *zoho.Client) (int, error) { return many(c.Holidays(ctx, 2026)) },
	"Shifts": func(ctx context.Context, c *zoho.Client) (int, error) {
		n, err := many(c.Shifts(ctx)) // the sample has none
		return n + 1, err
	},
	"Unavailabilities": func(ctx context.Context, c *zoho.Client) (int, error) {
		n, err := many(c.Unavailabilities(ctx)) // the sample has none
		return n + 1, err
	},
	"ConvertLead": func(ctx context.Context, c *zoho.Client) (int, error) {
		id, err := lead(ctx, c)
		if err != nil {
			return 0, err
		}
		made, err := c.ConvertLead(ctx, id, zoho.Conversion{})
		return len(made.Contact), err
	},
	"Fields":       func(ctx context.Context, c *zoho.Client) (int, error) { return many(c.Fields(ctx, "Leads")) },
	"Layouts":      func(ctx context.Context, c *zoho.Client) (int, error) { return many(c.Layouts(ctx, "Leads")) },
	"RelatedLists": func(ctx context.Context, c *zoho.Client) (int, error) { return many(c.RelatedLists(ctx, "Contacts")) },
	"Users": func(ctx context.Context, c *zoho.Client) (n int, err error) {
		for _, kind := range []zoho.UserType{zoho.ActiveUsers, zoho.AllUsers} {
			for _, err := range c.Users(ctx, kind) {
				if err != nil {
					return n, err
				}
				n++
			}
		}
		return n, nil
	},
	"CurrentUser": func(ctx context.Context, c *zoho.Client) (int, error) {
		u, err := c.CurrentUser(ctx)
		return len(u.ID), err
	},
	"Org": func(ctx context.Context, c *zoho.Client) (int, error) { o, err := c.Org(ctx); return len(o.ID), err },
	"Insert": func(ctx context.Context, c *zoho.Client) (int, error) {
		return many(c.Insert(ctx, "Leads", []zoho.Record{{"Last_Name": "Lee", "Company": "L", "Email": "lee@example.org", "Tag": []any{map[string]any{"name": "Roof"}}}}, zoho.WriteOptions{Trigger: []string{}}))
	},
	"Update": func(ctx context.Context, c *zoho.Client) (int, error) {
		id, err := lead(ctx, c)
		if err != nil {
			return 0, err
		}
		return many(c.Update(ctx, "Leads", []zoho.Record{{"id": id, "Description": "d"}}, zoho.WriteOptions{Trigger: []string{"workflow"}}))
	},
	"Upsert": func(ctx context.Context, c *zoho.Client) (int, error) {
		return many(c.Upsert(ctx, "Leads", []zoho.Record{{"Last_Name": "New", "Email": "new@example.org"}}, zoho.WriteOptions{DuplicateCheckFields: []string{"Email"}}))
	},
	"Delete": func(ctx context.Context, c *zoho.Client) (int, error) {
		id, err := lead(ctx, c)
		if err != nil {
			return 0, err
		}
		return many(c.Delete(ctx, "Leads", []string{id}, zoho.WriteOptions{Trigger: []string{}}))
	},
	"GetRecord": func(ctx context.Context, c *zoho.Client) (int, error) {
		id, err := lead(ctx, c)
		if err != nil {
			return 0, err
		}
		r, err := c.GetRecord(ctx, "Leads", id)
		return len(r), err
	},
	"ListRecords": func(ctx context.Context, c *zoho.Client) (int, error) {
		if _, err := lead(ctx, c); err != nil {
			return 0, err
		}
		l := zoho.List{Fields: []string{"Last_Name", "Owner"}, SortBy: "Modified_Time", Converted: "both", ModifiedSince: noon.Add(-time.Hour)}
		return each(func(yield func(zoho.Record, error) bool) { c.ListRecords(ctx, "Leads", l)(yield) })
	},
	"RelatedRecords": func(ctx context.Context, c *zoho.Client) (int, error) {
		made, err := c.Insert(ctx, "Contacts", []zoho.Record{{"Last_Name": "Roe"}}, zoho.WriteOptions{})
		if err != nil {
			return 0, err
		}
		start := zoho.DateTime(noon, time.UTC)
		end := zoho.DateTime(noon.Add(time.Hour), time.UTC)
		if _, err := c.Insert(ctx, "Events", []zoho.Record{{"Event_Title": "Visit", "Start_DateTime": start, "End_DateTime": end, "Who_Id": map[string]any{"id": made[0].ID}}}, zoho.WriteOptions{}); err != nil {
			return 0, err
		}
		return each(c.RelatedRecords(ctx, "Contacts", made[0].ID, "Events", []string{"Event_Title", "Who_Id"}))
	},
	"CountRecords": func(ctx context.Context, c *zoho.Client) (int, error) {
		if _, err := lead(ctx, c); err != nil {
			return 0, err
		}
		n, err := c.CountRecords(ctx, "Leads", zoho.Search{Email: "lee@example.org"})
		return int(n), err
	},
	"Search": func(ctx context.Context, c *zoho.Client) (n int, err error) {
		if _, err := lead(ctx, c); err != nil {
			return 0, err
		}
		for _, s := range []zoho.Search{{Email: "lee@example.org"}, {Word: "Lee"}, {Criteria: zoho.Equal("Last_Name", "Lee"), Fields: []string{"Last_Name"}}} {
			found, err := each(c.Search(ctx, "Leads", s))
			if err != nil {
				return 0, err
			}
			n += found
		}
		return n, nil
	},
	"Deleted": func(ctx context.Context, c *zoho.Client) (n int, err error) {
		id, err := lead(ctx, c)
		if err != nil {
			return 0, err
		}
		if _, err := c.Delete(ctx, "Leads", []string{id}, zoho.WriteOptions{}); err != nil {
			return 0, err
		}
		for d, err := range c.Deleted(ctx, "Leads", zoho.DeletedAll, noon.Add(-time.Hour)) {
			if err != nil || d.ID != id || d.Name != "Lee" || d.Type != zoho.DeletedRecycle || !d.At.Equal(noon) || d.By.ID == "" {
				return 0, fmt.Errorf("%s %s, %w", d.ID, d.Type, err)
			}
			n++
		}
		return n, nil
	},
	"EnableWatch": func(ctx context.Context, c *zoho.Client) (int, error) {
		made, err := c.EnableWatch(ctx, []zoho.Watch{hook})
		if err != nil {
			return 0, err
		}
		return len(made[0].Modules), made[0].Err
	},
	"ReplaceWatch": func(ctx context.Context, c *zoho.Client) (int, error) {
		if _, err := c.EnableWatch(ctx, []zoho.Watch{hook}); err != nil {
			return 0, err
		}
		other := hook
		other.ChannelID = "1000000068002"
		made, err := c.ReplaceWatch(ctx, []zoho.Watch{hook, other})
		if err != nil || made[0].Err != nil || !errors.Is(made[1].Err, zoho.NotSubscribed) {
			return 0, fmt.Errorf("of one channel that is there and one that is not: %v, %w", made, err)
		}
		return len(made), nil
	},
	"WatchDetails": func(ctx context.Context, c *zoho.Client) (int, error) {
		if _, err := c.EnableWatch(ctx, []zoho.Watch{hook}); err != nil {
			return 0, err
		}
		w, err := c.WatchDetails(ctx, hook.ChannelID)
		return len(w.Events), err
	},
	"DisableWatch": func(ctx context.Context, c *zoho.Client) (int, error) {
		if _, err := c.EnableWatch(ctx, []zoho.Watch{hook}); err != nil {
			return 0, err
		}
		if err := c.DisableWatch(ctx, []string{hook.ChannelID, "1000000068002"}); err != nil {
			return 0, err
		}
		_, err := c.WatchDetails(ctx, hook.ChannelID)
		if !errors.Is(err, zoho.NotSubscribed) {
			return 0, fmt.Errorf("the channel is still there: %w", err)
		}
		return 1, nil
	},
	"Calendars": func(ctx context.Context, c *zoho.Client) (int, error) {
		list, err := c.Calendars(ctx, zoho.CalendarAll)
		if err == nil && (len(list) < 2 || !list[0].Default || list[0].Category != zoho.CalendarOwn || list[0].CTag == "") {
			err = fmt.Errorf("%+v", list)
		}
		return len(list), err
	},
	"CreateCalendarEvent": func(ctx context.Context, c *zoho.Client) (int, error) {
		e, err := visit(ctx, c)
		return len(e.UID), err
	},
	"GetCalendarEvent": func(ctx context.Context, c *zoho.Client) (int, error) {
		made, err := visit(ctx, c)
		if err != nil {
			return 0, err
		}
		e, err := c.GetCalendarEvent(ctx, "primary", made.UID, "")
		if err == nil && (e.Description != "mind the dog" || !e.Start.Equal(noon) || e.Etag == "") {
			err = fmt.Errorf("it reads as %+v", e)
		}
		return len(e.UID), err
	},
	"ListCalendarEvents": func(ctx context.Context, c *zoho.Client) (n int, err error) {
		if _, err := visit(ctx, c); err != nil {
			return 0, err
		}
		for _, byInstance := range []bool{true, false} {
			list, err := c.ListCalendarEvents(ctx, "primary", noon, noon.Add(zoho.CalendarRange), byInstance)
			if err != nil || len(list) != 1 || !list[0].End.Equal(noon.Add(time.Hour)) {
				return 0, fmt.Errorf("%+v, %w", list, err)
			}
			n++
		}
		return n, nil
	},
	"ReplaceCalendarEvent": func(ctx context.Context, c *zoho.Client) (int, error) {
		e, err := visit(ctx, c)
		if err != nil {
			return 0, err
		}
		stale := e
		stale.Etag = "1"
		if _, err := c.ReplaceCalendarEvent(ctx, "primary", stale); !errors.Is(err, zoho.AlreadyModified) {
			return 0, fmt.Errorf("with a stale etag: %w", err)
		}
		e.Title = "Later"
		now, err := c.ReplaceCalendarEvent(ctx, "primary", e)
		if err == nil && (now.Title != "Later" || now.Etag == e.Etag || now.Description != "mind the dog") {
			err = fmt.Errorf("it is %+v", now)
		}
		return len(now.UID), err
	},
	"DeleteCalendarEvent": func(ctx context.Context, c *zoho.Client) (int, error) {
		e, err := visit(ctx, c)
		if err != nil {
			return 0, err
		}
		if err := c.DeleteCalendarEvent(ctx, "primary", e.UID, "1"); !errors.Is(err, zoho.AlreadyModified) {
			return 0, fmt.Errorf("with a stale etag: %w", err)
		}
		if err := c.DeleteCalendarEvent(ctx, "primary", e.UID, e.Etag); err != nil {
			return 0, err
		}
		if _, err := c.GetCalendarEvent(ctx, "primary", e.UID, ""); !errors.Is(err, zoho.NotFound) {
			return 0, fmt.Errorf("it is still there: %w", err)
		}
		return 1, nil
	},
	"FreeBusy": func(ctx context.Context, c *zoho.Client) (int, error) {
		if _, err := visit(ctx, c); err != nil {
			return 0, err
		}
		me, err := c.CurrentUser(ctx)
		if err != nil {
			return 0, err
		}
		if _, err := c.FreeBusy(ctx, "nobody@example.org", noon, noon.Add(time.Hour)); !errors.Is(err, zoho.NotShared) {
			return 0, fmt.Errorf("of nobody: %w", err)
		}
		busy, err := c.FreeBusy(ctx, me.Email, noon.Add(-24*time.Hour), noon.Add(24*time.Hour))
		return len(busy), err
	},
	"CreateBulkRead": func(ctx context.Context, c *zoho.Client) (int, error) {
		j, err := c.CreateBulkRead(ctx, zoho.BulkQuery{Module: "Leads", Fields: []string{"Last_Name"}, Criteria: zoho.Equal("Last_Name", "Lee")})
		return len(j.ID), err
	},
	"BulkRead": func(ctx context.Context, c *zoho.Client) (int, error) {
		j, err := c.CreateBulkRead(ctx, zoho.BulkQuery{Module: "Leads"})
		if err != nil {
			return 0, err
		}
		if _, err := c.BulkRead(ctx, "57"); !errors.Is(err, zoho.NotFound) {
			return 0, fmt.Errorf("no such job: %w", err)
		}
		j, err = c.BulkRead(ctx, j.ID)
		return len(j.State), err
	},
	"BulkResult": func(ctx context.Context, c *zoho.Client) (int, error) {
		id, err := lead(ctx, c)
		if err != nil {
			return 0, err
		}
		j, err := c.CreateBulkRead(ctx, zoho.BulkQuery{
			Module: "Leads", Fields: []string{"Last_Name", "Owner", "Modified_Time"},
			Criteria: zoho.All(zoho.GreaterEqual("Modified_Time", noon), zoho.Any(zoho.Equal("Last_Name", "Lee"), zoho.In("Last_Name", "A", "B"))),
		})
		if err != nil {
			return 0, err
		}
		if _, err := each(c.BulkResult(ctx, j.ID)); !errors.Is(err, zoho.NotFound) {
			return 0, fmt.Errorf("before it is done: %w", err)
		}
		for range 5 {
			if j, err = c.BulkRead(ctx, j.ID); err != nil {
				return 0, err
			}
			if j.State == zoho.BulkCompleted {
				break
			}
		}
		if j.State != zoho.BulkCompleted || j.Count != 1 || j.More {
			return 0, fmt.Errorf("%+v", j)
		}
		n := 0
		for r, err := range c.BulkResult(ctx, j.ID) {
			at, ok := r.Time("Modified_Time")
			owner, ok2 := r.Lookup("Owner")
			if err != nil || r.ID() != id || r.Text("Last_Name") != "Lee" || !ok || !at.Equal(noon) || !ok2 || owner.ID == "" {
				return 0, fmt.Errorf("%v, %w", map[string]any(r), err)
			}
			n++
		}
		return n, nil
	},
	"COQL": func(ctx context.Context, c *zoho.Client) (int, error) {
		if _, err := lead(ctx, c); err != nil {
			return 0, err
		}
		p, err := c.COQL(ctx, "select Last_Name, Owner from Leads where Last_Name = 'Lee' limit 10")
		return len(p.Records), err
	},
	"Query": func(ctx context.Context, c *zoho.Client) (int, error) {
		if _, err := lead(ctx, c); err != nil {
			return 0, err
		}
		return each(c.Query(ctx, zoho.Select{Columns: []string{"Last_Name"}, From: "Leads", Where: zoho.Equal("Last_Name", "Lee")}))
	},
}

// hook is a channel; nothing is posted to it.
var hook = zoho.Watch{ChannelID: "1000000068001", Events: []string{"Leads.create", "Events.all"}, Expiry: noon.Add(6 * 24 * time.Hour), NotifyURL: "http://127.0.0.1:1/hook", Token: "tok"}

// visit makes an event in the user's own calendar.
func visit(ctx context.Context, c *zoho.Client) (zoho.CalendarEvent, error) {
	return c.CreateCalendarEvent(ctx, "primary", zoho.CalendarEvent{Title: "Visit", Description: "mind the dog", Span: zoho.Span{Start: noon, End: noon.Add(time.Hour)}})
}

func lead(ctx context.Context, c *zoho.Client) (string, error) {
	made, err := c.Insert(ctx, "Leads", []zoho.Record{{"Last_Name": "Lee", "Company": "L", "Email": "lee@example.org"}}, zoho.WriteOptions{})
	if err != nil {
		return "", err
	}
	return made[0].ID, made[0].Err
}

func many[T any](list []T, err error) (int, error) { return len(list), err }

func each(seq func(func(zoho.Record, error) bool)) (n int, err error) {
	for _, err := range seq {
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// TestTheFilesAreThere says loudly when nothing is checked; the trips below run all the same.
func TestTheFilesAreThere(t *testing.T) {
	t.Parallel()
	contract.Need(t)
}

func TestEveryCallOfTheClientKeepsTheContract(t *testing.T) {
	t.Parallel()
	methods := reflect.TypeFor[*zoho.Client]()
	for i := range methods.NumMethod() {
		name := methods.Method(i).Name
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			trip := trips[name]
			if trip == nil {
				t.Fatal("nothing here makes the client send this request")
			}
			if n, err := trip(t.Context(), meet(t)); err != nil || n == 0 {
				t.Errorf("%d, %v", n, err)
			}
		})
	}
}
