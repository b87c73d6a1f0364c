package store

import (
	"context"
	"database/sql"
	"errors"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/notify"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store/db"
	"heavyset.tech/platform/internal/trace"
)

// Delivered reports whether a message has gone out, was refused for good, or is not to go out.
func (s *Store) Delivered(ctx context.Context, o org.ID, messageID string) (bool, error) {
	state, err := s.qr.Delivery(ctx, db.DeliveryParams{OrgID: string(o), MessageID: messageID})
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil && state != string(notify.Waiting), s.explain(err)
}

// KeepDelivery keeps what became of a message.
func (s *Store) KeepDelivery(ctx context.Context, o org.ID, d notify.Delivery) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		return q.PutDelivery(ctx, db.PutDeliveryParams{
			OrgID: string(o), MessageID: d.MessageID, AppointmentID: string(d.Appointment), Kind: d.Kind, State: string(d.State), Recipient: d.To, Error: d.Error, At: ms(d.At),
			Cause: trace.Words(ctx),
		})
	})
}

// Deliveries reads what became of an appointment's messages, in order.
func (s *Store) Deliveries(ctx context.Context, o org.ID, a booking.AppointmentID) ([]notify.Delivery, error) {
	rows, err := s.qr.DeliveriesOf(ctx, db.DeliveriesOfParams{OrgID: string(o), AppointmentID: string(a)})
	if err != nil {
		return nil, s.explain(err)
	}
	out := make([]notify.Delivery, len(rows))
	for i, r := range rows {
		out[i] = notify.Delivery{MessageID: r.MessageID, Appointment: a, Kind: r.Kind, State: notify.DeliveryState(r.State), To: r.Recipient, Error: r.Error, At: at(r.At), Cause: r.Cause}
	}
	return out, nil
}

// DeliveryBehind finds a message by its Message-ID.
func (s *Store) DeliveryBehind(ctx context.Context, messageID string) (org.ID, notify.Delivery, error) {
	r, err := s.qr.DeliveryBehind(ctx, messageID)
	return org.ID(r.OrgID), notify.Delivery{
		MessageID: messageID, Appointment: booking.AppointmentID(r.AppointmentID), Kind: r.Kind, State: notify.DeliveryState(r.State), To: r.Recipient, Error: r.Error, At: at(r.At),
	}, s.explain(err)
}

// KeepBounce keeps that a message came back.
func (s *Store) KeepBounce(ctx context.Context, o org.ID, d notify.Delivery, c notify.Consent) error {
	return s.tx(ctx, func(ctx context.Context, tx *sql.Tx, q *db.Queries) error {
		n, err := q.BounceDelivery(ctx, db.BounceDeliveryParams{OrgID: string(o), MessageID: d.MessageID, State: string(notify.Bounced), Error: d.Error, At: ms(d.At)})
		if err != nil || n == 0 {
			return err
		}
		if err := insertConsent(ctx, q, o, c); err != nil {
			return err
		}
		return s.follow(ctx, tx, notify.MailBounced{Org: o, Appointment: d.Appointment, MessageID: d.MessageID})
	})
}
