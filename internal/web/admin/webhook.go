package admin

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/web/page"
	"heavyset.tech/platform/internal/webhook"
)

type webhooksView struct {
	frame
	Rows   []webhookRow
	Action string
	Draft  webhookForm
}

type webhookRow struct {
	URL, For, Link string
	Types          string
	Last           string
	State          pill
}

// webhookForm is what a person says of a webhook.
type webhookForm struct {
	Form     page.Form
	URL, For page.Field
	Types    []choice
}

// webhooks lists the organization's webhooks.
func (c *Console) webhooks(w http.ResponseWriter, r *http.Request, v *visit) error {
	return c.showWebhooks(w, r, v, http.StatusOK, page.Form{Values: url.Values{"types": typeNames(webhook.Types())}})
}

func typeNames(types []webhook.Type) (out []string) {
	for _, t := range types {
		out = append(out, string(t))
	}
	return out
}

func (c *Console) showWebhooks(w http.ResponseWriter, r *http.Request, v *visit, status int, form page.Form) error {
	list, err := c.Hooks.Store.Webhooks(r.Context(), v.org.ID)
	if err != nil {
		return err
	}
	f, err := c.frame(r, v, "Webhooks")
	if err != nil {
		return err
	}
	f.Purpose = "Programs of yours that HeavySet calls when something happens, by the Standard Webhooks specification."
	view := webhooksView{frame: f, Action: v.path("webhooks"), Draft: webhookFormOf(form)}
	cal := calendar{v.org.Location(), c.Now()}
	for _, e := range list {
		row := webhookRow{URL: e.URL, For: e.Description, Link: v.path("webhooks", string(e.ID)), Last: "nothing yet", State: webhookState(e), Types: countOf(len(e.Types), "type", "types") + " of events"}
		if len(e.Types) == len(webhook.Types()) {
			row.Types = "all events"
		}
		if !e.Delivered.IsZero() {
			row.Last = cal.age(e.Delivered)
		}
		view.Rows = append(view.Rows, row)
	}
	return c.set.Render(w, status, "webhooks", view)
}

func countOf(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

func webhookState(e webhook.Endpoint) pill {
	switch {
	case e.State == webhook.Disabled:
		return pill{Kind: "off", Words: "Off", Title: e.Why}
	case e.State == webhook.Failing:
		return pill{Kind: "bad", Words: "Failing", Title: "It has taken nothing for three days."}
	case !e.FailingSince.IsZero():
		return pill{Kind: "warn", Words: "Trying again", Title: "The last attempt was not taken."}
	}
	return pill{Kind: "ok", Words: "On"}
}

func webhookFormOf(form page.Form) webhookForm {
	out := webhookForm{
		Form: form,
		URL:  page.Field{Name: "url", Label: "Address", Type: "url", Hint: "Such as https://example.com/hooks/heavyset. It must be public and use https.", Required: true, Limit: 500, Autocomplete: "off"}.With(form),
		For:  page.Field{Name: "description", Label: "What is it for?", Type: "text", Optional: true, Limit: 100, Autocomplete: "off"}.With(form),
	}
	out.URL.Error, out.For.Error = sentence("This ", out.URL.Error), sentence("This ", out.For.Error)
	for _, t := range webhook.Types() {
		out.Types = append(out.Types, choice{Value: string(t), Label: hookWords(t), On: slices.Contains(form.Values["types"], string(t))})
	}
	return out
}

// hookWords say when a message of a type goes out.
func hookWords(t webhook.Type) string {
	return map[webhook.Type]string{
		webhook.AppointmentBooked: "A visit is booked", webhook.AppointmentConfirmed: "A request is confirmed, or an outcome taken back",
		webhook.AppointmentRescheduled: "A visit has another time", webhook.AppointmentReassigned: "A visit has another rep", webhook.AppointmentCancelled: "A visit is called off",
		webhook.AppointmentCompleted: "A visit took place", webhook.AppointmentNoShow: "Nobody was there",
		webhook.LeadCreated: "There is a new lead", webhook.LeadUpdated: "A lead has moved on", webhook.CustomerUpdated: "A customer's contact has changed",
		webhook.ConnectionLost: "The connection to Zoho is lost", webhook.ConnectionRestored: "The connection is back", webhook.Test: "A test",
	}[t]
}

func webhookDraft(form page.Form) webhook.Draft {
	d := webhook.Draft{URL: form.Get("url"), Description: form.Get("description"), Disabled: form.Get("on") == "0"}
	for _, t := range form.Values["types"] {
		d.Types = append(d.Types, webhook.Type(t))
	}
	return d
}

// addWebhook adds a webhook and shows its secret, once.
func (c *Console) addWebhook(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	e, err := c.Hooks.Create(r.Context(), v.org.ID, webhookDraft(form), v.user.Name)
	if err != nil {
		if err := form.Fail(err, nil); err != nil {
			return err
		}
		return c.showWebhooks(w, r, v, http.StatusUnprocessableEntity, form)
	}
	if err := c.did(r, v, audit.Webhooks, "Webhook added", e.URL, e.Words()...); err != nil {
		return err
	}
	return c.showWebhookSecret(w, r, v, e, "Your new webhook")
}

type webhookSecretView struct {
	frame
	Back, Secret string
	Former       string // until when the one before signs too; "" when there is none
}

func (c *Console) showWebhookSecret(w http.ResponseWriter, r *http.Request, v *visit, e webhook.Endpoint, title string) error {
	f, err := c.frame(r, v, title)
	if err != nil {
		return err
	}
	f.Purpose = e.URL
	view := webhookSecretView{frame: f, Back: v.path("webhooks", string(e.ID)), Secret: e.Secret.Reveal()}
	if !e.Former.Empty() {
		view.Former = calendar{v.org.Location(), c.Now()}.stamp(e.FormerUntil)
	}
	return c.set.Render(w, http.StatusOK, "webhooksecret", view)
}

type webhookView struct {
	frame
	Back, Path   string
	State        pill
	Why          string
	Facts        []fact
	States       []option
	Filtered     bool
	Rows         []deliveryRow
	First, Next  string
	Draft        webhookForm
	On           bool
	Since        page.Field
	ReplayNotice string
	Remove       string
}

type deliveryRow struct {
	Sequence         int64
	Link, Type, When string
	Time             time.Time
	Exact            string
	Tries            string
	State            pill
}

// webhook shows one webhook with what was sent to it.
func (c *Console) webhook(w http.ResponseWriter, r *http.Request, v *visit) error {
	e, err := c.endpoint(r, v)
	if err != nil {
		return err
	}
	return c.showWebhook(w, r, v, http.StatusOK, e, page.Form{Values: url.Values{"url": {e.URL}, "description": {e.Description}, "types": typeNames(e.Types)}}, page.Form{})
}

func (c *Console) endpoint(r *http.Request, v *visit) (webhook.Endpoint, error) {
	return c.Hooks.Store.Webhook(r.Context(), v.org.ID, webhook.EndpointID(r.PathValue("id")))
}

func (c *Console) showWebhook(w http.ResponseWriter, r *http.Request, v *visit, status int, e webhook.Endpoint, form, replay page.Form) error {
	f, err := c.frame(r, v, "Webhook")
	if err != nil {
		return err
	}
	f.Purpose = e.Description
	cal := calendar{v.org.Location(), c.Now()}
	base := v.path("webhooks", string(e.ID))
	view := webhookView{
		frame: f, Back: v.path("webhooks"), Path: base, State: webhookState(e), Why: e.Why, Draft: webhookFormOf(form), On: e.State != webhook.Disabled, Remove: base + "/remove",
		Facts: []fact{{Label: "Address", Text: e.URL}, {Label: "Last taken", Text: "nothing yet"}, {Label: "Secret", Text: "whsec_••••••", Small: "Fingerprint " + e.Secret.Fingerprint()}, {Label: "Added", Text: cal.day(e.Created) + " by " + e.By}},
		Since: page.Field{Name: "since", Label: "Since", Type: "datetime-local", Required: true, Hint: "In the organization's zone, at most 30 days ago.", Width: "half"}.With(replay),
	}
	view.Since.Error, view.ReplayNotice = sentence("This ", view.Since.Error), replay.Notice
	if !e.Delivered.IsZero() {
		view.Facts[1].Text = cal.stamp(e.Delivered)
	}
	if e.State != webhook.Disabled && !e.FailingSince.IsZero() {
		view.Facts = append(view.Facts, fact{Label: "Takes nothing since", Text: cal.stamp(e.FailingSince), Small: "It is turned off after five days."})
	}
	if !e.Former.Empty() && c.Now().Before(e.FormerUntil) {
		view.Facts = append(view.Facts, fact{Label: "Former secret", Text: "signs too until " + cal.stamp(e.FormerUntil)})
	}
	if err := c.deliveries(r, v, e, cal, base, &view); err != nil {
		return err
	}
	return c.set.Render(w, status, "webhook", view)
}

// deliveries fills in the list of messages.
func (c *Console) deliveries(r *http.Request, v *visit, e webhook.Endpoint, cal calendar, base string, view *webhookView) error {
	q := r.URL.Query()
	state := webhook.MessageState(q.Get("state"))
	if !slices.Contains(webhook.MessageStates(), state) {
		state = ""
	}
	view.Filtered = state != ""
	view.States = []option{{Label: "All", Link: base, Current: state == ""}}
	for _, s := range webhook.MessageStates() {
		view.States = append(view.States, option{Label: messageState(s).Words, Link: address(base, "state", string(s)), Current: s == state})
	}
	before, _ := strconv.ParseInt(q.Get("before"), 10, 64) // what is no number is the newest page
	list, next, err := c.Hooks.Store.Messages(r.Context(), v.org.ID, e.ID, webhook.Filter{State: state, Before: before, Limit: listSize})
	if err != nil {
		return err
	}
	for _, m := range list {
		view.Rows = append(view.Rows, deliveryRow{
			Sequence: m.Sequence, Link: deliveryPath(v, m), Type: string(m.Type), When: cal.age(m.At), Time: m.At, Exact: cal.exact(m.At),
			Tries: countOf(m.Attempts, "attempt", "attempts"), State: messageState(m.State),
		})
	}
	if before > 0 {
		view.First = address(base, "state", string(state))
	}
	if next > 0 {
		view.Next = address(base, "state", string(state), "before", strconv.FormatInt(next, 10))
	}
	return nil
}

func deliveryPath(v *visit, m webhook.Message) string {
	return v.path("webhooks", string(m.Endpoint), "deliveries", strconv.FormatInt(m.Sequence, 10))
}

func messageState(s webhook.MessageState) pill {
	switch s {
	case webhook.Delivered:
		return pill{Kind: "ok", Words: "Delivered"}
	case webhook.Failed:
		return pill{Kind: "bad", Words: "Given up", Title: "It was not taken for three days."}
	case webhook.Held:
		return pill{Kind: "off", Words: "Held", Title: "The webhook was off. Replay it once it is on."}
	case webhook.Gone:
		return pill{Kind: "off", Words: "Erased", Title: "What it told of has been erased."}
	}
	return pill{Kind: "warn", Words: "Waiting"}
}

// saveWebhook changes a webhook, turns it off or on.
func (c *Console) saveWebhook(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	was, is, err := c.Hooks.Change(r.Context(), v.org.ID, webhook.EndpointID(r.PathValue("id")), webhookDraft(form))
	if err != nil {
		if err := form.Fail(err, nil); err != nil {
			return err
		}
		e, err := c.endpoint(r, v)
		if err != nil {
			return err
		}
		return c.showWebhook(w, r, v, http.StatusUnprocessableEntity, e, form, page.Form{})
	}
	if err := c.did(r, v, audit.Webhooks, "Webhook changed", is.URL, webhook.Differences(was, is)...); err != nil {
		return err
	}
	return c.toWebhook(w, r, v, "Saved.")
}

func (c *Console) toWebhook(w http.ResponseWriter, r *http.Request, v *visit, words string) error {
	c.Sessions.Flash(r.Context(), "success", words)
	http.Redirect(w, r, v.path("webhooks", r.PathValue("id")), http.StatusSeeOther)
	return nil
}

// rotateWebhook gives a webhook another secret and shows it, once.
func (c *Console) rotateWebhook(w http.ResponseWriter, r *http.Request, v *visit) error {
	e, err := c.Hooks.Rotate(r.Context(), v.org.ID, webhook.EndpointID(r.PathValue("id")))
	if err != nil {
		return err
	}
	if err := c.did(r, v, audit.Webhooks, "Webhook secret rotated", e.URL); err != nil {
		return err
	}
	return c.showWebhookSecret(w, r, v, e, "The new secret")
}

// testWebhook sends a webhook a test.
func (c *Console) testWebhook(w http.ResponseWriter, r *http.Request, v *visit) error {
	m, err := c.Hooks.Ping(r.Context(), v.org.ID, webhook.EndpointID(r.PathValue("id")))
	if err != nil {
		return err
	}
	if err := c.did(r, v, audit.Webhooks, "Webhook tested", string(m.Endpoint)); err != nil {
		return err
	}
	http.Redirect(w, r, deliveryPath(v, m), http.StatusSeeOther)
	return nil
}

// replayWebhook sends everything since a time again.
func (c *Console) replayWebhook(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	since, err := time.ParseInLocation("2006-01-02T15:04", form.Get("since"), v.org.Location())
	var n int
	if err != nil {
		err = fault.OfField("since", "must be a date and a time.")
	} else {
		n, err = c.Hooks.Replay(r.Context(), v.org.ID, webhook.EndpointID(r.PathValue("id")), since)
	}
	if err != nil {
		if err := form.Fail(err, nil); err != nil {
			return err
		}
		e, err := c.endpoint(r, v)
		if err != nil {
			return err
		}
		return c.showWebhook(w, r, v, http.StatusUnprocessableEntity, e, page.Form{Values: url.Values{"url": {e.URL}, "description": {e.Description}, "types": typeNames(e.Types)}}, form)
	}
	if err := c.did(r, v, audit.Webhooks, "Webhook messages replayed", r.PathValue("id"), "Since "+since.Format(time.RFC3339)+": "+strconv.Itoa(n)); err != nil {
		return err
	}
	return c.toWebhook(w, r, v, countOf(n, "message is", "messages are")+" sent again.")
}

type webhookRemoveView struct {
	frame
	Back, Action, URL string
}

// askRemoveWebhook says what removing a webhook does, and asks.
func (c *Console) askRemoveWebhook(w http.ResponseWriter, r *http.Request, v *visit) error {
	e, err := c.endpoint(r, v)
	if err != nil {
		return err
	}
	f, err := c.frame(r, v, "Remove a webhook")
	if err != nil {
		return err
	}
	return c.set.Render(w, http.StatusOK, "webhookremove", webhookRemoveView{frame: f, Back: v.path("webhooks", string(e.ID)), Action: r.URL.Path, URL: e.URL})
}

// removeWebhook removes a webhook with its messages.
func (c *Console) removeWebhook(w http.ResponseWriter, r *http.Request, v *visit) error {
	e, err := c.endpoint(r, v)
	if err != nil {
		return err
	}
	if err := c.Hooks.Store.RemoveWebhook(r.Context(), v.org.ID, e.ID); err != nil {
		return err
	}
	if err := c.did(r, v, audit.Webhooks, "Webhook removed", e.URL); err != nil {
		return err
	}
	c.Sessions.Flash(r.Context(), "success", "The webhook is removed. Nothing is sent there any more.")
	http.Redirect(w, r, v.path("webhooks"), http.StatusSeeOther)
	return nil
}
