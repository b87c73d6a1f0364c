package admin

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/mirror"
	"heavyset.tech/platform/internal/notify"
)

const (
	// proposals is how many other times are offered for a visit that collides.
	proposals = 2
	// authorTakes bounds the question who changed a record: the page is complete without the answer.
	authorTakes = 5 * time.Second
)

type conflictsView struct {
	frame
	Open, Settled []conflictRow
}

// conflictRow is one conflict in a list.
type conflictRow struct {
	Link            string
	Customer        string
	Words           string
	Here, There     string
	Opened, Exact   string
	Time            time.Time // since when it is open or, once it is settled, when it was
	Ended, EndedAge string    // how and when it was settled
}

// conflicts lists what waits for a person, and below it what was settled.
func (c *Console) conflicts(w http.ResponseWriter, r *http.Request, v *visit) error {
	open, settled, err := c.Mirror.Conflicts(r.Context(), v.org.ID)
	if err != nil {
		return err
	}
	f, err := c.frame(r, v, "Conflicts")
	if err != nil {
		return err
	}
	f.Purpose = "What the rules could not decide between HeavySet and Zoho. Until somebody decides, both sides stay as they are: of an appointment both times are blocked, and nothing of it is written."
	view := conflictsView{frame: f}
	if view.Open, err = c.conflictRows(r.Context(), v, open); err != nil {
		return err
	}
	if view.Settled, err = c.conflictRows(r.Context(), v, settled); err != nil {
		return err
	}
	if err := c.addDisagreements(r.Context(), v, &view); err != nil {
		return err
	}
	return c.set.Render(w, http.StatusOK, "conflicts", view)
}

func (c *Console) conflictRows(ctx context.Context, v *visit, list []mirror.Conflict) ([]conflictRow, error) {
	cal := calendar{v.org.Location(), c.Now()}
	var out []conflictRow
	for _, k := range list {
		a, err := c.Book.Appointment(ctx, v.org.ID, k.Appointment)
		if err != nil {
			return nil, err
		}
		row := conflictRow{
			Link: v.path("conflicts", string(k.ID)), Customer: a.Contact.FullName(), Words: k.Kind.Words(), Here: cal.sight(k.Ours), There: cal.sight(k.Theirs),
			Opened: cal.age(k.Opened), Exact: cal.exact(k.Opened), Time: k.Opened,
		}
		if k.Kind == mirror.Vanished {
			row.There = "Not found"
		}
		if !k.Settled.IsZero() {
			row.Ended, row.EndedAge, row.Time = endWords(k.Settlement), cal.age(k.Settled), k.Settled
		}
		out = append(out, row)
	}
	return out, nil
}

// sight writes when a side's visit is, or that it is off.
func (c calendar) sight(s crmsync.Sight) string {
	when := "No time"
	switch {
	case !s.Start.IsZero() && s.End.Sub(s.Start) > 0 && s.End.Sub(s.Start) < 24*time.Hour:
		when = c.span(s.Start, s.End)
	case !s.Start.IsZero():
		when = c.stamp(s.Start) + " – " + c.stamp(s.End)
	}
	switch {
	case s.Status == booking.Canceled && s.Start.IsZero():
		return "Cancelled"
	case s.Status == booking.Canceled:
		return when + ", cancelled"
	}
	return when
}

// endWords says how a conflict was ended, and by whom.
func endWords(s mirror.Settlement) string {
	words := map[mirror.Choice]string{
		mirror.Theirs: "Zoho's side was taken over", mirror.Ours: "Our side was written to Zoho", mirror.Agreement: "Both sides agreed by themselves",
		mirror.Kept: "Both were left as they are", mirror.Moved: "The visit was given another time",
	}[s.Choice]
	if s.Choice == mirror.Agreement {
		return words
	}
	return words + " by " + s.By
}

type conflictView struct {
	frame
	Back    string
	Open    bool
	Ended   string
	About   string // the appointment's page
	Module  string
	Record  string
	Here    conflictSide
	There   conflictSide
	Changed string // who changed it in Zoho, and when
	Choices []conflictChoice
	NoTime  bool // a collision for which no other time is free
	Denied  bool // the caller may look, but not decide
	Live    live
}

// conflictSide is what one side shows of an appointment.
type conflictSide struct{ When, Who, Status string }

// conflictChoice is one way to settle a conflict, with what it does.
type conflictChoice struct {
	Action, Name, Value, Label string
	Effect                     string
	Primary                    bool
}

// conflict shows both sides, who changed what when, and the ways to settle it.
func (c *Console) conflict(w http.ResponseWriter, r *http.Request, v *visit) error {
	ctx := r.Context()
	k, err := c.Mirror.Store.Conflict(ctx, v.org.ID, mirror.ConflictID(r.PathValue("id")))
	if err != nil {
		return err
	}
	a, err := c.Book.Appointment(ctx, v.org.ID, k.Appointment)
	if err != nil {
		return err
	}
	cat, err := c.Bookings.Catalog(ctx, v.org.ID)
	if err != nil {
		return err
	}
	f, err := c.frame(r, v, a.Contact.FullName())
	if err != nil {
		return err
	}
	f.Purpose = k.Kind.Words()
	view := conflictView{
		frame: f, Back: v.path("conflicts"), Open: k.Settled.IsZero(), About: v.path("appointments", string(a.ID)), Module: k.Module, Record: k.Record,
		Denied: !v.may(auth.Admin),
	}
	cal := calendar{v.org.Location(), c.Now()}
	if view.Open {
		author, said, err := c.author(ctx, v, cal, k.Config, k.Module, k.Record)
		if err != nil {
			return err
		}
		view.Changed = said
		view.Here, view.There = sidesOf(cal, cat, a, k, author)
		if view.Choices, err = c.choices(ctx, v, cal, a, k); err != nil {
			return err
		}
		view.NoTime = k.Kind == mirror.Collision && !slices.ContainsFunc(view.Choices, func(x conflictChoice) bool { return x.Name == "start" })
	} else {
		view.Ended = endWords(k.Settlement) + ", " + cal.stamp(k.Settled) + "."
		view.Here, view.There = sidesOf(cal, cat, a, k, mirror.Author{})
		view.Here.When = cal.sight(k.Ours)
	}
	if view.Live, err = c.appointmentLive(ctx, v, f, a); err != nil {
		return err
	}
	if view.Open && k.Kind != mirror.Collision {
		view.Live.Zoho = differs(view.Live.Zoho)
	}
	return c.set.Render(w, http.StatusOK, "conflict", view)
}

// differs says of an appointment about which something is undecided how it stands in Zoho.
// What has not been written has its own reasons.
func differs(z zohoPart) zohoPart {
	if z.state == crmsync.Written {
		z.State, z.Words = pill{Kind: "warn", Words: "Differs"}, "Zoho shows something else. Nothing is written until somebody has decided."
	}
	return z
}

// author asks Zoho who changed the record last. The page does not depend on the answer.
func (c *Console) author(ctx context.Context, v *visit, cal calendar, config connection.ConfigID, module, record string) (mirror.Author, string, error) {
	ctx, cancel := context.WithTimeout(ctx, authorTakes)
	defer cancel()
	who, err := c.Mirror.Author(ctx, v.org.ID, config, module, record)
	switch e := fault.As(err); {
	case fault.Is(err, fault.NotFound):
		return who, "Zoho has no such record now.", nil
	case err != nil && (e == nil || e.Kind == fault.Internal) && ctx.Err() == nil:
		return who, "", err
	case err != nil:
		return who, "Zoho can't be asked at the moment who changed it there.", nil
	case who.Changed.IsZero():
		return who, "Zoho does not say who changed it there.", nil
	case who.ChangedBy == "":
		return who, "Last changed in Zoho " + cal.stamp(who.Changed) + ".", nil
	}
	return who, "Last changed in Zoho by " + who.ChangedBy + ", " + cal.stamp(who.Changed) + ".", nil
}

func sidesOf(cal calendar, cat catalog.Catalog, a booking.Appointment, k mirror.Conflict, author mirror.Author) (here, there conflictSide) {
	service, rep := namesOf(cat, a)
	here = conflictSide{When: cal.span(a.Start, a.End), Who: rep, Status: standing(a).Words + " (" + service + ")"}
	there = conflictSide{When: cal.sight(k.Theirs), Who: ownerWords(cat, k.Theirs.Owner, author), Status: "Open"}
	if k.Theirs.Status != "" {
		there.Status = statusPill(k.Theirs.Status).Words
	}
	switch k.Kind {
	case mirror.Vanished:
		there = conflictSide{When: "Not found", Who: "Not found", Status: "Neither there nor deleted"}
	case mirror.Collision:
		there.Who, there.Status = rep, "Another record, which takes the same time"
	}
	return here, there
}

// ownerWords names a user of Zoho: as a rep where they are one, else as Zoho calls them.
func ownerWords(cat catalog.Catalog, owner string, author mirror.Author) string {
	for _, rep := range cat.Reps {
		if owner != "" && rep.CRMUser == owner {
			return rep.Name
		}
	}
	switch {
	case owner == "":
		return "Not said"
	case owner == author.Owner.ID && author.Owner.Name != "":
		return author.Owner.Name + " (no rep here)"
	}
	return "Zoho user " + owner + " (no rep here)"
}

// choices lists the ways to settle a conflict.
func (c *Console) choices(ctx context.Context, v *visit, cal calendar, a booking.Appointment, k mirror.Conflict) ([]conflictChoice, error) {
	action := v.path("conflicts", string(k.ID))
	told, err := c.toldOf(ctx, v, a, k)
	if err != nil {
		return nil, err
	}
	var out []conflictChoice
	if k.Kind == mirror.Collision && a.Status.Open() && a.Start.After(c.Now()) {
		free, err := c.Bookings.Nearest(ctx, v.org.Slug, a, proposals)
		if err != nil && !fault.Is(err, fault.Invalid) { // a service that is not offered any more has no times
			return nil, err
		}
		for _, s := range free {
			out = append(out, conflictChoice{
				Action: action, Name: "start", Value: s.Start.UTC().Format(time.RFC3339), Label: "Move to " + cal.stamp(s.Start),
				Effect: "The visit moves to " + cal.span(s.Start, s.End) + ", and Zoho's record of the visit follows. " + told.moved,
			})
		}
	}
	for _, choice := range k.Kind.Choices() {
		label, effect := choiceWords(k.Kind, choice, told)
		out = append(out, conflictChoice{Action: action, Name: "choice", Value: string(choice), Label: label, Effect: effect})
	}
	first := 0
	if k.Kind == mirror.Overlap { // Zoho's side can hold only once the rep is free there
		first = slices.IndexFunc(out, func(x conflictChoice) bool { return x.Value == string(mirror.Ours) })
	}
	out[first].Primary = true
	return out, nil
}

// conflictTold says how the customer hears of each end of a conflict.
type conflictTold struct{ moved, theirs, kept string }

func (c *Console) toldOf(ctx context.Context, v *visit, a booking.Appointment, k mirror.Conflict) (t conflictTold, err error) {
	if t.moved, err = c.hears(ctx, v, notify.Rescheduled, a, "the new time"); err != nil {
		return t, err
	}
	kind, what := notify.Rescheduled, "what has changed"
	switch {
	case k.Kind == mirror.Vanished || k.Theirs.Status == booking.Canceled:
		kind, what = notify.Cancelled, "the cancellation"
	case k.Kind == mirror.Overlap:
		what = "the new time"
	}
	if t.theirs, err = c.hears(ctx, v, kind, a, what); err != nil {
		return t, err
	}
	p, err := c.Alerts.Policy(ctx, v.org.ID)
	if p.ByCRM {
		t.theirs = "HeavySet sends the customer nothing, as Zoho tells them itself of what was changed there."
	}
	if t.kept = "The customer hears nothing."; err != nil || a.Status != booking.Tentative || a.Request {
		return t, err
	}
	t.kept, err = c.hears(ctx, v, notify.Confirmed, a, "it")
	t.kept = "The visit, of which the customer knows that its time is being checked, is confirmed. " + t.kept
	return t, err
}

// choiceWords names a choice and says what it does on both sides and to the customer.
func choiceWords(k mirror.Kind, c mirror.Choice, told conflictTold) (label, effect string) {
	switch {
	case c == mirror.Theirs && k == mirror.Vanished:
		return "Cancel it here too", "The appointment is cancelled in HeavySet and its time is free again. Nothing is written to Zoho. " + told.theirs
	case c == mirror.Theirs && k == mirror.Overlap:
		return "Take over Zoho's side", "The appointment moves to the time that Zoho shows. That works only once the rep's other appointment there is out of the way. " + told.theirs
	case c == mirror.Theirs:
		return "Take over Zoho's side", "The appointment gets the time, rep and state that Zoho shows now. Nothing is written to Zoho. " + told.theirs
	case c == mirror.Ours && k == mirror.Vanished:
		return "Write it to Zoho anew", "A new record with the time, rep and state that HeavySet shows is made in Zoho. The customer hears nothing, since nothing changes for them."
	case c == mirror.Ours:
		return "Write ours to Zoho", "Zoho's record gets the time, rep and state that HeavySet shows; what was changed there is overwritten. The customer hears nothing new."
	case k == mirror.Collision:
		return "Leave both", "The rep has both at this time. No time is changed in HeavySet or Zoho. " + told.kept + " You are asked again only if the other record changes in Zoho."
	}
	return "Leave both", "HeavySet and Zoho go on showing different things, and both times stay blocked. Nothing is written and the customer hears nothing. The next change on either side is carried over as usual."
}

// settle ends a conflict as a person chose.
func (c *Console) settle(w http.ResponseWriter, r *http.Request, v *visit) error {
	ctx, id := r.Context(), mirror.ConflictID(r.PathValue("id"))
	k, err := c.Mirror.Store.Conflict(ctx, v.org.ID, id)
	if err != nil {
		return err
	}
	choice, how := mirror.Choice(r.PostFormValue("choice")), ""
	if text := r.PostFormValue("start"); text != "" {
		start, _ := time.Parse(time.RFC3339, text) // what is no time is refused below
		choice, how = mirror.Moved, " to "+start.UTC().Format(time.RFC3339)
		err = c.Mirror.Move(ctx, v.org.ID, id, start, v.user.Name)
	} else {
		err = c.Mirror.Settle(ctx, v.org.ID, id, choice, v.user.Name)
	}
	e := fault.As(err)
	if err != nil && (e == nil || e.Kind == fault.Internal) {
		return err
	}
	act, detail := "Conflict settled", endWords(mirror.Settlement{Choice: choice, By: v.user.Name})+how
	if err != nil {
		act, detail = "Conflict not settled", e.Message
	}
	if err := c.did(r, v, audit.Sync, act, string(k.Appointment), k.Kind.Words(), detail); err != nil {
		return err
	}
	if err != nil {
		message := e.Message
		if len(e.Fields) > 0 {
			message = "Nothing was changed: please press one of the buttons below."
		}
		c.Sessions.Flash(ctx, "error", message)
		http.Redirect(w, r, v.path("conflicts", string(id)), http.StatusSeeOther)
		return nil
	}
	words := settledWords(choice)
	if choice == mirror.Moved {
		a, err := c.Book.Appointment(ctx, v.org.ID, k.Appointment)
		if err != nil {
			return err
		}
		hears, err := c.hears(ctx, v, notify.Rescheduled, a, "it")
		if err != nil {
			return err
		}
		words += " " + hears
	}
	c.Sessions.Flash(ctx, "success", words)
	http.Redirect(w, r, v.path("conflicts", string(id)), http.StatusSeeOther)
	return nil
}

// settledWords says what follows from a choice.
func settledWords(c mirror.Choice) string {
	switch c {
	case mirror.Ours:
		return "Settled. Our side is being written to Zoho; how far it has come shows below."
	case mirror.Moved:
		return "Settled. The visit has its new time, and Zoho follows."
	case mirror.Theirs:
		return "Settled. HeavySet shows now what Zoho shows."
	}
	return "Settled. Both sides stay as they are."
}

// conflictNotices are the open conflicts of an appointment, for its page.
func (c *Console) conflictNotices(ctx context.Context, v *visit, a booking.AppointmentID) ([]warning, error) {
	list, err := c.Mirror.Store.ConflictsOf(ctx, v.org.ID, a)
	if err != nil {
		return nil, err
	}
	var out []warning
	for _, k := range list {
		if k.Settled.IsZero() {
			out = append(out, warning{k.Kind.Words() + " Until somebody decides, both times stay blocked and nothing is written to Zoho.", v.path("conflicts", string(k.ID)), "See both sides and decide"})
		}
	}
	return out, nil
}

// countWords puts how many wait behind the name of an entry of the navigation.
func countWords(label string, n int) string {
	if n == 0 {
		return label
	}
	return label + " (" + strconv.Itoa(n) + ")"
}
