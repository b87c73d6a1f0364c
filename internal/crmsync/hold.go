package crmsync

import (
	"context"
	"slices"
	"strings"
	"time"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/mapping"
	"heavyset.tech/platform/internal/org"
)

// lookTakes bounds the look that follows a refused write.
const lookTakes = 30 * time.Second

// Sentinel knows whether the CRM still is what the field mapping was made for.
type Sentinel interface {
	// Look looks at the CRM now; LookSince only if nobody has begun to since then.
	Look(ctx context.Context, o org.ID, c connection.ConfigID) error
	LookSince(ctx context.Context, o org.ID, c connection.ConfigID, since time.Time) error
	// Holds gives what keeps roles from being written.
	Holds(ctx context.Context, o org.ID, c connection.ConfigID) ([]mapping.Drift, error)
	// Label gives what people call a field in the CRM; "" when it is not known.
	Label(ctx context.Context, o org.ID, c connection.ConfigID, module, field string) (string, error)
}

// Held begins what is said of something that waits until the field mapping fits the CRM again.
const Held = "Waits for the field mapping: "

// Held reports whether it waits until the field mapping fits the CRM again.
func (v View) Held() bool { return v.State == Pending && strings.HasPrefix(v.LastError, Held) }

// heldBy gives why a subject can't be written at present; "" when it can. What hinders new records alone does not hinder
// one that is there.
func heldBy(holds []mapping.Drift, m mapping.Mapping, sub Subject) string {
	w := writer{mapping: m, sub: sub}
	roles := []crm.Role{w.leadRole()}
	if sub.Appointment != nil {
		roles = []crm.Role{crm.RoleRelatedRecord, crm.RoleAppointment}
		if l, decided := sub.link(crm.RoleLead); sub.Lead != nil && (!decided || l.Record != NoRecord) {
			roles = append(roles, crm.RoleLead)
		}
	} else if m.Module(crm.RoleContactUs) == m.Module(crm.RoleLead) { // enquiries are written like leads, and told of there
		roles = append(roles, crm.RoleLead)
	}
	for _, h := range holds {
		if !slices.Contains(roles, h.Role) {
			continue
		}
		if l, linked := sub.link(h.Role); h.OnlyNew && linked && l.Record != "" {
			continue
		}
		return Held + h.Words
	}
	return ""
}

// held is heldBy with what is known now.
func (s *Service) held(ctx context.Context, o org.ID, c connection.ConfigID, m mapping.Mapping, sub Subject) (string, error) {
	if s.Sentinel == nil {
		return "", nil
	}
	holds, err := s.Sentinel.Holds(ctx, o, c)
	return heldBy(holds, m, sub), err
}

// explained looks whether a refused write has its reason in what became of the CRM. wait says why it waits then; again:
// the mapping has followed the CRM meanwhile.
func (s *Service) explained(ctx context.Context, w *writer, p *crm.Problem) (wait string, again bool, err error) {
	if s.Sentinel == nil || p.Class != crm.Rejected && p.Class != crm.Unfit && p.Class != crm.Forbidden {
		return "", false, nil
	}
	ctx, cancel := context.WithTimeout(ctx, lookTakes)
	defer cancel()
	if s.Sentinel.LookSince(ctx, w.org, w.config, w.began) != nil {
		return "", false, nil // nothing can be concluded: it stands as the CRM said it
	}
	set, err := s.Settings.Settings(ctx, w.org, w.config)
	if err != nil || set.Number != w.settings {
		return "", err == nil, err
	}
	wait, err = s.held(ctx, w.org, w.config, w.mapping, w.sub)
	return wait, false, err
}

// lookAgain looks at the CRM before something is written again because a person says that it was mended there.
func (s *Service) lookAgain(ctx context.Context, o org.ID) error {
	if s.Sentinel == nil {
		return nil
	}
	config, found, err := s.Connections.Active(ctx, o)
	if err != nil || !found {
		return err
	}
	_ = s.Sentinel.Look(ctx, o, config.ID) // one that fails leaves things as they were
	return nil
}

// named gives a refusal the names that people know the field by: ours and the CRM's.
func (w *writer) named(ctx context.Context, r crm.Role, module string, err error) error {
	p := crm.AsProblem(err)
	if p == nil || p.Field == "" {
		return err
	}
	label := ""
	if w.service.Sentinel != nil {
		label, _ = w.service.Sentinel.Label(ctx, w.org, w.config, module, p.Field) // without it the API name stands alone
	}
	return p.Named(w.mapping.Called(r, p.Field, label))
}

// foretold looks at the CRM before a test booking and gives what would make it fail.
func (s *Service) foretold(ctx context.Context, o org.ID, c connection.ConfigID) ([]mapping.Drift, error) {
	if s.Sentinel == nil {
		return nil, nil
	}
	_ = s.Sentinel.Look(ctx, o, c) // one that fails foretells nothing: the test shows it
	return s.Sentinel.Holds(ctx, o, c)
}

// forewarning is the report of a test booking that was not made: the CRM would have refused it.
func forewarning(holds []mapping.Drift, now time.Time) Report {
	r := Report{Removed: true, At: now}
	for _, h := range holds {
		r.Checks = append(r.Checks, Check{Role: h.Role, Key: h.Key, Field: h.Field, Detail: h.Words + " " + h.Fix})
	}
	return r
}
