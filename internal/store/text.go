package store

import (
	"context"
	"database/sql"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/notify"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store/db"
)

// TextConsents reads the newest that was said of text messages to a number, by its hash, and the newest that the phone itself
// has said; fewer where there is none.
func (s *Store) TextConsents(ctx context.Context, o org.ID, addressHash string) ([]notify.Consent, error) {
	newest, err := s.qr.NewestTextConsent(ctx, db.NewestTextConsentParams{OrgID: string(o), AddressHash: addressHash})
	if err != nil {
		return nil, s.explain(err)
	}
	replies, err := s.qr.NewestTextReply(ctx, db.NewestTextReplyParams{OrgID: string(o), AddressHash: addressHash})
	return consentsOf(append(newest, replies...)), s.explain(err)
}

// AgreedToTexts reports whether the owner of a number has agreed to text messages about a visit.
func (s *Store) AgreedToTexts(ctx context.Context, o org.ID, addressHash string, id booking.AppointmentID) (bool, error) {
	agreed, err := s.qr.AgreedToTexts(ctx, db.AgreedToTextsParams{OrgID: string(o), AddressHash: addressHash, AppointmentID: string(id)})
	return agreed, s.explain(err)
}

// Texted lists the organizations whose ledger knows something of text messages to a number.
func (s *Store) Texted(ctx context.Context, addressHash string) ([]org.ID, error) {
	rows, err := s.qr.Texted(ctx, addressHash)
	if err != nil {
		return nil, s.explain(err)
	}
	return named[org.ID](rows), nil
}

// SettleDelivery keeps what became of a message whose end was not known; nothing where it is by now.
func (s *Store) SettleDelivery(ctx context.Context, o org.ID, d notify.Delivery) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		return q.SettleDelivery(ctx, db.SettleDeliveryParams{OrgID: string(o), MessageID: d.MessageID, State: string(d.State), Error: d.Error, At: ms(d.At)})
	})
}
