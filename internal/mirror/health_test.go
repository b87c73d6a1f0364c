package mirror_test

import (
	"testing"
	"time"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
)

// channel gives the one channel that there is.
func (w *house) channel() string {
	w.t.Helper()
	w.must(w.mirror.Watch(w.t.Context(), w.org.ID, w.config))
	list, err := w.store.Channels(w.t.Context(), w.org.ID, w.config)
	w.must(err)
	if len(list) != 1 || list[0].Error != "" {
		w.t.Fatalf("channels %+v", list)
	}
	return list[0].ID
}

// TestASilentChannelIsMadeAnew: one that does not tell of a change is given up, but not each round, and not one that told.
func TestASilentChannelIsMadeAnew(t *testing.T) {
	t.Parallel()
	w := newHouse(t, "sqlite")
	v := w.visit(2, 9, "Silent")
	first := w.channel()
	w.wait(2 * time.Hour)
	w.round()
	v.change(crm.Values{"Event_Title": "x"})
	w.must(w.store.Notice(t.Context(), w.org.ID, w.config, first, "Events", []string{v.record}, w.clock()))
	w.must(w.mirror.Catch(t.Context(), w.org.ID, w.config))
	w.round()
	if got := w.channel(); got != first {
		t.Error("a channel that told was given up")
	}
	v.change(crm.Values{"Event_Title": "y"})
	w.round()
	second := w.channel()
	if second == first {
		t.Error("a silent channel is kept")
	}
	if _, there, err := w.zoho.Watching(t.Context(), first); err != nil || there {
		t.Errorf("Zoho has the old channel still: %v %v", there, err)
	}
	v.change(crm.Values{"Event_Title": "z"})
	w.round()
	if w.channel() != second {
		t.Error("a new channel is given up at once")
	}
}

// TestReadingsAreSampled: how old the copy was, by hour, for the page of the sync's health.
func TestReadingsAreSampled(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			w := newHouse(t, engine)
			w.visit(1, 9, "Sampled")
			w.wait(10 * time.Minute)
			w.round()
			w.round()
			list, err := w.store.SourceHours(t.Context(), w.org.ID, w.config, eight)
			w.must(err)
			if len(list) != 1 || list[0].Source != "Events" || list[0].Readings != 3 || list[0].Failed != 0 || list[0].Lag != 12*time.Minute || list[0].Changes == 0 {
				t.Errorf("%+v", list)
			}
			q, err := w.store.Queue(t.Context(), w.org.ID)
			w.must(err)
			if q.Appointments != 0 || q.Changes != 0 {
				t.Errorf("%+v", q)
			}
			_, err = w.store.WriteFailures(t.Context(), w.org.ID, eight)
			w.must(err)
		})
	}
}

// TestADisconnectForgetsTheCopy: the channels are ended at Zoho, and slots come from our own data alone.
func TestADisconnectForgetsTheCopy(t *testing.T) {
	t.Parallel()
	w := newHouse(t, "sqlite")
	values := hour(on(1, 9))
	for _, owner := range []string{annUser, benUser} {
		values["Event_Title"], values["Owner"] = "Away", crm.Ref{ID: owner}
		_, err := w.zoho.Create(t.Context(), "Events", values)
		w.must(err)
	}
	w.round()
	ch := w.channel()
	if w.free(on(1, 9)) {
		t.Fatal("what stands in Zoho does not block")
	}
	w.must(w.mirror.Unwatch(t.Context(), w.org.ID, w.config))
	if _, there, err := w.zoho.Watching(t.Context(), ch); err != nil || there {
		t.Errorf("Zoho has the channel still: %v %v", there, err)
	}
	w.must(w.store.Disconnect(t.Context(), w.org.ID, w.config, connection.NewEvent(connection.EventDisconnected, w.clock(), "Rae", "", "")))
	if !w.free(on(1, 9)) {
		t.Error("an old copy blocks for ever")
	}
	of, err := w.store.Offering(t.Context(), "o")
	w.must(err)
	if of.Copy.Kept {
		t.Errorf("the copy is %+v", of.Copy)
	}
	if n, err := w.store.Sources(t.Context(), w.org.ID, w.config); err != nil || len(n) != 0 {
		t.Errorf("%+v %v", n, err)
	}
}
