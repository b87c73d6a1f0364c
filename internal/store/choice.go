package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store/db"
)

// choiceDoc writes how a rep was chosen; "" where nobody chose one.
func choiceDoc(c *booking.Choice) string {
	if c == nil || c.Rep == "" {
		return ""
	}
	return toJSON(c)
}

func readChoice(doc string) (*booking.Choice, error) {
	if doc == "" {
		return nil, nil
	}
	var c booking.Choice
	if err := json.Unmarshal([]byte(doc), &c); err != nil {
		return nil, fmt.Errorf("read how a rep was chosen: %w", err)
	}
	return &c, nil
}

// heldChoice reads how the rep of a hold was chosen; nil for a hold that is not there.
func heldChoice(ctx context.Context, q *db.Queries, o org.ID, id booking.HoldID) (*booking.Choice, error) {
	doc, err := q.HoldChoice(ctx, db.HoldChoiceParams{OrgID: string(o), ID: string(id)})
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return readChoice(doc)
}

// ownersOf reads which users of the CRM have the records of customers, as they last were read from there: those of the
// contact before those of leads, the newest first.
func ownersOf(ctx context.Context, q *db.Queries, o org.ID, customer lead.CustomerID, known []lead.Customer) (map[lead.CustomerID][]string, error) {
	out := map[lead.CustomerID][]string{}
	of := []lead.CustomerID{customer}
	for _, c := range known {
		of = append(of, c.ID)
	}
	for _, id := range of {
		if id == "" || out[id] != nil {
			continue
		}
		rows, err := q.KnownOfCustomer(ctx, db.KnownOfCustomerParams{OrgID: string(o), CustomerID: string(id)})
		if err != nil {
			return nil, err
		}
		out[id] = []string{}
		for _, doc := range rows {
			k, err := readKnown(doc)
			if err != nil {
				return nil, err
			}
			if k != nil && k.Owner != "" {
				out[id] = append(out[id], k.Owner)
			}
		}
	}
	return out, nil
}
