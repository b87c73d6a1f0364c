package mirror_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/privacy"
)

// erased erases a visit's person and gives the report.
func (v *visit) erased(crmToo bool) (*privacy.Service, privacy.Report) {
	v.t.Helper()
	p := &privacy.Service{Store: v.store, Connections: v.sync.Connections, Guardian: v.guardian, Now: v.clock}
	r, err := p.Erase(v.t.Context(), v.org.ID, privacy.Who{Customer: v.here().Customer}, crmToo, "Ada")
	v.must(err)
	return p, r
}

// TestNoReadingBringsAnErasedPersonBack: their records are still in Zoho and change there.
func TestNoReadingBringsAnErasedPersonBack(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			w := newHouse(t, engine)
			v := w.visit(1, 10, "quillfeather")
			start := v.here().Start
			_, r := v.erased(false)
			var contact privacy.Record
			for _, e := range r.Records {
				if e.State != privacy.Left {
					t.Errorf("%+v is not left", e)
				}
				if e.Role == crm.RoleRelatedRecord {
					contact = e.Record
				}
			}
			if len(r.Records) != 3 || contact.ID == "" {
				t.Fatalf("the records of the person: %+v", r.Records)
			}
			v.change(hour(start.Add(3 * time.Hour)))
			w.must(w.zoho.Update(t.Context(), contact.Module, contact.ID, crm.Values{"Mobile": "+13125550199"}))
			w.must(w.store.Notice(t.Context(), w.org.ID, w.config, "", contact.Module, []string{contact.ID}, w.clock()))
			w.must(w.store.Notice(t.Context(), w.org.ID, w.config, "", "Events", []string{v.record}, w.clock()))
			w.must(w.mirror.Catch(t.Context(), w.org.ID, w.config))
			for range 6 { // people are read in every fifth
				w.round()
			}
			w.must(w.sync.Sweep(t.Context(), 0))
			w.must(v.push())
			if list, _, err := w.store.Customers(t.Context(), w.org.ID, lead.Filter{}); err != nil || len(list) != 0 {
				t.Errorf("customers: %+v %v", list, err)
			}
			if a := v.here(); !a.Start.Equal(start) || a.Customer != "" || a.Contact.Email != "" {
				t.Errorf("the visit: %+v", a)
			}
			if found, err := w.store.Search(t.Context(), w.org.ID, privacy.MarkersOf(lead.Contact{FirstName: "Jo", LastName: "quillfeather", Email: "quillfeather@x.example"})); err != nil || len(found) != 0 {
				t.Errorf("found: %v %v", found, err)
			}
		})
	}
}

// TestAnErasedPersonsRecordsGo: by choice they are deleted in Zoho, once each, as attempts.
func TestAnErasedPersonsRecordsGo(t *testing.T) {
	t.Parallel()
	w := newHouse(t, "sqlite")
	v := w.visit(1, 10, "quillfeather")
	p, r := v.erased(true)
	ctx, fact := t.Context(), privacy.RecordsChosen{Org: w.org.ID, Erasure: r.ID}
	before := w.writes()
	w.must(p.EraseRecords(ctx, fact))
	w.must(p.EraseRecords(ctx, fact)) // as a job that died before it was done
	if n := w.writes() - before; n != 1 {
		t.Errorf("the meeting was deleted %d times", n)
	}
	r, err := w.store.Erasure(ctx, w.org.ID, r.ID)
	w.must(err)
	if len(r.Records) != 3 || r.File == "" {
		t.Fatalf("%+v", r)
	}
	for _, e := range r.Records {
		if _, err := w.zoho.Get(ctx, e.Module, e.ID); e.State != privacy.Gone || !crm.IsClass(err, crm.Gone) {
			t.Errorf("%+v: %v", e, err)
		}
	}
	list, _, err := w.store.Attempts(ctx, w.org.ID, crmsync.AttemptFilter{})
	w.must(err)
	deleted := 0
	for _, a := range list {
		if a.Kind == "delete "+a.Module && a.State == crmsync.AttemptWritten {
			deleted++
		}
	}
	if deleted != 3 {
		t.Errorf("%d attempts of %d", deleted, len(list))
	}
	w.round()
	if a := v.here(); a.Customer != "" || a.Rep == "" {
		t.Errorf("the visit: %+v", a)
	}
}

// dying is the store of a process that dies before it keeps what it has done for the n-th time.
type dying struct {
	privacy.Store
	n int
}

var errDead = errors.New("the process has died")

func (d *dying) step() error {
	if d.n--; d.n < 0 {
		return errDead
	}
	return nil
}

func (d *dying) Record(ctx context.Context, o org.ID, a crmsync.Attempt, l *crmsync.Link) error {
	if err := d.step(); err != nil {
		return err
	}
	return d.Store.Record(ctx, o, a, l)
}

func (d *dying) ChangeErasure(ctx context.Context, o org.ID, id privacy.ID, change func(*privacy.Report)) error {
	if err := d.step(); err != nil {
		return err
	}
	return d.Store.ChangeErasure(ctx, o, id, change)
}

// TestKilledWhileRecordsGo: wherever the process dies between the deletion of a record, its attempt and the report, the next
// one ends with all of them gone and said so.
func TestKilledWhileRecordsGo(t *testing.T) {
	t.Parallel()
	w := newHouse(t, "sqlite")
	ctx := t.Context()
	for n := range 6 { // three records, an attempt and the report of each
		v := w.visit(1, 9+n, fmt.Sprintf("quill%d", n))
		p, r := v.erased(true)
		fact := privacy.RecordsChosen{Org: w.org.ID, Erasure: r.ID}
		p.Store = &dying{w.store, n}
		if err := p.EraseRecords(ctx, fact); !errors.Is(err, errDead) {
			t.Fatalf("dies before the %d. write: %v", n, err)
		}
		p.Store = w.store
		w.must(p.EraseRecords(ctx, fact))
		r, err := w.store.Erasure(ctx, w.org.ID, r.ID)
		w.must(err)
		for _, e := range r.Records {
			if _, err := w.zoho.Get(ctx, e.Module, e.ID); e.State != privacy.Gone || e.Words != "" || !crm.IsClass(err, crm.Gone) {
				t.Errorf("died before the %d. write: %+v: %v", n, e, err)
			}
		}
		if len(r.Records) != 3 {
			t.Errorf("died before the %d. write: %d records", n, len(r.Records))
		}
	}
}
