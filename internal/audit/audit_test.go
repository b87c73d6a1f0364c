package audit_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/org"
)

type keep struct{ got []audit.Event }

func (k *keep) AddAudit(_ context.Context, _ org.ID, e audit.Event) error {
	k.got = append(k.got, e)
	return nil
}

func (k *keep) AuditEvents(context.Context, org.ID, audit.Filter) ([]audit.Event, string, error) {
	return nil, "", nil
}

func TestTextsAreBoundedAndStorable(t *testing.T) {
	t.Parallel()
	k := &keep{}
	now := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	l := audit.Log{Store: k, Now: func() time.Time { return now }}
	e := audit.Event{By: audit.By{Who: "a\x00b\xff", Address: strings.Repeat("é", 400)}, Subject: "s", Detail: strings.Repeat("ü", 9000)}
	if err := l.Record(t.Context(), "org_1", e); err != nil {
		t.Fatal(err)
	}
	got := k.got[0]
	for name, s := range map[string]string{"who": got.Who, "address": got.Address, "detail": got.Detail} {
		if !utf8.ValidString(s) || strings.ContainsRune(s, 0) || len(s) > 8000 {
			t.Errorf("%s: %d bytes, %.20q", name, len(s), s)
		}
	}
	if len(got.Address) > 300 || !strings.HasSuffix(got.Address, "…") || got.Subject != "s" || !got.At.Equal(now) || !strings.HasPrefix(string(got.ID), "aud_") {
		t.Errorf("%+v", got.ID)
	}
}

func TestEventsStayOutOfLogs(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	log := slog.New(slog.NewTextHandler(&b, nil))
	e := audit.Event{ID: "aud_1", By: audit.By{Who: "Rae Ridge", WhoID: "usr_1", Address: "192.0.2.1"}, Subject: "jo@x.example", Detail: "x → y"}
	log.Info("done", "event", e, "by", e.By)
	if s := b.String(); strings.Contains(s, "Rae") || strings.Contains(s, "jo@") || strings.Contains(s, "192.0.2") || !strings.Contains(s, "aud_1") {
		t.Error(fmt.Sprint("the log has ", s))
	}
}
