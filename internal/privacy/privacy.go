// Package privacy gives a person what an organization holds of them, and erases it.
//
// A person is one customer or several, found by their e-mail address or phone number. What stands where is said in one
// place, the store's table of holdings, which docs/PRIVACY.md repeats: export, erasure, the search afterwards and that
// page all come from it. Appointments stay as facts without a person (time, rep, service, outcome), so that
// availability and statistics stay true; everything else of the person goes, with the links to the CRM's records, so that
// no later reading brings them back. The CRM's own records are erased too where an administrator chooses so, by a job.
//
// A Report counts rows by table and keeps no word of the person; it stays as the proof.
package privacy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/org"
)

// ID names an erasure.
type ID string

// Who says whose data it is about: a customer, or everybody with an e-mail address or phone number.
type Who struct {
	Customer     lead.CustomerID
	Email, Phone string
}

// Act is what becomes of a table's rows in an erasure.
type Act string

// The acts.
const (
	Deleted    Act = "deleted"
	Anonymised Act = "made anonymous"
)

// Count is how many rows of a table are a person's.
type Count struct {
	Table string `json:"table"`
	Rows  int64  `json:"rows"`
	Act   Act    `json:"act"`
}

// Record is one of the CRM's that stands for a person.
type Record struct {
	Config connection.ConfigID `json:"config"`
	Role   crm.Role            `json:"role"`
	Module string              `json:"module"`
	ID     string              `json:"id"`
}

// Holding is what an organization holds of a person.
type Holding struct {
	Customers []lead.CustomerID
	Counts    []Count  // tables with rows
	Records   []Record // of the CRM, that stand for nobody else
	Coming    int      // appointments that are still to take place
	Markers   Markers
}

// Markers are the words by which a person is found.
type Markers []string

// LogValue keeps people out of logs.
func (Markers) LogValue() slog.Value { return slog.StringValue("[markers]") }

// shortest is from how many characters on a word is a marker: shorter ones are found in anything.
const shortest = 6

// MarkersOf gives the markers of a contact: e-mail, phone, full name and street.
func MarkersOf(c lead.Contact) Markers {
	var out Markers
	add := func(words ...string) {
		for _, w := range words {
			if len(w) >= shortest {
				out = append(out, w)
			}
		}
	}
	add(c.Email, c.Phone, c.Street)
	if c.FirstName != "" && c.LastName != "" {
		add(c.FullName())
	}
	return out
}

// With adds the markers that are not there yet.
func (m Markers) With(more Markers) Markers {
	for _, w := range more {
		if !m.has(w) {
			m = append(m, w)
		}
	}
	return m
}

func (m Markers) has(word string) bool {
	for _, w := range m {
		if strings.EqualFold(w, word) {
			return true
		}
	}
	return false
}

// Export is everything that is held of a person, row by row, by table.
type Export struct {
	Made      time.Time                   `json:"made"`
	Customers []lead.CustomerID           `json:"customers"`
	Tables    map[string][]map[string]any `json:"tables"`
	Records   []Record                    `json:"crm_records"`
}

// LogValue keeps people out of logs.
func (Export) LogValue() slog.Value { return slog.StringValue("[export]") }

// Report is the proof of an erasure. It holds nothing of the person.
type Report struct {
	ID      ID        `json:"-"`
	At      time.Time `json:"-"`
	By      string    `json:"-"`
	Counts  []Count   `json:"counts"`
	Found   []Count   `json:"found"`   // rows in which the search afterwards found a marker: those of others who share it
	File    FileState `json:"file"`    // what became of deleted content in the database's file
	Records []Erased  `json:"records"` // of the CRM
	Chosen  bool      `json:"chosen"`  // the CRM's records are to be erased
}

// Proved reports whether the search afterwards is done, and the database's file was looked at.
func (r Report) Proved() bool { return r.File != "" && r.File != FileBusy }

// FileState is what became of deleted content in the database's file.
type FileState string

// The states of the file.
const (
	FileClean     FileState = "clean"     // read through: no marker in it
	FileCompacted FileState = "compacted" // a marker was found, so the file was written anew from what is held
	FileServer    FileState = "server"    // the database is a server, which clears its files itself
	FileBusy      FileState = "busy"      // somebody reads it: Tick looks again
)

// Erased is a record of the CRM and whether it is gone there.
type Erased struct {
	Record
	State RecordState `json:"state"`
	Words string      `json:"words,omitempty"`
}

// RecordState is how far the erasure of a record has come.
type RecordState string

// The states of a record.
const (
	Left   RecordState = "left" // by choice
	Waits  RecordState = "waits"
	Gone   RecordState = "gone"
	Failed RecordState = "failed"
)

// RecordsChosen is the fact that the CRM's records of an erased person are to be deleted.
type RecordsChosen struct {
	Org     org.ID `json:"org"`
	Erasure ID     `json:"erasure"`
}

// Unproved is an erasure that was made and whose proof is not kept, with what has to be looked for.
type Unproved struct {
	Org     org.ID
	Erasure ID
	Markers Markers
}

// Store finds, exports and erases. What it does to a person it does in one transaction.
type Store interface {
	// Held says what is held of a person; fault.NotFound: nobody is.
	Held(ctx context.Context, o org.ID, w Who) (Holding, error)
	// ExportPerson reads all of it.
	ExportPerson(ctx context.Context, o org.ID, w Who) (Export, error)
	// ErasePerson erases it and keeps the report, stating RecordsChosen if its records are chosen. fault.Conflict: the
	// CRM is being written for the person at this moment.
	ErasePerson(ctx context.Context, o org.ID, w Who, r Report) (Report, Markers, error)
	// Search counts an organization's rows that hold a marker, by table.
	Search(ctx context.Context, o org.ID, m Markers) ([]Count, error)
	// Scrub makes sure that no deleted content that holds a marker is left in the database's file.
	Scrub(ctx context.Context, m Markers) (FileState, error)
	// Unproved lists the erasures before an instant that are not proved, beside what it fails with for others.
	Unproved(ctx context.Context, before time.Time) ([]Unproved, error)
	Erasure(ctx context.Context, o org.ID, id ID) (Report, error)
	// Erasures lists them, newest first, the last hundred.
	Erasures(ctx context.Context, o org.ID) ([]Report, error)
	// ChangeErasure changes a kept report; nobody else does meanwhile. With the proof, what was looked for is forgotten.
	ChangeErasure(ctx context.Context, o org.ID, id ID, change func(*Report)) error
	// Record keeps an attempt at the CRM.
	Record(ctx context.Context, o org.ID, a crmsync.Attempt, l *crmsync.Link) error
}

// proveAfter is how long whoever erases a person is left to prove it.
const proveAfter = 2 * time.Minute

// Service exports and erases.
type Service struct {
	Store       Store
	Connections *connection.Service
	Guardian    *connection.Guardian
	Now         func() time.Time
}

// Erase erases a person and proves it: rows by table, and what a search finds afterwards. crmToo: the CRM's records of
// theirs are deleted there by a job; otherwise they are left and listed.
func (s *Service) Erase(ctx context.Context, o org.ID, w Who, crmToo bool, by string) (Report, error) {
	now := s.Now()
	r, markers, err := s.Store.ErasePerson(ctx, o, w, Report{ID: ID(id.New("era", now)), At: now, By: by, Chosen: crmToo})
	if err != nil {
		return r, err
	}
	ctx = context.WithoutCancel(ctx) // erased is erased: the proof is finished whoever waits for it
	r.File, r.Found, err = s.prove(ctx, Unproved{o, r.ID, markers})
	return r, err
}

func (s *Service) prove(ctx context.Context, u Unproved) (FileState, []Count, error) {
	file, err := s.Store.Scrub(ctx, u.Markers)
	if err != nil {
		return "", nil, err
	}
	found, err := s.Store.Search(ctx, u.Org, u.Markers)
	if err != nil {
		return file, nil, err
	}
	return file, found, s.Store.ChangeErasure(ctx, u.Org, u.Erasure, func(kept *Report) { kept.File, kept.Found = file, found })
}

// Tick proves the erasures that nobody has proved: the process died after the erasure, or the database's file was being read.
func (s *Service) Tick(ctx context.Context) error {
	list, err := s.Store.Unproved(ctx, s.Now().Add(-proveAfter))
	all := []error{err}
	for _, u := range list {
		if _, _, err := s.prove(ctx, u); err != nil {
			all = append(all, fmt.Errorf("prove erasure %s: %w", u.Erasure, err))
		}
	}
	return errors.Join(all...)
}

// errNobody says that nothing is held of a person.
var errNobody = fault.New(fault.NotFound, "Nothing is held of this person.")

// Nobody is the fault of a person of whom nothing is held.
func Nobody() error { return errNobody }
