package zohocrm_test

import (
	"context"
	"testing"

	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/fault"
)

// closed is a meter at which no turn comes.
type closed struct{ counting }

func (closed) Begin(context.Context) (func(), error) { return nil, context.DeadlineExceeded }

// TestACallWithoutATurnSaysNothingOfTheCRM: it waits for our own other calls, so nobody may take it for Zoho's silence.
func TestACallWithoutATurnSaysNothingOfTheCRM(t *testing.T) {
	t.Parallel()
	w := connected(t)
	p := w.connector.Provider(w.site, w.tokens, closed{func(crm.Call) {}})
	for what, err := range map[string]error{
		"read":  second(p.Newest(t.Context(), "Leads", []string{"Last_Name"})),
		"write": second(p.Create(t.Context(), "Leads", crm.Values{"Last_Name": "Doe"})),
	} {
		if !fault.Is(err, fault.Unavailable) || fault.As(err).RetryAfter <= 0 || crm.AsProblem(err) != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }
