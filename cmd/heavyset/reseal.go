package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"heavyset.tech/platform/internal/config"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/store"
)

type resealCmd struct {
	database `embed:""`
	Lost     string `help:"Give up what this key has sealed: it is lost, and can't be had back."`
}

// Run seals values anew beside a process that may serve the database.
func (c resealCmd) Run(e env) (err error) {
	if c.SecretKeys == "" {
		return &config.Error{Setting: "HEAVYSET_SECRET_KEYS", Why: "is missing: id:base64-of-32-bytes, comma-separated"}
	}
	if err := c.exists(); err != nil {
		return err
	}
	s, err := c.open(e.ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := s.Migrate(e.ctx); err != nil {
		return err
	}
	if err := s.CheckKeys(e.ctx); err != nil {
		return err
	}
	if c.Lost != "" {
		f, err := s.ForgetKey(e.ctx, c.Lost, time.Now())
		if err != nil {
			return err
		}
		fmt.Fprintf(e.out, "given up: %d client secrets (enter them anew), %d authorizations (reconnect), %d watches (made anew by themselves), %d second factors (set up anew), "+
			"%d webhooks (rotate their secrets), %d values in the history (can't be undone), %d kept answers; %d appointments and %d places on waiting lists have another private link for later mails\n",
			f.ClientSecrets, f.Connections, f.Channels, f.Factors, f.Webhooks, f.Values, f.Answers, f.Links, f.Places)
	}
	by, err := s.SealedBy(e.ctx)
	if err != nil {
		return err
	}
	there, lost := s.SealingKeys(by)
	left := -by[there[0]]
	for _, n := range by {
		left += n
	}
	fmt.Fprintf(e.out, "%d values are under %s, %d under other keys\n", by[there[0]], there[0], left)
	done, err := s.Reseal(e.ctx, func(r store.Resealing) { fmt.Fprintf(e.out, "%d of %d sealed anew\n", r.Done, left) })
	if err != nil {
		return err
	}
	if done.Closed > 0 {
		return fmt.Errorf("%d values do not open with any key there is; keys that are not there: %v", done.Closed, lost)
	}
	fmt.Fprintf(e.out, "done: %d values sealed anew with %s\n", done.Done, there[0])
	return nil
}

// rekey takes the sealing keys anew from the settings whenever the process is told to read them (SIGHUP), until ctx ends.
// Whatever else the settings say counts from the next start.
func rekey(ctx context.Context, e env, keys *secret.Keyring) error {
	told := make(chan os.Signal, 1)
	signal.Notify(told, syscall.SIGHUP)
	defer signal.Stop(told)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-told:
		}
		s, err := e.reread()
		if err == nil {
			err = replaceKeys(keys, s.SecretKeys)
		}
		if err != nil {
			e.log.Error("the sealing keys stay as they are", "err", err)
			continue
		}
		e.log.Info("sealing keys read anew", "keys", fmt.Sprint(keys.IDs()))
	}
}

func replaceKeys(keys *secret.Keyring, by string) error {
	k, err := secret.ParseKeyring(by)
	if err != nil {
		return &config.Error{Setting: "HEAVYSET_SECRET_KEYS", Why: err.Error()}
	}
	keys.Replace(k)
	return nil
}
