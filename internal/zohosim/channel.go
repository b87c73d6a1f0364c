package zohosim

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"heavyset.tech/platform/internal/zohosim/journal"
)

// channel is a subscription to changes of records, as the journal keeps it. One in use is never changed: an update puts another
// in its place.
type channel struct {
	ID         int64       `json:"id"`
	User       int64       `json:"user"`     // who made it
	Location   string      `json:"location"` // the data centre in which it was made
	Base       string      `json:"base"`     // the data centre's address at that time
	Token      *string     `json:"token"`
	NotifyURL  string      `json:"notify_url"`
	Events     []string    `json:"events"`  // as they were asked for
	Expiry     int64       `json:"expiry"`  // seconds
	Values     bool        `json:"values"`  // return_affected_field_values
	Related    bool        `json:"related"` // notify_on_related_action
	Conditions []condition `json:"conditions,omitempty"`
	Muted      bool        `json:"muted,omitempty"` // delivers nothing until it is made anew, see POST /_sim/channels
}

// channelOp keeps a new or changed channel.
type channelOp struct {
	Org     int     `json:"org"`
	Channel channel `json:"channel"`
}

// channelGoneOp keeps that a channel is gone.
type channelGoneOp struct {
	Org  int   `json:"org"`
	User int64 `json:"user"`
	ID   int64 `json:"id"`
}

// operations are what a channel may watch, in the order in which Zoho lists what "all" means.
var operations = []string{"edit", "create", "delete"}

// splitEvent parts "Leads.create".
func splitEvent(event string) (module, operation string) {
	i := strings.LastIndexByte(event, '.')
	if i < 0 {
		return "", event
	}
	return event[:i], event[i+1:]
}

// live tells whether the channel still delivers at an instant in seconds.
func (ch *channel) live(now int64) bool { return ch.Expiry > now }

// modules lists the modules that the channel watches in the order they were asked for.
func (ch *channel) modules() []string {
	var out []string
	for _, e := range ch.Events {
		if m, _ := splitEvent(e); !slices.Contains(out, m) {
			out = append(out, m)
		}
	}
	return out
}

// watches tells whether the channel watches an operation on a module.
func (ch *channel) watches(module, operation string) bool {
	return slices.Contains(ch.Events, module+"."+operation) || slices.Contains(ch.Events, module+".all")
}

// watched gives the channel's events in a module one by one: "all" is three.
func (ch *channel) watched(module string) []string {
	out := []string{}
	for _, op := range operations {
		if ch.watches(module, op) {
			out = append(out, module+"."+op)
		}
	}
	return out
}

// without gives the channel without some events; "all" falls apart where only a part goes.
func (ch *channel) without(events []string) channel {
	next := *ch
	next.Events = nil
	for _, m := range ch.modules() {
		if slices.Contains(events, m+".all") {
			continue
		}
		kept := slices.DeleteFunc(ch.watched(m), func(e string) bool { return slices.Contains(events, e) })
		if len(kept) == len(operations) {
			kept = []string{m + ".all"}
		}
		next.Events = append(next.Events, kept...)
	}
	next.Conditions = slices.DeleteFunc(slices.Clone(ch.Conditions), func(c condition) bool {
		return !slices.Contains(next.modules(), c.Module)
	})
	return next
}

// channels are the channels of an organization, in the order they were made.
type channels []*channel

// place finds a user's channel; -1 where there is none.
func (list channels) place(user, id int64) int {
	return slices.IndexFunc(list, func(ch *channel) bool { return ch.ID == id && ch.User == user })
}

// with gives the list with a channel, in the place of the user's one with the same id.
func (list channels) with(ch channel) channels {
	next := slices.Clone(list)
	if i := list.place(ch.User, ch.ID); i >= 0 {
		next[i] = &ch
		return next
	}
	return append(next, &ch)
}

func (list channels) without(user, id int64) channels {
	return slices.DeleteFunc(slices.Clone(list), func(ch *channel) bool { return ch.User == user && ch.ID == id })
}

func (s *Sim) applyChannel(op channelOp) error {
	o, err := s.orgAt(op.Org)
	if err == nil {
		o.channels = o.channels.with(op.Channel)
	}
	return err
}

func (s *Sim) applyChannelGone(op channelGoneOp) error {
	o, err := s.orgAt(op.Org)
	if err == nil {
		o.channels = o.channels.without(op.User, op.ID)
	}
	return err
}

// channelView is a channel as the control interface shows it.
type channelView struct {
	ID        string   `json:"channel_id"`
	Token     *string  `json:"token"`
	NotifyURL string   `json:"notify_url"`
	Events    []string `json:"events"`
	Expiry    string   `json:"expiry"`
}

// controlChannels lists the channels of all organizations that have not expired.
func (l *listener) controlChannels(*http.Request) (any, error) {
	l.sim.mu.RLock()
	defer l.sim.mu.RUnlock()
	return map[string]any{"channels": l.sim.channelViews()}, nil
}

// channelViews gives the channels that have not expired; Sim.mu is held.
func (s *Sim) channelViews() []channelView {
	now := s.clock().Unix()
	list := []channelView{}
	for _, o := range s.orgs {
		for _, ch := range o.channels {
			if ch.live(now) {
				list = append(list, ch.view())
			}
		}
	}
	return list
}

func (ch *channel) view() channelView {
	return channelView{formatID(ch.ID), ch.Token, ch.NotifyURL, ch.Events, time.Unix(ch.Expiry, 0).UTC().Format(stampLayout)}
}

// controlBreakChannels lets accidents happen to a channel, or to all.
func (l *listener) controlBreakChannels(r *http.Request) (any, error) {
	var body struct {
		Action    string `json:"action"`
		ChannelID string `json:"channel_id"`
	}
	if err := readControl(r, &body, true); err != nil {
		return nil, err
	}
	if body.Action != "expire" && body.Action != "mute" {
		return nil, badControl(errors.New("action is neither expire nor mute"))
	}
	n, err := l.sim.breakChannels(body.Action, body.ChannelID)
	if err != nil {
		return nil, err
	}
	return map[string]any{"affected": n}, nil
}

// breakChannels lets an accident happen to the channels with an id, or to all: expire ends it early; mute makes it deliver nothing
// while it looks alive, until it is made anew. It gives how many were affected.
func (s *Sim) breakChannels(action, id string) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock().Unix()
	var batch journal.Batch
	var changed []channelOp
	for _, o := range s.orgs {
		for _, ch := range o.channels {
			if !ch.live(now) || id != "" && formatID(ch.ID) != id {
				continue
			}
			next := *ch
			if action == "expire" {
				next.Expiry = now
			} else {
				next.Muted = true
			}
			changed = append(changed, channelOp{o.index, next})
			batch = addJSON(batch, opChannel, changed[len(changed)-1])
		}
	}
	if err := s.write(batch); err != nil {
		return 0, err
	}
	for _, op := range changed {
		o := s.orgs[op.Org]
		o.channels = o.channels.with(op.Channel)
	}
	return len(changed), nil
}
