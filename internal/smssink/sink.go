// Package smssink is a provider of text messages that sends nothing: it keeps what it gets, for the demo and tests.
//
// It answers the same form POST as a real provider, behind a password, shows the messages as a phone would and lets a person
// answer from there: the answer is posted to the platform as a provider would, and what the platform says to it is kept too.
// A file has one line per message, so that they survive the death of the process.
package smssink

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"
)

// The account that the sink knows, and the number that it sends from.
const (
	Account  = "ACdemo"
	Password = "demo-token"
	Number   = "+13125550100"
)

// defaultLimit is how many messages are kept.
const defaultLimit = 2000

// Text is a message to a phone, or from one.
type Text struct {
	ID     string    `json:"id"`
	At     time.Time `json:"at"`
	From   string    `json:"from"`
	To     string    `json:"to"`
	Body   string    `json:"body"`
	Answer bool      `json:"answer,omitempty"` // somebody wrote it on their phone
}

// Options of a sink.
type Options struct {
	File string // where messages are kept; "" = in memory alone
	Hook string // address to which answers are posted
	Now  func() time.Time
}

// Sink keeps messages. Its methods may be called at the same time.
type Sink struct {
	opts   Options
	client *http.Client

	mu   sync.Mutex
	kept []Text // oldest first
	next int
	fail int // so many further messages are refused
}

// New reads what the file has.
func New(o Options) (*Sink, error) {
	if o.Now == nil {
		return nil, errors.New("sink of text messages: Now is missing")
	}
	s := &Sink{opts: o, client: &http.Client{Timeout: 10 * time.Second}, next: 1}
	if o.File == "" {
		return s, nil
	}
	if err := os.MkdirAll(filepath.Dir(o.File), 0o700); err != nil {
		return nil, fmt.Errorf("sink of text messages: %w", err)
	}
	f, err := os.Open(o.File)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return nil, fmt.Errorf("sink of text messages: %w", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var t Text
		if json.Unmarshal(lines.Bytes(), &t) == nil { // the last line may be half written
			s.add(t)
		}
	}
	return s, lines.Err()
}

// Refuse makes the next messages fail, as a provider that is overloaded.
func (s *Sink) Refuse(times int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = times
}

// Texts gives what is kept, newest first.
func (s *Sink) Texts() []Text {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := append([]Text{}, s.kept...)
	slices.Reverse(out)
	return out
}

func (s *Sink) add(t Text) {
	if s.kept = append(s.kept, t); len(s.kept) > defaultLimit {
		s.kept = s.kept[1:]
	}
	s.next++
}

// keep stores a message; refused says that it was told to fail.
func (s *Sink) keep(t Text) (_ Text, refused bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail > 0 && !t.Answer {
		s.fail--
		return Text{}, true, nil
	}
	t.ID, t.At = "SM"+strconv.Itoa(s.next), s.opts.Now().UTC()
	if s.opts.File != "" {
		if err := appendLine(s.opts.File, t); err != nil {
			return Text{}, false, err
		}
	}
	s.add(t)
	return t, false, nil
}

func appendLine(path string, t Text) error {
	b, err := json.Marshal(t)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(b, '\n'))
	return errors.Join(err, f.Close())
}
