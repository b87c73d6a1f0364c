package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/locale"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store/db"
)

// scheduleDoc, serviceDoc and repDoc are how parts of a catalog are stored. Fields may be added; none changes meaning.
type scheduleDoc struct {
	Holidays    []string       `json:"holidays,omitempty"`
	Territories []territoryDoc `json:"territories,omitempty"`

	DetailsFirst bool `json:"details_first,omitempty"`
	ChangeNotice int  `json:"change_notice,omitempty"`

	CancelReasons map[locale.Lang][]string `json:"cancel_reasons,omitempty"`
}

type territoryDoc struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	PostalCodes []string `json:"postal_codes,omitempty"`
}

type serviceDoc struct {
	Name        string   `json:"name"`
	Description string   `json:"description,omitempty"`
	Duration    int      `json:"duration"`
	Interval    int      `json:"interval"`
	Before      int      `json:"before,omitempty"`
	After       int      `json:"after,omitempty"`
	Notice      int      `json:"notice,omitempty"`
	Business    int      `json:"business_notice,omitempty"`
	Window      int      `json:"window"`
	Arrival     int      `json:"arrival,omitempty"`
	Capacity    int      `json:"capacity,omitempty"`
	PerSlot     int      `json:"per_slot,omitempty"`
	Assignment  string   `json:"assignment"`
	Reps        []string `json:"reps,omitempty"`

	Questions    []questionDoc `json:"questions,omitempty"`
	Confirmation string        `json:"confirmation,omitempty"`
}

type questionDoc struct {
	ID       string   `json:"id"`
	Label    string   `json:"label"`
	Help     string   `json:"help,omitempty"`
	Kind     string   `json:"kind"`
	Required bool     `json:"required,omitempty"`
	Choices  []string `json:"choices,omitempty"`
}

type repDoc struct {
	Name        string        `json:"name"`
	Email       string        `json:"email,omitempty"`
	CRMUser     string        `json:"crm_user,omitempty"`
	Timezone    string        `json:"timezone,omitempty"`
	Territories []string      `json:"territories,omitempty"`
	Hours       []hoursDoc    `json:"hours,omitempty"`
	Overrides   []overrideDoc `json:"overrides,omitempty"`
	Weight      int           `json:"weight,omitempty"`
}

type hoursDoc struct {
	Days  []string `json:"days"`
	Start string   `json:"start"`
	End   string   `json:"end"`
}

type overrideDoc struct {
	Date  string    `json:"date"`
	Hours []spanDoc `json:"hours,omitempty"`
}

type spanDoc struct {
	Start string `json:"start"`
	End   string `json:"end"`
}

// Catalog reads an organization's catalog, archived services and reps after the others.
func (s *Store) Catalog(ctx context.Context, o org.ID) (catalog.Catalog, error) {
	c, _, err := s.CatalogAt(ctx, o)
	return c, err
}

// CatalogAt reads the catalog and its revision. The revision is read first: a catalog that changes in between is then
// newer than its number says, and is read again when somebody asks for that number.
func (s *Store) CatalogAt(ctx context.Context, o org.ID) (catalog.Catalog, int64, error) {
	var c catalog.Catalog
	head, err := s.qr.Schedule(ctx, string(o))
	if err != nil {
		return c, 0, missing(s.explain(err), errNoOrg)
	}
	var doc scheduleDoc
	if err := json.Unmarshal([]byte(head.Document), &doc); err != nil {
		return c, 0, fmt.Errorf("read the schedule of %s: %w", o, err)
	}
	c.Timezone, c.Holidays, c.DetailsFirst, c.ChangeNoticeMinutes = head.Timezone, doc.Holidays, doc.DetailsFirst, doc.ChangeNotice
	c.CancelReasons = doc.CancelReasons
	for _, t := range doc.Territories {
		c.Territories = append(c.Territories, catalog.Territory(t))
	}
	services, err := s.qr.Services(ctx, string(o))
	if err != nil {
		return c, 0, s.explain(err)
	}
	for _, r := range services {
		var d serviceDoc
		if err := json.Unmarshal([]byte(r.Document), &d); err != nil {
			return c, 0, fmt.Errorf("read service %s of %s: %w", r.ID, o, err)
		}
		c.Services = append(c.Services, d.service(r.ID, r.Archived != 0))
	}
	reps, err := s.qr.Reps(ctx, string(o))
	if err != nil {
		return c, 0, s.explain(err)
	}
	for _, r := range reps {
		var d repDoc
		if err := json.Unmarshal([]byte(r.Document), &d); err != nil {
			return c, 0, fmt.Errorf("read rep %s of %s: %w", r.ID, o, err)
		}
		c.Reps = append(c.Reps, d.rep(r.ID, r.Archived != 0))
	}
	return c, head.CatalogRevision, nil
}

// ReplaceCatalog stores a whole catalog. What it leaves out is archived; the revision rises.
func (s *Store) ReplaceCatalog(ctx context.Context, o org.ID, c catalog.Catalog) error {
	return s.replaceCatalog(ctx, o, c, func(int64) bool { return true })
}

// ReplaceCatalogAt is ReplaceCatalog for one revision; catalog.ErrMoved when the catalog has another.
func (s *Store) ReplaceCatalogAt(ctx context.Context, o org.ID, c catalog.Catalog, revision int64) error {
	return s.replaceCatalog(ctx, o, c, func(present int64) bool { return present == revision })
}

func (s *Store) replaceCatalog(ctx context.Context, o org.ID, c catalog.Catalog, right func(revision int64) bool) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		locked, err := q.LockSchedule(ctx, string(o))
		if err != nil {
			return err
		}
		if !right(locked.CatalogRevision) {
			return catalog.ErrMoved
		}
		doc := scheduleDoc{Holidays: c.Holidays, DetailsFirst: c.DetailsFirst, ChangeNotice: c.ChangeNoticeMinutes, CancelReasons: c.CancelReasons}
		for _, t := range c.Territories {
			doc.Territories = append(doc.Territories, territoryDoc(t))
		}
		if err := q.ArchiveServices(ctx, string(o)); err != nil {
			return err
		}
		if err := q.ArchiveReps(ctx, string(o)); err != nil {
			return err
		}
		for i, v := range c.Services {
			if err := q.PutService(ctx, db.PutServiceParams{OrgID: string(o), ID: v.ID, Position: int64(i), Document: toJSON(docOfService(v))}); err != nil {
				return err
			}
		}
		for i, v := range c.Reps {
			if err := q.PutRep(ctx, db.PutRepParams{
				OrgID: string(o), ID: v.ID, Position: int64(i), CrmUser: v.CRMUser, Timezone: v.Timezone, Document: toJSON(docOfRep(v)),
			}); err != nil {
				return err
			}
		}
		if err := q.SetOrganizationZone(ctx, db.SetOrganizationZoneParams{ID: string(o), Timezone: c.Timezone}); err != nil {
			return err
		}
		return q.RaiseCatalog(ctx, db.RaiseCatalogParams{OrgID: string(o), Document: toJSON(doc)})
	})
}

func (d serviceDoc) service(id string, archived bool) catalog.Service {
	v := catalog.Service{
		ID: id, Name: d.Name, Description: d.Description, DurationMinutes: d.Duration, SlotIntervalMinutes: d.Interval,
		BufferBeforeMinutes: d.Before, BufferAfterMinutes: d.After, MinNoticeMinutes: d.Notice, BusinessNoticeMinutes: d.Business,
		BookingWindowDays: d.Window, CapacityPerDay: d.Capacity, CapacityPerSlot: d.PerSlot, ArrivalWindowMinutes: d.Arrival, Assignment: catalog.Assignment(d.Assignment), Reps: d.Reps, Archived: archived,
	}
	v.Confirmation = catalog.Confirmation(d.Confirmation)
	for _, q := range d.Questions {
		v.Questions = append(v.Questions, catalog.Question{ID: q.ID, Label: q.Label, Help: q.Help, Kind: catalog.QuestionKind(q.Kind), Required: q.Required, Choices: q.Choices})
	}
	return v
}

func docOfService(v catalog.Service) serviceDoc {
	d := serviceDoc{
		Name: v.Name, Description: v.Description, Duration: v.DurationMinutes, Interval: v.SlotIntervalMinutes,
		Before: v.BufferBeforeMinutes, After: v.BufferAfterMinutes, Notice: v.MinNoticeMinutes, Business: v.BusinessNoticeMinutes,
		Window: v.BookingWindowDays, Capacity: v.CapacityPerDay, PerSlot: v.CapacityPerSlot, Arrival: v.ArrivalWindowMinutes, Assignment: string(v.Assignment), Reps: v.Reps,
	}
	if v.Confirmation == catalog.ByRequest {
		d.Confirmation = string(v.Confirmation)
	}
	for _, q := range v.Questions {
		d.Questions = append(d.Questions, questionDoc{ID: q.ID, Label: q.Label, Help: q.Help, Kind: string(q.Kind), Required: q.Required, Choices: q.Choices})
	}
	return d
}

func (d repDoc) rep(id string, archived bool) catalog.Rep {
	r := catalog.Rep{
		ID: id, Name: d.Name, Email: d.Email, CRMUser: d.CRMUser, Timezone: d.Timezone, Territories: d.Territories, Weight: d.Weight, Archived: archived,
	}
	for _, h := range d.Hours {
		r.Hours = append(r.Hours, catalog.Hours(h))
	}
	for _, v := range d.Overrides {
		ov := catalog.Override{Date: v.Date}
		for _, h := range v.Hours {
			ov.Hours = append(ov.Hours, catalog.Span(h))
		}
		r.Overrides = append(r.Overrides, ov)
	}
	return r
}

func docOfRep(v catalog.Rep) repDoc {
	d := repDoc{Name: v.Name, Email: v.Email, CRMUser: v.CRMUser, Timezone: v.Timezone, Territories: v.Territories, Weight: v.Weight}
	for _, h := range v.Hours {
		d.Hours = append(d.Hours, hoursDoc(h))
	}
	for _, o := range v.Overrides {
		od := overrideDoc{Date: o.Date}
		for _, h := range o.Hours {
			od.Hours = append(od.Hours, spanDoc(h))
		}
		d.Overrides = append(d.Overrides, od)
	}
	return d
}

// toJSON writes our own plain structs, which can always be written.
func toJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("store: %T can't be written as JSON: %v", v, err))
	}
	return string(b)
}
