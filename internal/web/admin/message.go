package admin

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/locale"
	"heavyset.tech/platform/internal/notify"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/sms"
	"heavyset.tech/platform/internal/web/page"
)

var errNoMessage = fault.New(fault.NotFound, "There is no such message.")

// messagesView is what an organization wants sent, and the words of it.
type messagesView struct {
	frame
	MayEdit             bool
	Action              string
	Form                page.Form
	Sender, ReplyTo     page.Field
	QuietFrom, QuietTo  page.Field
	Reminders, FollowAt []choice
	FollowUp, ByCRM     bool
	Staff               page.Field
	StaffRep            bool
	Rows                []messageRow
	Texts               *textsView // nil: the installation sends none
}

// textsView is the switch for text messages, with what they look like.
type textsView struct {
	On      bool
	Samples []textSample
}

type textSample struct {
	Name, Text, Length string
}

type messageRow struct {
	Name, When string
	Languages  []messageLink
}

type messageLink struct {
	Language, Link string
	Own            bool
}

// reminderTimes are the choices for when to remind, in minutes before the visit.
func reminderTimes() []int {
	return []int{7 * 24 * 60, 3 * 24 * 60, 2 * 24 * 60, 24 * 60, 4 * 60, 2 * 60, 60, 30}
}

// followTimes are the choices for when to write after a no-show, in minutes.
func followTimes() []int { return []int{0, 60, 3 * 60, 24 * 60} }

// messages shows what is sent, when and in which words.
func (c *Console) messages(w http.ResponseWriter, r *http.Request, v *visit) error {
	p, err := c.Alerts.Policy(r.Context(), v.org.ID)
	if err != nil {
		return err
	}
	return c.showMessages(w, r, v, http.StatusOK, policyForm(p))
}

func clockText(minutes int) string { return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60) }

// policyForm is a policy as its form shows it.
func policyForm(p notify.Policy) page.Form {
	form := page.Form{Values: url.Values{}}
	set := func(name, value string) { form.Values.Set(name, value) }
	set("sender", p.Sender)
	set("reply_to", p.ReplyTo)
	set("staff", strings.Join(p.Staff, "\n"))
	if p.Quiet.From != p.Quiet.To {
		set("quiet_from", clockText(p.Quiet.From))
		set("quiet_to", clockText(p.Quiet.To))
	}
	for _, d := range p.Reminders {
		form.Values.Add("reminders", strconv.Itoa(int(d/time.Minute)))
	}
	set("follow_at", strconv.Itoa(int(p.FollowAt/time.Minute)))
	for name, on := range map[string]bool{"follow_up": p.FollowUp, "by_crm": p.ByCRM, "staff_rep": p.StaffRep, "texts": p.Texts} {
		if on {
			set(name, "1")
		}
	}
	return form
}

// policyOf reads the form.
func policyOf(form *page.Form) notify.Policy {
	p := notify.Policy{Sender: form.Get("sender"), ReplyTo: form.Get("reply_to"), FollowUp: form.Get("follow_up") != "", ByCRM: form.Get("by_crm") != ""}
	p.StaffRep, p.Texts = form.Get("staff_rep") != "", form.Get("texts") != ""
	p.Staff = strings.FieldsFunc(form.Get("staff"), func(r rune) bool { return strings.ContainsRune("\r\n,; ", r) })
	clock := func(name string) int {
		s := form.Get(name)
		t, err := time.Parse("15:04", s)
		if s != "" && err != nil {
			form.Errors[name] = "Please write a time of day such as 21:00."
		}
		return t.Hour()*60 + t.Minute()
	}
	p.Quiet = notify.Quiet{From: clock("quiet_from"), To: clock("quiet_to")}
	for _, s := range form.Values["reminders"] {
		n, err := strconv.Atoi(s)
		if err != nil || n > 1_000_000 {
			n = 0 // refused with the others that are none
		}
		p.Reminders = append(p.Reminders, time.Duration(n)*time.Minute)
	}
	if n, err := strconv.Atoi(form.Get("follow_at")); err == nil && n < 1_000_000 {
		p.FollowAt = time.Duration(n) * time.Minute
	}
	return p
}

func (c *Console) showMessages(w http.ResponseWriter, r *http.Request, v *visit, status int, form page.Form) error {
	f, err := c.frame(r, v, "Messages")
	if err != nil {
		return err
	}
	f.Purpose = "What customers are sent, when, and in which words."
	view := messagesView{
		frame: f, MayEdit: v.may(auth.Admin), Action: r.URL.Path, Form: form, FollowUp: form.Get("follow_up") != "", ByCRM: form.Get("by_crm") != "",
		Sender: page.Field{
			Name: "sender", Label: "Sender name", Type: "text", Optional: true, Limit: 100, Width: "half",
			Hint: "What customers see as the sender. Empty: " + v.org.Name + ".",
		}.With(form),
		ReplyTo: page.Field{
			Name: "reply_to", Label: "Reply address", Type: "email", Optional: true, Limit: 254, Width: "half",
			Hint: "Where a customer's answer goes. Empty: to " + c.Alerts.From.Address + ", which may be read by nobody.",
		}.With(form),
		Staff: page.Field{
			Name: "staff", Label: "Addresses", Lines: 3, Limit: 5000, Optional: true, Hint: "One a line. They hear of every booking.",
		}.With(form), StaffRep: form.Get("staff_rep") != "",
		QuietFrom: page.Field{Name: "quiet_from", Label: "Quiet from", Type: "time", Optional: true, Width: "half"}.With(form),
		QuietTo:   page.Field{Name: "quiet_to", Label: "until", Type: "time", Optional: true, Width: "half"}.With(form),
	}
	if c.Alerts.Texter != nil {
		view.Texts = &textsView{On: form.Get("texts") != "", Samples: c.textSamples(v)}
	}
	for _, m := range withKept(reminderTimes(), form.Values["reminders"]) {
		s := strconv.Itoa(m)
		view.Reminders = append(view.Reminders, choice{Value: s, Label: catalog.Minutes(m) + " before", On: slices.Contains(form.Values["reminders"], s)})
	}
	for _, m := range withKept(followTimes(), form.Values["follow_at"]) {
		s, label := strconv.Itoa(m), catalog.Minutes(m)+" later"
		if m == 0 {
			label = "at once"
		}
		view.FollowAt = append(view.FollowAt, choice{Value: s, Label: label, On: form.Get("follow_at") == s})
	}
	if view.Rows, err = c.messageRows(r, v); err != nil {
		return err
	}
	return c.set.Render(w, status, "messages", view)
}

// textSamples shows what text messages say, with what they cost.
func (c *Console) textSamples(v *visit) (out []textSample) {
	for _, k := range []notify.Kind{notify.Booked, notify.Reminder, notify.Rescheduled, notify.Reassigned, notify.Cancelled} {
		name, _ := messageTitle(k)
		text := c.Alerts.TextSample(v.org, k, locale.English)
		n, own := sms.Length(text)
		s := textSample{Name: name, Text: text, Length: strconv.Itoa(n) + " characters"}
		if parts := sms.Parts(text); parts > 1 {
			s.Length += ", charged as " + strconv.Itoa(parts) + " messages"
		}
		if !own {
			s.Length += "; its letters are not those of every phone"
		}
		out = append(out, s)
	}
	return out
}

// withKept gives the choices with those that are kept without being among them, the longest first.
func withKept(choices []int, kept []string) []int {
	for _, s := range kept {
		if n, err := strconv.Atoi(s); err == nil && n >= 0 && n < 1_000_000 && !slices.Contains(choices, n) {
			choices = append(choices, n)
		}
	}
	slices.Sort(choices)
	if choices[0] > 0 {
		slices.Reverse(choices)
	}
	return choices
}

// messageRows lists the messages with the languages in which the organization has words of its own.
func (c *Console) messageRows(r *http.Request, v *visit) ([]messageRow, error) {
	own, err := c.Alerts.Templates(r.Context(), v.org.ID)
	if err != nil {
		return nil, err
	}
	var out []messageRow
	for _, k := range notify.Kinds() {
		name, when := messageTitle(k)
		row := messageRow{Name: name, When: when}
		for _, l := range locale.All() {
			is := slices.ContainsFunc(own, func(x notify.Custom) bool { return x.Kind == k && x.Language == l })
			row.Languages = append(row.Languages, messageLink{languageName(l), messagePath(v, k, l, ""), is})
		}
		out = append(out, row)
	}
	return out, nil
}

// messageTitle names a message in the list, with when it goes out.
func messageTitle(k notify.Kind) (name, when string) {
	switch k {
	case notify.Booked:
		return "Confirmation", "at once, when somebody has booked; with an invitation for the calendar"
	case notify.Requested:
		return "Request received", "at once, when a booking still has to be confirmed"
	case notify.Confirmed:
		return "Request confirmed", "when a request is confirmed"
	case notify.Declined:
		return "Request declined", "when a request is declined"
	case notify.Rescheduled:
		return "New time", "when the visit is moved, by whomever"
	case notify.Reassigned:
		return "Another rep", "when somebody else comes at the same time, whoever changed it; not for a request"
	case notify.Cancelled:
		return "Cancellation", "when the visit is called off, by whomever"
	case notify.Reminder:
		return "Reminder", "at the chosen times before the visit"
	}
	return "Follow-up", "after a no-show"
}

func languageName(l locale.Lang) string {
	return map[locale.Lang]string{locale.English: "English", locale.Spanish: "Spanish", locale.French: "French", locale.German: "German"}[l]
}

func messagePath(v *visit, k notify.Kind, l locale.Lang, zone string) string {
	q := url.Values{"kind": {string(k)}, "language": {string(l)}}
	if zone != "" {
		q.Set("zone", zone)
	}
	return v.path("scheduler", "messages", "edit") + "?" + q.Encode()
}

// saveMessages keeps what is sent and when.
func (c *Console) saveMessages(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	p := policyOf(&form)
	if form.Wrong() {
		return c.showMessages(w, r, v, http.StatusUnprocessableEntity, form)
	}
	was, is, err := c.Alerts.SetPolicy(r.Context(), v.org.ID, p)
	if err != nil {
		if err := form.Fail(err, nil); err != nil {
			return err
		}
		return c.showMessages(w, r, v, http.StatusUnprocessableEntity, form)
	}
	if err := c.did(r, v, audit.Organization, "Messages changed", "", policyChanges(was, is)...); err != nil {
		return err
	}
	c.Sessions.Flash(r.Context(), "success", "Saved. Reminders of the visits to come are planned anew.")
	http.Redirect(w, r, v.path("scheduler", "messages"), http.StatusSeeOther)
	return nil
}

// policyChanges says what is different, for the audit.
func policyChanges(was, is notify.Policy) []string {
	words := func(p notify.Policy) [][2]string {
		return [][2]string{
			{"sender", p.Sender},
			{"reply address", p.ReplyTo},
			{"reminders", fmt.Sprint(p.Reminders)},
			{"quiet hours", clockText(p.Quiet.From) + "–" + clockText(p.Quiet.To)},
			{"follow-up", fmt.Sprint(p.FollowUp, " after ", p.FollowAt)},
			{"Zoho tells of its changes", fmt.Sprint(p.ByCRM)},
			{"staff who are told", strings.Join(p.Staff, ", ")},
			{"the rep is told", fmt.Sprint(p.StaffRep)},
			{"text messages", fmt.Sprint(p.Texts)},
		}
	}
	var out []string
	old := words(was)
	for i, n := range words(is) {
		if n != old[i] {
			out = append(out, n[0]+": "+old[i][1]+" → "+n[1])
		}
	}
	return out
}

// messageView is the editor of one message in one language.
type messageView struct {
	frame
	Back                            string
	Action                          string
	MayEdit, Unsaved                bool
	Kind, Language, Changed         string
	Form                            page.Form
	Subject, Title, Body, Closing   page.Field
	Placeholders                    []notify.Placeholder
	Tabs                            []embedTab
	Zones                           []choice
	Preview, Text, From, PreviewFor string
	PreviewSubject                  string
}

// message shows one message in one language, as a customer of a zone gets it.
func (c *Console) message(w http.ResponseWriter, r *http.Request, v *visit) error {
	x, own, err := c.sampleOf(r, v, r.URL.Query())
	if err != nil {
		return err
	}
	return c.showMessage(w, r, v, http.StatusOK, x, own, templateForm(x.Template))
}

func templateForm(t notify.Template) page.Form {
	return page.Form{Values: url.Values{"subject": {t.Subject}, "heading": {t.Heading}, "body": {t.Body}, "closing": {t.Closing}}}
}

// sampleOf reads which message is meant, with the words in force.
func (c *Console) sampleOf(r *http.Request, v *visit, q url.Values) (notify.Sample, *notify.Custom, error) {
	x := notify.Sample{Kind: notify.Kind(cmp.Or(q.Get("kind"), string(notify.Booked))), Language: locale.Lang(cmp.Or(q.Get("language"), string(locale.English))), Zone: q.Get("zone")}
	if !slices.Contains(notify.Kinds(), x.Kind) || !slices.Contains(locale.All(), x.Language) {
		return x, nil, errNoMessage
	}
	if !org.ValidZone(x.Zone) {
		x.Zone = v.org.Timezone
	}
	x.Template = notify.Standard(x.Kind, x.Language)
	list, err := c.Alerts.Templates(r.Context(), v.org.ID)
	for _, o := range list {
		if o.Kind == x.Kind && o.Language == x.Language {
			x.Template = o.Template
			return x, &o, err
		}
	}
	return x, nil, err
}

// zones are the ones that a message is looked at in: the organization's own first.
func zones(own, current string) []choice {
	list := []string{own, "America/New_York", "America/Chicago", "America/Denver", "America/Phoenix", "America/Los_Angeles", "America/Anchorage", "Pacific/Honolulu", "America/Puerto_Rico", "Europe/Madrid", "Europe/Paris", "Europe/Berlin", "UTC", current}
	var out []choice
	for _, z := range list {
		if !slices.ContainsFunc(out, func(o choice) bool { return o.Value == z }) {
			out = append(out, choice{Value: z, Label: strings.ReplaceAll(z, "_", " "), On: z == current})
		}
	}
	return out
}

func (c *Console) showMessage(w http.ResponseWriter, r *http.Request, v *visit, status int, x notify.Sample, own *notify.Custom, form page.Form) error {
	name, when := messageTitle(x.Kind)
	f, err := c.frame(r, v, name+" in "+languageName(x.Language))
	if err != nil {
		return err
	}
	f.Purpose = "Goes out " + when + "."
	view := messageView{
		frame: f, Back: v.path("scheduler", "messages"), Action: v.path("scheduler", "messages", "edit"), MayEdit: v.may(auth.Admin), Form: form, Unsaved: r.Method == http.MethodPost,
		Kind: string(x.Kind), Language: string(x.Language), Placeholders: notify.Placeholders(x.Kind), Zones: zones(v.org.Timezone, x.Zone), PreviewFor: x.Zone,
		Subject: page.Field{Name: "subject", Label: "Subject", Type: "text", Required: true, Limit: 150}.With(form),
		Title:   page.Field{Name: "heading", Label: "Heading", Type: "text", Required: true, Limit: 120}.With(form),
		Body:    page.Field{Name: "body", Label: "Text above the visit", Lines: 5, Limit: 4000, Optional: true}.With(form),
		Closing: page.Field{Name: "closing", Label: "Text below it", Lines: 5, Limit: 4000, Optional: true}.With(form),
	}
	if own != nil {
		view.Changed = "Changed by " + own.By + ", " + calendar{v.org.Location(), c.Now()}.stamp(own.At)
	}
	for _, l := range locale.All() {
		view.Tabs = append(view.Tabs, embedTab{Label: languageName(l), Link: messagePath(v, x.Kind, l, x.Zone), Current: l == x.Language})
	}
	if m, err := c.Alerts.Preview(r.Context(), v.org.ID, x); err == nil {
		view.Preview, view.Text, view.From, view.PreviewSubject = m.HTML, m.Text, m.From.Name+" <"+m.From.Address+">", m.Subject
	} else if !fault.Is(err, fault.Invalid) {
		return err
	}
	page.Open(w, page.Opening{StyleAttributes: true}) // of the mail in the preview
	return c.set.Render(w, status, "message", view)
}

// changeMessage saves the words of a message, shows them, sends them to whoever asks, or puts ours in their place.
func (c *Console) changeMessage(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	x, own, err := c.sampleOf(r, v, form.Values)
	if err != nil {
		return err
	}
	subject := string(x.Kind) + " " + string(x.Language)
	if form.Get("do") == "reset" {
		if err := c.Alerts.ResetTemplate(r.Context(), v.org.ID, x.Kind, x.Language); err != nil {
			return err
		}
		if err := c.did(r, v, audit.Organization, "Message reset", subject); err != nil {
			return err
		}
		return c.backToMessage(w, r, v, x, "success", "HeavySet's own words are in force again.")
	}
	x.Template = notify.Template{Subject: form.Get("subject"), Heading: form.Get("heading"), Body: form.Get("body"), Closing: form.Get("closing")}
	if x.Template, err = x.Template.Check(x.Kind); err != nil {
		if err := form.Fail(err, nil); err != nil {
			return err
		}
		return c.showMessage(w, r, v, http.StatusUnprocessableEntity, x, own, form)
	}
	switch form.Get("do") {
	case "preview":
		return c.showMessage(w, r, v, http.StatusOK, x, own, form)
	case "test":
		return c.testMessage(w, r, v, x, own, form)
	}
	err = c.Alerts.SetTemplate(r.Context(), v.org.ID, notify.Custom{Kind: x.Kind, Language: x.Language, Template: x.Template, By: v.user.Name})
	if err != nil {
		return err
	}
	if err := c.did(r, v, audit.Organization, "Message changed", subject, "subject: "+x.Template.Subject); err != nil {
		return err
	}
	return c.backToMessage(w, r, v, x, "success", "Saved. The next message of this kind has these words.")
}

func (c *Console) backToMessage(w http.ResponseWriter, r *http.Request, v *visit, x notify.Sample, kind, words string) error {
	c.Sessions.Flash(r.Context(), kind, words)
	http.Redirect(w, r, messagePath(v, x.Kind, x.Language, x.Zone), http.StatusSeeOther)
	return nil
}

// testMessage sends what stands in the form to whoever asks.
func (c *Console) testMessage(w http.ResponseWriter, r *http.Request, v *visit, x notify.Sample, own *notify.Custom, form page.Form) error {
	err := c.Alerts.SendTest(r.Context(), v.org.ID, x, mail.Address{Name: v.user.Name, Address: v.user.Email})
	var f *fault.Error
	if errors.As(err, &f) {
		form.Notice = "The test could not be sent to " + v.user.Email + ". " + f.Message
		return c.showMessage(w, r, v, http.StatusOK, x, own, form)
	}
	if err != nil {
		return err
	}
	if err := c.did(r, v, audit.Organization, "Test message sent", string(x.Kind)+" "+string(x.Language)); err != nil {
		return err
	}
	c.Sessions.Flash(r.Context(), "success", "The mail server has taken a test message for "+v.user.Email+". What you typed is below and not saved yet.")
	return c.showMessage(w, r, v, http.StatusOK, x, own, form)
}
