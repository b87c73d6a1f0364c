package admin

import (
	"net/http"
	"strings"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/fault"
)

// calendarFeed is the calendar that a rep's program asks for. Whoever has the address may read it.
func (c *Console) calendarFeed(w http.ResponseWriter, r *http.Request, _ *visit) error {
	h := w.Header()
	h.Set("Cache-Control", "private, no-cache") // it may be kept, and is asked for again each time
	h.Set("X-Robots-Tag", "noindex")
	cal, err := c.Feeds.Read(r.Context(), r.PathValue("token"))
	if err != nil {
		h.Set("Cache-Control", "no-store")
		return err
	}
	h.Set("ETag", cal.ETag)
	if matches(r.Header.Values("If-None-Match"), cal.ETag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	h.Set("Content-Type", "text/calendar; charset=utf-8")
	h.Set("Content-Disposition", `inline; filename="visits.ics"`)
	_, err = w.Write(cal.Body)
	return err
}

// matches reports whether what somebody has is the present state (RFC 9110 §13.1.2). What compresses an answer on its way
// may have marked the tag as weak or added its name.
func matches(have []string, etag string) bool {
	plain := strings.Trim(etag, `"`)
	for _, t := range strings.Split(strings.Join(have, ","), ",") {
		t = strings.Trim(strings.TrimPrefix(strings.TrimSpace(t), "W/"), `"`)
		if t == "*" || t == plain || strings.HasPrefix(t, plain+"-") {
			return true
		}
	}
	return false
}

type feedView struct {
	frame
	Crumb   string
	Path    string
	Made    string // when and by whom; "" without a feed
	Address string // told once, right after it was made
	Closed  bool   // the rep is archived
}

// feed shows whether a rep has a calendar to subscribe to.
func (c *Console) feed(w http.ResponseWriter, r *http.Request, v *visit) error {
	return c.showFeed(w, r, v, "")
}

func (c *Console) showFeed(w http.ResponseWriter, r *http.Request, v *visit, address string) error {
	cat, err := c.Bookings.Catalog(r.Context(), v.org.ID)
	if err != nil {
		return err
	}
	p, ok := cat.Rep(r.PathValue("item"))
	if !ok {
		return errNoRep
	}
	f, err := c.frame(r, v, "Calendar of "+p.Name)
	if err != nil {
		return err
	}
	f.Purpose = "A private address to which the calendar on the rep's phone subscribes."
	view := feedView{frame: f, Crumb: itemLink(v, reps, p.ID), Path: r.URL.Path, Address: address, Closed: p.Archived}
	have, found, err := c.Feeds.Store.RepFeed(r.Context(), v.org.ID, p.ID)
	if err != nil {
		return err
	}
	if found {
		view.Made = calendar{v.org.Location(), c.Now()}.stamp(have.Made) + " by " + have.By
	}
	return c.set.Render(w, http.StatusOK, "feed", view)
}

// changeFeed makes, renews or revokes a rep's feed. The new address shows on the answer itself and nowhere again.
func (c *Console) changeFeed(w http.ResponseWriter, r *http.Request, v *visit) error {
	ctx, rep := r.Context(), r.PathValue("item")
	cat, err := c.Bookings.Catalog(ctx, v.org.ID)
	if err != nil {
		return err
	}
	p, ok := cat.Rep(rep)
	if !ok {
		return errNoRep
	}
	if r.PostFormValue("do") == "revoke" {
		err := c.Feeds.Store.RemoveFeed(ctx, v.org.ID, rep)
		if err != nil && !fault.Is(err, fault.NotFound) { // gone already: as wanted
			return err
		}
		if err := c.did(r, v, audit.Keys, "Calendar feed revoked", p.Name); err != nil {
			return err
		}
		c.Sessions.Flash(ctx, "success", "The address is revoked. Calendars that subscribed to it get nothing any more.")
		http.Redirect(w, r, r.URL.Path, http.StatusSeeOther)
		return nil
	}
	_, had, err := c.Feeds.Store.RepFeed(ctx, v.org.ID, rep)
	if err != nil {
		return err
	}
	token, err := c.Feeds.Make(ctx, v.org.ID, rep, v.user.Name)
	if err != nil {
		return err
	}
	act := "Calendar feed made"
	if had {
		act = "Calendar feed renewed"
	}
	if err := c.did(r, v, audit.Keys, act, p.Name); err != nil {
		return err
	}
	return c.showFeed(w, r, v, c.BaseURL+"/calendar/"+token.Reveal())
}
