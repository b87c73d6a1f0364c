package zohocrm

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/zoho"
)

// Zoho's own names for what every record, or every meeting, has.
const (
	modifiedField  = "Modified_Time"
	cancelledField = "$event_cancelled"
	convertedField = "$converted"
	repeatField    = "Recurring_Activity"
	eventsModule   = "Events"
)

// withField adds a field to a list that has not got it.
func withField(list []string, f string) []string {
	if slices.Contains(list, f) {
		return list
	}
	return append(slices.Clone(list), f)
}

// idsPerCall is how many records one list can be asked for by id.
const idsPerCall = 100

// lasting gives what next yields, each of its calls bounded by callTakes: the clock runs while the CRM is waited for and
// stands while the caller looks at a row.
func lasting[T any](ctx context.Context, next func(context.Context) iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		clock := time.AfterFunc(callTakes, cancel)
		defer clock.Stop()
		for v, err := range next(ctx) {
			clock.Stop()
			if err != nil {
				err = problem(err)
			}
			if !yield(v, err) {
				return
			}
			clock.Reset(callTakes)
		}
	}
}

// Window reads by COQL: it sees what was written a moment ago. Without a word on how many rows to expect, one credit for the
// first 200 and three for each 2,000 after them.
func (p *provider) Window(ctx context.Context, w crm.Window) iter.Seq2[crm.Record, error] {
	return func(yield func(crm.Record, error) bool) {
		query, err := selection(w)
		if err != nil {
			yield(crm.Record{}, err)
			return
		}
		cl, err := p.client()
		if err != nil {
			yield(crm.Record{}, err)
			return
		}
		rows := lasting(ctx, func(ctx context.Context) iter.Seq2[zoho.Record, error] { return cl.Query(ctx, query) })
		for r, err := range rows {
			if err != nil {
				yield(crm.Record{}, err)
				return
			}
			if !yield(record(w.Module, r), nil) {
				return
			}
		}
	}
}

// firstPage is the cheapest page for so many rows: one credit up to 200, two up to 1,000, three up to 2,000. Some more may
// have come since they were counted.
func firstPage(expect int) int {
	switch most := expect + expect/20 + 1; {
	case expect <= 200:
		return 0
	case most <= 1_000:
		return 1_000
	}
	return 2_000
}

// selection writes a window as a query. Zoho's instants are whole seconds: the end of the window is rounded up and its
// beginning down, so that nothing falls between.
func selection(w crm.Window) (zoho.Select, error) {
	if len(w.Fields) > crm.WindowFields {
		return zoho.Select{}, fmt.Errorf("zohocrm: a window names %d fields, not %d", crm.WindowFields, len(w.Fields))
	}
	var all []zoho.Condition
	switch {
	case w.From.IsZero():
		all = append(all, zoho.GreaterEqual(modifiedField, w.ModifiedSince))
	case w.Days:
		all = append(all, zoho.GreaterEqual(w.Start, w.From.UTC().Format(time.DateOnly)), zoho.LessEqual(w.Start, w.To.UTC().Format(time.DateOnly)))
	case w.Start == "":
		return zoho.Select{}, errors.New("zohocrm: a window needs the field that holds the start")
	case w.End == "":
		all = append(all, zoho.GreaterEqual(w.Start, w.From))
	default:
		all = append(all, zoho.Greater(w.End, w.From))
	}
	if !w.From.IsZero() && !w.To.IsZero() && !w.Days {
		all = append(all, zoho.Less(w.Start, w.To.Add(time.Second-time.Nanosecond).Truncate(time.Second)))
	}
	if !w.From.IsZero() && !w.ModifiedSince.IsZero() {
		all = []zoho.Condition{zoho.Any(zoho.All(all...), zoho.GreaterEqual(modifiedField, w.ModifiedSince))}
	}
	for _, m := range w.Match {
		c, err := condition(m)
		if err != nil {
			return zoho.Select{}, err
		}
		all = append(all, c)
	}
	columns := []string{"id"}
	for _, f := range withField(w.Fields, modifiedField) {
		columns = withField(columns, f)
	}
	return zoho.Select{Columns: columns, From: w.Module, Where: zoho.All(all...), Grow: true, First: firstPage(w.Expect)}, nil
}

// Records asks for a hundred at a time, one credit each.
func (p *provider) Records(ctx context.Context, module string, ids, fields []string) ([]crm.Record, error) {
	cl, err := p.client()
	if err != nil {
		return nil, err
	}
	var out []crm.Record
	fields = withField(fields, modifiedField)
	if module == eventsModule {
		fields = withField(withField(fields, cancelledField), repeatField)
	}
	if module == "Leads" {
		fields = withField(fields, convertedField)
	}
	for some := range slices.Chunk(slices.Compact(slices.Sorted(slices.Values(ids))), idsPerCall) {
		list := zoho.List{Fields: fields, IDs: some}
		if module == "Leads" {
			list.Converted = "both"
		}
		rows := lasting(ctx, func(ctx context.Context) iter.Seq2[zoho.Record, error] { return cl.ListRecords(ctx, module, list) })
		for r, err := range rows {
			if err != nil {
				return nil, err
			}
			out = append(out, record(module, r))
		}
	}
	return out, nil
}

// Deletions asks from the second before: Zoho lists what is later than the second that it is given.
func (p *provider) Deletions(ctx context.Context, module string, since time.Time) ([]crm.Deletion, error) {
	cl, err := p.client()
	if err != nil {
		return nil, err
	}
	if !since.IsZero() {
		since = since.Truncate(time.Second).Add(-time.Second)
	}
	last := map[string]time.Time{}
	rows := lasting(ctx, func(ctx context.Context) iter.Seq2[zoho.Deleted, error] {
		return cl.Deleted(ctx, module, zoho.DeletedAll, since)
	})
	for d, err := range rows {
		if err != nil {
			return nil, err
		}
		if at, known := last[d.ID]; !known || d.At.After(at) {
			last[d.ID] = d.At
		}
	}
	out := make([]crm.Deletion, 0, len(last))
	for id, at := range last {
		out = append(out, crm.Deletion{ID: id, At: at})
	}
	slices.SortFunc(out, func(a, b crm.Deletion) int {
		if c := a.At.Compare(b.At); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return out, nil
}

// skew is how far our clock may be ahead of Zoho's: a channel that is asked for longer than a week gets an hour.
const skew = time.Hour

// Watch changes the channel, and makes it where there is none: Zoho's pages do not say whether making one that is there
// replaces it. One credit, two for a new one.
func (p *provider) Watch(ctx context.Context, c crm.Channel) (crm.Channel, error) {
	cl, err := p.client()
	if err != nil {
		return crm.Channel{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, callTakes)
	defer cancel()
	if latest := p.connector.now().Add(zoho.LongestWatch - skew); c.Expires.IsZero() || c.Expires.After(latest) {
		c.Expires = latest
	}
	w := zoho.Watch{ChannelID: c.ID, Expiry: c.Expires, NotifyURL: c.URL, Token: c.Token.Reveal()}
	for _, m := range c.Modules {
		w.Events = append(w.Events, m+".all")
	}
	got, err := one(cl.ReplaceWatch(ctx, []zoho.Watch{w}))
	if errors.Is(err, zoho.NotSubscribed) {
		got, err = one(cl.EnableWatch(ctx, []zoho.Watch{w}))
	}
	if err != nil {
		return crm.Channel{}, problem(err)
	}
	if len(got.Modules) > 0 && !got.Expiry.IsZero() {
		c.Modules, c.Expires = got.Modules, got.Expiry
		return c, nil
	}
	details, err := cl.WatchDetails(ctx, c.ID)
	if err != nil {
		return crm.Channel{}, problem(err)
	}
	return channel(details), nil
}

// one takes the only answer of a call for one channel.
func one(got []zoho.Watched, err error) (zoho.Watched, error) {
	if err != nil {
		return zoho.Watched{}, err
	}
	return got[0], got[0].Err
}

func channel(w zoho.Watch) crm.Channel {
	c := crm.Channel{ID: w.ChannelID, URL: w.NotifyURL, Token: secret.NewString(w.Token), Expires: w.Expiry}
	for _, e := range w.Events {
		if m, _, _ := strings.Cut(e, "."); !slices.Contains(c.Modules, m) {
			c.Modules = append(c.Modules, m)
		}
	}
	return c
}

// Watching reads a channel. One credit.
func (p *provider) Watching(ctx context.Context, id string) (crm.Channel, bool, error) {
	cl, err := p.client()
	if err != nil {
		return crm.Channel{}, false, err
	}
	ctx, cancel := context.WithTimeout(ctx, callTakes)
	defer cancel()
	w, err := cl.WatchDetails(ctx, id)
	if errors.Is(err, zoho.NotSubscribed) {
		return crm.Channel{}, false, nil
	}
	if err != nil {
		return crm.Channel{}, false, problem(err)
	}
	return channel(w), true, nil
}

// Unwatch ends channels. One credit for each 50.
func (p *provider) Unwatch(ctx context.Context, ids ...string) error {
	cl, err := p.client()
	if err != nil {
		return err
	}
	for some := range slices.Chunk(ids, 50) {
		ctx, cancel := context.WithTimeout(ctx, callTakes)
		err := cl.DisableWatch(ctx, some)
		cancel()
		if err != nil {
			return problem(err)
		}
	}
	return nil
}

// ParseNotice reads a notification.
func (c *Connector) ParseNotice(body []byte) (crm.Notice, error) {
	n, err := zoho.ParseNotification(body)
	if err != nil {
		return crm.Notice{}, fault.Wrap(fault.Invalid, "This is no notification of Zoho's.", err)
	}
	return crm.Notice{Channel: n.ChannelID, Token: secret.NewString(n.Token), Module: n.Module, IDs: n.IDs, Made: n.Operation == "insert", Deleted: n.Operation == "delete"}, nil
}

// People lists all users. One credit for each 200.
func (p *provider) People(ctx context.Context) ([]crm.Person, error) {
	cl, err := p.client()
	if err != nil {
		return nil, err
	}
	var out []crm.Person
	rows := lasting(ctx, func(ctx context.Context) iter.Seq2[zoho.User, error] { return cl.Users(ctx, zoho.AllUsers) })
	for u, err := range rows {
		if err != nil {
			return nil, err
		}
		out = append(out, crm.Person{ID: u.ID, Name: u.FullName, Email: u.Email, Timezone: u.TimeZone, Active: u.Active})
	}
	return out, nil
}
