package admin

import (
	"fmt"
	"net/http"
	"strings"

	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
)

// connectionCard says in plain words how a connection is.
type connectionCard struct {
	State    pill
	Words    string
	Proof    string // when Zoho answered last, and as whom
	Facts    []fact
	Fix      string // what to do about a failure
	Code     string // the CRM's own word for it
	Scopes   []string
	Missing  []crm.Permission
	Warnings []warning
	// Connect offers the way to Zoho right here: there is no connection that works, and credentials are there.
	Connect    bool
	Check      string // where "Check now" is posted; "" when it is not offered
	Disconnect string // leads to the page that asks; "" likewise
}

// warning is what works today and may not tomorrow, with the link to where it is mended; Link may be "".
type warning struct{ Text, Link, LinkWord string }

// cardOf says how a connection is, since when and what to do.
func (c *Console) cardOf(r *http.Request, v *visit, k connection.Config) (connectionCard, error) {
	cal, n := calendar{v.org.Location(), c.Now()}, k.Connection
	card := connectionCard{State: statePill(n.State), Scopes: n.Scopes, Connect: v.may(auth.Admin) && n.State != connection.Connected && c.Connections.Ready(k)}
	switch n.State {
	case connection.Connected:
		card.Words = "HeavySet reads and writes this Zoho organization."
	case connection.NeedsReconnect:
		card.Words = "Zoho does not accept our authorization any more. Nothing is lost: what was booked since waits, and is written as soon as somebody has connected again."
		card.Fix, card.Code = "Press Connect Zoho and accept the permissions (steps 4 to 6). No other setting has to be changed.", n.Failure.Code
		if n.Failure.Class == crm.Misconfigured {
			card.Fix = "Check Client ID and Client Secret in the CRM Connection Settings (step 3) and press Save, then Connect Zoho and accept the permissions."
		}
	default:
		card.Words = "Not connected yet. Bookings are taken all the same, and are written to Zoho once it is connected."
		card.Scopes = nil
		if !n.ConnectedAt.IsZero() {
			card.State.Words = "Disconnected"
			card.Words = "Disconnected on purpose. Bookings are taken all the same, and are written to Zoho once it is connected again."
		}
	}
	card.Facts = factsOf(n, cal)
	here := v.path("crm-configs", string(k.ID))
	if v.may(auth.Admin) && n.State != connection.NotConnected {
		card.Disconnect = here + "/disconnect"
		if n.State == connection.Connected {
			card.Check = here + "/check"
		}
	}
	if n.State == connection.Connected {
		card.Proof = c.proof(v, n)
		var err error
		if card.Missing, err = c.Connections.Lacks(r.Context(), k); err != nil {
			return card, err
		}
		if len(card.Missing) > 0 {
			card.State = pill{Kind: "warn", Words: "Permissions missing"}
		}
	}
	if err := c.warn(r, v, k, &card); err != nil {
		return card, err
	}
	if err := c.warnUnread(r, v, k, &card); err != nil {
		return card, err
	}
	p, err := c.Connections.Store.Pause(r.Context(), v.org.ID, k.ID)
	if err != nil {
		return card, err
	}
	if p.On() && n.State == connection.Connected {
		card.State = pill{Kind: "warn", Words: "No answer"}
		card.Words = "Zoho does not answer at the moment. Nothing to do: HeavySet tries again by itself and writes what waits."
	}
	return card, nil
}

func factsOf(n connection.Connection, cal calendar) []fact {
	var out []fact
	add := func(label, text, small string) {
		if text != "" {
			out = append(out, fact{Label: label, Text: text, Small: small})
		}
	}
	add("Zoho organization", n.ZohoOrgName, n.ZohoOrgID)
	if n.State == connection.NotConnected {
		return out
	}
	add("Data centre", strings.ToUpper(n.Site.Location), "")
	add("Authorized by", n.UserName, "")
	if !n.ConnectedAt.IsZero() {
		add("Since", cal.stamp(n.ConnectedAt), "")
	}
	if n.State == connection.Connected && n.Access.Expires.After(cal.now) {
		add("Access token", "Valid until "+cal.clock(n.Access.Expires), "renewed by itself")
	}
	if n.State == connection.NeedsReconnect && !n.Failure.Since.IsZero() {
		add("Lost", cal.stamp(n.Failure.Since), "")
	}
	return out
}

// proof says when Zoho answered last, and as whom: step 6.
func (c *Console) proof(v *visit, n connection.Connection) string {
	at := n.CheckedAt.In(v.org.Location())
	return fmt.Sprintf("Called Zoho as %s, organization %s, data centre %s, at %s.", n.UserName, n.ZohoOrgName, strings.ToUpper(n.Site.Location),
		at.Format("3:04:05 PM MST, Mon, Jan 2"))
}

// warn adds what works today and may not tomorrow.
func (c *Console) warn(r *http.Request, v *visit, k connection.Config, card *connectionCard) error {
	n := k.Connection
	if n.State == connection.NotConnected {
		return nil
	}
	if n.AccountID != "" {
		live, err := c.Connections.Store.LiveTokens(r.Context(), v.org.ID, n.AccountID)
		if err != nil {
			return err
		}
		if live >= connection.TokenWarning {
			card.Warnings = append(card.Warnings, warning{Text: fmt.Sprintf(
				"HeavySet holds %d authorizations of the Zoho user %s. Zoho keeps %d and silently drops the oldest when there is one more, which would cut off another connection. Connect as another Zoho user, best one of this organization's own.",
				live, n.UserName, connection.TokenLimit)})
		}
	}
	to, err := c.Alerts.Recipients(r.Context(), v.org.ID, k.ID)
	if err != nil {
		return err
	}
	if len(to) == 0 {
		card.Warnings = append(card.Warnings, warning{
			"Nobody hears of it when this connection is lost.", v.path("crm-settings", string(k.ID)), "Add Token Expiry Alerts (step 12)",
		})
	}
	return nil
}

// warnUnread adds the modules of people that a person has to mend before they are read again.
func (c *Console) warnUnread(r *http.Request, v *visit, k connection.Config, card *connectionCard) error {
	if k.Connection.State != connection.Connected {
		return nil
	}
	list, err := c.Mirror.People(r.Context(), v.org.ID, k.ID)
	if err != nil {
		return err
	}
	cal := calendar{v.org.Location(), c.Now()}
	for _, p := range list {
		w := warning{Text: "What is changed in " + p.Module + " in Zoho does not come over. " + p.Error, Link: v.path("crm-settings", string(k.ID)), LinkWord: "Open the module names (step 9)"}
		if !p.AsOf.IsZero() {
			w.Text = "Since " + cal.stamp(p.AsOf) + ", what is changed in " + p.Module + " in Zoho does not come over. " + p.Error
		}
		switch p.Class {
		case crm.Forbidden:
			w.Link, w.LinkWord = "", ""
			if v.may(auth.Admin) {
				w.Link, w.LinkWord = v.path("crm-configs", string(k.ID))+"?dialog=connection#settings", "Connect as another user (steps 4 to 6)"
			}
		case crm.Unfit, crm.Rejected:
		default: // none, one that passes, or one that the card says already
			continue
		}
		card.Warnings = append(card.Warnings, w)
		card.State = pill{Kind: "warn", Words: "Partly read"}
	}
	return nil
}

// event is a line of a connection's activity.
type event struct {
	Kind          string
	At            string
	Title, Detail string
	Code          string
}

func eventsOf(happened []connection.Event, cal calendar) []event {
	out := make([]event, len(happened))
	for i, e := range happened {
		kind, title := eventWords(e.Kind)
		if e.By != "" {
			title += " by " + e.By
		}
		if e.Kind == connection.EventRenewed {
			e.Detail = "Once on this day."
			if e.Times > 1 {
				e.Detail = fmt.Sprintf("%d times on this day; the last one is shown.", e.Times)
			}
		}
		out[i] = event{Kind: kind, At: cal.exact(e.At), Title: title, Detail: e.Detail, Code: e.Code}
	}
	return out
}

// eventWords gives the sign and the words of what happened.
func eventWords(k connection.EventKind) (kind, title string) {
	switch k {
	case connection.EventBegun:
		return "", "Connect Zoho pressed"
	case connection.EventDenied:
		return "warn", "Zoho refused a call: a permission is missing"
	case connection.EventRenewed:
		return "ok", "Access token renewed"
	case connection.EventConnected:
		return "ok", "Connected"
	case connection.EventReconnected:
		return "ok", "Reconnected"
	case connection.EventRefused:
		return "warn", "Failed attempt to connect"
	case connection.EventScopes:
		return "warn", "Permissions changed"
	case connection.EventRefreshFailed:
		return "warn", "No new access token; the connection goes on"
	case connection.EventRefreshed:
		return "ok", "Access tokens come again"
	case connection.EventLost:
		return "bad", "Connection lost"
	case connection.EventDisconnected:
		return "off", "Disconnected"
	case connection.EventCredentials:
		return "", "Credentials changed"
	case connection.EventFollowed:
		return "ok", "Followed a change in Zoho"
	case connection.EventDrifted:
		return "warn", "Zoho has changed"
	case connection.EventMended:
		return "ok", "The field mapping fits again"
	case connection.EventNotRevoked:
		return "warn", "Old refresh token not revoked"
	}
	return "", string(k)
}
