package mirror

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"slices"
	"strconv"
	"time"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
)

const (
	// watchFor is how long a channel is asked for: Zoho grants a week at most, and an hour to whoever asks for more.
	watchFor = 7*24*time.Hour - 5*time.Minute
	// retryWatch is when a channel that could not be made or renewed is tried again.
	retryWatch = 15 * time.Minute
	// tellsWithin is how long the CRM may take to tell of a change.
	tellsWithin = time.Minute
	// silentAgain is how old a channel is at least that is given up for its silence: where notifications never arrive, a
	// new one each round would help nobody.
	silentAgain = time.Hour
)

// Watch keeps the channel of a connection open: made when there is none, renewed at half of its life, made anew when the
// CRM has lost it or it watches other modules. Without one everything works, only later; so a CRM that refuses is tried
// again and the page says why.
func (s *Service) Watch(ctx context.Context, o org.ID, c connection.ConfigID) error {
	r, err := s.open(ctx, o, c, connection.ForChannels)
	if r == nil || err != nil {
		return err
	}
	have, err := s.Store.Channels(ctx, o, c)
	if err != nil {
		return err
	}
	modules := r.watched()
	for _, ch := range have {
		if slices.Equal(ch.Modules, modules) && ch.Renew.After(r.now) {
			return nil
		}
		if ch.Expires.After(r.now) {
			return r.watch(ctx, ch, modules)
		}
		if err := s.Store.DeleteChannel(ctx, o, c, ch.ID); err != nil {
			return err
		}
	}
	path := id.Token()
	return r.watch(ctx, Channel{
		Channel: crm.Channel{ID: channelID(), URL: s.NotifyURL + path, Token: secret.NewString(id.Token())}, Path: secret.NewString(path), Made: r.now,
	}, modules)
}

// watched lists the modules of which the CRM has to tell us: those that are copied, and those of people.
func (r *reader) watched() []string {
	var out []string
	for _, s := range r.sources() {
		if !OfCalendar(s.Name) {
			out = append(out, s.Name)
		}
	}
	for _, m := range peopleModules(r.mapping) {
		if !slices.Contains(out, m) {
			out = append(out, m)
		}
	}
	return out
}

// watch makes or renews one channel. It is kept before the CRM is asked, so that none is left over that nobody knows.
func (r *reader) watch(ctx context.Context, ch Channel, modules []string) error {
	s := r.service
	ch.URL, ch.Modules, ch.Expires = s.NotifyURL+ch.Path.Reveal(), modules, r.now.Add(watchFor)
	kept := ch
	kept.Renew, kept.Error = r.now.Add(retryWatch), "not confirmed yet"
	if err := s.Store.PutChannel(ctx, r.org, r.config.ID, kept); err != nil {
		return err
	}
	granted, err := r.provider.Watch(ctx, ch.Channel)
	switch p := crm.AsProblem(err); {
	case p != nil || fault.As(err) != nil:
		kept.Error = words(err)
		return s.Store.PutChannel(ctx, r.org, r.config.ID, kept)
	case err != nil:
		return err
	}
	ch.Expires, ch.Renew, ch.Error = granted.Expires, r.now.Add(granted.Expires.Sub(r.now)/2), ""
	return s.Store.PutChannel(ctx, r.org, r.config.ID, ch)
}

// Unwatch ends the channels of a connection that is going to be given up.
func (s *Service) Unwatch(ctx context.Context, o org.ID, c connection.ConfigID) error {
	have, err := s.Store.Channels(ctx, o, c)
	if err != nil || len(have) == 0 {
		return err
	}
	var ids []string
	for _, ch := range have {
		ids = append(ids, ch.ID)
		if err := s.Store.DeleteChannel(ctx, o, c, ch.ID); err != nil {
			return err
		}
	}
	r, err := s.open(ctx, o, c, connection.ForChecks)
	if r == nil || err != nil {
		return err
	}
	_ = r.provider.Unwatch(ctx, ids...) // one that could not be ended ends by itself within a week
	return nil
}

// unheard gives up channels that did not tell of a change which was made at that time, while they were there: Watch makes
// new ones. The zero time says that nothing is missing.
func (r *reader) unheard(ctx context.Context, changed time.Time) error {
	if changed.IsZero() {
		return nil
	}
	s := r.service
	have, err := s.Store.Channels(ctx, r.org, r.config.ID)
	if err != nil {
		return err
	}
	for _, ch := range have {
		if ch.Error != "" || !changed.After(ch.Made) || r.now.Sub(ch.Made) < silentAgain {
			continue
		}
		if err := s.Store.DeleteChannel(ctx, r.org, r.config.ID, ch.ID); err != nil {
			return err
		}
		_ = r.provider.Unwatch(ctx, ch.ID) // likewise
	}
	return nil
}

// channelID is a number of our choice: Zoho wants it to be unique and to fit into 63 bits.
func channelID() string {
	var b [8]byte
	_, _ = rand.Read(b[:])
	return strconv.FormatInt(int64(binary.BigEndian.Uint64(b[:])>>2)+1, 10)
}
