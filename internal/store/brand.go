package store

import (
	"context"
	"database/sql"
	"encoding/json"

	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/locale"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store/db"
)

// lookDoc is how a look is stored.
type lookDoc struct {
	Band  string                    `json:"band,omitempty"`
	Logo  *logoDoc                  `json:"logo,omitempty"`
	Texts map[locale.Lang]lookTexts `json:"texts,omitempty"`
}

type logoDoc struct {
	Sum    string `json:"sum"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
}

type lookTexts struct {
	Headline string `json:"headline,omitempty"`
	Intro    string `json:"intro,omitempty"`
	Note     string `json:"note,omitempty"`
}

// lookOf reads what toLook has written.
func lookOf(raw string) org.Look {
	var d lookDoc
	if json.Unmarshal([]byte(raw), &d) != nil {
		return org.Look{} // of a newer binary, which Migrate has excluded: the pages look like ours
	}
	l := org.Look{Band: d.Band}
	if d.Logo != nil {
		l.Logo = org.Logo(*d.Logo)
	}
	for k, t := range d.Texts {
		if l.Texts == nil {
			l.Texts = map[locale.Lang]org.Texts{}
		}
		l.Texts[k] = org.Texts(t)
	}
	return l
}

func toLook(l org.Look) string {
	d := lookDoc{Band: l.Band}
	if l.Logo != (org.Logo{}) {
		logo := logoDoc(l.Logo)
		d.Logo = &logo
	}
	for k, t := range l.Texts {
		if d.Texts == nil {
			d.Texts = map[locale.Lang]lookTexts{}
		}
		d.Texts[k] = lookTexts(t)
	}
	return toJSON(d)
}

// ChangeLook keeps an organization's accent and look as change gives them.
func (s *Store) ChangeLook(ctx context.Context, o org.ID, change func(org.Organization) (org.Organization, error)) error {
	return s.changeLook(ctx, o, change, nil)
}

// changeLook also does what goes with it in the same transaction. It raises the revision by which Offering is kept.
func (s *Store) changeLook(ctx context.Context, o org.ID, change func(org.Organization) (org.Organization, error), more func(context.Context, *db.Queries) error) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		if _, err := q.LockSchedule(ctx, string(o)); err != nil {
			return missing(s.explain(err), errNoOrg)
		}
		row, err := q.OrganizationByID(ctx, string(o))
		if err != nil {
			return err
		}
		is, err := change(organization(db.Organization(row)))
		if err != nil {
			return err
		}
		if more != nil {
			if err := more(ctx, q); err != nil {
				return err
			}
		}
		return q.SetLook(ctx, db.SetLookParams{ID: string(o), Accent: is.Accent, Look: toLook(is.Look)})
	})
}

// KeepLogo puts a logo in the place of the present one, or takes that away.
func (s *Store) KeepLogo(ctx context.Context, o org.ID, l org.Logo, file []byte) error {
	return s.changeLook(ctx, o, func(now org.Organization) (org.Organization, error) {
		now.Look.Logo = l
		return now, nil
	}, func(ctx context.Context, q *db.Queries) error {
		if file == nil {
			return q.DeleteLogo(ctx, string(o))
		}
		return q.PutLogo(ctx, db.PutLogoParams{OrgID: string(o), Sum: l.Sum, Png: file})
	})
}

// LogoFile reads the file of the present logo.
func (s *Store) LogoFile(ctx context.Context, o org.ID, sum string) ([]byte, error) {
	file, err := s.qr.LogoFile(s.quick(ctx), db.LogoFileParams{OrgID: string(o), Sum: sum})
	if err != nil {
		return nil, missing(s.explain(err), errNoLogo)
	}
	return file, nil
}

var errNoLogo = fault.New(fault.NotFound, "There is no such picture.")
