package mirror

import (
	"context"
	"errors"
	"slices"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/org"
)

var errSettled = fault.New(fault.Conflict, "This conflict has been settled already.")

// Choices lists how a person may settle a conflict of a kind.
func (k Kind) Choices() []Choice {
	switch k {
	case Collision:
		return []Choice{Kept}
	case Stranger, Strange:
		return []Choice{Ours, Kept}
	case Both:
		return []Choice{Theirs, Ours}
	}
	return []Choice{Theirs, Ours, Kept}
}

// Conflicts lists the open conflicts, oldest first, and the last that were settled.
func (s *Service) Conflicts(ctx context.Context, o org.ID) (open, settled []Conflict, err error) {
	return s.Store.Conflicts(ctx, o)
}

// Settle ends a conflict as a person chose. With Theirs the record's present state is read and holds here too; with Ours
// our state is written to the CRM. fault.Conflict: settled already, or the rep has no time for theirs; fault.Invalid: not
// among the Choices; fault.Unavailable: the CRM cannot be asked.
func (s *Service) Settle(ctx context.Context, o org.ID, id ConflictID, choice Choice, by string) error {
	c, err := s.Store.Conflict(ctx, o, id)
	if err != nil {
		return err
	}
	if !c.Settled.IsZero() {
		return errSettled
	}
	if !slices.Contains(c.Kind.Choices(), choice) {
		return fault.OfField("choice", "is no way to settle this conflict.")
	}
	how := Settlement{Choice: choice, By: by}
	l, linked, err := s.Store.LinkedRecord(ctx, o, c.Config, c.Module, c.Record)
	if err != nil {
		return err
	}
	if !linked || c.Kind == Collision || c.Kind == Vanished && choice == Kept {
		return s.Store.SettleConflict(ctx, o, id, how)
	}
	r, err := s.open(ctx, o, c.Config, connection.ForBookings)
	if err != nil {
		return err
	}
	if r == nil && choice == Kept {
		return s.Store.SettleConflict(ctx, o, id, how)
	}
	if r == nil {
		return fault.New(fault.Denied, "Zoho is not connected: connect it again first (steps 4 to 6).")
	}
	theirs, gone, err := r.sight(ctx, c)
	if err != nil {
		return err
	}
	err = s.Store.Follow(ctx, o, c.Config, l, func(st Standing) (Following, error) {
		if !slices.ContainsFunc(st.Conflicts, func(open Conflict) bool { return open.ID == id }) {
			return Following{}, errSettled
		}
		if choice != Theirs {
			return Following{Sight: &theirs, Settle: how, Write: choice == Ours, Anew: choice == Ours && gone}, nil
		}
		t := booking.Told{Start: theirs.Start, End: theirs.End, Rep: r.rep(theirs.Owner), Status: theirs.Status, Actor: "zoho", Detail: "Zoho's side holds, says " + by}
		if theirs.Status == booking.Canceled {
			t.Reason = "Cancelled in Zoho"
		}
		change := booking.Follow(o, st.Appointment, t, r.now)
		return Following{Sight: &theirs, Change: change, Settle: how, Write: change.Fact == nil && st.Pending}, nil
	})
	if errors.Is(err, ErrMoved) {
		return fault.New(fault.Conflict, "It is being written to Zoho just now. Look again in a moment.")
	}
	if fault.Is(err, fault.Conflict) && !errors.Is(err, errSettled) {
		return fault.New(fault.Conflict, "The rep has another appointment at the time that Zoho shows. Move one of the two first.")
	}
	return err
}

// Move settles a collision by another time for the visit, of which the visitor is told. fault.Conflict: settled already,
// or the time is not free any more.
func (s *Service) Move(ctx context.Context, o org.ID, id ConflictID, start time.Time, by string) error {
	c, err := s.Store.Conflict(ctx, o, id)
	if err != nil {
		return err
	}
	if !c.Settled.IsZero() {
		return errSettled
	}
	if c.Kind != Collision {
		return fault.OfField("choice", "is no way to settle this conflict.")
	}
	organization, err := s.Store.Organization(ctx, o)
	if err != nil {
		return err
	}
	if _, err := s.Bookings.Move(ctx, organization, c.Appointment, booking.Wish{Start: start}, by); err != nil {
		return err
	}
	err = s.Store.SettleConflict(ctx, o, id, Settlement{Choice: Moved, By: by})
	if fault.Is(err, fault.Conflict) {
		return nil // a round has seen that nothing collides any more
	}
	return err
}

// Author is who changed a record in the CRM last, and whose it is now, by the CRM's names; zero where it does not say.
type Author struct {
	ChangedBy string
	Changed   time.Time
	Owner     crm.Ref
}

// Author asks the CRM who changed a record last. fault.NotFound: it is gone; fault.Unavailable: no answer.
func (s *Service) Author(ctx context.Context, o org.ID, c connection.ConfigID, module, record string) (Author, error) {
	r, err := s.open(ctx, o, c, connection.ForBookings)
	if r == nil || err != nil {
		return Author{}, err
	}
	rec, err := r.provider.Get(ctx, module, record)
	if p := crm.AsProblem(err); p != nil {
		return Author{}, p.Fault()
	}
	if err != nil {
		return Author{}, err
	}
	by, _ := rec.Values[modifiedBy].(crm.Ref)
	owner, _ := rec.Values[ownerField].(crm.Ref)
	return Author{ChangedBy: by.Name, Changed: rec.Modified, Owner: owner}, nil
}

// modifiedBy is what every module calls the user who changed a record last.
const modifiedBy = "Modified_By"

// sight reads what a conflict's record shows now; gone: there is none.
func (r *reader) sight(ctx context.Context, c Conflict) (_ crmsync.Sight, gone bool, err error) {
	sh := shapeOf(c.Module, r.mapping)
	found, err := r.provider.Records(ctx, c.Module, []string{c.Record}, sh.fields)
	if p := crm.AsProblem(err); p != nil {
		return crmsync.Sight{}, false, p.Fault()
	}
	if err != nil {
		return crmsync.Sight{}, false, err
	}
	if len(found) == 0 {
		return crmsync.Sight{Status: booking.Canceled}, true, nil
	}
	_, sight, _ := sh.row(found[0], r.zone)
	return sight, false, nil
}

// rep is who of ours a CRM user is; "" when nobody.
func (r *reader) rep(user string) string {
	for _, rep := range r.catalog.Reps {
		if user != "" && rep.CRMUser == user && !rep.Archived {
			return rep.ID
		}
	}
	return ""
}
