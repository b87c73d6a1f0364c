package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/store/db"
)

var errNoConfig = fault.New(fault.NotFound, "There is no such CRM configuration.")

// sealed columns of crm_configs; the column and the row stand in the associated data.
const (
	sealClientSecret = "client_secret"
	sealRefresh      = "refresh"
	sealAccess       = "access"
)

func (s *Store) sealConfig(o org.ID, id connection.ConfigID, column string, v secret.String) string {
	return s.keys.Seal(v, string(o), "crm_configs", column, string(id))
}

// CreateConfig stores a config that is not connected.
func (s *Store) CreateConfig(ctx context.Context, c connection.Config) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		return q.InsertConfig(ctx, db.InsertConfigParams{
			OrgID: string(c.Org), ID: string(c.ID), Name: c.Name, CrmType: string(c.Type), ClientID: c.ClientID,
			ClientSecretSealed: s.sealConfig(c.Org, c.ID, sealClientSecret, c.ClientSecret), ClientSecretAt: ms(c.SecretSet),
			State: string(c.Connection.State), CreatedAt: ms(c.Created),
		})
	})
}

// Config reads one, its secrets opened.
func (s *Store) Config(ctx context.Context, o org.ID, id connection.ConfigID) (connection.Config, error) {
	r, err := s.qr.Config(ctx, db.ConfigParams{OrgID: string(o), ID: string(id)})
	if err != nil {
		return connection.Config{}, missing(s.explain(err), errNoConfig)
	}
	return s.config(r)
}

// Configs reads all of an organization in the order in which they were made.
func (s *Store) Configs(ctx context.Context, o org.ID) ([]connection.Config, error) {
	rows, err := s.qr.Configs(ctx, string(o))
	if err != nil {
		return nil, s.explain(err)
	}
	out := make([]connection.Config, len(rows))
	for i, r := range rows {
		if out[i], err = s.config(r); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *Store) config(r db.CrmConfig) (connection.Config, error) {
	open := func(sealed, column string) (secret.String, error) {
		return s.keys.Open(sealed, r.OrgID, "crm_configs", column, r.ID)
	}
	clientSecret, err1 := open(r.ClientSecretSealed, sealClientSecret)
	refresh, err2 := open(r.RefreshSealed, sealRefresh)
	access, err3 := open(r.AccessSealed, sealAccess)
	if err := errors.Join(err1, err2, err3); err != nil {
		return connection.Config{}, fmt.Errorf("open the secrets of %s: %w", r.ID, err)
	}
	c := plainConfig(r)
	c.ClientSecret, c.Connection.RefreshToken, c.Connection.Access.Token = clientSecret, refresh, access
	return c, nil
}

// plainConfig is a config without its secrets.
func plainConfig(r db.CrmConfig) connection.Config {
	return connection.Config{
		Org: org.ID(r.OrgID), ID: connection.ConfigID(r.ID), Name: r.Name, Type: crm.Type(r.CrmType), ClientID: r.ClientID,
		SecretSet: at(r.ClientSecretAt), Created: at(r.CreatedAt),
		Connection: connection.Connection{
			State: connection.State(r.State), Site: crm.Site{Location: r.Location, AccountsDomain: r.AccountsDomain, APIDomain: r.ApiDomain},
			ZohoOrgID: r.CrmOrgID, ZohoOrgName: r.CrmOrgName, UserID: r.CrmUserID, UserName: r.CrmUserName, AccountID: r.CrmAccountID, Edition: r.Edition, Scopes: strings.Fields(r.Scopes),
			Access: crm.Access{Expires: at(r.AccessExpiresAt)}, TokenVersion: r.TokenVersion,
			RefreshedAfter: at(r.RefreshNotBefore), ConnectedAt: at(r.ConnectedAt), CheckedAt: at(r.CheckedAt),
			Failure: connection.Failure{Class: crm.Class(r.FailureClass), Code: r.FailureCode, Message: r.FailureMessage, Since: at(r.FailureAt)},
		},
	}
}

// UpdateCredentials stores name, client id and, unless the stored one is kept, the client secret, with what happened.
func (s *Store) UpdateCredentials(ctx context.Context, o org.ID, id connection.ConfigID, name, clientID string, clientSecret secret.String, keepSecret bool, happened []connection.Event) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		var n int64
		var err error
		if keepSecret {
			n, err = q.UpdateClientID(ctx, db.UpdateClientIDParams{OrgID: string(o), ID: string(id), Name: name, ClientID: clientID})
		} else {
			n, err = q.UpdateCredentials(ctx, db.UpdateCredentialsParams{
				OrgID: string(o), ID: string(id), Name: name, ClientID: clientID, ClientSecretSealed: s.sealConfig(o, id, sealClientSecret, clientSecret),
				ClientSecretAt: ms(s.now()),
			})
		}
		if err == nil && n == 0 {
			return errNoConfig
		}
		if err != nil {
			return err
		}
		return keepEvents(ctx, q, o, id, happened)
	})
}

// SaveAttempt stores a consent that was asked for.
func (s *Store) SaveAttempt(ctx context.Context, o org.ID, a connection.Attempt) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		return q.InsertAttempt(ctx, db.InsertAttemptParams{
			StateHash: a.StateHash, OrgID: string(o), ConfigID: string(a.Config), UserID: a.User, SessionHash: a.SessionHash, Popup: bit(a.Popup), ExpiresAt: ms(a.Expires),
		})
	})
}

// TakeAttempt gives and removes a consent that was asked for.
func (s *Store) TakeAttempt(ctx context.Context, stateHash string) (connection.Attempt, error) {
	var out connection.Attempt
	err := s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		r, err := q.TakeAttempt(ctx, stateHash)
		out = connection.Attempt{
			StateHash: stateHash, Org: org.ID(r.OrgID), Config: connection.ConfigID(r.ConfigID), User: r.UserID,
			SessionHash: r.SessionHash, Popup: r.Popup != 0, Expires: at(r.ExpiresAt),
		}
		return err
	})
	return out, err
}

// SaveConnection stores a new or renewed connection with what happened and the fact Authorized.
func (s *Store) SaveConnection(ctx context.Context, o org.ID, id connection.ConfigID, c connection.Connection, happened []connection.Event, f connection.Authorized) error {
	return s.tx(ctx, func(ctx context.Context, tx *sql.Tx, q *db.Queries) error {
		n, err := q.SaveConnection(ctx, db.SaveConnectionParams{
			OrgID: string(o), ID: string(id), State: string(c.State), Location: c.Site.Location, AccountsDomain: c.Site.AccountsDomain,
			ApiDomain: c.Site.APIDomain, CrmOrgID: c.ZohoOrgID, CrmOrgName: c.ZohoOrgName, CrmUserID: c.UserID, CrmUserName: c.UserName,
			CrmAccountID: c.AccountID, Edition: c.Edition,
			Scopes: strings.Join(c.Scopes, " "), RefreshSealed: s.sealConfig(o, id, sealRefresh, c.RefreshToken),
			AccessSealed: s.sealConfig(o, id, sealAccess, c.Access.Token), AccessExpiresAt: ms(c.Access.Expires),
			ConnectedAt: ms(c.ConnectedAt), CheckedAt: ms(c.CheckedAt),
		})
		if err == nil && n == 0 {
			return errNoConfig
		}
		if err != nil {
			return err
		}
		if err := errors.Join(countToken(ctx, q, o, id, c.AccountID, c.RefreshToken, c.ConnectedAt), keepEvents(ctx, q, o, id, happened),
			q.DeleteDenials(ctx, db.DeleteDenialsParams{OrgID: string(o), ConfigID: string(id)})); err != nil {
			return err
		}
		return s.follow(ctx, tx, f)
	})
}

// LeaseRefresh makes the caller the one who refreshes the token of this version.
func (s *Store) LeaseRefresh(ctx context.Context, o org.ID, id connection.ConfigID, version int64, until, now time.Time) (bool, error) {
	won := false
	err := s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		n, err := q.LeaseRefresh(ctx, db.LeaseRefreshParams{OrgID: string(o), ID: string(id), UntilMs: ms(until), NowMs: ms(now), FarMs: ms(until.Add(clocksApart)), Version: version})
		won = n == 1
		return err
	})
	return won, err
}

// SaveAccess stores what the token of a version was refreshed to.
func (s *Store) SaveAccess(ctx context.Context, o org.ID, id connection.ConfigID, version int64, a crm.Access, notBefore, now time.Time) (bool, error) {
	saved := false
	err := s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		n, err := q.SaveAccess(ctx, db.SaveAccessParams{
			OrgID: string(o), ID: string(id), Version: version,
			AccessSealed: s.sealConfig(o, id, sealAccess, a.Token), AccessExpiresAt: ms(a.Expires), NotBefore: ms(notBefore), CheckedAt: ms(now),
		})
		if saved = n == 1; !saved || err != nil {
			return err
		}
		return s.renewed(ctx, q, o, id, now)
	})
	return saved, err
}

// DelayRefresh ends the lease and forbids a refresh for a while.
func (s *Store) DelayRefresh(ctx context.Context, o org.ID, id connection.ConfigID, version int64, notBefore time.Time) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		return q.DelayRefresh(ctx, db.DelayRefreshParams{OrgID: string(o), ID: string(id), Version: version, NotBefore: ms(notBefore)})
	})
}

// MarkLost parks a connection with the fact Lost; one that was renewed since, or is parked already, is left as it is.
func (s *Store) MarkLost(ctx context.Context, o org.ID, id connection.ConfigID, version int64, f connection.Failure) error {
	return s.tx(ctx, func(ctx context.Context, tx *sql.Tx, q *db.Queries) error {
		row, err := q.Config(ctx, db.ConfigParams{OrgID: string(o), ID: string(id)})
		if err != nil {
			return missing(err, errNoConfig)
		}
		n, err := q.MarkLost(ctx, db.MarkLostParams{
			OrgID: string(o), ID: string(id), Version: version, Class: string(f.Class), Code: f.Code, Message: f.Message, At: ms(f.Since),
		})
		if err != nil || n == 0 {
			return err
		}
		if f.Class == crm.Broken {
			if err := s.forgetSealed(ctx, q, row); err != nil {
				return err
			}
		}
		if err := keepEvents(ctx, q, o, id, []connection.Event{connection.NewEvent(connection.EventLost, f.Since, "", f.Message, f.Code)}); err != nil {
			return err
		}
		return s.follow(ctx, tx, connection.Lost{Org: o, Config: id, Class: f.Class, Code: f.Code, At: f.Since})
	})
}

// Pause reads how long a connection is left alone.
func (s *Store) Pause(ctx context.Context, o org.ID, id connection.ConfigID) (connection.Pause, error) {
	r, err := s.qr.Pause(ctx, db.PauseParams{OrgID: string(o), ID: string(id)})
	if err != nil {
		return connection.Pause{}, missing(s.explain(err), errNoConfig)
	}
	return connection.Pause{Until: at(r.PausedUntil), Failures: int(r.PauseFailures)}, nil
}

// SetPause stores a pause, unless one has come since that lasts longer.
func (s *Store) SetPause(ctx context.Context, o org.ID, id connection.ConfigID, was, p connection.Pause) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		return q.SetPause(ctx, db.SetPauseParams{
			OrgID: string(o), ID: string(id), UntilMs: ms(p.Until), Failures: int64(p.Failures), WasMs: ms(was.Until), WasFailures: int64(was.Failures),
		})
	})
}

// ClaimProbe lets one caller try after a pause.
func (s *Store) ClaimProbe(ctx context.Context, o org.ID, id connection.ConfigID, was, until time.Time) (bool, error) {
	won := false
	err := s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		n, err := q.ClaimProbe(ctx, db.ClaimProbeParams{OrgID: string(o), ID: string(id), WasMs: ms(was), UntilMs: ms(until)})
		won = n == 1
		return err
	})
	return won, err
}

// ConnectedOrganizations lists the organizations that have a connected config.
func (s *Store) ConnectedOrganizations(ctx context.Context) ([]org.ID, error) {
	rows, err := s.qr.ConnectedOrganizations(ctx)
	if err != nil {
		return nil, s.explain(err)
	}
	return named[org.ID](rows), nil
}
