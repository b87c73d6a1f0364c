package zohosim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"heavyset.tech/platform/internal/zohosim/journal"
)

// fault is an accident on request. Before it: the call does nothing; after: the call is carried out and its answer lost.
type fault struct {
	Method      string          `json:"method,omitempty"` // "" any
	PathPrefix  string          `json:"path_prefix,omitempty"`
	When        string          `json:"when"`   // before, after
	Action      string          `json:"action"` // status, delay, cut, html
	Status      int             `json:"status,omitempty"`
	Body        json.RawMessage `json:"body,omitempty"` // text or JSON; without one, Zoho's own for the status
	DelayMS     int             `json:"delay_ms,omitempty"`
	Times       *int            `json:"times,omitempty"`       // how often yet; nil until deleted
	Probability *float64        `json:"probability,omitempty"` // nil: always

	number int // for pages; 0 until one has shown it
}

// check refuses what makes no sense.
func (f *fault) check() error {
	if f.When == "" {
		f.When = "before"
	}
	switch {
	case f.When != "before" && f.When != "after":
		return fmt.Errorf("when is %q, neither before nor after", f.When)
	case f.Action == "status" && (f.Status < 200 || f.Status > 599):
		return errors.New("action status needs a status from 200 to 599")
	case f.Action == "html" && f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return errors.New("status must be from 200 to 599")
	case f.Action == "delay" && (f.DelayMS <= 0 || f.DelayMS > 10*60*1000):
		return errors.New("action delay needs delay_ms, at most ten minutes")
	case !slices.Contains([]string{"status", "delay", "cut", "html"}, f.Action):
		return fmt.Errorf("action is %q, none of status, delay, cut, html", f.Action)
	case f.Times != nil && *f.Times < 1:
		return errors.New("times must be at least 1")
	case f.Probability != nil && (*f.Probability < 0 || *f.Probability > 1):
		return errors.New("probability must be from 0 to 1")
	}
	return nil
}

// matches tells whether the fault is for a call.
func (f *fault) matches(method, path, when string) bool {
	return f.When == when && strings.HasPrefix(path, f.PathPrefix) &&
		(f.Method == "" || f.Method == "*" || strings.EqualFold(f.Method, method))
}

// faultList holds the faults in the order they were asked for.
type faultList struct {
	mu    sync.Mutex
	list  []*fault
	shown int // the last number given
}

// mishap is what faults make of one call: perhaps a delay, and perhaps something instead of the answer.
type mishap struct {
	delay   time.Duration
	cut     bool
	instead *answer
}

// fatal tells whether the call's own answer is lost.
func (m mishap) fatal() bool { return m.cut || m.instead != nil }

// strike takes the faults that hit a call: delays add up, the first other one decides.
func (s *Sim) strike(r *http.Request, when string) mishap {
	var m mishap
	fl := s.faults
	fl.mu.Lock()
	defer fl.mu.Unlock()
	changed := false
	fl.list = slices.DeleteFunc(fl.list, func(f *fault) bool {
		if !f.matches(r.Method, r.URL.Path, when) || m.fatal() && f.Action != "delay" {
			return false
		}
		if f.Probability != nil && rand.Float64() >= *f.Probability {
			return false
		}
		m.add(f, r.URL.Path)
		if f.Times == nil {
			return false
		}
		changed = true
		left := *f.Times - 1
		f.Times = &left // a page may still be reading the old number
		return left == 0
	})
	if changed {
		_ = s.write(addJSON(journal.Batch(nil), opFaults, fl.list)) // at worst a fault strikes again after a restart
	}
	return m
}

func (m *mishap) add(f *fault, path string) {
	switch f.Action {
	case "delay":
		m.delay += time.Duration(f.DelayMS) * time.Millisecond
	case "cut":
		m.cut = true
	case "html":
		status := f.Status
		if status == 0 {
			status = http.StatusBadGateway
		}
		a := htmlPage(status, http.StatusText(status), "The request could not be served.")
		if body := f.text(); body != "" {
			a.body = []byte(body)
		}
		m.instead = &a
	case "status":
		a := standardAnswer(f.Status)
		if strings.HasPrefix(path, calendarPath) {
			a = calendarStandard(f.Status)
		}
		if body := f.text(); body != "" {
			a.body = []byte(body)
		}
		m.instead = &a
	}
}

// text gives the body to send: JSON as it is, a JSON string as its content.
func (f *fault) text() string {
	var s string
	if json.Unmarshal(f.Body, &s) == nil {
		return s
	}
	return string(f.Body)
}

// standardAnswer is what Zoho itself says with a status.
func standardAnswer(status int) answer {
	p := problem{code: "INTERNAL_ERROR", message: "Internal Server Error"}
	switch status {
	case http.StatusNoContent, http.StatusNotModified:
		return answer{status: status}
	case http.StatusUnauthorized:
		p = problem{code: "INVALID_TOKEN", message: "invalid oauth token"}
	case http.StatusForbidden:
		p = problem{code: "NO_PERMISSION", message: "permission denied"}
	case http.StatusNotFound:
		p = problem{code: "INVALID_URL_PATTERN", message: "Please check if the URL trying to access is a correct one"}
	case http.StatusTooManyRequests:
		p = problem{code: "TOO_MANY_REQUESTS", message: "Too many requests"}
	case http.StatusBadGateway, http.StatusServiceUnavailable:
		p = problem{code: "SERVICE_UNAVAILABLE", message: "Service unavailable"}
	case http.StatusBadRequest:
		p = problem{code: "INVALID_DATA", message: "invalid data"}
	}
	return p.answer(status)
}

// pause waits as long as a delay says, or until the client has gone.
func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
