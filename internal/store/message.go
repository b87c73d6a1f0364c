package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/locale"
	"heavyset.tech/platform/internal/notify"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store/db"
)

// policyDoc is how a policy of messages is stored, its times in minutes.
type policyDoc struct {
	Sender    string   `json:"sender,omitempty"`
	ReplyTo   string   `json:"reply_to,omitempty"`
	Reminders []int    `json:"reminders"`
	QuietFrom int      `json:"quiet_from"`
	QuietTo   int      `json:"quiet_to"`
	FollowUp  bool     `json:"follow_up,omitempty"`
	FollowAt  int      `json:"follow_at"`
	ByCRM     bool     `json:"by_crm,omitempty"`
	Staff     []string `json:"staff,omitempty"`
	StaffRep  bool     `json:"staff_rep,omitempty"`
	Texts     bool     `json:"texts,omitempty"`
}

// MessagePolicy reads what an organization wants sent, or the default.
func (s *Store) MessagePolicy(ctx context.Context, o org.ID) (notify.Policy, error) {
	raw, err := s.qr.MessagePolicy(s.quick(ctx), string(o))
	if errors.Is(err, sql.ErrNoRows) {
		return notify.DefaultPolicy(), nil
	}
	if err != nil {
		return notify.Policy{}, s.explain(err)
	}
	var d policyDoc
	if err := json.Unmarshal([]byte(raw), &d); err != nil {
		return notify.Policy{}, fmt.Errorf("message policy of %s: %w", o, err)
	}
	p := notify.Policy{
		Sender: d.Sender, ReplyTo: d.ReplyTo, Quiet: notify.Quiet{From: d.QuietFrom, To: d.QuietTo},
		FollowUp: d.FollowUp, FollowAt: time.Duration(d.FollowAt) * time.Minute, ByCRM: d.ByCRM, Staff: d.Staff, StaffRep: d.StaffRep, Texts: d.Texts,
	}
	for _, m := range d.Reminders {
		p.Reminders = append(p.Reminders, time.Duration(m)*time.Minute)
	}
	return p, nil
}

// KeepMessagePolicy keeps what an organization wants sent, with the fact PolicyChanged.
func (s *Store) KeepMessagePolicy(ctx context.Context, o org.ID, p notify.Policy) error {
	d := policyDoc{
		Sender: p.Sender, ReplyTo: p.ReplyTo, Reminders: []int{}, QuietFrom: p.Quiet.From, QuietTo: p.Quiet.To,
		FollowUp: p.FollowUp, FollowAt: int(p.FollowAt / time.Minute), ByCRM: p.ByCRM, Staff: p.Staff, StaffRep: p.StaffRep, Texts: p.Texts,
	}
	for _, r := range p.Reminders {
		d.Reminders = append(d.Reminders, int(r/time.Minute))
	}
	return s.tx(ctx, func(ctx context.Context, tx *sql.Tx, q *db.Queries) error {
		if err := q.PutMessagePolicy(ctx, db.PutMessagePolicyParams{OrgID: string(o), Document: toJSON(d)}); err != nil {
			return err
		}
		return s.follow(ctx, tx, notify.PolicyChanged{Org: o})
	})
}

// PlanMessages puts what is to go out for an appointment in the place of what was, if the appointment still is at the
// revision that it was made from.
func (s *Store) PlanMessages(ctx context.Context, o org.ID, a booking.AppointmentID, revision int64, list []notify.Planned) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		n, err := q.KeepRevision(ctx, db.KeepRevisionParams{OrgID: string(o), ID: string(a), Revision: revision})
		if err != nil || n == 0 {
			return err
		}
		if err := q.DeletePlans(ctx, db.DeletePlansParams{OrgID: string(o), AppointmentID: string(a)}); err != nil {
			return err
		}
		for _, p := range list {
			if err := q.InsertPlan(ctx, db.InsertPlanParams{
				OrgID: string(o), AppointmentID: string(a), Kind: string(p.Kind), LeadMinutes: int64(p.Lead / time.Minute), StartsAt: ms(p.Start), DueAt: ms(p.Due),
			}); err != nil {
				return err
			}
		}
		return nil
	})
}

// PlannedMessages reads what is to go out for an appointment, in order.
func (s *Store) PlannedMessages(ctx context.Context, o org.ID, a booking.AppointmentID) ([]notify.Planned, error) {
	rows, err := s.qr.PlansOf(ctx, db.PlansOfParams{OrgID: string(o), AppointmentID: string(a)})
	if err != nil {
		return nil, s.explain(err)
	}
	out := make([]notify.Planned, len(rows))
	for i, r := range rows {
		out[i] = notify.Planned{Kind: notify.Kind(r.Kind), Lead: time.Duration(r.LeadMinutes) * time.Minute, Start: at(r.StartsAt), Due: at(r.DueAt)}
	}
	return out, nil
}

// dueAtOnce bounds what one transaction makes jobs of.
const dueAtOnce = 200

// TakeDueMessages states for every planned message whose time has come that it is due, and takes the plan away in the
// same transaction: each becomes one job, on whichever node looks first.
func (s *Store) TakeDueMessages(ctx context.Context, now time.Time) error {
	orgs, err := s.qr.OrganizationsWithDuePlans(ctx, ms(now))
	if err != nil {
		return s.explain(err)
	}
	return takeAll(ctx, orgs, now, s.takeDue)
}

// takeAll calls take for each organization until it has taken less than a whole bundle of what is due.
func takeAll(ctx context.Context, orgs []string, now time.Time, take func(context.Context, org.ID, time.Time) (int, error)) (err error) {
	for _, o := range orgs {
		for n := dueAtOnce; n == dueAtOnce; {
			if n, err = take(ctx, org.ID(o), now); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Store) takeDue(ctx context.Context, o org.ID, now time.Time) (n int, err error) {
	err = s.tx(ctx, func(ctx context.Context, tx *sql.Tx, q *db.Queries) error {
		rows, err := q.DuePlans(ctx, db.DuePlansParams{OrgID: string(o), NowMs: ms(now), N: dueAtOnce})
		if err != nil {
			return err
		}
		n = len(rows)
		var facts []any
		for _, r := range rows {
			gone, err := q.DeletePlan(ctx, db.DeletePlanParams{OrgID: string(o), AppointmentID: r.AppointmentID, Kind: r.Kind, LeadMinutes: r.LeadMinutes})
			if err != nil {
				return err
			}
			if gone == 1 { // another node may have been quicker
				facts = append(facts, notify.Due{
					Org: o, Appointment: booking.AppointmentID(r.AppointmentID), Kind: notify.Kind(r.Kind), Lead: int(r.LeadMinutes), Start: at(r.StartsAt),
				})
			}
		}
		return s.follow(ctx, tx, facts...)
	})
	return n, err
}

// templateDoc is how a template is stored.
type templateDoc struct {
	Subject string `json:"subject"`
	Heading string `json:"heading"`
	Body    string `json:"body,omitempty"`
	Closing string `json:"closing,omitempty"`
}

// MessageTemplates reads the templates that an organization has put in the place of ours.
func (s *Store) MessageTemplates(ctx context.Context, o org.ID) ([]notify.Custom, error) {
	rows, err := s.qr.MessageTemplates(ctx, string(o))
	if err != nil {
		return nil, s.explain(err)
	}
	out := make([]notify.Custom, len(rows))
	for i, r := range rows {
		var d templateDoc
		if err := json.Unmarshal([]byte(r.Document), &d); err != nil {
			return nil, fmt.Errorf("template %s of %s: %w", r.Kind, o, err)
		}
		out[i] = notify.Custom{Kind: notify.Kind(r.Kind), Language: locale.Lang(r.Language), Template: notify.Template(d), At: at(r.ChangedAt), By: r.ChangedBy}
	}
	return out, nil
}

// KeepMessageTemplate keeps a template in the place of ours.
func (s *Store) KeepMessageTemplate(ctx context.Context, o org.ID, c notify.Custom) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		return q.PutMessageTemplate(ctx, db.PutMessageTemplateParams{
			OrgID: string(o), Kind: string(c.Kind), Language: string(c.Language), Document: toJSON(templateDoc(c.Template)), ChangedAt: ms(c.At), ChangedBy: c.By,
		})
	})
}

// ResetMessageTemplate takes an organization's own template away; there need not be one.
func (s *Store) ResetMessageTemplate(ctx context.Context, o org.ID, k notify.Kind, l locale.Lang) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		return q.DeleteMessageTemplate(ctx, db.DeleteMessageTemplateParams{OrgID: string(o), Kind: string(k), Language: string(l)})
	})
}

// KeepConsent keeps what somebody said about messages that come unasked, beside what they said before.
func (s *Store) KeepConsent(ctx context.Context, o org.ID, c notify.Consent) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		return insertConsent(ctx, q, o, c)
	})
}

func insertConsent(ctx context.Context, q *db.Queries, o org.ID, c notify.Consent) error {
	return q.InsertConsent(ctx, db.InsertConsentParams{
		OrgID: string(o), ID: c.ID, At: ms(c.At), Channel: string(c.Channel), AddressHash: c.Address, State: string(c.State), Source: c.Source, AppointmentID: string(c.Appointment),
		Words: c.Words,
	})
}

// Consents reads what somebody said, by the hash of their address, the newest first.
func (s *Store) Consents(ctx context.Context, o org.ID, addressHash string) ([]notify.Consent, error) {
	rows, err := s.qr.Consents(ctx, db.ConsentsParams{OrgID: string(o), AddressHash: addressHash})
	if err != nil {
		return nil, s.explain(err)
	}
	return consentsOf(rows), nil
}

func consentsOf(rows []db.Consent) []notify.Consent {
	out := make([]notify.Consent, len(rows))
	for i, r := range rows {
		out[i] = notify.Consent{
			ID: r.ID, At: at(r.At), Channel: notify.Channel(r.Channel), Address: r.AddressHash, State: notify.ConsentState(r.State), Source: r.Source,
			Words: r.Words, Appointment: booking.AppointmentID(r.AppointmentID),
		}
	}
	return out
}
