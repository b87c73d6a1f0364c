package crmsync

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/org"
)

// UndoID names an undo.
type UndoID string

// Scope says which writes are taken back: those of one attempt, of one appointment, or of a span of time.
type Scope struct {
	Attempt     AttemptID
	Appointment booking.AppointmentID
	From, To    time.Time // To is exclusive
}

// has reports whether a value is in the scope.
func (s Scope) has(v Value) bool {
	switch {
	case s.Attempt != "":
		return v.Attempt == s.Attempt
	case s.Appointment != "":
		return v.Appointment == s.Appointment
	}
	return !v.At.Before(s.From) && v.At.Before(s.To)
}

// check names a scope that is none.
func (s Scope) check() error {
	span := !s.From.IsZero() || !s.To.IsZero()
	switch {
	case s.Attempt == "" && s.Appointment == "" && !span:
		return fault.New(fault.Invalid, "Please say what shall be undone: one write, one booking or a span of time.")
	case span && !s.From.Before(s.To):
		return fault.New(fault.Invalid, "The end must be after the beginning.")
	}
	return nil
}

const (
	// MostRecords bounds one undo.
	MostRecords = 500
	// previewRecords is how many records are read from the CRM for a preview; the others are looked at when it runs.
	previewRecords = 25
	// undoRun is how long one run of an undo goes on; the job then starts again, so that others get their turn.
	undoRun = 20 * time.Second
)

// Undo is something that somebody asked to be taken back, record by record.
type Undo struct {
	ID        UndoID
	Config    connection.ConfigID
	Scope     Scope
	Deletions bool // records that we made may be deleted
	By        string
	At        time.Time
	Records   []UndoRecord
}

// UndoRecord is one record of an undo and what became of it.
type UndoRecord struct {
	Number         int64
	Module, Record string
	State          UndoState
	Restored       int64 // fields that were put back
	Refused        int64 // fields that were left as they are
	Deleted        bool
	Words          string // why something was refused
}

// UndoState is how far a record of an undo has come.
type UndoState string

// The states of a record of an undo.
const (
	UndoWaits   UndoState = "waits"
	UndoDone    UndoState = "done"
	UndoRefused UndoState = "refused"
	UndoFailed  UndoState = "failed"
)

// UndoAsked is the fact that an undo is to be carried out.
type UndoAsked struct {
	Org  org.ID `json:"org"`
	Undo UndoID `json:"undo"`
}

// Preview is what an undo would do.
type Preview struct {
	Plans  []RecordPlan
	Unseen int // records that were not looked at for the preview
}

// PreviewUndo says what an undo would restore, delete and refuse, from what the CRM has now. fault.Conflict: nothing can
// be undone at the moment, and why.
func (s *Service) PreviewUndo(ctx context.Context, o org.ID, scope Scope) (Preview, error) {
	ctx, cancel := context.WithTimeout(ctx, pushTakes)
	defer cancel()
	var out Preview
	u, err := s.undoOf(ctx, o, scope)
	if err != nil {
		return out, err
	}
	gone := map[string]bool{}
	for i, r := range u.Records {
		if i >= previewRecords {
			out.Unseen = len(u.Records) - i
			break
		}
		p, err := s.planOf(ctx, o, u, r, gone)
		if problem := crm.AsProblem(err); problem != nil {
			return out, problem.Fault()
		}
		if err != nil {
			return out, err
		}
		gone[r.Record] = p.Delete
		out.Plans = append(out.Plans, p)
	}
	return out, nil
}

// Undo takes writes back: the fact UndoAsked does the work. deletions: records that we made are deleted where nobody has
// changed them since.
func (s *Service) Undo(ctx context.Context, o org.ID, scope Scope, deletions bool, by string) (Undo, error) {
	u, err := s.undoOf(ctx, o, scope)
	if err != nil {
		return u, err
	}
	u.ID, u.By, u.Deletions = UndoID(id.New("undo", u.At)), by, deletions
	return u, s.Store.StartUndo(ctx, o, u)
}

// undoOf is an undo that nobody has asked for yet.
func (s *Service) undoOf(ctx context.Context, o org.ID, scope Scope) (Undo, error) {
	u := Undo{Scope: scope, At: s.Now()}
	if err := scope.check(); err != nil {
		return u, err
	}
	c, err := s.undoable(ctx, o)
	if err != nil {
		return u, err
	}
	u.Config = c.ID
	if u.Records, err = s.Store.RecordsIn(ctx, o, c.ID, scope, MostRecords+1); err != nil {
		return u, err
	}
	switch {
	case len(u.Records) == 0:
		return u, fault.New(fault.Conflict, "HeavySet has no record of anything that was written then. What was written is kept for half a year.")
	case len(u.Records) > MostRecords:
		return u, fault.New(fault.Conflict, fmt.Sprintf("This would touch more than %d records. Please choose a shorter span.", MostRecords))
	}
	return u, nil
}

// undoable gives the config that is written to, connected.
func (s *Service) undoable(ctx context.Context, o org.ID) (connection.Config, error) {
	c, found, err := s.Connections.Active(ctx, o)
	if err == nil && (!found || c.Connection.State != connection.Connected) {
		err = fault.New(fault.Conflict, "Zoho is not connected: nothing can be undone there now.")
	}
	return c, err
}

// planOf plans one record by what the CRM has now. gone are records that the same undo deletes before.
func (s *Service) planOf(ctx context.Context, o org.ID, u Undo, r UndoRecord, gone map[string]bool) (RecordPlan, error) {
	all, err := s.Store.ValuesOf(ctx, o, u.Config, r.Module, r.Record)
	if err != nil {
		return RecordPlan{}, err
	}
	chosen := map[ValueID]bool{}
	for _, v := range all { // what was written after it was asked for, nobody saw in the preview
		chosen[v.ID] = u.Scope.has(v) && !v.At.After(u.At) && (u.ID == "" || v.Undo != u.ID)
	}
	c, err := s.undoable(ctx, o)
	if err != nil {
		return RecordPlan{}, err
	}
	provider, err := s.Guardian.Provider(ctx, c, connection.ForBookings)
	if err != nil {
		return RecordPlan{}, err
	}
	live, err := provider.Get(ctx, r.Module, r.Record)
	if err != nil && !crm.IsClass(err, crm.Gone) {
		return RecordPlan{}, err
	}
	p := planRecord(all, chosen, u.ID, live, err == nil)
	p.Module, p.Record = r.Module, r.Record
	if !p.Delete || p.Role != crm.RoleRelatedRecord {
		return p, nil
	}
	visits, err := s.Store.VisitRecords(ctx, o, u.Config, p.Customer)
	if err != nil {
		return p, err
	}
	if slices.ContainsFunc(visits, func(id string) bool { return !gone[id] }) {
		p.refuse("Appointments in Zoho belong to this record.")
	}
	return p, nil
}

// RunUndo carries an undo out, record by record: the handler of UndoAsked. It may be repeated and cut off at any point.
func (s *Service) RunUndo(ctx context.Context, f UndoAsked) error {
	u, err := s.Store.Undo(ctx, f.Org, f.Undo)
	if err != nil {
		return err
	}
	began := s.Now()
	for _, r := range u.Records {
		if r.State != UndoWaits {
			continue
		}
		if s.Now().Sub(began) > undoRun {
			return fault.Later(time.Second, "An undo goes on.")
		}
		if err := s.undoRecord(ctx, f.Org, u, r); err != nil {
			return err
		}
	}
	return nil
}

// undoRecord takes back what was written to one record, alone with its customer.
func (s *Service) undoRecord(ctx context.Context, o org.ID, u Undo, r UndoRecord) error {
	ctx, cancel := context.WithTimeout(ctx, pushTakes)
	defer cancel()
	all, err := s.Store.ValuesOf(ctx, o, u.Config, r.Module, r.Record)
	if err != nil {
		return err
	}
	if len(all) == 0 { // erased since
		r.State, r.Words = UndoRefused, "What was written is not kept any more."
		return s.Store.SettleUndo(ctx, o, u.ID, r, nil, false, nil)
	}
	customer, holder, now := all[0].Customer, s.Node+"/"+id.Token(), s.Now()
	won, err := s.Store.LeaseCustomer(ctx, o, customer, holder, now.Add(leaseFor), now)
	if err != nil {
		return err
	}
	if !won {
		return fault.Later(time.Second, "Another write for this customer is under way.")
	}
	defer s.release(ctx, o, customer, holder)
	p, err := s.planOf(ctx, o, u, r, nil)
	if err == nil {
		return s.carryOut(ctx, o, u, r, p)
	}
	return s.notUndone(ctx, o, u, r, nil, err)
}

// carryOut does to a record what its plan says, and keeps it as an attempt like any other write.
func (s *Service) carryOut(ctx context.Context, o org.ID, u Undo, r UndoRecord, p RecordPlan) error {
	if p.Delete && !u.Deletions {
		p.refuse("HeavySet made this record, and deleting it was not asked for.")
	}
	p.count(&r)
	if p.gone {
		return s.Store.SettleUndo(ctx, o, u.ID, r, nil, true, nil)
	}
	writes := p.values()
	if !p.Delete && len(writes) == 0 {
		return s.Store.SettleUndo(ctx, o, u.ID, r, nil, false, nil)
	}
	c, err := s.undoable(ctx, o)
	if err != nil {
		return s.notUndone(ctx, o, u, r, nil, err)
	}
	provider, err := s.Guardian.Provider(ctx, c, connection.ForBookings)
	if err != nil {
		return s.notUndone(ctx, o, u, r, nil, err)
	}
	shows, err := s.expect(ctx, o, u, p, writes)
	if err != nil {
		return err
	}
	began := s.Now()
	a := Attempt{
		ID: AttemptID(id.New("try", began)), Config: u.Config, At: began, State: AttemptWritten, Kind: "undo " + r.Module, Module: r.Module, Record: r.Record,
		Appointment: p.appointment, Lead: p.lead, Request: maskedValues(writes), Answer: answerOf(r.Record, nil),
	}
	if p.Delete {
		a.Kind = "delete " + r.Module
		err = provider.Delete(ctx, r.Module, r.Record)
	} else {
		err = provider.Update(ctx, r.Module, r.Record, writes)
	}
	a.Took, a.Wrote = s.Now().Sub(began), p.wrote(u, a.ID, s.Now(), err == nil)
	if err != nil {
		return s.notUndone(ctx, o, u, r, &a, err)
	}
	return s.Store.SettleUndo(context.WithoutCancel(ctx), o, u.ID, r, &a, p.Delete, shows)
}

// expect keeps what an appointment's record will show by an undo, for whoever reads it meanwhile; nil for other records.
func (s *Service) expect(ctx context.Context, o org.ID, u Undo, p RecordPlan, writes crm.Values) (*Sight, error) {
	if p.Role != crm.RoleAppointment {
		return nil, nil
	}
	set, err := s.Settings.Settings(ctx, o, u.Config)
	if err != nil {
		return nil, err
	}
	place, err := s.Store.Organization(ctx, o)
	if err != nil {
		return nil, err
	}
	then := p.live
	then.Values = maps.Clone(then.Values)
	maps.Copy(then.Values, writes)
	shows := ReadSight(then, set.Mapping(), place.Location())
	if p.Delete {
		shows = Sight{Status: booking.Canceled}
	}
	return &shows, s.Store.ExpectSight(ctx, o, u.Config, p.Module, p.Record, shows)
}

// notUndone keeps why a record could not be undone, or gives the failure back where waiting helps.
func (s *Service) notUndone(ctx context.Context, o org.ID, u Undo, r UndoRecord, a *Attempt, err error) error {
	ctx = context.WithoutCancel(ctx)
	r.State, r.Restored, r.Deleted = UndoFailed, 0, false
	problem, f := crm.AsProblem(err), fault.As(err)
	switch {
	case problem != nil:
		r.Words = problem.Words() + " " + problem.Advice()
		if problem.Class.Passing() {
			r.State = UndoWaits
		}
	case f != nil && f.Kind != fault.Internal:
		r.Words = f.Message
		if f.Kind == fault.Unavailable {
			return err
		}
	default:
		return err
	}
	if a != nil {
		a.State, a.Error = AttemptFailed, r.Words
		if problem != nil {
			a.Answer, a.Code = answerOf("", problem), problem.Code
			if problem.Unknown {
				a.State = AttemptUnknown
			}
		}
		if a.State == AttemptFailed {
			a.Wrote = nil
		}
	}
	if err2 := s.Store.SettleUndo(ctx, o, u.ID, r, a, false, nil); err2 != nil {
		return err2
	}
	if r.State == UndoWaits {
		return problem.Fault()
	}
	return nil
}
