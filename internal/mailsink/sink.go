// Package mailsink is an SMTP server that keeps what it gets and sends nothing on, for the demo and for tests.
//
// In the demo it stands where the organization's mail server would: the confirmation with its invitation arrives here,
// and a person reads it at /_demo/mail/. Tests use the same server over loopback and ask for its faults.
//
// It guards that a message which was answered with 250 is still there after kill -9 (with a folder: written under
// another name, then renamed, then answered), that no message is changed by keeping it, and that nothing a message
// contains can run: pages carry no script, the HTML of a message is shown in a sandbox of its own.
//
// It never relays, never fetches anything a message names, and is no part of a real installation.
package mailsink

import (
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

const (
	defaultLimit = 20_000
	maxBytes     = 25 << 20 // of one message
)

// Options says where messages are kept and how the server behaves.
type Options struct {
	Dir   string           // folder for the messages, made if missing; "" keeps them in memory only
	Now   func() time.Time // required; stamps each arrival
	Limit int              // most messages kept, the oldest go first; 0 means 20,000

	TLS      *tls.Config                      // offers STARTTLS
	TLSFirst bool                             // TLS from the first byte (RFC 8314) instead of STARTTLS
	Login    func(user, password string) bool // asks for AUTH PLAIN before any message
}

// Sink keeps messages. Its methods may be called at the same time.
type Sink struct {
	opts Options
	dir  *folder // nil: memory only

	mu       sync.Mutex
	kept     []Message // oldest first
	next     int
	refusals []refusals
	cuts     int
}

// New opens the folder, if there is one, and reads the messages it has. It returns an error that names the folder or
// the file when it can't.
func New(o Options) (*Sink, error) {
	if o.Now == nil {
		return nil, errors.New("mail sink: Now is missing")
	}
	if o.TLSFirst && o.TLS == nil {
		return nil, errors.New("mail sink: TLSFirst without TLS")
	}
	if o.Limit <= 0 {
		o.Limit = defaultLimit
	}
	s := &Sink{opts: o, next: 1}
	if o.Dir == "" {
		return s, nil
	}
	dir, letters, err := openFolder(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("mail sink: %w", err)
	}
	s.dir = dir
	for _, l := range letters {
		s.kept = append(s.kept, l.open())
		s.next = l.Number + 1
	}
	return s, s.prune(o.Limit)
}

// Messages gives what is kept, newest first. The messages are the caller's; the texts in them are shared and unchanging.
func (s *Sink) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := append([]Message{}, s.kept...)
	slices.Reverse(out)
	return out
}

// message finds one by its id.
func (s *Sink) message(id string) (Message, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.kept, func(m Message) bool { return m.ID == id })
	if i < 0 {
		return Message{}, false
	}
	return s.kept[i], true
}

// keep stores a message for good and only then returns nil.
func (s *Sink) keep(from string, rcpt []string, raw []byte) error {
	l := letter{Received: s.opts.Now().UTC(), From: from, Rcpt: rcpt, raw: raw}
	m := l.open()

	s.mu.Lock()
	defer s.mu.Unlock()
	l.Number = s.next
	m.ID = l.id()
	if err := s.prune(s.opts.Limit - 1); err != nil {
		return err
	}
	if s.dir != nil {
		if err := s.dir.write(l); err != nil {
			return err
		}
	}
	s.next++
	s.kept = append(s.kept, m)
	return nil
}

// prune drops the oldest messages until at most so many are left. The caller holds the lock or is alone.
func (s *Sink) prune(most int) error {
	for len(s.kept) > most {
		if s.dir != nil {
			if err := s.dir.remove(s.kept[0].ID); err != nil {
				return err
			}
		}
		s.kept = s.kept[1:]
	}
	return nil
}
