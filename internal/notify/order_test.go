package notify_test

import (
	"context"
	"errors"
	"net/mail"
	"slices"
	"testing"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/email"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/notify"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
)

// desk keeps one appointment and what became of its messages.
type desk struct {
	notify.Store // what messages about appointments do not ask for
	appointment  booking.Appointment
	kept         []notify.Delivery
	sent         []string
	messages     []email.Message
	policy       notify.Policy
	custom       []notify.Custom
	planned      []notify.Planned
	consents     []notify.Consent
	greylisted   bool
	services     []catalog.Service
	staff        []notify.Staff
}

func (d *desk) Staff(context.Context, org.ID) ([]notify.Staff, error) { return d.staff, nil }

func (d *desk) Organization(context.Context, org.ID) (org.Organization, error) {
	return org.Organization{Slug: "o", Name: "O", Timezone: "UTC", Phone: "555"}, nil
}

func (d *desk) Appointment(context.Context, org.ID, booking.AppointmentID) (booking.Appointment, error) {
	return d.appointment, nil
}

func (d *desk) CatalogAt(context.Context, org.ID) (catalog.Catalog, int64, error) {
	return catalog.Catalog{Services: d.services, Reps: []catalog.Rep{{ID: "ann", Name: "ANN", Email: "Ann@x.example"}, {ID: "ben", Name: "BEN", Email: "ben@x.example"}}}, 1, nil
}

func (d *desk) ManageToken(context.Context, org.ID, booking.AppointmentID) (secret.String, error) {
	return secret.NewString("t"), nil
}

func (d *desk) Delivered(_ context.Context, _ org.ID, id string) (bool, error) {
	return slices.ContainsFunc(d.kept, func(v notify.Delivery) bool { return v.MessageID == id && v.State != notify.Waiting }), nil
}

func (d *desk) KeepDelivery(_ context.Context, _ org.ID, v notify.Delivery) error {
	d.kept = append(slices.DeleteFunc(d.kept, func(x notify.Delivery) bool { return x.MessageID == v.MessageID }), v)
	return nil
}

func (d *desk) MessagePolicy(context.Context, org.ID) (notify.Policy, error) { return d.policy, nil }

func (d *desk) MessageTemplates(context.Context, org.ID) ([]notify.Custom, error) {
	return d.custom, nil
}

func (d *desk) PlanMessages(_ context.Context, _ org.ID, _ booking.AppointmentID, _ int64, list []notify.Planned) error {
	d.planned = list
	return nil
}

func (d *desk) Send(_ context.Context, m email.Message) error {
	if d.greylisted {
		return fault.Later(time.Minute, "Please try again later.")
	}
	d.sent, d.messages = append(d.sent, m.Subject), append(d.messages, m)
	return nil
}

func (d *desk) KeepConsent(_ context.Context, _ org.ID, c notify.Consent) error {
	d.consents = append([]notify.Consent{c}, d.consents...)
	return nil
}

func (d *desk) TextConsents(_ context.Context, _ org.ID, hash string) (list []notify.Consent, _ error) {
	var reply []notify.Consent
	for _, c := range d.consents { // the newest first
		if c.Address != hash || c.Channel != notify.ByText {
			continue
		}
		if len(list) == 0 {
			list = append(list, c)
		}
		if len(reply) == 0 && c.Source != notify.FromBooking {
			reply = append(reply, c)
		}
	}
	return append(list, reply...), nil
}

func (d *desk) AgreedToTexts(_ context.Context, _ org.ID, hash string, id booking.AppointmentID) (bool, error) {
	return slices.ContainsFunc(d.consents, func(c notify.Consent) bool {
		return c.Address == hash && c.Channel == notify.ByText && c.State == notify.Given && c.Appointment == id
	}), nil
}

func (d *desk) Texted(_ context.Context, hash string) ([]org.ID, error) {
	if slices.ContainsFunc(d.consents, func(c notify.Consent) bool { return c.Address == hash && c.Channel == notify.ByText }) {
		return []org.ID{"o"}, nil
	}
	return nil, nil
}

func (d *desk) SettleDelivery(ctx context.Context, o org.ID, v notify.Delivery) error {
	if slices.ContainsFunc(d.kept, func(x notify.Delivery) bool { return x.MessageID == v.MessageID && x.State == notify.Unsure }) {
		return d.KeepDelivery(ctx, o, v)
	}
	return nil
}

func (d *desk) DeliveryBehind(_ context.Context, id string) (org.ID, notify.Delivery, error) {
	for _, v := range d.kept {
		if v.MessageID == id {
			return "o", v, nil
		}
	}
	return "", notify.Delivery{}, fault.New(fault.NotFound, "none")
}

func (d *desk) Consents(_ context.Context, _ org.ID, hash string) (list []notify.Consent, _ error) {
	for _, c := range d.consents {
		if c.Address == hash {
			list = append(list, c)
		}
	}
	return list, nil
}

// TestOvertakenMailsAreNotSent: a greylisted confirmation must not arrive after the message that the visit is off.
func TestOvertakenMailsAreNotSent(t *testing.T) {
	t.Parallel()
	nine := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	first := booking.Fact{Appointment: "apt_1", Revision: 1, Service: "s", Rep: "ann", Start: nine, End: nine.Add(time.Hour)}
	for name, c := range map[string]struct {
		change func(*booking.Appointment)
		send   bool
	}{
		"nothing happened":                 {func(*booking.Appointment) {}, true},
		"the visit took place":             {func(a *booking.Appointment) { a.Revision, a.Status = 2, booking.Completed }, true},
		"cancelled meanwhile":              {func(a *booking.Appointment) { a.Revision, a.Status = 2, booking.Canceled }, false},
		"moved meanwhile":                  {func(a *booking.Appointment) { a.Revision, a.Start = 2, nine.Add(time.Hour) }, false},
		"another rep comes meanwhile":      {func(a *booking.Appointment) { a.Revision, a.Rep = 2, "ben" }, false},
		"moved and then cancelled at last": {func(a *booking.Appointment) { a.Revision, a.Status, a.Start = 3, booking.Canceled, nine.Add(time.Hour) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := &desk{greylisted: true, appointment: booking.Appointment{
				ID: "apt_1", Status: booking.Confirmed, Revision: 1, Service: "s", Rep: "ann", Start: nine, End: nine.Add(time.Hour), Timezone: "UTC",
				Contact: lead.Contact{LastName: "Doe", Email: "doe@x.example"},
			}}
			s := &notify.Service{Store: d, Sender: d, From: mail.Address{Address: "book@o.example"}, BaseURL: "http://o.example", Now: func() time.Time { return nine }}
			var later *fault.Error
			if err := s.Booked(t.Context(), booking.Booked{Fact: first}); !errors.As(err, &later) {
				t.Fatalf("greylisted: %v", err)
			}
			c.change(&d.appointment)
			d.greylisted = false
			for range 2 {
				if err := s.Booked(t.Context(), booking.Booked{Fact: first}); err != nil {
					t.Fatal(err)
				}
			}
			want := notify.Skipped
			if c.send {
				want = notify.Sent
			}
			if (len(d.sent) == 1) != c.send || len(d.kept) != 1 || d.kept[0].State != want {
				t.Errorf("sent %q, kept %+v", d.sent, d.kept)
			}
			off := first
			off.Revision = 4
			d.appointment.Revision, d.appointment.Status = 5, booking.Canceled
			if err := s.Cancelled(t.Context(), booking.Cancelled{Fact: off}); err != nil || len(d.kept) != 2 || d.kept[1].State != notify.Sent {
				t.Errorf("a cancellation is always told: %v, kept %+v", err, d.kept)
			}
		})
	}
}
