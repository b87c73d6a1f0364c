package crmsync

import (
	"context"
	"time"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/org"
)

// DryRunID names a comparison.
type DryRunID string

// DryRun compares our customers with the CRM's leads and contacts, and writes nothing there. It holds ids alone, nobody's name.
type DryRun struct {
	ID       DryRunID
	Config   connection.ConfigID
	At       time.Time
	By       string
	Ended    time.Time // zero while it runs
	Error    string    // why it ended early, in words for people
	Contacts int       // read so far
	Leads    int
	Done     int // of our customers
	Counts   map[FindingKind]int
	Findings []Finding
	More     bool // there are more findings than are kept
}

const (
	// MaxFindings is how many findings are kept; all are counted.
	MaxFindings = 5000
	// progressEvery is after how many records it is kept how far a comparison has come.
	progressEvery = 2000
	// CreditsPerPage and RecordsPerPage are what reading costs, at most.
	CreditsPerPage, RecordsPerPage = 3, 2000
)

// epoch is before any record of a CRM was changed.
func epoch() time.Time { return time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) }

// DryRunAsked is the fact that somebody wants a comparison.
type DryRunAsked struct {
	Org org.ID   `json:"org"`
	Run DryRunID `json:"run"`
}

// DryRunStore keeps comparisons.
type DryRunStore interface {
	// StartDryRun keeps a comparison and states DryRunAsked; fault.Conflict while another one of the config runs.
	StartDryRun(ctx context.Context, o org.ID, d DryRun) error
	PutDryRun(ctx context.Context, o org.ID, d DryRun) error
	// DryRun reads one; fault.NotFound.
	DryRun(ctx context.Context, o org.ID, id DryRunID) (DryRun, error)
	// LastDryRun reads a config's newest; false when there is none.
	LastDryRun(ctx context.Context, o org.ID, c connection.ConfigID) (DryRun, bool, error)
	Customers(ctx context.Context, o org.ID, f lead.Filter) (list []lead.Customer, next string, err error)
}

// StartDryRun asks for a comparison; a job carries it out. fault.Conflict: it is not connected, or one runs.
func (s *Service) StartDryRun(ctx context.Context, o org.ID, c connection.ConfigID, by string) (DryRun, error) {
	k, err := s.Connections.Config(ctx, o, c)
	if err != nil {
		return DryRun{}, err
	}
	if k.Connection.State != connection.Connected {
		return DryRun{}, fault.New(fault.Conflict, "Connect this configuration first.")
	}
	d := DryRun{ID: DryRunID(id.New("dry", s.Now())), Config: c, At: s.Now(), By: by}
	return d, s.Store.StartDryRun(ctx, o, d)
}

// RunDryRun reads and compares. One that was cut off begins anew: it only reads. What the CRM refuses ends it with the reason;
// while the CRM does not answer it waits (fault.Unavailable).
func (s *Service) RunDryRun(ctx context.Context, f DryRunAsked) error {
	d, err := s.Store.DryRun(ctx, f.Org, f.Run)
	if fault.Is(err, fault.NotFound) || err == nil && !d.Ended.IsZero() {
		return nil
	}
	if err != nil {
		return err
	}
	d = DryRun{ID: d.ID, Config: d.Config, At: d.At, By: d.By, Counts: map[FindingKind]int{}}
	err = s.dryRun(ctx, f.Org, &d)
	if p := crm.AsProblem(err); p != nil {
		if p.Class.Passing() {
			return fault.Later(max(p.RetryAfter, time.Minute), p.Words()).Because(p)
		}
		d.Error, err = p.Words()+" "+p.Advice(), nil
	} else if fault.Is(err, fault.Denied) {
		d.Error, err = Parked, nil
	}
	if err != nil {
		return err
	}
	d.Ended = s.Now()
	return s.Store.PutDryRun(ctx, f.Org, d)
}

func (s *Service) dryRun(ctx context.Context, o org.ID, d *DryRun) error {
	k, err := s.Connections.Config(ctx, o, d.Config)
	if err != nil {
		return err
	}
	of, err := s.Store.Organization(ctx, o)
	if err != nil {
		return err
	}
	set, err := s.Settings.Settings(ctx, o, d.Config)
	if err != nil {
		return err
	}
	provider, err := s.Guardian.Provider(ctx, k, connection.ForVerification)
	if err != nil {
		return err
	}
	finder := Finder{Provider: provider, Mapping: set.Mapping(), Country: of.Country}
	contacts, leads := newFaces(crm.RoleRelatedRecord, finder), newFaces(crm.RoleLead, finder)
	keep := func() error { return s.Store.PutDryRun(ctx, o, *d) }
	if err := contacts.read(ctx, &d.Contacts, keep); err != nil {
		return err
	}
	if err := leads.read(ctx, &d.Leads, keep); err != nil {
		return err
	}
	if err := s.judgeAll(ctx, o, d, contacts, leads); err != nil {
		return err
	}
	for _, f := range append(contacts.duplicates(), leads.duplicates()...) {
		d.found(f)
	}
	return nil
}

// read takes all records of a module in.
func (f *faces) read(ctx context.Context, n *int, keep func() error) error {
	w := crm.Window{Module: f.finder.Mapping.Module(f.role), Fields: f.finder.fields(f.role), ModifiedSince: epoch(), Expect: RecordsPerPage}
	for rec, err := range f.finder.Provider.Window(ctx, w) {
		if err != nil {
			return err
		}
		f.add(rec)
		if *n++; *n%progressEvery == 0 {
			if err := keep(); err != nil {
				return err
			}
		}
	}
	return keep()
}

// judgeAll compares every customer of ours.
func (s *Service) judgeAll(ctx context.Context, o org.ID, d *DryRun, contacts, leads *faces) error {
	for after := ""; ; {
		list, next, err := s.Store.Customers(ctx, o, lead.Filter{After: after, Limit: 200})
		if err != nil {
			return err
		}
		for _, k := range list {
			sub, err := s.Store.CustomerSubject(ctx, o, k.ID, d.Config)
			if err != nil {
				return err
			}
			linked := map[crm.Role]string{}
			for _, l := range sub.Links {
				linked[l.Role] = l.Record
			}
			for _, one := range []func() (Finding, bool){
				func() (Finding, bool) { return contacts.judge(k, linked[crm.RoleRelatedRecord], true) },
				func() (Finding, bool) { return leads.judge(k, linked[crm.RoleLead], false) },
			} {
				if f, worth := one(); worth {
					d.found(f)
				}
			}
			d.Done++
		}
		if after = next; after == "" {
			return nil
		}
	}
}

func (d *DryRun) found(f Finding) {
	d.Counts[f.Kind]++
	if f.Kind == FoundLinked { // counted, and nothing to look at
		return
	}
	if d.More = d.More || len(d.Findings) >= MaxFindings; !d.More {
		d.Findings = append(d.Findings, f)
	}
}
