// Package mirror keeps a local copy of what in the client's CRM takes a rep's time, and follows what people do there to
// our appointments.
//
// A Round reads each source of a connection as it is (the coming appointments of a module in one query, a calendar by its
// entries), compares it with the copy and keeps the difference. What the CRM tells of in between (Notice) is only a hint:
// the record is marked, fetched and compared in the same way, so a notification that is lost, doubled or late does no
// harm. The echo of our own writes is known by its content: a link remembers the sight that both sides last knew of, and
// Decide is pure.
//
// Guarded here: a record that is missing is not cancelled before the CRM's list of deletions says so; a change made on
// both sides is never overwritten but becomes a conflict for a person, and until it is settled both times block; a copy
// that is older than its budget is not taken for the truth (Staleness). The package never writes to the CRM's records.
package mirror

import (
	"context"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/settings"
)

// Row is our copy of one record or calendar entry. Start and End are instants in UTC; of an all-day one they lie on the
// first and, just before the end, on the last of its days in the rep's zone.
type Row struct {
	ID         string
	Owner      string // the CRM's user; "" of a calendar entry
	Rep        string // whose calendar it stands in; "" of a record
	Start, End time.Time
	AllDay     bool
	Cancelled  Cancellation
	Modified   time.Time
	Rule       Rule
}

// Cancellation says whether a record is called off.
type Cancellation int64

// A list of records does not say whether a meeting is cancelled; until it was asked for, it blocks. A record that stands
// for an appointment and is neither there nor deleted is Missing, and Lost once a person was told of it.
const (
	Stands    Cancellation = 0
	Cancelled Cancellation = 1
	Unasked   Cancellation = 2
	InWords   Cancellation = 3 // by its title or a status: Zoho's calendars still show it
	Missing   Cancellation = 4
	Lost      Cancellation = 5
)

// Source is one place that the copy is made of, and how far it is.
type Source struct {
	Name    string    // a module's API name, calendar:ID or busy:REP
	Counted bool      // takes reps' time under the Slot Availability Source in force
	AsOf    time.Time // when the last complete reading began; zero: never
	Tried   time.Time
	Error   string    // why the last reading failed; "" when it did not
	Noticed time.Time // when the CRM last told of a change
	Records int
	Tag     string // what a calendar said of its state; of a module of meetings, whose earlier ones were asked for
}

// Delta is what changed in a source.
type Delta struct {
	Put  []Row
	Drop []string
}

// Linked is an appointment whose record stands in a module.
type Linked struct {
	Module      string
	Record      string
	Appointment booking.AppointmentID
	Start, End  time.Time
	Rep         string
	Status      booking.Status
	Pending     bool // our newest state is not written yet
	Sight       *crmsync.Sight
	Sending     *crmsync.Sight
	Version     int64 // of the sights
	Seen        bool  // the CRM has given the record back, or told of it, since it was written
	Disputed    bool  // a person has something to settle between appointment and record
}

// Dirty is a record that the CRM says has changed.
type Dirty struct {
	Module, Record string
	Version        int64
	Noticed        time.Time
	Made           bool // nothing is told of it but that it was made
}

// Standing is what following a record must know, read under the organization's lock.
type Standing struct {
	Appointment booking.Appointment
	Linked
	Conflicts []Conflict // open ones
}

// Following is what a decision stores.
type Following struct {
	Sight  *crmsync.Sight // what both sides know now; nil: as before
	Change booking.Change // without Fact the appointment stays as it is
	Open   *Conflict      // for a person to settle
	Settle Settlement     // ends the open conflicts between appointment and record; zero: they stay open
	Write  bool           // our state has to be written to the CRM
	Anew   bool           // with Write: to a new record, the old one is gone
}

// Channel is a way by which the CRM tells of changes.
type Channel struct {
	crm.Channel
	Path  secret.String // the secret end of the address that the CRM calls
	Renew time.Time
	Heard time.Time // when it last told of something
	Made  time.Time
	Error string // why it could not be renewed
}

// Noticed is the fact that the CRM told of changes.
type Noticed struct {
	Org    org.ID              `json:"org"`
	Config connection.ConfigID `json:"config"`
}

// Due is the fact that a connection's copy has to be compared with the CRM.
type Due struct {
	Org    org.ID              `json:"org"`
	Config connection.ConfigID `json:"config"`
}

// Staleness is the state of an organization's availability source as its slots need it. A zero Policy says that there is
// no source.
type Staleness struct {
	AsOf   time.Time // zero: never read
	Budget time.Duration
	Policy settings.StalePolicy
}

// Store keeps the copy. Apply, Follow and SetSources raise the revision that slots are cached by when they change what
// blocks time.
type Store interface {
	PeopleStore
	Organization(ctx context.Context, o org.ID) (org.Organization, error)
	CatalogAt(ctx context.Context, o org.ID) (catalog.Catalog, int64, error)
	ConnectedOrganizations(ctx context.Context) ([]org.ID, error)

	// SetSources makes these the sources of a config and forgets the rows of all others. One that becomes counted was never read.
	SetSources(ctx context.Context, o org.ID, c connection.ConfigID, wanted []Source) error
	Sources(ctx context.Context, o org.ID, c connection.ConfigID) ([]Source, error)
	Rows(ctx context.Context, o org.ID, c connection.ConfigID, source string) (map[string]Row, error)
	// OwnersAhead counts the records in the copy that are not over, by their owner.
	OwnersAhead(ctx context.Context, o org.ID, c connection.ConfigID, now time.Time) (map[string]int, error)
	Apply(ctx context.Context, o org.ID, c connection.ConfigID, source string, d Delta) error
	// ReadSource keeps that a source was read completely; FailSource that it was not.
	// Both keep the sample.
	ReadSource(ctx context.Context, o org.ID, c connection.ConfigID, s Source, x Sample) error
	FailSource(ctx context.Context, o org.ID, c connection.ConfigID, source, why string, x Sample) error
	SourceHours(ctx context.Context, o org.ID, c connection.ConfigID, since time.Time) ([]SourceHour, error)
	Queue(ctx context.Context, o org.ID) (Queue, error)
	WriteFailures(ctx context.Context, o org.ID, since time.Time) ([]FailureKind, error)
	SetStaleness(ctx context.Context, o org.ID, s Staleness) error

	// Notice marks records as changed and states Noticed; NoticeMade is told of nothing but that they were made.
	Notice(ctx context.Context, o org.ID, c connection.ConfigID, channel, module string, records []string, now time.Time) error
	NoticeMade(ctx context.Context, o org.ID, c connection.ConfigID, channel, module string, records []string, now time.Time) error
	// Dirty lists records that are marked as changed, at most so many of each module, the oldest mark first.
	Dirty(ctx context.Context, o org.ID, c connection.ConfigID, limit int) ([]Dirty, error)
	// Clean forgets marks that have not been renewed since they were read.
	Clean(ctx context.Context, o org.ID, c connection.ConfigID, done []Dirty) error
	// StateDue states Due for a config.
	StateDue(ctx context.Context, o org.ID, c connection.ConfigID) error

	// Linked lists the appointments that records of a module stand for and that meet [from, to).
	Linked(ctx context.Context, o org.ID, c connection.ConfigID, module string, from, to time.Time) ([]Linked, error)
	// LinkedRecord gives the appointment that one record stands for; false when there is none.
	LinkedRecord(ctx context.Context, o org.ID, c connection.ConfigID, module, record string) (Linked, bool, error)
	// See keeps, of records that were not seen before, that they were now.
	See(ctx context.Context, o org.ID, c connection.ConfigID, list []Linked, now time.Time) error
	// KeepGone keeps that the CRM has deleted records, from the first time on; ForgetGone that it has them again.
	KeepGone(ctx context.Context, o org.ID, c connection.ConfigID, list []Linked, now time.Time) error
	ForgetGone(ctx context.Context, o org.ID, c connection.ConfigID, list []Linked) error
	// Agree keeps sights, each unless its version has moved on.
	Agree(ctx context.Context, o org.ID, c connection.ConfigID, list []Linked) error
	// Follow stores what decide makes of an appointment under the organization's lock, unless the version of its sights
	// has moved on: then ErrMoved. An overlap that the database refuses is fault.Conflict.
	Follow(ctx context.Context, o org.ID, c connection.ConfigID, l Linked, decide func(Standing) (Following, error)) error

	// Collisions opens a conflict for each coming appointment that something else in the CRM has the time of, changed since
	// then, and ends those that collide no more.
	Collisions(ctx context.Context, o org.ID, c connection.ConfigID, since, now time.Time) error
	// Collide opens a conflict with each obstacle that stands for no appointment of ours and that nobody has let stand, and
	// takes it into the copy, unless the appointment has changed since it was read. changed: one of them is news, so that the
	// appointment has become a request.
	Collide(ctx context.Context, o org.ID, c connection.ConfigID, a booking.Appointment, found []Obstacle, now time.Time) (changed bool, err error)
	// Tentative lists appointments that were last changed before then, are written, wait to be confirmed and have no open conflict.
	Tentative(ctx context.Context, o org.ID, before time.Time) ([]booking.AppointmentID, error)
	Change(ctx context.Context, o org.ID, id booking.AppointmentID, q booking.Question, decide func(booking.Appointment, booking.Situation) (booking.Change, error)) (booking.Appointment, error)

	Conflicts(ctx context.Context, o org.ID) (open, settled []Conflict, err error)
	ConflictsOf(ctx context.Context, o org.ID, a booking.AppointmentID) ([]Conflict, error)
	CountConflicts(ctx context.Context, o org.ID) (int, error)
	Conflict(ctx context.Context, o org.ID, id ConflictID) (Conflict, error)
	// SettleConflict ends a conflict and nothing else; fault.Conflict: it has been.
	SettleConflict(ctx context.Context, o org.ID, id ConflictID, how Settlement) error

	Channels(ctx context.Context, o org.ID, c connection.ConfigID) ([]Channel, error)
	PutChannel(ctx context.Context, o org.ID, c connection.ConfigID, ch Channel) error
	DeleteChannel(ctx context.Context, o org.ID, c connection.ConfigID, id string) error
	// ChannelByPath finds the channel whose address ends in a secret, by its hash; fault.NotFound.
	ChannelByPath(ctx context.Context, hash string) (org.ID, connection.ConfigID, Channel, error)
}

// Settings says what a config is set to.
type Settings interface {
	Settings(ctx context.Context, o org.ID, c connection.ConfigID) (settings.Version, error)
}

// Service keeps the copies of all connections.
type Service struct {
	Store       Store
	Connections *connection.Service
	Guardian    *connection.Guardian
	Settings    Settings
	Bookings    *booking.Service
	Every       time.Duration // how often Round runs: a copy is stale only when several have failed
	NotifyURL   string        // what the CRM calls, without the secret at its end: {BASE_URL}/hooks/zoho/
	Now         func() time.Time

	turns turns
}
