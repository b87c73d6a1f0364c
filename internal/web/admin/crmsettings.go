package admin

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/mapping"
	"heavyset.tech/platform/internal/settings"
	"heavyset.tech/platform/internal/web/page"
)

// crmSettingsView is "CRM Settings → Zoho → Settings": the guide's steps 8, 11 and 12.
type crmSettingsView struct {
	frame
	MayEdit   bool
	Configs   []option // Selected CRM Config
	Add       string   // where a config is made; for organizations without one
	Action    string
	Editor    string // Edit Field Mapping
	Form      page.Form
	Draft     bool // a mapping that Okay kept and nobody has saved
	Discard   string
	Modules   []fact
	Rows      string
	Gaps      []settings.Gap
	Drift     driftPart
	Sources   []sourceChoice
	Compare   string // where the options are looked at side by side
	Reading   []readingRow
	Policies  []sourceChoice // what holds beyond the budget
	Budget    page.Field
	Truths    []sourceChoice
	Leads     []sourceChoice
	Booked    []sourceChoice // what becomes of an open lead when its person books
	Alerts    page.Field
	TestAlert string // where the test message is asked for; "" when nobody would get it
	Warnings  []string
	Verify    string
	Tests     []testRow
	Connected bool
	Versions  []versionRow
}

// sourceChoice is one of the three options of step 11.
type sourceChoice struct {
	Value, Label, Words, Reads string
	Current                    bool
	Short                      string // the label where there is little room
}

type versionRow struct {
	Number  int64
	At, By  string
	Changes []string
	Restore string
	Current bool
}

// crmSettings opens the settings of the selected config: the one of the address, or the organization's first.
func (c *Console) crmSettings(w http.ResponseWriter, r *http.Request, v *visit) error {
	configs, err := c.Connections.Configs(r.Context(), v.org.ID)
	if err != nil {
		return err
	}
	if len(configs) > 0 {
		to := v.path("crm-settings", string(configs[0].ID))
		if r.URL.Query().Get("open") == "mapping" && v.may(auth.Admin) { // from the same page of another organization
			to += "/mapping"
		}
		http.Redirect(w, r, to, http.StatusSeeOther)
		return nil
	}
	f, err := c.frame(r, v, "Zoho Settings")
	if err != nil {
		return err
	}
	return c.set.Render(w, http.StatusOK, "crmsettings", crmSettingsView{frame: f, Add: v.path("connections")})
}

func (c *Console) settingsOf(w http.ResponseWriter, r *http.Request, v *visit) error {
	id := connection.ConfigID(r.PathValue("id"))
	cur, err := c.Settings.Current(r.Context(), v.org.ID, id)
	if err != nil {
		return err
	}
	form := page.Form{Values: map[string][]string{
		"source": {string(cur.Source)}, "truth": {string(cur.People.Truth)}, "leads": {string(cur.People.Leads)}, "booked": {string(cur.People.Booked)}, "alerts": {strings.Join(cur.Alerts, "\n")}, "policy": {string(cmp.Or(cur.Stale.Policy, settings.StaleTentative))}, "budget": {budgetText(cur.Stale.Budget)},
	}}
	return c.showSettings(w, r, v, http.StatusOK, form)
}

func (c *Console) showSettings(w http.ResponseWriter, r *http.Request, v *visit, status int, form page.Form) error {
	id := connection.ConfigID(r.PathValue("id"))
	cur, err := c.Settings.Current(r.Context(), v.org.ID, id)
	if err != nil {
		return err
	}
	f, err := c.frame(r, v, "Zoho Settings")
	if err != nil {
		return err
	}
	f.Purpose = "What is written where in Zoho, what blocks time, and who hears of a dead connection."
	here := v.path("crm-settings", string(id))
	view := crmSettingsView{
		frame: f, MayEdit: v.may(auth.Admin), Action: here, Editor: here + "/mapping", Discard: here + "/discard", Verify: here + "/verify", Form: form,
		Alerts: page.Field{Name: "alerts", Label: "E-mail addresses", Type: "text", Lines: 4, Limit: 10_000, Hint: "One on each line."}.With(form),
	}
	configs, err := c.Connections.Configs(r.Context(), v.org.ID)
	if err != nil {
		return err
	}
	for _, k := range configs {
		view.Configs = append(view.Configs, option{Value: v.path("crm-settings", string(k.ID)), Label: k.Name + " (" + typeWords(k.Type) + ")", Current: k.ID == id})
		view.Connected = view.Connected || k.ID == id && k.Connection.State == connection.Connected
	}
	shown := cur.Settings
	if d, ok := c.draft(r, id); ok {
		shown.Modules, shown.Layouts, shown.Rows, view.Draft = d.Modules, d.Layouts, d.Rows, true
	}
	view.Modules, view.Rows, view.Gaps = moduleFacts(shown), rowWords(shown), shown.Gaps(nil)
	view.Sources, view.Policies, view.Compare = sourceChoices(shown, form.Get("source")), policyChoices(form.Get("policy")), here+"/source"
	view.Budget = budgetField(form)
	if view.Reading, err = c.readingRows(r, v, id, view.Connected); err != nil {
		return err
	}
	view.Truths, view.Leads = truthChoices(form.Get("truth")), leadChoices(form.Get("leads"))
	view.Booked = bookedChoices(form.Get("booked"))
	if view.Drift, err = c.driftOf(r.Context(), v, id); err != nil {
		return err
	}
	if view.Warnings, err = c.alertWarnings(r, v, shown.Alerts); err != nil {
		return err
	}
	if view.MayEdit && len(cur.Alerts) > 0 {
		view.TestAlert = here + "/test-alert"
	}
	if view.Tests, err = c.lastTests(r, v, id); err != nil {
		return err
	}
	if view.Versions, err = c.versionRows(r, v, id); err != nil {
		return err
	}
	return c.set.Render(w, status, "crmsettings", view)
}

// moduleFacts names the guide's four modules.
func moduleFacts(s settings.Settings) []fact {
	var out []fact
	for _, r := range mapping.Roles() {
		name := s.Modules[r]
		if name == "" {
			name = "not used"
		}
		out = append(out, fact{Label: moduleWords(r), Text: name})
	}
	return out
}

// moduleWords are the guide's module names.
func moduleWords(r crm.Role) string {
	return map[crm.Role]string{
		crm.RoleLead: "Lead Module", crm.RoleAppointment: "Appointment Module", crm.RoleRelatedRecord: "Related Record Module", crm.RoleContactUs: "Contact Us Module",
	}[r]
}

func rowWords(s settings.Settings) string {
	if len(s.Rows) == 0 {
		return "The built-in mapping for an untouched Zoho CRM is used."
	}
	return fmt.Sprintf("%d fields are mapped.", len(s.Rows))
}

// sourceChoices are the three options with the modules that each of them reads (the guide's two names for the default).
func sourceChoices(s settings.Settings, current string) []sourceChoice {
	module := s.Modules[crm.RoleAppointment]
	both := module + " and Events"
	if module == "Events" {
		both = "Events; the same as the first option, since the Appointment Module is Events"
	}
	return []sourceChoice{
		{string(settings.AppointmentsOnly), "CRM Appointments only (default)", "If you already use the Events module in Zoho CRM for appointments, or don't use the Events module at all.", module, current == string(settings.AppointmentsOnly), "Appointments only"},
		{string(settings.AppointmentsAndEvents), "CRM Appointments + Events", "If you use a different module for appointments but want availability to also factor in the Events module.", both, current == string(settings.AppointmentsAndEvents), "+ Events"},
		{string(settings.Calendar), "Zoho Calendar", "If your organization uses Zoho Calendar for scheduling.", "free and busy times of each rep, and the calendars chosen for them", current == string(settings.Calendar), "Zoho Calendar"},
	}
}

// truthChoices are the sources of truth for what both sides have changed of a customer.
func truthChoices(current string) []sourceChoice {
	if current == "" {
		current = string(settings.TruthCRM)
	}
	one := func(t settings.Truth, label, words string) sourceChoice {
		return sourceChoice{Value: string(t), Label: label, Words: words, Current: current == string(t)}
	}
	return []sourceChoice{
		one(settings.TruthCRM, "Zoho's (default)", "What your people enter in Zoho holds."),
		one(settings.TruthOurs, "HeavySet's", "What customers enter here holds and is written to Zoho, whatever the field's write policy says."),
		one(settings.TruthNewest, "The newer one", "Whichever was changed last."),
		one(settings.TruthAsk, "Ask each time", "Both stand until an administrator decides, under Conflicts; the administrators get a mail."),
	}
}

// leadChoices say whose booking makes a lead.
func leadChoices(current string) []sourceChoice {
	all := current == string(settings.LeadsOfAll)
	return []sourceChoice{
		{Value: string(settings.LeadsOfNew), Label: "Of new people (default)", Words: "A known contact's booking makes no lead, and completes an open lead of theirs where there is one.", Current: !all},
		{Value: string(settings.LeadsOfAll), Label: "Of everybody", Words: "A known contact's booking makes a lead too where they have no open one, for teams that work by leads.", Current: all},
	}
}

// bookedChoices say what becomes of an open lead when its person books.
func bookedChoices(current string) []sourceChoice {
	one := func(b settings.Booked, label, words string) sourceChoice {
		return sourceChoice{Value: string(b), Label: label, Words: words, Current: cmp.Or(current, string(settings.BookedKeep)) == string(b)}
	}
	return []sourceChoice{
		one(settings.BookedKeep, "Keep it (default)", "The lead stays in Zoho beside the contact, with what the booking tells."),
		one(settings.BookedConvert, "Convert it", "Zoho makes the lead the customer's contact, or a part of the contact that is there, as its Convert button does: a lead with a company also makes an account. Five credits each. A conversion that Zoho refuses shows under Sync, and the lead is kept. Needs the permissions for accounts and deals: authorize again if you connected before this was offered."),
		one(settings.BookedLink, "Keep it and tie it to the contact", "The lead stays, and its field for the contact names the contact. Needs such a field in the field mapping of the Lead Module."),
	}
}

func (c *Console) versionRows(r *http.Request, v *visit, id connection.ConfigID) ([]versionRow, error) {
	list, err := c.Settings.Versions(r.Context(), v.org.ID, id)
	if err != nil {
		return nil, err
	}
	cal := calendar{v.org.Location(), c.Now()}
	var out []versionRow
	for i, ver := range list[:min(len(list), 20)] {
		before := settings.Default()
		if i+1 < len(list) {
			before = list[i+1].Settings
		}
		out = append(out, versionRow{
			Number: ver.Number, At: cal.stamp(ver.At), By: ver.By, Changes: settings.Differences(before, ver.Settings), Current: i == 0,
			Restore: v.path("crm-settings", string(id), "restore") + "?version=" + strconv.FormatInt(ver.Number, 10),
		})
	}
	return out, nil
}

// saveSettings stores source and alerts, and the mapping that Okay has kept.
func (c *Console) saveSettings(w http.ResponseWriter, r *http.Request, v *visit) error {
	id := connection.ConfigID(r.PathValue("id"))
	f, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	cur, err := c.Settings.Current(r.Context(), v.org.ID, id)
	if err != nil {
		return err
	}
	next := cur.Settings
	if d, ok := c.draft(r, id); ok {
		next.Modules, next.Layouts, next.Rows = d.Modules, d.Layouts, d.Rows
	}
	if next.Stale, err = staleOf(f, cur.Stale); err != nil {
		return err
	}
	if truth := f.Get("truth"); truth != "" {
		next.People.Truth = settings.Truth(truth)
	}
	if leads := f.Get("leads"); leads != "" {
		next.People.Leads = settings.Leads(leads)
	}
	if booked := f.Get("booked"); booked != "" {
		next.People.Booked = settings.Booked(booked)
	}
	next.Source, next.Alerts = settings.Source(f.Get("source")), strings.FieldsFunc(f.Get("alerts"), func(r rune) bool { return strings.ContainsRune("\r\n,; ", r) })
	saved, err := c.Settings.Save(r.Context(), v.org.ID, id, next, v.user.Name)
	if err == nil {
		c.keepDraft(r, id, nil)
		if err := c.did(r, v, audit.Settings, "Settings saved", versionName(saved), settings.Differences(cur.Settings, saved.Settings)...); err != nil {
			return err
		}
		c.Sessions.Flash(r.Context(), "success", "Saved. What waited because of the settings is tried again now.")
		http.Redirect(w, r, v.path("crm-settings", string(id)), http.StatusSeeOther)
		return nil
	}
	if err := f.Fail(err, map[string]string{"slot_availability_source": "source", "staleness.budget_minutes": "budget", "staleness.policy": "policy", "people.truth": "truth", "people.leads": "leads", "people.booked": "booked"}); err != nil {
		return err
	}
	for path, message := range f.Errors { // several addresses share one field
		if strings.HasPrefix(path, "token_expiry_alerts") && f.Errors["alerts"] == "" {
			f.Errors["alerts"] = message
		}
		if strings.HasPrefix(path, "mapping") || strings.HasPrefix(path, "modules") {
			f.Notice = "The field mapping cannot be saved: " + message
		}
	}
	return c.showSettings(w, r, v, http.StatusUnprocessableEntity, f)
}

// restoreSettings saves an earlier version again.
func (c *Console) restoreSettings(w http.ResponseWriter, r *http.Request, v *visit) error {
	id := connection.ConfigID(r.PathValue("id"))
	if _, err := c.Connections.Config(r.Context(), v.org.ID, id); err != nil {
		return err
	}
	list, err := c.Settings.Versions(r.Context(), v.org.ID, id)
	if err != nil {
		return err
	}
	notice := page.Notice{Kind: "error", Message: "There is no such version."}
	for _, old := range list {
		if strconv.FormatInt(old.Number, 10) != r.URL.Query().Get("version") {
			continue
		}
		saved, err := c.Settings.Save(r.Context(), v.org.ID, id, old.Settings, v.user.Name)
		if fault.Is(err, fault.Invalid) {
			notice.Message = "This version no longer fits what Zoho has: " + fault.As(err).Message
			continue
		} else if err != nil {
			return err
		}
		what := settings.Differences(list[0].Settings, saved.Settings)
		if err := c.did(r, v, audit.Settings, fmt.Sprintf("Settings of version %d restored", old.Number), versionName(saved), what...); err != nil {
			return err
		}
		c.keepDraft(r, id, nil)
		notice = page.Notice{Kind: "success", Message: fmt.Sprintf("Version %d is in force again.", old.Number)}
	}
	c.Sessions.Flash(r.Context(), notice.Kind, notice.Message)
	http.Redirect(w, r, v.path("crm-settings", string(id)), http.StatusSeeOther)
	return nil
}

// versionName names a saved state in the audit.
func versionName(s settings.Version) string { return fmt.Sprintf("Version %d", s.Number) }

// discardDraft forgets a mapping that was kept and not saved.
func (c *Console) discardDraft(w http.ResponseWriter, r *http.Request, v *visit) error {
	id := connection.ConfigID(r.PathValue("id"))
	if _, err := c.Connections.Config(r.Context(), v.org.ID, id); err != nil {
		return err
	}
	c.keepDraft(r, id, nil)
	c.Sessions.Flash(r.Context(), "info", "The changes to the field mapping were discarded.")
	http.Redirect(w, r, v.path("crm-settings", string(id)), http.StatusSeeOther)
	return nil
}

// draft is the mapping that Okay keeps until Save.
type draft struct {
	Modules map[crm.Role]string
	Layouts map[crm.Role]string
	Rows    []mapping.Row
}

func (c *Console) draft(r *http.Request, id connection.ConfigID) (draft, bool) {
	var d draft
	kept := c.Sessions.Kept(r.Context(), "mapping."+string(id))
	return d, kept != "" && json.Unmarshal([]byte(kept), &d) == nil
}

func (c *Console) keepDraft(r *http.Request, id connection.ConfigID, d *draft) {
	if d == nil {
		c.Sessions.Keep(r.Context(), "mapping."+string(id), "")
		return
	}
	if b, err := json.Marshal(d); err == nil {
		c.Sessions.Keep(r.Context(), "mapping."+string(id), string(b))
	}
}
