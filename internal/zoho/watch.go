package zoho

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Limits of a channel (https://www.zoho.com/crm/developer/docs/api/v8/notifications/enable.html). A token may have 50
// signs on one page and 256 on another: the lower one is kept.
const (
	LongestWatch   = 7 * 24 * time.Hour
	maxWatches     = 50
	maxNotifyURL   = 255
	maxNotifyToken = 50
)

// Watch is a channel through which Zoho tells of changes. It is always sent whole: of a partial change Zoho drops the
// token.
type Watch struct {
	ChannelID string    // a positive number of 63 bits that we choose
	Events    []string  // Module.create, .edit, .delete or .all
	Expiry    time.Time // at most a week ahead, cut to the second: beyond that Zoho makes it an hour
	NotifyURL string    // at most 255 signs
	Token     string    // comes back in each notification; at most 50 signs
	Values    bool      // notifications bring the changed values
	Related   bool      // changes of related records count too
}

// Format and its siblings keep address and token, both of which are secrets, out of every print.
func (w Watch) Format(f fmt.State, _ rune)   { show(f, "zoho.Watch "+tame(w.ChannelID, 30)) }
func (w Watch) LogValue() slog.Value         { return slog.StringValue(fmt.Sprint(w)) }
func (w Watch) MarshalText() ([]byte, error) { return []byte(fmt.Sprint(w)), nil }

// Watched is Zoho's answer for one channel, in the place of the channel that was sent.
type Watched struct {
	Modules []string  // that are watched now
	Expiry  time.Time // as granted, the earliest of the modules'; zero where Zoho does not say
	Err     error     // nil: watched; otherwise *Error, of NotSubscribed where there is no such channel to replace
}

// EnableWatch makes up to 50 channels. Whether one that exists already is replaced or refused with DuplicateData is on no
// page: ReplaceWatch first. A nil error means that Zoho answered for each.
// https://www.zoho.com/crm/developer/docs/api/v8/notifications/enable.html
func (c *Client) EnableWatch(ctx context.Context, watches []Watch) ([]Watched, error) {
	return c.watch(ctx, http.MethodPost, watches)
}

// ReplaceWatch changes up to 50 channels, also to renew them; one that has expired answers NotSubscribed.
// https://www.zoho.com/crm/developer/docs/api/v8/notifications/update-details.html
func (c *Client) ReplaceWatch(ctx context.Context, watches []Watch) ([]Watched, error) {
	return c.watch(ctx, http.MethodPut, watches)
}

func (c *Client) watch(ctx context.Context, method string, watches []Watch) ([]Watched, error) {
	if len(watches) > maxWatches {
		return nil, refuse("one call takes %d channels, not %d", maxWatches, len(watches))
	}
	items := make([]map[string]any, len(watches))
	for i, w := range watches {
		if err := w.check(c.cfg.Now()); err != nil {
			return nil, err
		}
		items[i] = map[string]any{
			"channel_id": w.ChannelID, "events": w.Events, "channel_expiry": DateTime(w.Expiry, time.UTC), "notify_url": w.NotifyURL,
			"token": w.Token, "return_affected_field_values": w.Values, "notify_on_related_action": w.Related,
		}
	}
	if len(items) == 0 {
		return nil, nil
	}
	got, err := c.do(ctx, request{
		method: method, path: "/actions/watch", in: map[string]any{"watch": items}, safe: method == http.MethodPut, write: true, credits: 1,
	})
	if len(items) == 1 && errors.Is(err, NotSubscribed) {
		return []Watched{{Err: err}}, nil // a bare error in place of the only item's
	}
	if err != nil {
		return nil, err
	}
	return got.watched(len(items))
}

var watchEvent = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,99}\.(create|edit|delete|all)$`)

func (w Watch) check(now time.Time) error {
	if err := checkChannel(w.ChannelID); err != nil {
		return err
	}
	if len(w.Events) == 0 || slices.ContainsFunc(w.Events, func(e string) bool { return !watchEvent.MatchString(e) }) {
		return refuse("a channel watches events such as Leads.edit")
	}
	if u, err := url.Parse(w.NotifyURL); err != nil || u.Host == "" || len(w.NotifyURL) > maxNotifyURL {
		return refuse("a channel notifies an address of at most %d signs", maxNotifyURL)
	}
	if len(w.Token) > maxNotifyToken {
		return refuse("a channel's token has at most %d signs", maxNotifyToken)
	}
	if ahead := w.Expiry.Sub(now); ahead <= 0 || ahead > LongestWatch {
		return refuse("a channel ends within a week")
	}
	return nil
}

func checkChannel(id string) error {
	if n, err := strconv.ParseInt(id, 10, 64); err != nil || n <= 0 || !isID(id) {
		return refuse("a channel's id is a positive number of 63 bits")
	}
	return nil
}

// watched reads watch[]: like records, each item is judged by its own status, since Zoho answers 200, 201, 202, 207 and
// 400 alike, and when nothing succeeded the one refusal may stand alone.
func (r reply) watched(sent int) ([]Watched, error) {
	items, _ := r.body["watch"].([]any)
	if e := r.refusal(items, sent); e != nil {
		return nil, e
	}
	if len(items) != sent {
		return nil, r.unreadable()
	}
	out := make([]Watched, sent)
	for i, item := range items {
		v, known := envelopeOf(item)
		switch {
		case !known:
			return nil, r.unreadable()
		case !v.succeeded():
			out[i].Err = errorFrom(r.status, v)
			continue
		}
		for _, e := range Record(v.details).Objects("events") {
			out[i].add(e)
		}
	}
	return out, nil
}

func (w *Watched) add(event Record) {
	if name := event.Text("resource_name"); name != "" && !slices.Contains(w.Modules, name) {
		w.Modules = append(w.Modules, name)
	}
	if t, ok := event.Time("channel_expiry"); ok && (w.Expiry.IsZero() || t.Before(w.Expiry)) {
		w.Expiry = t
	}
}

// WatchDetails reads a channel, which Zoho lists once for each of its modules; the expiry is the earliest. Fails with
// NotSubscribed. https://www.zoho.com/crm/developer/docs/api/v8/notifications/get-details.html
func (c *Client) WatchDetails(ctx context.Context, channelID string) (Watch, error) {
	if err := checkChannel(channelID); err != nil {
		return Watch{}, err
	}
	r := get("/actions/watch", url.Values{"channel_id": {channelID}})
	r.counted = true
	var out Watch
	for row, err := range c.walk(ctx, r, "watch") {
		if err != nil {
			return Watch{}, err
		}
		if row.Text("channel_id") != channelID {
			continue
		}
		out.ChannelID, out.NotifyURL, out.Token = channelID, row.Text("notify_url"), row.Text("token")
		out.Values, out.Related = row.Bool("return_affected_field_values"), row.Bool("notify_on_related_action")
		for _, e := range row.Texts("events") {
			if !slices.Contains(out.Events, e) {
				out.Events = append(out.Events, e)
			}
		}
		if t, ok := row.Time("channel_expiry"); ok && (out.Expiry.IsZero() || t.Before(out.Expiry)) {
			out.Expiry = t
		}
	}
	if out.ChannelID == "" {
		return Watch{}, &Error{Status: http.StatusNoContent, Kind: NotSubscribed, Message: "no such channel"}
	}
	return out, nil
}

// DisableWatch ends up to 50 channels. One that is not there is no error.
// https://www.zoho.com/crm/developer/docs/api/v8/notifications/disable.html
func (c *Client) DisableWatch(ctx context.Context, channelIDs []string) error {
	if len(channelIDs) > maxWatches {
		return refuse("one call takes %d channels, not %d", maxWatches, len(channelIDs))
	}
	for _, id := range channelIDs {
		if err := checkChannel(id); err != nil {
			return err
		}
	}
	if len(channelIDs) == 0 {
		return nil
	}
	got, err := c.do(ctx, request{
		method: http.MethodDelete, path: "/actions/watch", query: url.Values{"channel_ids": {strings.Join(channelIDs, ",")}},
		safe: true, write: true, credits: 1,
	})
	if errors.Is(err, NotSubscribed) {
		return nil
	}
	if err != nil {
		return err
	}
	return got.disabled()
}

// disabled reads the answer of an end: an item for each module of each channel, so their number says nothing.
func (r reply) disabled() error {
	if r.body == nil {
		return nil
	}
	for _, v := range envelopesIn(map[string]any(r.body)) {
		if e := errorFrom(r.status, v); e.Kind != NotSubscribed {
			return e
		}
	}
	if items, _ := r.body["watch"].([]any); len(items) == 0 {
		return r.unreadable()
	}
	return nil
}
