package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/mapping"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/settings"
	"heavyset.tech/platform/internal/store/db"
)

// settingsDoc is how settings are stored.
type settingsDoc struct {
	Modules   map[crm.Role]string  `json:"modules"`
	Layouts   map[crm.Role]string  `json:"layouts,omitempty"`
	InForce   map[crm.Role]string  `json:"layouts_in_force,omitempty"`
	Rows      []rowDoc             `json:"rows,omitempty"`
	Source    settings.Source      `json:"source"`
	Budget    int64                `json:"stale_budget_ms,omitempty"`
	Policy    settings.StalePolicy `json:"stale_policy,omitempty"`
	Calendars map[string][]string  `json:"calendars,omitempty"`
	Truth     settings.Truth       `json:"people_truth,omitempty"`
	Leads     settings.Leads       `json:"people_leads,omitempty"`
	Booked    settings.Booked      `json:"people_booked,omitempty"`
	Alerts    []string             `json:"alerts,omitempty"`
}

type rowDoc struct {
	Role     crm.Role          `json:"role"`
	Key      string            `json:"key,omitempty"`
	Field    string            `json:"field"`
	Constant string            `json:"constant,omitempty"`
	Template string            `json:"template,omitempty"`
	Policy   mapping.Policy    `json:"policy"`
	Inverted bool              `json:"inverted,omitempty"`
	Values   map[string]string `json:"values,omitempty"`
	Default  string            `json:"default,omitempty"`
	Hold     bool              `json:"hold,omitempty"`
	FieldID  string            `json:"field_id,omitempty"`
	Type     crm.FieldType     `json:"type,omitempty"`
	Limit    int               `json:"limit,omitempty"`
	Choices  []string          `json:"choices,omitempty"`
}

// Settings reads the newest version of a config's settings, or the default.
func (s *Store) Settings(ctx context.Context, o org.ID, c connection.ConfigID) (settings.Version, error) {
	r, err := s.qr.NewestSettings(ctx, db.NewestSettingsParams{OrgID: string(o), ConfigID: string(c)})
	if errors.Is(err, sql.ErrNoRows) {
		return settings.Version{Settings: settings.Default()}, nil
	}
	if err != nil {
		return settings.Version{}, s.explain(err)
	}
	return settingsOf(r)
}

// SettingsVersions reads all versions of a config's settings, newest first.
func (s *Store) SettingsVersions(ctx context.Context, o org.ID, c connection.ConfigID) ([]settings.Version, error) {
	rows, err := s.qr.AllSettings(ctx, db.AllSettingsParams{OrgID: string(o), ConfigID: string(c)})
	if err != nil {
		return nil, s.explain(err)
	}
	out := make([]settings.Version, len(rows))
	for i, r := range rows {
		if out[i], err = settingsOf(r); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func settingsOf(r db.CrmSetting) (settings.Version, error) {
	var d settingsDoc
	if err := json.Unmarshal([]byte(r.Document), &d); err != nil {
		return settings.Version{}, fmt.Errorf("settings %d of %s: %w", r.Number, r.ConfigID, err)
	}
	v := settings.Version{Settings: settings.Settings{Modules: d.Modules, Layouts: d.Layouts, InForce: d.InForce, Source: d.Source, Calendars: d.Calendars, Alerts: d.Alerts, People: settings.People{Truth: d.Truth, Leads: d.Leads, Booked: d.Booked}, Stale: settings.Staleness{
		Budget: time.Duration(d.Budget) * time.Millisecond, Policy: d.Policy,
	}}, Number: r.Number, At: at(r.SavedAt), By: r.SavedBy}
	for _, row := range d.Rows {
		v.Rows = append(v.Rows, mapping.Row(row))
	}
	return v, nil
}

// SaveSettings keeps a new version. What had failed under the old one is forgiven, and the fact Changed wakes it.
func (s *Store) SaveSettings(ctx context.Context, o org.ID, c connection.ConfigID, v settings.Version) (settings.Version, error) {
	return s.saveSettings(ctx, o, c, v, nil, func(int64) error { return nil })
}

// HealSettings keeps a version that follows a change in the CRM, unless somebody has saved another one meanwhile.
func (s *Store) HealSettings(ctx context.Context, o org.ID, c connection.ConfigID, v settings.Version, happened []connection.Event) (settings.Version, error) {
	base := v.Number
	return s.saveSettings(ctx, o, c, v, happened, func(newest int64) error {
		if newest != base {
			return errSavedMeanwhile
		}
		return nil
	})
}

var errSavedMeanwhile = fault.New(fault.Conflict, "The settings were saved by somebody else meanwhile.")

func (s *Store) saveSettings(ctx context.Context, o org.ID, c connection.ConfigID, v settings.Version, happened []connection.Event, may func(newest int64) error) (settings.Version, error) {
	d := settingsDoc{
		Modules: v.Modules, Layouts: v.Layouts, InForce: v.InForce, Source: v.Source, Calendars: v.Calendars, Alerts: v.Alerts, Truth: v.People.Truth, Leads: v.People.Leads, Booked: v.People.Booked, Budget: v.Stale.Budget.Milliseconds(), Policy: v.Stale.Policy,
	}
	for _, row := range v.Rows {
		d.Rows = append(d.Rows, rowDoc(row))
	}
	doc, err := json.Marshal(d)
	if err != nil {
		return v, err
	}
	err = s.tx(ctx, func(ctx context.Context, tx *sql.Tx, q *db.Queries) error {
		n, err := q.LockConfig(ctx, db.LockConfigParams{OrgID: string(o), ID: string(c)})
		if err != nil {
			return err
		}
		if n == 0 {
			return errNoConfig
		}
		newest, err := q.NewestSettings(ctx, db.NewestSettingsParams{OrgID: string(o), ConfigID: string(c)})
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if err := may(newest.Number); err != nil {
			return err
		}
		v.Number = newest.Number + 1
		if err := q.InsertSettings(ctx, db.InsertSettingsParams{
			OrgID: string(o), ConfigID: string(c), Number: v.Number, Document: string(doc), SavedAt: ms(v.At), SavedBy: v.By,
		}); err != nil {
			return err
		}
		if err := keepEvents(ctx, q, o, c, happened); err != nil {
			return err
		}
		if err := errors.Join(q.ForgiveAppointments(ctx, string(o)), q.ForgiveLeads(ctx, string(o)), q.ForgiveCustomers(ctx, string(o))); err != nil {
			return err
		}
		return s.follow(ctx, tx, settings.Changed{Org: o, Config: c})
	})
	return v, err
}
