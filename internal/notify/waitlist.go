package notify

import (
	"cmp"
	"context"
	"fmt"
	"net/mail"
	"time"

	"heavyset.tech/platform/internal/email"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/locale"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/waitlist"
)

// WaitStore reads what mails to people on a waiting list tell of.
type WaitStore interface {
	WaitEntry(ctx context.Context, o org.ID, e waitlist.EntryID) (waitlist.Entry, error)
	WaitOffer(ctx context.Context, o org.ID, x waitlist.OfferID) (waitlist.Offer, error)
	WaitToken(ctx context.Context, o org.ID, e waitlist.EntryID) (secret.String, error)
	SettleEntry(ctx context.Context, o org.ID, e waitlist.EntryID, to waitlist.State, now time.Time) error
}

// Quiet reports whether an instant lies in an organization's quiet hours for a person in a zone.
func (s *Service) Quiet(ctx context.Context, o org.ID, at time.Time, zone *time.Location) (bool, error) {
	p, err := s.Store.MessagePolicy(ctx, o)
	if err != nil {
		return false, err
	}
	_, _, quiet := p.Quiet.around(at, zone)
	return quiet, nil
}

// waitView is what the mail to a person on a waiting list shows.
type waitView struct {
	Lang         locale.Lang
	Organization string
	Heading      string
	Body         string
	Service      string
	When, Time   string // of an offer; "" without
	Zone, Rep    string
	Button       string
	URL          string
	LeaveURL     string
}

// WaitJoined sends a person the private link to their place on the list.
func (s *Service) WaitJoined(ctx context.Context, f waitlist.Joined) error {
	e, err := s.Store.WaitEntry(ctx, f.Org, f.Entry)
	if fault.Is(err, fault.NotFound) || err == nil && e.State != waitlist.Waiting {
		return nil
	}
	if err != nil {
		return err
	}
	l := locale.Of(e.Language)
	return s.tellWaiting(ctx, f.Org, e, fmt.Sprintf("%s.joined.%d", e.ID, f.At.Unix()/600), waitView{
		Heading: l.T("You are on the waiting list"), Body: l.T("We write to you as soon as a time that fits comes free. The time is kept for you then, until you have said yes or no."),
		Button: l.T("Look at your place"),
	})
}

// WaitOffered offers a person a time. An offer that has ended is not told any more, and an address that takes no mail leaves
// the list.
func (s *Service) WaitOffered(ctx context.Context, f waitlist.Offered) error {
	x, err := s.Store.WaitOffer(ctx, f.Org, f.Offer)
	if fault.Is(err, fault.NotFound) || err == nil && (x.State != waitlist.Open || !s.Now().Before(x.Expires)) {
		return nil
	}
	if err != nil {
		return err
	}
	e, err := s.Store.WaitEntry(ctx, f.Org, x.Entry)
	if err != nil {
		return err
	}
	cat, _, err := s.Store.CatalogAt(ctx, f.Org)
	if err != nil {
		return err
	}
	l, zone := locale.Of(e.Language), e.Location()
	rep, _ := cat.Rep(x.Rep)
	sv, _ := cat.Service(x.Service)
	return s.tellWaiting(ctx, f.Org, e, string(x.ID)+".offered", waitView{
		Heading: l.T("A time has come free"), Body: l.T("We keep it for you until %s. If you do not answer by then, we offer it to the next person.", l.ClockZone(x.Expires.In(zone))),
		When: l.Date(x.Start.In(zone)), Time: l.Visit(x.Start.In(zone), x.End.In(zone), sv.Window()), Zone: zone.String(), Rep: rep.Name, Button: l.T("Take it or decline"),
	})
}

// tellWaiting writes and sends a mail about a place on the list.
func (s *Service) tellWaiting(ctx context.Context, oid org.ID, e waitlist.Entry, id string, v waitView) error {
	o, err := s.Store.Organization(ctx, oid)
	if err != nil {
		return err
	}
	cat, _, err := s.Store.CatalogAt(ctx, oid)
	if err != nil {
		return err
	}
	p, err := s.Store.MessagePolicy(ctx, oid)
	if err != nil {
		return err
	}
	token, err := s.Store.WaitToken(ctx, oid, e.ID)
	if err != nil {
		return err
	}
	sv, _ := cat.Service(e.Service)
	v.Lang, v.Organization, v.Service = locale.Of(e.Language), o.Name, sv.Name
	v.URL = s.BaseURL + "/waitlist/" + token.Reveal()
	v.LeaveURL = v.URL + "/leave"
	text, html, err := renderIn(v.Lang, "waitlist", v)
	if err != nil {
		return err
	}
	err = s.Sender.Send(ctx, email.Message{
		MessageID: id + "@" + domain(s.From.Address), From: mail.Address{Name: cmp.Or(p.Sender, o.Name), Address: s.From.Address},
		To: mail.Address{Name: e.Contact.FullName(), Address: e.Contact.Email}, ReplyTo: mail.Address{Address: p.ReplyTo},
		Subject: v.Heading + " – " + o.Name, Text: text, HTML: html, Unsubscribe: v.LeaveURL, OneClick: true,
	})
	if fault.Is(err, fault.Invalid) {
		return s.Store.SettleEntry(ctx, oid, e.ID, waitlist.Unreachable, s.Now())
	}
	return err
}
