package connection

import (
	"context"
	"crypto/subtle"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
)

// attemptLives is how long a person may take on the CRM's consent page.
const attemptLives = 15 * time.Minute

// Service leads people through connecting.
type Service struct {
	Store       Store
	Connectors  map[crm.Type]crm.Connector
	Shared      Shared
	RedirectURI string // {BASE_URL}/oauth/zoho/callback
	Now         func() time.Time
}

// Draft is what a person enters for a config.
type Draft struct {
	Name         string
	Type         crm.Type
	ClientID     string
	ClientSecret secret.String // empty: keep the one that is stored
	By           string        // who enters it, for people
}

// Configs lists an organization's CRM configs in the order in which they were made.
func (s *Service) Configs(ctx context.Context, o org.ID) ([]Config, error) {
	return s.Store.Configs(ctx, o)
}

// Config gives one; fault.NotFound.
func (s *Service) Config(ctx context.Context, o org.ID, id ConfigID) (Config, error) {
	return s.Store.Config(ctx, o, id)
}

// Active gives the config that bookings are written to: the first that is or was connected. found is false when there
// is none.
func (s *Service) Active(ctx context.Context, o org.ID) (c Config, found bool, err error) {
	all, err := s.Store.Configs(ctx, o)
	if err != nil {
		return Config{}, false, err
	}
	for _, c := range all {
		if c.Connection.State != NotConnected {
			return c, true, nil
		}
	}
	return Config{}, false, nil
}

// Create makes a config.
func (s *Service) Create(ctx context.Context, o org.ID, d Draft) (Config, error) {
	if err := s.check(&d); err != nil {
		return Config{}, err
	}
	now := s.Now()
	c := Config{
		Org: o, ID: ConfigID(id.New("crm", now)), Name: d.Name, Type: d.Type, ClientID: d.ClientID, ClientSecret: d.ClientSecret,
		Connection: Connection{State: NotConnected}, Created: now,
	}
	if !c.ClientSecret.Empty() {
		c.SecretSet = now
	}
	return c, s.Store.CreateConfig(ctx, c)
}

// Save stores name and credentials of a config; an empty secret keeps the stored one.
func (s *Service) Save(ctx context.Context, o org.ID, id ConfigID, d Draft) error {
	if err := s.check(&d); err != nil {
		return err
	}
	c, err := s.Store.Config(ctx, o, id)
	if err != nil {
		return err
	}
	return s.Store.UpdateCredentials(ctx, o, id, d.Name, d.ClientID, d.ClientSecret, d.ClientSecret.Empty(), s.entered(c, d))
}

// entered is what the timeline says of new credentials.
func (s *Service) entered(c Config, d Draft) []Event {
	var what []string
	if d.ClientID != c.ClientID {
		what = append(what, "Client ID")
	}
	if !d.ClientSecret.Empty() {
		what = append(what, "Client Secret (fingerprint "+d.ClientSecret.Fingerprint()+")")
	}
	if len(what) == 0 {
		return nil
	}
	return []Event{NewEvent(EventCredentials, s.Now(), d.By, strings.Join(what, " and "), "")}
}

func (s *Service) check(d *Draft) error {
	d.Name, d.ClientID = strings.TrimSpace(d.Name), strings.TrimSpace(d.ClientID)
	d.ClientSecret = secret.NewString(strings.TrimSpace(d.ClientSecret.Reveal()))
	var wrong []fault.Field
	if d.Name == "" || utf8.RuneCountInString(d.Name) > 100 || hasControl(d.Name) {
		wrong = append(wrong, fault.Field{Path: "name", Message: "must be 1 to 100 characters on one line."})
	}
	if _, ok := s.Connectors[d.Type]; !ok {
		wrong = append(wrong, fault.Field{Path: "crm_type", Message: "must be zoho."})
	}
	if len(d.ClientID) > 200 || hasControl(d.ClientID) {
		wrong = append(wrong, fault.Field{Path: "client_id", Message: "must be at most 200 characters on one line."})
	}
	if v := d.ClientSecret.Reveal(); len(v) > 500 || hasControl(v) {
		wrong = append(wrong, fault.Field{Path: "client_secret", Message: "must be at most 500 characters on one line."})
	}
	switch v := d.ClientSecret.Reveal(); {
	case v != "" && v == d.ClientID:
		wrong = append(wrong, fault.Field{Path: "client_secret", Message: "must be another value than the Client ID."})
	case strings.HasPrefix(v, "1000.") && !strings.HasPrefix(d.ClientID, "1000.") && d.ClientID != "":
		wrong = append(wrong, fault.Field{Path: "client_secret", Message: "looks like a Client ID: are the two swapped?"})
	}
	return fault.OfFields(wrong)
}

func hasControl(s string) bool {
	return !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r == 0x7f })
}

// app gives the application that speaks for a config in a data centre.
func (s *Service) app(c Config, location string) (crm.App, error) {
	app := crm.App{ClientID: c.ClientID, ClientSecret: c.ClientSecret, RedirectURI: s.RedirectURI}
	if app.ClientID == "" || app.ClientID == s.Shared.ClientID && app.ClientSecret.Empty() {
		app.ClientID, app.ClientSecret = s.Shared.ClientID, s.Shared.secret(location)
	}
	if app.ClientID == "" || app.ClientSecret.Empty() {
		return app, fault.OfField("client_secret", "Client ID and Client Secret are needed before connecting (step 3).")
	}
	return app, nil
}

// Begin gives the address of the CRM's consent page for a person who asked in a browser session. The state in it works
// once, for a quarter of an hour, in that session and for that user only; by is the user's name, for people. Extras are asked
// for besides.
func (s *Service) Begin(ctx context.Context, o org.ID, cid ConfigID, user, by, session string, popup bool, extras ...crm.Extra) (string, error) {
	c, err := s.Store.Config(ctx, o, cid)
	if err != nil {
		return "", err
	}
	app, err := s.app(c, c.Connection.Site.Location)
	if err != nil {
		return "", err
	}
	app.Granted, app.Extras = c.Connection.Scopes, extras
	state := id.Token()
	a := Attempt{StateHash: id.Hash(state), Org: o, Config: cid, User: user, SessionHash: id.Hash(session), Popup: popup, Expires: s.Now().Add(attemptLives)}
	if err := s.Store.SaveAttempt(ctx, o, a); err != nil {
		return "", err
	}
	if err := s.Store.KeepEvent(ctx, o, cid, NewEvent(EventBegun, s.Now(), by, "", ""), 0); err != nil {
		return "", err
	}
	return s.Connectors[c.Type].AuthorizeURL(app, c.Connection.Site.Location, state)
}

// Returned is how a browser came back from the consent page.
type Returned struct {
	State, Error  string
	User, Session string
	By            string // the user's name, for people
	Callback      crm.Callback
}

// Finished is where a browser's consent came from.
type Finished struct {
	Config Config
	Popup  bool // the consent page stood in a window of its own
}

// Finish completes a browser's consent. It always gives the config that the state was made for, once the state proved
// genuine, so that the page can lead back to it also when the rest fails.
func (s *Service) Finish(ctx context.Context, r Returned) (Finished, error) {
	stale := fault.New(fault.Denied, "This authorization was not begun in this browser session, or has been used or has expired. Please press Connect Zoho again.")
	if r.State == "" || len(r.State) > 200 {
		return Finished{}, stale
	}
	a, err := s.Store.TakeAttempt(ctx, id.Hash(r.State))
	if fault.Is(err, fault.NotFound) {
		return Finished{}, stale
	}
	if err != nil {
		return Finished{}, err
	}
	same := subtle.ConstantTimeCompare([]byte(a.SessionHash), []byte(id.Hash(r.Session))) == 1
	if !same || a.User != r.User || !a.Expires.After(s.Now()) {
		return Finished{}, stale
	}
	c, err := s.Store.Config(ctx, a.Org, a.Config)
	if err != nil {
		return Finished{}, err
	}
	f := Finished{Config: c, Popup: a.Popup}
	if r.Error != "" {
		err = fault.Coded(fault.Denied, "access_denied", "Zoho reports that the permissions were not accepted. Press Connect Zoho again, tick the box and press Accept.")
	} else {
		err = s.connect(ctx, c, r.Callback, "", r.By)
	}
	return f, s.refused(ctx, c, r.By, err)
}

// refused keeps why a connect failed and gives its error back.
func (s *Service) refused(ctx context.Context, c Config, by string, err error) error {
	e := fault.As(err)
	if e == nil {
		return err
	}
	return errors.Join(err, s.Store.KeepEvent(ctx, c.Org, c.ID, NewEvent(EventRefused, s.Now(), by, e.Message, e.Code), 0))
}

// byProgram is who connects without a browser.
const byProgram = "a program (API)"

// Connect connects without a browser, with a grant code. Credentials that come with it are stored with the config.
func (s *Service) Connect(ctx context.Context, o org.ID, cid ConfigID, clientID string, clientSecret secret.String, redirect string, cb crm.Callback) (Config, error) {
	c, err := s.Store.Config(ctx, o, cid)
	if err != nil {
		return Config{}, err
	}
	d := Draft{Name: c.Name, Type: c.Type, ClientID: clientID, ClientSecret: clientSecret, By: byProgram}
	given, was := clientID != "" || !clientSecret.Empty(), c
	if given {
		if err := s.check(&d); err != nil {
			return Config{}, err
		}
		c.ClientID, c.ClientSecret = d.ClientID, d.ClientSecret
	}
	if cb.Code == "" {
		return Config{}, fault.OfField("code", "The grant code is missing.")
	}
	if err := s.connect(ctx, c, cb, redirect, byProgram); err != nil {
		return Config{}, s.refused(ctx, c, byProgram, err)
	}
	if given {
		if err := s.Store.UpdateCredentials(ctx, o, cid, c.Name, c.ClientID, c.ClientSecret, false, s.entered(was, d)); err != nil {
			return Config{}, err
		}
	}
	return s.Store.Config(ctx, o, cid)
}
