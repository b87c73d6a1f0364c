package connection

import (
	"context"
	"slices"
	"time"

	"heavyset.tech/platform/internal/crm"
)

// Denial is a permission for want of which the CRM refused a call. It stands until the next connect: nothing else gives
// an authorization more permissions.
type Denial struct {
	crm.Permission
	Since time.Time
}

// deniedTakes bounds keeping a denial, which happens beside the call that met it.
const deniedTakes = 5 * time.Second

// Lacks lists what a connected config may not do: what its grant does not cover, and what the CRM has refused since.
func (s *Service) Lacks(ctx context.Context, c Config) ([]crm.Permission, error) {
	if c.Connection.State != Connected {
		return nil, nil
	}
	out, _ := s.Missing(c)
	denied, err := s.Store.Denials(ctx, c.Org, c.ID)
	if err != nil {
		return nil, err
	}
	for _, d := range denied {
		if !slices.ContainsFunc(out, func(p crm.Permission) bool { return p.Scope == d.Scope }) {
			out = append(out, d.Permission)
		}
	}
	return out, nil
}

// noting keeps which permission a call was refused for. That it could not be kept is no reason to fail the call: the next
// one keeps it.
func (g *Guardian) noting(c Config) func(crm.Call) {
	return func(call crm.Call) {
		if call.Lacks.Scope == "" {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), deniedTakes) // the call's own may be over
		defer cancel()
		d := Denial{Permission: call.Lacks, Since: g.service.Now()}
		e := NewEvent(EventDenied, d.Since, "", d.Without+" Missing: "+d.Scope+".", "")
		_ = g.service.Store.KeepDenial(ctx, c.Org, c.ID, d, e)
	}
}

// Health is how the connection is that an organization's records are written to. It holds no secret.
type Health struct {
	Config  Config // without its secrets; zero when none is or was connected
	Pause   Pause
	Denials []Denial
}
