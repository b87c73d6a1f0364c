package admin

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/fault"
)

// checkConnection asks Zoho now who we are.
func (c *Console) checkConnection(w http.ResponseWriter, r *http.Request, v *visit) error {
	cid := connection.ConfigID(r.PathValue("id"))
	k, err := c.Connections.Config(r.Context(), v.org.ID, cid)
	if err != nil {
		return err
	}
	if err := c.did(r, v, audit.Connection, "Connection checked", k.Name); err != nil {
		return err
	}
	_, err = c.Guardian.Check(r.Context(), v.org.ID, cid)
	p, e := crm.AsProblem(err), fault.As(err)
	switch {
	case err == nil:
		if k, err = c.Connections.Config(r.Context(), v.org.ID, cid); err != nil {
			return err
		}
		c.Sessions.Flash(r.Context(), "success", c.proof(v, k.Connection))
	case p != nil:
		c.Sessions.Flash(r.Context(), "error", p.Words()+" "+p.Advice())
	case e != nil && e.Kind != fault.Internal:
		c.Sessions.Flash(r.Context(), "error", e.Message)
	default:
		return err
	}
	http.Redirect(w, r, v.path("crm-configs", string(cid)), http.StatusSeeOther)
	return nil
}

type disconnectView struct {
	frame
	Back, Action string
	Name         string
	Consequences []string
}

// askDisconnect lists what follows from disconnecting before anybody does it.
func (c *Console) askDisconnect(w http.ResponseWriter, r *http.Request, v *visit) error {
	configs, err := c.Connections.Configs(r.Context(), v.org.ID)
	if err != nil {
		return err
	}
	k, err := c.Connections.Config(r.Context(), v.org.ID, connection.ConfigID(r.PathValue("id")))
	if err != nil {
		return err
	}
	here := v.path("crm-configs", string(k.ID))
	if k.Connection.State == connection.NotConnected {
		c.Sessions.Flash(r.Context(), "info", "This configuration is not connected.")
		http.Redirect(w, r, here, http.StatusSeeOther)
		return nil
	}
	waiting, err := c.Connections.Store.WaitingWrites(r.Context(), v.org.ID)
	if err != nil {
		return err
	}
	f, err := c.frame(r, v, "Disconnect Zoho")
	if err != nil {
		return err
	}
	return c.set.Render(w, http.StatusOK, "disconnect", disconnectView{
		frame: f, Back: here, Action: here + "/disconnect", Name: k.Name, Consequences: consequences(k, configs, waiting),
	})
}

// consequences are what follows from disconnecting a config, in sentences.
func consequences(k connection.Config, all []connection.Config, waiting connection.Waiting) []string {
	out := []string{
		"HeavySet's authorization is revoked at Zoho. Nothing in Zoho is changed or deleted.",
		"The booking page goes on taking bookings and sends confirmations. Its times come from HeavySet's own data alone: what was copied from Zoho is forgotten and blocks nothing any more, and changes made in Zoho do not reach HeavySet.",
	}
	waits := fmt.Sprintf("What waits to be written is kept: at the moment %s.", queueWords(waiting))
	next := ""
	for _, other := range all {
		if other.ID != k.ID && other.Connection.State != connection.NotConnected {
			next = other.Name
			break
		}
	}
	if next != "" {
		waits += " It is written to “" + next + "”, the next connected configuration."
	} else {
		waits += " It is written as soon as somebody has connected again."
	}
	return append(out, waits,
		"Settings, field mapping and the links to Zoho's records stay. Connecting again needs no other step, and only the Zoho organization “"+k.Connection.ZohoOrgName+"” is accepted.",
		"No alert is sent, since you do it on purpose. The activity below the configuration names you.",
	)
}

func queueWords(w connection.Waiting) string {
	count := func(n int, noun string) string {
		if n != 1 {
			noun += "s"
		}
		return fmt.Sprintf("%d %s", n, noun)
	}
	if w.Appointments == 0 && w.Leads == 0 {
		return "nothing"
	}
	var parts []string
	if w.Appointments > 0 {
		parts = append(parts, count(w.Appointments, "appointment"))
	}
	if w.Leads > 0 {
		parts = append(parts, count(w.Leads, "lead"))
	}
	return strings.Join(parts, " and ")
}

// disconnect ends the connection.
func (c *Console) disconnect(w http.ResponseWriter, r *http.Request, v *visit) error {
	cid := connection.ConfigID(r.PathValue("id"))
	k, err := c.Connections.Config(r.Context(), v.org.ID, cid)
	if err != nil {
		return err
	}
	if err := c.unwatch(r, v, cid); err != nil {
		return err
	}
	err = c.Connections.Disconnect(r.Context(), v.org.ID, cid, v.user.Name)
	if err := c.did(r, v, audit.Connection, "Disconnected from Zoho", k.Name, "Zoho organization: "+k.Connection.ZohoOrgName); err != nil {
		return err
	}
	switch {
	case err == nil:
		c.Sessions.Flash(r.Context(), "success", "Zoho is disconnected. What is booked from now on waits here.")
	case fault.Is(err, fault.Conflict):
		c.Sessions.Flash(r.Context(), "info", fault.As(err).Message)
	default:
		return err
	}
	http.Redirect(w, r, v.path("crm-configs", string(cid)), http.StatusSeeOther)
	return nil
}

// unwatchTakes bounds the ending of the notifications, which a person waits for.
const unwatchTakes = 10 * time.Second

// unwatch ends the notifications of a connection while it can still be called.
func (c *Console) unwatch(r *http.Request, v *visit, cid connection.ConfigID) error {
	ctx, cancel := context.WithTimeout(r.Context(), unwatchTakes)
	defer cancel()
	err := c.Mirror.Unwatch(ctx, v.org.ID, cid)
	if fault.As(err) != nil || crm.AsProblem(err) != nil || ctx.Err() != nil {
		return nil // they end by themselves within a week
	}
	return err
}
