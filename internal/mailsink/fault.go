package mailsink

import "github.com/emersion/go-smtp"

// Step is a place in an SMTP conversation where the sink can be told to refuse.
type Step int

// The steps of RFC 5321 §3.3.
const (
	AtSender    Step = iota // MAIL FROM
	AtRecipient             // RCPT TO
	AtData                  // the message has been sent and is not kept
)

// Refusal is an answer in place of 250: a 4xx Code asks to try again, a 5xx one is final. Enhanced is RFC 3463's code,
// zero for none in particular.
type Refusal struct {
	Step     Step
	Code     int
	Enhanced [3]int
	Text     string
}

type refusals struct {
	Refusal
	left int
}

// RefuseNext makes the next n commands of r's step be refused; several calls queue up.
func (s *Sink) RefuseNext(n int, r Refusal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refusals = append(s.refusals, refusals{r, n})
}

// CutNext makes the next n messages be kept and then the connection be cut in place of the answer, so that the client
// can't know whether its message arrived.
func (s *Sink) CutNext(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cuts += n
}

// refusal gives the answer that is due at a step, nil for none.
func (s *Sink) refusal(at Step) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.refusals {
		if r := &s.refusals[i]; r.Step == at && r.left > 0 {
			r.left--
			return answer(r.Refusal)
		}
	}
	return nil
}

func (s *Sink) cut() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cuts == 0 {
		return false
	}
	s.cuts--
	return true
}

func answer(r Refusal) *smtp.SMTPError {
	return &smtp.SMTPError{Code: r.Code, EnhancedCode: smtp.EnhancedCode(r.Enhanced), Message: r.Text}
}
