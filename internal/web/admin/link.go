package admin

import (
	"context"
	"errors"
	"net/http"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/secret"
)

// againLink gives the private link by which a customer books again with the details of an appointment; "" where it can't be
// opened, because the key that sealed it is lost.
func (c *Console) againLink(ctx context.Context, v *visit, a booking.AppointmentID) (string, error) {
	token, err := c.Book.ManageToken(ctx, v.org.ID, a)
	if errors.Is(err, secret.ErrSealed) || err == nil && token.Reveal() == "" {
		return "", nil
	}
	return c.BaseURL + "/appointments/" + token.Reveal() + "/again", err
}

type linksView struct {
	frame
	Back, Action, Name string
}

// askRevokeLinks says what revoking a customer's private links does, and asks.
func (c *Console) askRevokeLinks(w http.ResponseWriter, r *http.Request, v *visit) error {
	k, err := c.Leads.Store.Customer(r.Context(), v.org.ID, lead.CustomerID(r.PathValue("id")))
	if err != nil {
		return err
	}
	f, err := c.frame(r, v, "Revoke the private links of "+k.FullName())
	if err != nil {
		return err
	}
	return c.set.Render(w, http.StatusOK, "links", linksView{frame: f, Back: v.path("customers", string(k.ID)), Action: r.URL.Path, Name: k.FullName()})
}

// revokeLinks ends a customer's private links.
func (c *Console) revokeLinks(w http.ResponseWriter, r *http.Request, v *visit) error {
	k, err := c.Leads.Store.Customer(r.Context(), v.org.ID, lead.CustomerID(r.PathValue("id")))
	if err != nil {
		return err
	}
	n, err := c.Book.RenewLinks(r.Context(), v.org.ID, k.ID)
	if err != nil {
		return err
	}
	if err := c.did(r, v, audit.Appointments, "Private links revoked", string(k.ID), count(n, "appointment")); err != nil {
		return err
	}
	c.Sessions.Flash(r.Context(), "success", "Revoked. The links that were sent until now lead nowhere; the new one is below.")
	http.Redirect(w, r, v.path("customers", string(k.ID)), http.StatusSeeOther)
	return nil
}
