package crmsync

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/mapping"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/settings"
)

// Person is a record of the CRM that stands for a person, and whom it stands for here.
type Person struct {
	Config   connection.ConfigID
	Role     crm.Role
	Subject  string
	Module   string
	Record   string
	Customer lead.CustomerID
	Lead     lead.ID // of a lead's record whose lead is ours; "" otherwise
	Known    *Known
	Wrote    time.Time // when we last began to write it
	Version  int64     // of Known; AnyVersion: whatever it is by now
}

// AnyVersion is the version of whoever has just written the record: nobody knows better.
const AnyVersion = -1

// ErrMoved says that a link has changed since it was read: read the record again.
var ErrMoved = errors.New("crmsync: the link has been written meanwhile")

// PersonStanding is what is known of a person here when their record has been read.
type PersonStanding struct {
	Person
	Is           lead.Customer
	Interest     *lead.Lead // of Person.Lead
	Disagreement DisagreementID
}

// PersonChange is what becomes of a person by what their record shows. A zero part leaves things as they are.
type PersonChange struct {
	Known    *Known
	Customer *lead.Customer // changed: the other records have to be told
	Lead     *lead.Lead
	Event    string // for the customer's timeline
	Open     *Disagreement
	Settle   bool // an open disagreement is over: both sides say the same by now
	Write    bool // the record has to take something of ours
	Record   string
	Matched  []lead.Ground // with Record: by what it was found
	Gone     bool          // with Record: the CRM has deleted the one that was
	Module   string        // with Record: where the person's record is now; Record NoRecord or GoneRecord: nowhere
}

// GoneRecord in a PersonChange forgets a link: the next booking looks for the person again.
const GoneRecord = "gone"

// DisagreementID names a disagreement.
type DisagreementID string

// Disagreement is what of a customer was changed here and in the CRM, when a person is to decide.
type Disagreement struct {
	ID           DisagreementID
	Person       Person
	Parts        []Part
	Ours, Theirs lead.Contact
	Opened       time.Time
	Settled      time.Time // zero while it is open
	Choice       Side      // how it was settled
	By           string
}

// Disagreed is the fact that of a customer there is something for a person to settle.
type Disagreed struct {
	Org          org.ID         `json:"org"`
	Disagreement DisagreementID `json:"disagreement"`
}

// Words says in a sentence what the two sides disagree on.
func (d Disagreement) Words() string {
	var parts []string
	for _, p := range d.Parts {
		parts = append(parts, p.Words())
	}
	return "Changed here and in Zoho since both last agreed: " + strings.Join(parts, ", ") + "."
}

// Side is whose side holds.
type Side string

// The two sides, and what a disagreement ends with that is over by itself.
const (
	SideOurs   Side = "ours"
	SideTheirs Side = "theirs"
	SideAgreed Side = "agreement"
)

// Seen is a record of a person as it was read.
type Seen struct {
	Record  crm.Record
	Mapping mapping.Mapping
	Country string
	Truth   settings.Truth
	At      time.Time
}

// Follow decides what becomes of a person by what their record shows.
func (s PersonStanding) Follow(seen Seen) PersonChange {
	face := ReadFace(seen.Record, seen.Mapping, s.Role, seen.Country, s.Is.Contact)
	merge := Compare(Sides{
		Ours: s.Is.Contact, Shown: mirrored(seen.Mapping, s.Role, seen.Country, s.Is.Contact), Theirs: face.Contact, Known: s.Known,
		Newer: s.Is.Updated.After(seen.Record.Modified),
	}, seen.Truth)
	var out PersonChange
	var says []string
	if len(merge.Took) > 0 {
		changed := s.Is
		changed.Contact, changed.Updated = merge.Contact, seen.At
		out.Customer = &changed
		for _, p := range merge.Took {
			says = append(says, took(p, s.Is.Contact, merge.Contact))
		}
	}
	merge.Known.Theirs.Status = face.Status
	merge.Known.Owner = cmp.Or(face.Owner.ID, merge.Known.Owner)
	if s.Interest != nil {
		var said string
		if out.Lead, said = s.interest(seen, face); said != "" {
			says = append(says, said)
		}
	}
	if s.Known == nil || !s.Known.equal(merge.Known) {
		out.Known = &merge.Known
	}
	if len(merge.Asks) > 0 {
		out.Open = &Disagreement{Person: s.Person, Parts: merge.Asks, Ours: s.Is.Contact, Theirs: face.Contact, Opened: seen.At}
	}
	out.Settle = s.Disagreement != "" && len(merge.Asks) == 0
	out.Write = len(merge.Known.Owed) > 0 && out.Known != nil
	if len(says) > 0 {
		out.Event = "In Zoho: " + strings.Join(says, "; ")
	}
	return out
}

// took says what was changed in the CRM.
func took(p Part, was, is lead.Contact) string {
	if before := p.Text(was); before != "" {
		return p.Words() + " " + before + " → " + p.Text(is)
	}
	return p.Words() + " " + p.Text(is)
}

// interest takes over what a lead's record says of it: always its status, once somebody has changed it there. What it says when
// it is first met counts only where it is ahead of ours.
func (s PersonStanding) interest(seen Seen, face Face) (*lead.Lead, string) {
	l, said := *s.Interest, ""
	if face.Owner.Name != "" {
		l.Owner = face.Owner.Name
	}
	if face.Status != "" {
		l.Status = face.Status
	}
	changed := s.Known != nil && face.Status != "" && face.Status != s.Known.Theirs.Status
	if stage, ok := stageOf(seen.Mapping, s.Role, face.Status); ok && stage != l.Stage && (changed || s.Known == nil && stage.Ahead(l.Stage)) {
		l.Stage = stage
	}
	if changed {
		said = "lead status " + face.Status
		if l.Contacted.IsZero() && l.Stage != lead.New {
			l.Contacted = seen.At
		}
	}
	if l.Owner == s.Interest.Owner && l.Status == s.Interest.Status && l.Stage == s.Interest.Stage && l.Contacted.Equal(s.Interest.Contacted) {
		return nil, said
	}
	return &l, said
}

// Replaced is what becomes of a person whose record has gone while another one of theirs is there: merged, or made anew.
func (s PersonStanding) Replaced(by crm.Record, matched []lead.Ground) PersonChange {
	return PersonChange{Module: s.Module, Record: by.ID, Matched: matched, Event: "In Zoho: " + what(s.Role) + " was merged into another record"}
}

// Converted is what becomes of a person whose lead became a contact. Their interest is no open one any more.
func (s PersonStanding) Converted() PersonChange {
	return s.without("In Zoho: the lead was converted", lead.Won)
}

// Deleted is what becomes of a person whose record the CRM says it has deleted. A lead's is not made again; a contact's is
// looked for, or made, with the next booking.
func (s PersonStanding) Deleted() PersonChange {
	if s.Role == crm.RoleRelatedRecord {
		return PersonChange{Record: GoneRecord, Gone: true, Event: "In Zoho: the contact was deleted"}
	}
	out := s.without("In Zoho: the lead was deleted", lead.Lost)
	out.Gone = true
	return out
}

// without takes a lead's record away. One that is still open comes to an end.
func (s PersonStanding) without(event string, end lead.Stage) PersonChange {
	out := PersonChange{Module: s.Module, Record: NoRecord, Event: event}
	if s.Interest != nil && s.Interest.Stage.Open() {
		l := *s.Interest
		l.Stage = end
		out.Lead = &l
	}
	return out
}

func (k Known) equal(other Known) bool {
	return k.Ours == other.Ours && k.Theirs.Contact == other.Theirs.Contact && k.Theirs.Status == other.Theirs.Status && k.Owner == other.Owner && slices.Equal(k.Owed, other.Owed)
}

// PersonStore keeps customers in step with their records.
type PersonStore interface {
	// Persons lists whom a record stands for; usually one, none for a record that is nothing to us.
	Persons(ctx context.Context, o org.ID, c connection.ConfigID, module, record string) ([]Person, error)
	// FollowPerson stores what decide makes of a person: together with Due where other records have to be told, and with the
	// customer's timeline. ErrMoved: the link is not of the person's Version any more.
	FollowPerson(ctx context.Context, o org.ID, p Person, decide func(PersonStanding) PersonChange) error
	// Disagreements lists the open ones, oldest first; of one customer when it is named.
	Disagreements(ctx context.Context, o org.ID, of lead.CustomerID) ([]Disagreement, error)
	// SettledDisagreements lists the last that were settled, newest first.
	SettledDisagreements(ctx context.Context, o org.ID) ([]Disagreement, error)
	// Disagreement reads one; fault.NotFound.
	Disagreement(ctx context.Context, o org.ID, id DisagreementID) (Disagreement, error)
	// SettleDisagreement ends one and follows the person; fault.Conflict: it has ended.
	SettleDisagreement(ctx context.Context, o org.ID, d Disagreement, side Side, by string, decide func(PersonStanding) PersonChange) error
}

// SettlePerson ends a disagreement as a person has chosen: with SideTheirs what the record showed holds here too, with
// SideOurs it is written to the CRM whatever the policies say. fault.Conflict: somebody has done so already.
func (s *Service) SettlePerson(ctx context.Context, o org.ID, id DisagreementID, side Side, by string) (Disagreement, error) {
	d, err := s.Store.Disagreement(ctx, o, id)
	if err != nil {
		return d, err
	}
	if side != SideOurs && side != SideTheirs {
		return d, fault.OfField("side", "must be ours or theirs.")
	}
	now := s.Now()
	d.Person.Version = AnyVersion
	return d, s.Store.SettleDisagreement(ctx, o, d, side, by, func(st PersonStanding) PersonChange { return st.settle(d, side, by, now) })
}

// settle makes one side hold on the parts of a disagreement.
func (s PersonStanding) settle(d Disagreement, side Side, by string, now time.Time) PersonChange {
	known := Known{}
	if s.Known != nil {
		known = *s.Known
	}
	is := s.Is
	var says []string
	for _, p := range d.Parts {
		known.Theirs.Contact = p.Put(known.Theirs.Contact, p.Of(d.Theirs))
		if side == SideOurs {
			known.Owed = append(known.Owed, p)
			says = append(says, p.Words()+" "+p.Text(is.Contact))
			continue
		}
		says = append(says, took(p, is.Contact, d.Theirs))
		is.Contact = p.Put(is.Contact, p.Of(d.Theirs))
		known.Ours = p.Put(known.Ours, p.Of(d.Theirs))
	}
	out := PersonChange{Known: &known, Write: side == SideOurs, Event: map[Side]string{SideOurs: "Ours holds, says ", SideTheirs: "Zoho's holds, says "}[side] + by + ": " + strings.Join(says, "; ")}
	if side == SideTheirs {
		is.Updated = now
		out.Customer = &is
	}
	return out
}

// what names a person's record.
func what(r crm.Role) string {
	if r == crm.RoleRelatedRecord {
		return "the contact"
	}
	return "the lead"
}
