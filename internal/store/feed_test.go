package store_test

import (
	"testing"

	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/feed"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/store/storetest"
)

func TestFeedsOfReps(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, nil, func(t *testing.T, s *store.Store) {
		ours, theirs := organization(t, s, "ours"), organization(t, s, "theirs")
		ctx := t.Context()
		for _, hash := range []string{"old", "new"} {
			if err := s.PutFeed(ctx, ours.ID, "ann", hash, feed.Feed{Made: clock(), By: "Rae " + hash}); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.PutFeed(ctx, theirs.ID, "ann", "other", feed.Feed{Made: clock()}); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.FeedBehind(ctx, "old"); !fault.Is(err, fault.NotFound) {
			t.Errorf("the token before: %v", err)
		}
		if o, rep, err := s.FeedBehind(ctx, "new"); err != nil || o != ours.ID || rep != "ann" {
			t.Errorf("%s %s %v", o, rep, err)
		}
		if f, found, err := s.RepFeed(ctx, ours.ID, "ann"); err != nil || !found || f.By != "Rae new" || !f.Made.Equal(clock()) {
			t.Errorf("%+v %v %v", f, found, err)
		}
		if _, found, err := s.RepFeed(ctx, ours.ID, "ben"); err != nil || found {
			t.Errorf("of another rep: %v %v", found, err)
		}
		if err := s.RemoveFeed(ctx, ours.ID, "ann"); err != nil {
			t.Error(err)
		}
		if err := s.RemoveFeed(ctx, ours.ID, "ann"); !fault.Is(err, fault.NotFound) {
			t.Errorf("twice: %v", err)
		}
		if o, _, err := s.FeedBehind(ctx, "other"); err != nil || o != theirs.ID {
			t.Errorf("theirs has gone too: %v", err)
		}
	})
}
