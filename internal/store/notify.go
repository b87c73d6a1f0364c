package store

import (
	"context"
	"database/sql"
	"errors"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/notify"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store/db"
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
		out[i] = notify.Delivery{MessageID: r.MessageID, Appointment: a, Kind: r.Kind, State: notify.DeliveryState(r.State), To: r.Recipient, Error: r.Error, At: at(r.At)}
	}
	return out, nil
}
