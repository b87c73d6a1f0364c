package privacy

import (
	"context"
	"time"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/org"
)

// connectedAgain is how long records wait until it is looked again whether their config is connected.
const connectedAgain = 10 * time.Minute

// EraseRecords deletes the CRM's records of an erased person: the handler of RecordsChosen. It may be repeated and cut off
// at any point; a record that is gone already is gone.
func (s *Service) EraseRecords(ctx context.Context, f RecordsChosen) error {
	r, err := s.Store.Erasure(ctx, f.Org, f.Erasure)
	if err != nil {
		return err
	}
	for i, e := range r.Records {
		if e.State != Waits {
			continue
		}
		if err := s.eraseRecord(ctx, f.Org, &e); err != nil {
			return err
		}
		err := s.Store.ChangeErasure(context.WithoutCancel(ctx), f.Org, f.Erasure, func(r *Report) { r.Records[i] = e })
		if err != nil {
			return err
		}
	}
	return nil
}

// eraseRecord deletes one record and keeps the attempt. It fails where waiting helps; anything else stands in the record.
func (s *Service) eraseRecord(ctx context.Context, o org.ID, e *Erased) error {
	config, err := s.Connections.Config(ctx, o, e.Config)
	if fault.Is(err, fault.NotFound) {
		e.State, e.Words = Failed, "The CRM configuration is gone."
		return nil
	}
	if err != nil {
		return err
	}
	if config.Connection.State != connection.Connected {
		return fault.Later(connectedAgain, "Zoho is not connected.")
	}
	provider, err := s.Guardian.Provider(ctx, config, connection.ForBookings)
	if err != nil {
		return err
	}
	began := s.Now()
	err = deleteRecord(ctx, provider, e.Record)
	p := crm.AsProblem(err)
	if err != nil && p == nil {
		return err
	}
	a := crmsync.Attempt{
		ID: crmsync.AttemptID(id.New("try", began)), Config: e.Config, At: began, State: crmsync.AttemptWritten, Kind: "delete " + e.Module, Module: e.Module, Record: e.ID,
		Request: "{}", Answer: "{}", Took: s.Now().Sub(began),
	}
	e.State, e.Words = Gone, ""
	if p != nil && p.Class != crm.Gone {
		a.State, a.Code, a.Error = crmsync.AttemptFailed, p.Code, p.Words()
		if p.Unknown {
			a.State = crmsync.AttemptUnknown
		}
		e.State, e.Words = Failed, p.Words()+" "+p.Advice()
	}
	if err := s.Store.Record(context.WithoutCancel(ctx), o, a, nil); err != nil {
		return err
	}
	if p != nil && (p.Class.Passing() || p.Class.NeedsReconnect()) {
		e.State = Waits
		return p.Fault()
	}
	return nil
}

func deleteRecord(ctx context.Context, provider crm.Provider, r Record) error {
	if r.Role == crm.RoleCalendar {
		_, calendar := crmsync.CalendarOf(r.Module)
		return provider.DeleteEntry(ctx, calendar, r.ID, "")
	}
	return provider.Delete(ctx, r.Module, r.ID)
}
