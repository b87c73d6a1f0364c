package job_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/job"
	"heavyset.tech/platform/internal/trace"
)

func TestFate(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		want job.FateOf
	}{
		"no error":                       {nil, job.FateOf{What: job.Done}},
		"outside is away, says for long": {fault.Later(3*time.Second, "away"), job.FateOf{What: job.Wait, For: 3 * time.Second}},
		"outside is away, says nothing":  {fault.New(fault.Unavailable, "away"), job.FateOf{What: job.Wait, For: 10 * time.Second}},
		"wrapped":                        {fmt.Errorf("push: %w", fault.Later(time.Second, "away")), job.FateOf{What: job.Wait, For: time.Second}},
		"throttled":                      {fault.TooMany(time.Minute, "slow"), job.FateOf{What: job.Wait, For: time.Minute}},
		"a person must mend it":          {fault.New(fault.Invalid, "field"), job.FateOf{What: job.End}},
		"what it was about is gone":      {fault.New(fault.NotFound, "gone"), job.FateOf{What: job.End}},
		"not allowed":                    {fault.New(fault.Denied, "no"), job.FateOf{What: job.End}},
		"our own mistake":                {errors.New("nil pointer"), job.FateOf{What: job.Retry}},
		"cut off":                        {context.DeadlineExceeded, job.FateOf{What: job.Retry}},
	} {
		if got := job.Fate(c.err); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

type booked struct {
	Org string `json:"org"`
	N   int    `json:"n"`
}

func TestTable(t *testing.T) {
	t.Parallel()
	var table job.Table
	nothing := func(context.Context, booked) error { return nil }
	job.On(&table, "booked", "mail", job.Options{Queue: job.QueueMail}, nothing)
	job.On(&table, "booked", "crm", job.Options{Queue: job.QueueCRM}, nothing)
	if d := cmp.Diff([]string{"booked/crm", "booked/mail"}, table.Kinds()); d != "" {
		t.Error(d)
	}
	params, err := table.Jobs(trace.WithRequest(t.Context(), "req_1"), booked{"o", 1})
	if err != nil || len(params) != 2 {
		t.Fatal(params, err)
	}
	if kept := string(params[1].InsertOpts.Metadata); kept != `{"request":"req_1"}` {
		t.Errorf("what a job keeps of its cause: %s", kept)
	}
	if params[0].Args.Kind() != "booked/mail" || params[0].InsertOpts.Queue != job.QueueMail || params[1].InsertOpts.Queue != job.QueueCRM {
		t.Errorf("one job per handler in its queue, got %s in %s", params[0].Args.Kind(), params[0].InsertOpts.Queue)
	}
	if other, err := table.Jobs(t.Context(), struct{ X int }{1}); err != nil || other != nil {
		t.Errorf("a fact that nobody handles gives no job: %v %v", other, err)
	}
	defer func() {
		if recover() == nil {
			t.Error("a second handler of one kind must not pass")
		}
	}()
	job.On(&table, "booked", "mail", job.Options{}, nothing)
}
