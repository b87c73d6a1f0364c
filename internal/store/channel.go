package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/mirror"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store/db"
)

// Channels lists the channels of a config.
func (s *Store) Channels(ctx context.Context, o org.ID, c connection.ConfigID) ([]mirror.Channel, error) {
	rows, err := s.qr.WatchChannels(ctx, db.WatchChannelsParams{OrgID: string(o), ConfigID: string(c)})
	if err != nil {
		return nil, s.explain(err)
	}
	var out []mirror.Channel
	for _, r := range rows {
		ch := mirror.Channel{
			Channel: crm.Channel{ID: r.ChannelID, Modules: strings.Split(r.Modules, ","), Expires: at(r.ExpiresAt)}, Renew: at(r.RenewAt), Heard: at(r.HeardAt), Made: at(r.MadeAt), Error: r.Error,
		}
		if ch.Path, err = s.keys.Open(r.PathSealed, string(o), "watch_channels", "path", r.ChannelID); err != nil {
			return nil, fmt.Errorf("open channel %s: %w", r.ChannelID, err)
		}
		if ch.Token, err = s.keys.Open(r.TokenSealed, string(o), "watch_channels", "token", r.ChannelID); err != nil {
			return nil, fmt.Errorf("open channel %s: %w", r.ChannelID, err)
		}
		out = append(out, ch)
	}
	return out, nil
}

// PutChannel keeps a channel.
func (s *Store) PutChannel(ctx context.Context, o org.ID, c connection.ConfigID, ch mirror.Channel) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		return q.PutWatchChannel(ctx, db.PutWatchChannelParams{
			OrgID: string(o), ConfigID: string(c), ChannelID: ch.ID, PathHash: id.Hash(ch.Path.Reveal()), Modules: strings.Join(ch.Modules, ","),
			PathSealed:  s.keys.Seal(ch.Path, string(o), "watch_channels", "path", ch.ID),
			TokenSealed: s.keys.Seal(ch.Token, string(o), "watch_channels", "token", ch.ID),
			ExpiresAt:   ms(ch.Expires), RenewAt: ms(ch.Renew), MadeAt: ms(ch.Made), Error: ch.Error,
		})
	})
}

// DeleteChannel forgets a channel.
func (s *Store) DeleteChannel(ctx context.Context, o org.ID, c connection.ConfigID, channel string) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		return q.DeleteWatchChannel(ctx, db.DeleteWatchChannelParams{OrgID: string(o), ConfigID: string(c), ChannelID: channel})
	})
}

// ChannelByPath finds the channel whose address ends in a secret.
func (s *Store) ChannelByPath(ctx context.Context, hash string) (org.ID, connection.ConfigID, mirror.Channel, error) {
	r, err := s.qr.ChannelByPath(ctx, hash)
	if err != nil {
		return "", "", mirror.Channel{}, s.explain(err)
	}
	ch := mirror.Channel{Channel: crm.Channel{ID: r.ChannelID, Modules: strings.Split(r.Modules, ",")}}
	if ch.Token, err = s.keys.Open(r.TokenSealed, r.OrgID, "watch_channels", "token", r.ChannelID); err != nil {
		return "", "", ch, fmt.Errorf("open channel %s: %w", r.ChannelID, err)
	}
	return org.ID(r.OrgID), connection.ConfigID(r.ConfigID), ch, nil
}
