package mirror

import (
	"context"
	"slices"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/org"
)

var errSettled = fault.New(fault.Conflict, "This conflict has been settled already.")

// Choices lists how a person may settle a conflict of a kind.
func (k Kind) Choices() []Choice {
	switch k {
	case Collision, Vanished:
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
	if !linked || c.Kind == Collision || c.Kind == Vanished {
		return s.Store.SettleConflict(ctx, o, id, how)
	}
	r, err := s.open(ctx, o, c.Config)
	if err != nil {
		return err
	}
	if r == nil {
		return fault.New(fault.Denied, "Zoho is not connected: connect it again first (steps 4 to 6).")
	}
	theirs, err := r.sight(ctx, c)
	if err != nil {
		return err
	}
	err = s.Store.Follow(ctx, o, c.Config, l, func(st Standing) (Following, error) {
		if choice != Theirs {
			return Following{Sight: &theirs, Settle: how, Write: choice == Ours}, nil
		}
		t := booking.Told{Start: theirs.Start, End: theirs.End, Rep: r.rep(theirs.Owner), Status: theirs.Status, Actor: "zoho", Detail: "Zoho's side holds, says " + by}
		if theirs.Status == booking.Canceled {
			t.Reason = "Cancelled in Zoho"
		}
		return Following{Sight: &theirs, Change: booking.Follow(o, st.Appointment, t, r.now), Settle: how}, nil
	})
	if fault.Is(err, fault.Conflict) {
		return fault.New(fault.Conflict, "The rep has another appointment at the time that Zoho shows. Move one of the two first.")
	}
	return err
}

// sight reads what a conflict's record shows now.
func (r *reader) sight(ctx context.Context, c Conflict) (crmsync.Sight, error) {
	sh := shapeOf(c.Module, r.mapping)
	found, err := r.provider.Records(ctx, c.Module, []string{c.Record}, sh.fields)
	if p := crm.AsProblem(err); p != nil {
		return crmsync.Sight{}, p.Fault()
	}
	if err != nil {
		return crmsync.Sight{}, err
	}
	if len(found) == 0 {
		return crmsync.Sight{Status: booking.Canceled}, nil
	}
	_, sight, _ := sh.row(found[0], r.zone)
	return sight, nil
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
