package crmsync

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/mapping"
	"heavyset.tech/platform/internal/org"
)

// testAhead is how far in the future the visit of a test booking is: beyond what dispatchers look at.
const testAhead = 90 * 24 * time.Hour

// Test is what a verification writes; also the kind of the attempt that it leaves.
type Test string

// The tests of the guide's step 13.
const (
	TestLead    Test = "test lead"    // into the Lead Module, and into the Contact Us Module where there is one
	TestBooking Test = "test booking" // a related record, a lead and an appointment
)

// Check is one field of a test: what was sent, and what the CRM gave back.
type Check struct {
	Role       crm.Role
	Key, Field string
	Sent, Read string
	OK         bool
	Detail     string // why it is not ok, and what to do
}

// Made is a record that a test made. Gone: it was deleted, and the CRM, asked again, has it no more.
type Made struct {
	Module, ID string
	Gone       bool
}

// Report is the outcome of a test. It holds nothing of a real person.
type Report struct {
	Test    Test
	OK      bool
	Checks  []Check
	Records []Made
	Removed bool // every record that was made is gone again
	At      time.Time
	Attempt AttemptID `json:"-"` // the attempt that keeps it
}

// ReportOf gives the report that an attempt keeps; false for an attempt that is no test.
func ReportOf(a Attempt) (Report, bool) {
	var r Report
	if t := Test(a.Kind); t != TestLead && t != TestBooking || json.Unmarshal([]byte(a.Answer), &r) != nil || r.Test == "" {
		return Report{}, false
	}
	r.Attempt = a.ID
	return r, true
}

// Test makes marked records in the CRM as an enquiry or a booking would, reads them back, compares field by field and
// removes them: the guide's step 13. Only an attempt with the report is kept; no mail goes out and no slot is taken.
func (s *Service) Test(ctx context.Context, o org.ID, id connection.ConfigID, kind Test) (Report, error) {
	ctx, cancel := context.WithTimeout(ctx, pushTakes)
	defer cancel()
	c, err := s.Connections.Config(ctx, o, id)
	if err != nil {
		return Report{}, err
	}
	if c.Connection.State != connection.Connected {
		return Report{}, fault.New(fault.Conflict, "This configuration is not connected: connect it first (steps 4 to 6).")
	}
	provider, err := s.Guardian.Provider(ctx, c, connection.ForVerification)
	if err != nil {
		return Report{}, err
	}
	holds, err := s.foretold(ctx, o, id)
	if err != nil {
		return Report{}, err
	}
	if len(holds) > 0 {
		r := forewarning(holds, s.Now())
		r.Test = kind
		return s.kept(ctx, c, r)
	}
	set, err := s.Settings.Settings(ctx, o, id)
	if err != nil {
		return Report{}, err
	}
	subject := func(k lead.Kind) (Subject, error) { return s.testSubject(ctx, o, kind, k) }
	t := tester{provider: provider, mapping: set.Mapping(), report: Report{Test: kind, OK: true, At: s.Now()}}
	if kind == TestLead {
		err = t.leads(ctx, subject)
	} else {
		err = t.booking(ctx, subject)
	}
	t.remove(context.WithoutCancel(ctx))
	if err != nil {
		return Report{}, err
	}
	return s.kept(ctx, c, t.report)
}

// kept keeps a report in an attempt.
func (s *Service) kept(ctx context.Context, c connection.Config, r Report) (Report, error) {
	a, err := s.tested(c.ID, r)
	if err != nil {
		return Report{}, err
	}
	r.Attempt = a.ID
	return r, s.Store.Record(context.WithoutCancel(ctx), c.Org, a, nil)
}

// booking writes what a new customer's booking does.
func (t *tester) booking(ctx context.Context, subject func(lead.Kind) (Subject, error)) error {
	sub, err := subject(lead.FromBooking)
	if err != nil {
		return err
	}
	contact := t.write(ctx, crm.RoleRelatedRecord, sub.customerFields())
	interest := t.write(ctx, crm.RoleLead, sub.leadFields())
	t.write(ctx, crm.RoleAppointment, sub.appointmentFields(contact, interest))
	return nil
}

// leads writes what an enquiry does; where enquiries have a module of their own, also what a form does that was left.
func (t *tester) leads(ctx context.Context, subject func(lead.Kind) (Subject, error)) error {
	into := map[crm.Role]lead.Kind{crm.RoleLead: lead.ContactUs}
	if t.mapping.Module(crm.RoleContactUs) != "" {
		into = map[crm.Role]lead.Kind{crm.RoleLead: lead.Abandoned, crm.RoleContactUs: lead.ContactUs}
	}
	for _, r := range mapping.Roles() {
		kind, wanted := into[r]
		if !wanted {
			continue
		}
		sub, err := subject(kind)
		if err != nil {
			return err
		}
		t.write(ctx, r, sub.leadFields())
	}
	return nil
}

// tested is the attempt that says how a test went and keeps its report.
func (s *Service) tested(c connection.ConfigID, r Report) (Attempt, error) {
	report, err := json.Marshal(r)
	if err != nil {
		return Attempt{}, err
	}
	a := Attempt{ID: AttemptID(id.New("try", s.Now())), Config: c, At: s.Now(), State: AttemptWritten, Kind: string(r.Test), Request: "{}", Answer: string(report), Took: s.Now().Sub(r.At)}
	for _, k := range r.Checks {
		if !k.OK {
			a.State, a.Error = AttemptFailed, strings.TrimSpace(k.Field+" "+k.Detail)
			break
		}
	}
	return a, nil
}

// testSubject is a marked booking or lead that exists nowhere but here.
func (s *Service) testSubject(ctx context.Context, o org.ID, test Test, kind lead.Kind) (Subject, error) {
	var sub Subject
	var err error
	if sub.Organization, err = s.Store.Organization(ctx, o); err != nil {
		return sub, err
	}
	if sub.Catalog, _, err = s.Store.CatalogAt(ctx, o); err != nil {
		return sub, err
	}
	now := s.Now()
	mark := id.Token()[:8]
	contact := lead.Contact{
		FirstName: "HeavySet", LastName: "Test " + mark, Email: "heavyset-test-" + strings.ToLower(mark) + "@example.com", Phone: "+13125550100",
		Street: "1 Test Street", City: "Testville", State: "IL", PostalCode: "60601", Country: sub.Organization.Country,
	}
	start := now.Add(testAhead).Truncate(time.Hour)
	a := booking.Appointment{
		ID: booking.AppointmentID(id.New("apt", now)), Status: booking.Confirmed, Revision: 1, Start: start, End: start.Add(time.Hour),
		Timezone: sub.Organization.Timezone, Contact: contact, Notes: "A " + string(test) + " by HeavySet, removed again by itself.", Created: now, Updated: now,
	}
	for _, sv := range sub.Catalog.Services {
		if sv.Archived {
			continue
		}
		a.Service, a.End = sv.ID, start.Add(time.Duration(sv.DurationMinutes)*time.Minute)
		a.Answers = map[string]string{}
		for _, q := range sub.Catalog.Questions() {
			a.Answers[q.ID] = q.Example()
		}
		for _, name := range sv.Reps {
			if rep, ok := sub.Catalog.Rep(name); ok && rep.CRMUser != "" && !rep.Archived {
				a.Rep = rep.ID
				break
			}
		}
		break
	}
	sub.Customer = lead.Customer{ID: lead.CustomerID(id.New("cus", now)), Contact: contact}
	sub.Lead = &lead.Lead{ID: lead.ID(id.New("lead", now)), Kind: kind, Stage: lead.New, Contact: contact, Message: a.Notes, Created: now}
	if kind == lead.FromBooking {
		sub.Appointment, sub.Lead.Stage = &a, lead.Booked
	}
	return sub, nil
}

// tester writes, reads back and removes.
type tester struct {
	provider crm.Provider
	mapping  mapping.Mapping
	made     []crm.Ref
	report   Report
}

func (t *tester) check(c Check) {
	t.report.OK = t.report.OK && c.OK
	t.report.Checks = append(t.report.Checks, c)
}

// write makes the record of a role and checks what became of each field. The reference is empty when there is none.
func (t *tester) write(ctx context.Context, r crm.Role, f mapping.Fields) crm.Ref {
	module := t.mapping.Module(r)
	sent := t.mapping.RenderNew(r, f)
	rid, err := t.provider.Create(ctx, module, sent)
	if err != nil {
		t.refused(r, module, sent, err)
		return crm.Ref{}
	}
	ref := crm.Ref{ID: rid, Module: module}
	t.made = append(t.made, ref)
	got, err := t.provider.Get(ctx, module, rid)
	if err != nil {
		t.check(Check{Role: r, Field: "id", Sent: rid, Detail: "The record was made but cannot be read back. " + sentence(err)})
		return ref
	}
	for _, row := range t.mapping.Rows {
		v, wanted := sent[row.Field]
		if row.Role != r || !wanted {
			continue
		}
		c := Check{Role: r, Key: row.Key, Field: row.Field, Sent: mapping.Show(v), Read: mapping.Show(got.Values[row.Field]), OK: mapping.Equal(got.Values[row.Field], v)}
		if !c.OK {
			c.Detail = "Zoho kept another value: choose a field that takes this one, or another write policy."
		}
		t.check(c)
	}
	return ref
}

// refused tells which field the CRM did not take, or that it took none.
func (t *tester) refused(r crm.Role, module string, sent crm.Values, err error) {
	c := Check{Role: r, Detail: "Zoho did not take a record of " + module + ". " + sentence(err)}
	if p := crm.AsProblem(err); p != nil && p.Field != "" {
		c.Field = p.Field
		if v, ok := sent[p.Field]; ok {
			c.Sent = mapping.Show(v)
		}
		for _, row := range t.mapping.Rows {
			if row.Role == r && row.Field == p.Field {
				c.Key = row.Key
			}
		}
	}
	t.check(c)
}

func sentence(err error) string {
	if p := crm.AsProblem(err); p != nil {
		s := p.Words() + " " + p.Advice()
		if p.Code != "" {
			s += fmt.Sprintf(" (%s)", p.Code)
		}
		return s
	}
	if f := fault.As(err); f != nil {
		return f.Message
	}
	return "It failed for a reason of ours; the log has it."
}

// remove deletes what was made, the newest first, and looks whether it is gone.
func (t *tester) remove(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, pushTakes)
	defer cancel()
	t.report.Removed = true
	for _, ref := range slices.Backward(t.made) {
		err := t.provider.Delete(ctx, ref.Module, ref.ID)
		if err == nil || crm.IsClass(err, crm.Gone) {
			if _, err = t.provider.Get(ctx, ref.Module, ref.ID); crm.IsClass(err, crm.Gone) {
				t.report.Records = append(t.report.Records, Made{ref.Module, ref.ID, true})
				continue
			}
		}
		t.report.Records = append(t.report.Records, Made{ref.Module, ref.ID, false})
		t.report.Removed = false
		t.check(Check{Field: "id", Sent: ref.ID, Detail: "The test record in " + ref.Module + " is still there: please delete it in Zoho."})
	}
}

// Sample gives the HeavySet fields of a made-up booking by role, to show what a mapping would send.
func (s *Service) Sample(ctx context.Context, o org.ID) (map[crm.Role]mapping.Fields, error) {
	sub, err := s.testSubject(ctx, o, TestBooking, lead.FromBooking)
	if err != nil {
		return nil, err
	}
	return map[crm.Role]mapping.Fields{
		crm.RoleLead: sub.leadFields(), crm.RoleContactUs: sub.leadFields(), crm.RoleRelatedRecord: sub.customerFields(),
		crm.RoleAppointment: sub.appointmentFields(crm.Ref{ID: "the contact’s id"}, crm.Ref{ID: "the lead’s id"}),
	}, nil
}
