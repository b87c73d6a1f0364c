package crmsync_test

import (
	"context"
	"testing"
	"time"

	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/org"
)

// awayAtTheEnd is a store whose database goes away just when a lease is to be given back.
type awayAtTheEnd struct {
	crmsync.Store
	left int
}

func (s *awayAtTheEnd) ReleaseCustomer(ctx context.Context, o org.ID, id lead.CustomerID, holder string) error {
	if s.left--; s.left >= 0 {
		return fault.Later(time.Second, "The database does not answer.")
	}
	return s.Store.ReleaseCustomer(ctx, o, id, holder)
}

// TestLeaseIsGivenBackOnceTheDatabaseIsBack: the writes of a customer do not wait until a forgotten lease ends by itself.
func TestLeaseIsGivenBackOnceTheDatabaseIsBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, second := w.booked(9, jo), w.booked(10, jo)
	w.sync.Store = &awayAtTheEnd{Store: w.store, left: 2}
	w.pushed(first)
	w.pushed(second)
	w.expect(1, 1, 2)
}
