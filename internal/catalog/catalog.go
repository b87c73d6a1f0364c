// Package catalog says what can be booked: services, the reps who carry them out, their hours, holidays and territories.
//
// An organization has one catalog, read and replaced as a whole document: ids are the client's, wall times and dates are
// text as people write them. Check names every wrong value by its path in that document; Rules compiles a right one for
// availability. A service or rep that a new document leaves out is archived, not deleted: its appointments stay, still
// block and still count, and its name can still be shown.
//
// The package computes no slots and knows no appointments.
package catalog

import (
	"context"
	"slices"
	"time"

	"heavyset.tech/platform/internal/locale"
	"heavyset.tech/platform/internal/org"
)

// Catalog is the whole document.
type Catalog struct {
	Timezone    string   // IANA name
	Holidays    []string // yyyy-mm-dd; closes each rep's own local date
	Territories []Territory
	Services    []Service
	Reps        []Rep // the order decides ties and priority

	DetailsFirst        bool // visitors say who they are before they choose a time
	ChangeNoticeMinutes int  // until so long before the start visitors may move and cancel; 0: until it

	CancelReasons map[locale.Lang][]string // what people choose from when they cancel; where a language is missing, ours
}

// Territory is a set of postal codes that some reps serve.
type Territory struct {
	ID, Name    string
	PostalCodes []string // exact or a prefix with a trailing *
}

// Service is a kind of appointment.
type Service struct {
	ID, Name              string
	Description           string // one line for the visitor; may be ""
	DurationMinutes       int
	SlotIntervalMinutes   int // distance between offered starts
	BufferBeforeMinutes   int
	BufferAfterMinutes    int
	MinNoticeMinutes      int // least time between now and the start
	BusinessNoticeMinutes int // least time that the rep works between now and the start; 0 = none
	BookingWindowDays     int // last bookable date is today + so many days, in the catalog's zone
	ArrivalWindowMinutes  int // visitors are told that somebody arrives within so long from the start; 0 = at the start
	CapacityPerDay        int // 0 = no limit
	CapacityPerSlot       int // most that start at one instant, over all reps; 0 = no limit
	Assignment            Assignment
	Reps                  []string
	Archived              bool // left out of the document, kept for its appointments

	Questions    []Question   // what visitors are asked, in order
	Confirmation Confirmation // "" = Instant
}

// Assignment is how one of several free reps is chosen.
type Assignment string

// The ways to assign.
const (
	RoundRobin     Assignment = "round_robin"     // the free rep with the fewest appointments around that time, for their weight
	Priority       Assignment = "priority"        // the first free rep of the catalog
	OwnerFirst     Assignment = "owner_first"     // who has the customer's record in the CRM, if free; else round robin
	CustomerChoice Assignment = "customer_choice" // whom the visitor asks for; round robin where they ask for nobody
)

// Window gives how long after the start somebody may arrive, as visitors are told. The arithmetic knows only the start.
func (s Service) Window() time.Duration { return time.Duration(s.ArrivalWindowMinutes) * time.Minute }

// Confirmation is what a visitor's booking becomes.
type Confirmation string

// The two ways to confirm.
const (
	Instant   Confirmation = "instant" // it is an appointment at once
	ByRequest Confirmation = "request" // it takes its time, and somebody confirms or declines it
)

// Rep is a person who attends appointments.
type Rep struct {
	ID, Name    string
	Email       string // for staff only; never public
	CRMUser     string // the CRM's id of this person, owner of the records; may be ""
	Timezone    string // IANA name; "" = the catalog's
	Territories []string
	Hours       []Hours
	Overrides   []Override
	Weight      int // share of the visits by round robin, 1 to 100; 0 = 1
	Archived    bool
}

// Share gives the rep's weight.
func (r Rep) Share() int { return max(1, r.Weight) }

// Hours are weekly working hours.
type Hours struct {
	Days       []string // mon tue wed thu fri sat sun
	Start, End string   // HH:MM wall time; End may be 24:00
}

// Span is a stretch of one date in wall time.
type Span struct{ Start, End string }

// Override replaces the hours of one date; without hours it is a day off.
type Override struct {
	Date  string // yyyy-mm-dd
	Hours []Span
}

// Service finds a service, archived ones too.
func (c Catalog) Service(id string) (Service, bool) {
	for _, s := range c.Services {
		if s.ID == id {
			return s, true
		}
	}
	return Service{}, false
}

// Rep finds a rep, archived ones too.
func (c Catalog) Rep(id string) (Rep, bool) {
	for _, r := range c.Reps {
		if r.ID == id {
			return r, true
		}
	}
	return Rep{}, false
}

// Offered gives the services that can be booked, in order.
func (c Catalog) Offered() []Service {
	var out []Service
	for _, s := range c.Services {
		if !s.Archived {
			out = append(out, s)
		}
	}
	return out
}

// Choosable gives the reps whom a visitor may ask for, in catalog order; none where visitors don't choose.
func (c Catalog) Choosable(s Service) []Rep {
	if s.Assignment != CustomerChoice {
		return nil
	}
	return slices.DeleteFunc(c.Staff(), func(r Rep) bool { return !slices.Contains(s.Reps, r.ID) })
}

// Document gives the catalog as its owner wrote it: without what is archived.
func (c Catalog) Document() Catalog {
	d := c.active()
	staff := map[string]bool{}
	for _, r := range d.Reps {
		staff[r.ID] = true
	}
	for i := range d.Services {
		d.Services[i].Reps = slices.DeleteFunc(slices.Clone(d.Services[i].Reps), func(id string) bool { return !staff[id] })
	}
	return d
}

// active leaves out what is archived. A service keeps its archived reps: they come back to it when they are restored.
func (c Catalog) active() Catalog {
	c.Services, c.Reps = c.Offered(), c.Staff()
	return c
}

// Store keeps catalogs. ReplaceCatalog archives services and reps that the document leaves out, brings back those it
// names again, sets the organization's zone and raises the catalog's revision.
type Store interface {
	Catalog(ctx context.Context, o org.ID) (Catalog, error)
	CatalogAt(ctx context.Context, o org.ID) (c Catalog, revision int64, err error)
	ReplaceCatalog(ctx context.Context, o org.ID, c Catalog) error
	// ReplaceCatalogAt is ReplaceCatalog for the revision that a change began from; ErrMoved when it is another.
	ReplaceCatalogAt(ctx context.Context, o org.ID, c Catalog, revision int64) error
}

// Service for the catalog's owner: read and replace the document.
type Editor struct{ Store Store }

// Document reads the catalog as its owner wrote it.
func (e *Editor) Document(ctx context.Context, o org.ID) (Catalog, error) {
	c, err := e.Store.Catalog(ctx, o)
	return c.Document(), err
}

// Replace checks a document and stores it; fault.Invalid names every wrong value by its path.
func (e *Editor) Replace(ctx context.Context, o org.ID, c Catalog) (Catalog, error) {
	c = c.withDefaults()
	if err := c.Check(); err != nil {
		return Catalog{}, err
	}
	if err := e.Store.ReplaceCatalog(ctx, o, c); err != nil {
		return Catalog{}, err
	}
	return c, nil
}

// withDefaults fills what may be left out.
func (c Catalog) withDefaults() Catalog {
	services := make([]Service, len(c.Services))
	copy(services, c.Services)
	for i := range services {
		if services[i].Assignment == "" {
			services[i].Assignment = RoundRobin
		}
		if services[i].SlotIntervalMinutes == 0 {
			services[i].SlotIntervalMinutes = 30
		}
		services[i].Archived = false
	}
	c.Services = services
	reps := make([]Rep, len(c.Reps))
	copy(reps, c.Reps)
	for i := range reps {
		reps[i].Archived = false
	}
	c.Reps = reps
	return c
}
