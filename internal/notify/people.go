package notify

import (
	"context"
	htmltemplate "html/template"
	"net/mail"
	"strings"
	texttemplate "text/template"
	"time"

	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/email"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
)

// People makes the links that mails lead to: auth.Service.
type People interface {
	InvitationLink(ctx context.Context, o org.ID, i auth.InvitationID) (auth.Invitation, secret.String, error)
	InvitationMailed(ctx context.Context, o org.ID, i auth.InvitationID, problem string) error
	ResetLink(ctx context.Context, email string) (u auth.User, token secret.String, found bool, err error)
}

// personView is what the mails to the console's people show. Every text in it is data: the templates escape it.
type personView struct {
	Kind         string // invited, reset
	Heading      string
	Organization string // of an invitation; "HeavySet" for a platform engineer
	Role         string
	By           string
	Link         string
	Until        string
}

// Invited sends an invitation. One that was withdrawn meanwhile is not sent.
func (s *Service) Invited(ctx context.Context, f auth.Invited) error {
	i, token, err := s.People.InvitationLink(ctx, f.Org, f.Invitation)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	v := personView{Kind: "invited", Organization: "HeavySet", Role: "engineer", By: i.By, Link: s.BaseURL + "/invitation/" + token.Reveal(), Until: utc(i.Expires)}
	if f.Org != "" {
		o, err := s.Store.Organization(ctx, f.Org)
		if err != nil {
			return err
		}
		v.Organization, v.Role = o.Name, string(i.Role)
	}
	if v.Role == string(auth.Admin) {
		v.Role = "administrator"
	}
	v.Heading = "Join " + v.Organization + " on HeavySet"
	if f.Org == "" {
		v.Heading = "Join HeavySet as an engineer"
	}
	err = s.sendPerson(ctx, string(f.Invitation)+"."+utcID(f.At), i.Email, "", v)
	if fault.Is(err, fault.Invalid) { // the address does not take mail: whoever invited must see it
		if err2 := s.People.InvitationMailed(ctx, f.Org, f.Invitation, fault.As(err).Message); err2 != nil {
			return err2
		}
		return err
	}
	if err != nil {
		return err
	}
	return s.People.InvitationMailed(ctx, f.Org, f.Invitation, "")
}

// ResetAsked sends a link to set a new password, if there is an account.
func (s *Service) ResetAsked(ctx context.Context, f auth.ResetAsked) error {
	u, token, found, err := s.People.ResetLink(ctx, f.Email)
	if err != nil || !found {
		return err
	}
	v := personView{Kind: "reset", Heading: "Set a new password", Link: s.BaseURL + "/reset/" + token.Reveal()}
	return s.sendPerson(ctx, f.ID, u.Email, u.Name, v)
}

func (s *Service) sendPerson(ctx context.Context, id, to, name string, v personView) error {
	var t, h strings.Builder
	if err := personText.Execute(&t, v); err != nil {
		return err
	}
	if err := personHTML.Execute(&h, v); err != nil {
		return err
	}
	if name == to {
		name = ""
	}
	return s.Sender.Send(ctx, email.Message{
		MessageID: id + "@" + domain(s.From.Address), From: mail.Address{Name: "HeavySet", Address: s.From.Address},
		To: mail.Address{Name: name, Address: to}, Subject: v.Heading, Text: strings.TrimSpace(t.String()) + "\n", HTML: h.String(),
	})
}

// utc writes an instant for somebody whose zone is not known.
func utc(t time.Time) string { return t.UTC().Format("Monday, January 2, 2006, 15:04 MST") }

// utcID writes milliseconds for a Message-ID.
func utcID(ms int64) string { return time.UnixMilli(ms).UTC().Format("20060102150405.000") }

var (
	personText = texttemplate.Must(texttemplate.ParseFS(templates, "templates/person.txt"))
	personHTML = htmltemplate.Must(htmltemplate.ParseFS(templates, "templates/person.html"))
)
