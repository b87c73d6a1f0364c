package crm

import (
	"context"
	"iter"
	"time"

	"heavyset.tech/platform/internal/secret"
)

// WindowFields is how many fields a Window may name, at most.
const WindowFields = 48

// Window asks for the records of a module whose range meets [From, To), or that changed since ModifiedSince when From is
// zero; with both, those of the range and those that changed.
type Window struct {
	Module        string
	Fields        []string // API names to read besides the id; at most WindowFields
	Start, End    string   // API names of the fields that hold start and end; "" with ModifiedSince
	From, To      time.Time
	Days          bool      // Start and End hold dates: those of From and To in UTC bound them, both included
	ModifiedSince time.Time // by Modified_Time, inclusive; zero: not asked by it
	Expect        int       // how many rows there were last time: it says how large a page is the cheapest; 0: unknown
	Match         []Match   // further conditions that all must hold
}

// Deletion is a record that was deleted in the CRM.
type Deletion struct {
	ID string
	At time.Time
}

// Channel is what the CRM notifies us through: at most a week long, then it has to be renewed.
type Channel struct {
	ID      string // a positive number of 63 bits, of our choice
	Modules []string
	URL     string        // where the CRM posts to; at most 255 signs. A secret in itself
	Token   secret.String // what it posts with; at most 50 signs
	Expires time.Time
}

// Notice is what a notification says, without being proved: whoever knows address and token can have sent it.
type Notice struct {
	Channel string
	Token   secret.String // to be compared in constant time
	Module  string
	IDs     []string
	Made    bool // of new records
	Deleted bool
}

// Calendar is a calendar that the authorizing user sees.
type Calendar struct {
	ID, Name   string
	Category   string // own, group, app (which holds what mirrors the CRM), other
	Own        bool   // the user owns it
	Default    bool   // the user's default one
	InFreeBusy bool   // counts for the user's busy times
	Tag        string // changes when anything in the calendar does; "" where the CRM does not say
}

// CalendarEntry is one instance of a calendar's event, or one busy time, which has no more than its range.
type CalendarEntry struct {
	ID          string
	Instance    string // of a repeating event; "" otherwise
	Title       string
	Start, End  time.Time // UTC; zero of an all-day one
	AllDay      bool
	First, Last Date // of an all-day one, both inclusive, in the local days of whoever is busy
	Transparent bool // blocks nothing
	Cancelled   bool
	Etag        string
}

// Person is a user of the CRM.
type Person struct {
	ID, Name, Email string
	Timezone        string // IANA name
	Active          bool
}

// ChangeReader reads what changed in the CRM, and calendars beside it. Every method returns a *Problem when it fails.
type ChangeReader interface {
	// Window gives all rows in order of id, by the cheapest way (one page of 200 first, then larger ones). An error comes
	// last.
	Window(ctx context.Context, w Window) iter.Seq2[Record, error]
	// Records reads these records by id, each telling whether it was cancelled, with the named fields (at most SampleFields); what does not exist is left out.
	// Long texts may come shortened: Get has them whole.
	Records(ctx context.Context, module string, ids, fields []string) ([]Record, error)
	// Deletions lists what was deleted since, that instant included, each record once with the last time. The CRM forgets:
	// Zoho after 120 days.
	Deletions(ctx context.Context, module string, since time.Time) ([]Deletion, error)
	// Watch enables a channel or renews it. The answer has the modules and the expiry that the CRM granted, which may be
	// earlier than what was asked for.
	Watch(ctx context.Context, c Channel) (Channel, error)
	// Watching reads a channel as the CRM has it; false when it has none.
	Watching(ctx context.Context, id string) (Channel, bool, error)
	// Unwatch ends channels; one that is not there is no error.
	Unwatch(ctx context.Context, ids ...string) error
	// People lists the users of the CRM, those who are not active any more too.
	People(ctx context.Context) ([]Person, error)
	// Calendars lists all calendars that the authorizing user sees, hidden ones too.
	Calendars(ctx context.Context) ([]Calendar, error)
	// Entries lists a calendar's entries by instance in a range of any length (split into calls of at most 31 days).
	Entries(ctx context.Context, calendar string, from, to time.Time) ([]CalendarEntry, error)
	// Busy gives a person's busy times by e-mail; a *Problem of class Forbidden when the person does not share them.
	Busy(ctx context.Context, email string, from, to time.Time) ([]CalendarEntry, error)
	// Entry reads one entry with its description. A *Problem of class Gone when there is none.
	Entry(ctx context.Context, calendar, id string) (e CalendarEntry, description string, err error)
	// PutEntry makes an entry when its ID is "". Otherwise it changes that one, or its Instance: what it does not speak of
	// stays, and an entry that somebody changed meanwhile is read again and changed then. It gives the entry as it is now.
	PutEntry(ctx context.Context, calendar string, e CalendarEntry, description string) (CalendarEntry, error)
	// DeleteEntry takes an entry out of its calendar, with all its instances; etag may be "". A *Problem of class Gone when
	// it is not there any more.
	DeleteEntry(ctx context.Context, calendar string, id, etag string) error
}
