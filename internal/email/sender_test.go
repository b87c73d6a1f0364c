package email_test

import (
	"context"
	"crypto/x509"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"heavyset.tech/platform/internal/email"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/mailsink"
	"heavyset.tech/platform/internal/secret"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func noon() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }

// start runs a mail sink until the test ends and gives its host and port.
func start(t *testing.T, o mailsink.Options) (*mailsink.Sink, string) {
	t.Helper()
	o.Now = noon
	s, err := mailsink.New(o)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("mail sink: %v", err)
		}
	})
	return s, l.Addr().String()
}

func sender(t *testing.T, url string, roots *x509.CertPool) *email.Sender {
	t.Helper()
	s, err := email.New(email.Options{URL: secret.NewString(url), Now: noon, RootCAs: roots, Timeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func message() email.Message {
	i := invitation()
	return email.Message{
		MessageID: "apt_01.booked@heavyset.example",
		From:      mail.Address{Name: "Ridgeline Roofing", Address: "office@ridgeline.example"},
		To:        mail.Address{Name: "Pat O'Brien", Address: "pat@example.com"},
		ReplyTo:   mail.Address{Name: "Jürgen", Address: "help@ridgeline.example"},
		Subject:   "Your inspection – Tuesday 🏠", Text: "Hello Pat,\n.\nsee you.\n", HTML: "<p>Hello <b>Pät</b></p>",
		Invitation: &i, Unsubscribe: "https://book.example/unsubscribe?t=1",
	}
}

func TestAMessageArrivesAsItWasWritten(t *testing.T) {
	t.Parallel()
	sink, addr := start(t, mailsink.Options{})
	m := message()
	if err := sender(t, "smtp://"+addr, nil).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	calendar := string(write(t, *m.Invitation))
	got := sink.Messages()[0]
	boundary := got.Headers["Content-Type"]
	delete(got.Headers, "Content-Type")
	want := mailsink.Message{
		ID: "00000001", To: []string{"pat@example.com"}, Subject: m.Subject, Text: m.Text, HTML: m.HTML, Received: noon(),
		Envelope: mailsink.Envelope{From: "office@ridgeline.example", Rcpt: []string{"pat@example.com"}},
		Headers: map[string][]string{
			"From": {`"Ridgeline Roofing" <office@ridgeline.example>`}, "To": {`"Pat O'Brien" <pat@example.com>`}, "Reply-To": {"Jürgen <help@ridgeline.example>"},
			"Subject": {m.Subject}, "Message-ID": {"<apt_01.booked@heavyset.example>"}, "Date": {"Mon, 23 Nov 2026 12:00:00 +0000"},
			"MIME-Version": {"1.0"}, "Auto-Submitted": {"auto-generated"}, "List-Unsubscribe": {"<https://book.example/unsubscribe?t=1>"},
		},
		Attachments: []mailsink.Attachment{
			{Filename: "calendar.ics", ContentType: "text/calendar; method=REQUEST; charset=UTF-8", Text: calendar, Content: []byte(calendar)},
			{Filename: "invite.ics", ContentType: `application/ics; name="invite.ics"`, Text: calendar, Content: []byte(calendar)},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(boundary) != 1 || !strings.HasPrefix(boundary[0], "multipart/mixed; boundary=") {
		t.Errorf("Content-Type %v", boundary)
	}
}

// sent gives the bytes of the one message in the folder of a sink.
func sent(t *testing.T, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.mail"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%d messages: %v", len(files), err)
	}
	b, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	_, raw, _ := strings.Cut(string(b), "\n")
	return raw
}

func TestTheInvitationIsAnAlternativeAfterTextAndHTML(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*email.Message)
		want   []string
	}{
		"everything": {func(*email.Message) {}, []string{"multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/calendar", "application/ics"}},
		"cancelled": {func(m *email.Message) { m.Invitation.Method = email.Cancel }, []string{
			"multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/calendar; method=CANCEL", "application/ics",
		}},
		"no HTML":       {func(m *email.Message) { m.HTML = "" }, []string{"multipart/mixed", "multipart/alternative", "text/plain", "text/calendar; method=REQUEST", "application/ics"}},
		"no invitation": {func(m *email.Message) { m.Invitation = nil }, []string{"multipart/alternative", "text/plain", "text/html"}},
		"text alone":    {func(m *email.Message) { m.Invitation, m.HTML = nil, "" }, []string{"text/plain"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			_, addr := start(t, mailsink.Options{Dir: dir})
			m := message()
			c.change(&m)
			if err := sender(t, "smtp://"+addr, nil).Send(t.Context(), m); err != nil {
				t.Fatal(err)
			}
			var got []string
			for line := range strings.SplitSeq(sent(t, dir), "\r\n") {
				if v, ok := strings.CutPrefix(line, "Content-Type: "); ok {
					got = append(got, v)
				}
			}
			if len(got) != len(c.want) {
				t.Fatalf("parts %q, want %q", got, c.want)
			}
			for i, want := range c.want {
				if !strings.HasPrefix(got[i], want) {
					t.Errorf("part %d is %q, want %q", i, got[i], want)
				}
			}
		})
	}
}

// Every one of these must be refused before anybody is connected to: nothing listens where the sender would connect.
func TestHostileValuesNeverReachTheServer(t *testing.T) {
	t.Parallel()
	const crlf = "x\r\nBcc: evil@evil.example"
	for name, c := range map[string]struct {
		change func(*email.Message)
		path   string
	}{
		"line end in To's address":            {func(m *email.Message) { m.To.Address = "pat@example.com>\r\nRCPT TO:<evil@evil.example" }, "to"},
		"line end in To's local part":         {func(m *email.Message) { m.To.Address = "pat\r\nDATA@example.com" }, "to"},
		"line feed alone in To's address":     {func(m *email.Message) { m.To.Address = "pat@example.com\nRSET" }, "to"},
		"nul in To's address":                 {func(m *email.Message) { m.To.Address = "pat\x00@example.com" }, "to"},
		"parameters behind To's address":      {func(m *email.Message) { m.To.Address = "pat@example.com> NOTIFY=NEVER" }, "to"},
		"two addresses in To":                 {func(m *email.Message) { m.To.Address = "a@example.com, b@example.com" }, "to"},
		"route in To":                         {func(m *email.Message) { m.To.Address = "@relay.example:pat@example.com" }, "to"},
		"quoted local part":                   {func(m *email.Message) { m.To.Address = "a b@example.com" }, "to"},
		"direction mark in To's address":      {func(m *email.Message) { m.To.Address = "pat\u202E@example.com" }, "to"},
		"no-break space in To's address":      {func(m *email.Message) { m.To.Address = "pa\u00a0t@example.com" }, "to"},
		"unicode line end in To's address":    {func(m *email.Message) { m.To.Address = "pat\u2028@example.com" }, "to"},
		"To's address is not UTF-8":           {func(m *email.Message) { m.To.Address = "pat\xff@example.com" }, "to"},
		"address literal":                     {func(m *email.Message) { m.To.Address = "pat@[127.0.0.1]" }, "to"},
		"no domain":                           {func(m *email.Message) { m.To.Address = "pat@" }, "to"},
		"no local part":                       {func(m *email.Message) { m.To.Address = "@example.com" }, "to"},
		"no address":                          {func(m *email.Message) { m.To.Address = "" }, "to"},
		"two dots":                            {func(m *email.Message) { m.To.Address = "a..b@example.com" }, "to"},
		"empty label":                         {func(m *email.Message) { m.To.Address = "a@example..com" }, "to"},
		"local part beyond 64":                {func(m *email.Message) { m.To.Address = strings.Repeat("a", 65) + "@example.com" }, "to"},
		"domain of 10,000":                    {func(m *email.Message) { m.To.Address = "a@" + strings.Repeat("a.", 5000) + "com" }, "to"},
		"domain that IDNA forbids":            {func(m *email.Message) { m.To.Address = "a@exa\u202Emple.com" }, "to"},
		"line end in To's name":               {func(m *email.Message) { m.To.Name = crlf }, "to"},
		"line end in From's name":             {func(m *email.Message) { m.From.Name = crlf }, "from"},
		"line end in From's address":          {func(m *email.Message) { m.From.Address = "a@example.com>\r\nRCPT TO:<evil@evil.example" }, "from"},
		"no From":                             {func(m *email.Message) { m.From = mail.Address{} }, "from"},
		"line end in Reply-To's name":         {func(m *email.Message) { m.ReplyTo.Name = crlf }, "reply_to"},
		"line end in Reply-To's address":      {func(m *email.Message) { m.ReplyTo.Address = "a@example.com\r\nBcc: evil@evil.example" }, "reply_to"},
		"Reply-To with a name only":           {func(m *email.Message) { m.ReplyTo = mail.Address{Name: "x"} }, "reply_to"},
		"line end in the subject":             {func(m *email.Message) { m.Subject = crlf }, "subject"},
		"carriage return alone in subject":    {func(m *email.Message) { m.Subject = "a\rb" }, "subject"},
		"unicode line end in the subject":     {func(m *email.Message) { m.Subject = "a\u2028b" }, "subject"},
		"next line (C1) in the subject":       {func(m *email.Message) { m.Subject = "a\u0085b" }, "subject"},
		"escape in the subject":               {func(m *email.Message) { m.Subject = "a\x1b[2Jb" }, "subject"},
		"subject that is not UTF-8":           {func(m *email.Message) { m.Subject = "a\xff" }, "subject"},
		"empty subject":                       {func(m *email.Message) { m.Subject = "  " }, "subject"},
		"subject of direction marks":          {func(m *email.Message) { m.Subject = "\u202E\u202D" }, "subject"},
		"empty text":                          {func(m *email.Message) { m.Text = " \n" }, "text"},
		"no Message-ID":                       {func(m *email.Message) { m.MessageID = "" }, "message_id"},
		"line end in the Message-ID":          {func(m *email.Message) { m.MessageID = "a@b\r\nBcc: x" }, "message_id"},
		"line feed at the end of Message-ID":  {func(m *email.Message) { m.MessageID = "a@b\n" }, "message_id"},
		"brackets in the Message-ID":          {func(m *email.Message) { m.MessageID = "<a@b>" }, "message_id"},
		"Message-ID without right side":       {func(m *email.Message) { m.MessageID = "a" }, "message_id"},
		"line end in List-Unsubscribe":        {func(m *email.Message) { m.Unsubscribe = "https://a.example/\r\nBcc: x" }, "unsubscribe"},
		"bracket in List-Unsubscribe":         {func(m *email.Message) { m.Unsubscribe = "https://a.example/>, <mailto:x@y" }, "unsubscribe"},
		"List-Unsubscribe that runs":          {func(m *email.Message) { m.Unsubscribe = "javascript:alert(1)" }, "unsubscribe"},
		"List-Unsubscribe of 10,000":          {func(m *email.Message) { m.Unsubscribe = "https://a.example/" + strings.Repeat("x", 10_000) }, "unsubscribe"},
		"line end in the organizer's name":    {func(m *email.Message) { m.Invitation.Organizer.Name = crlf }, "invitation.organizer"},
		"line end in the attendee's address":  {func(m *email.Message) { m.Invitation.Attendee.Address = "a@example.com\r\nX:y" }, "invitation.attendee"},
		"invitation's method is of two lines": {func(m *email.Message) { m.Invitation.Method = "REQUEST\r\nBcc: x" }, "invitation.method"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := message()
			c.change(&m)
			err := sender(t, "smtp://127.0.0.1:1", nil).Send(t.Context(), m)
			if !fault.Is(err, fault.Invalid) {
				t.Fatalf("got %v, want Invalid", err)
			}
			if f := fault.As(err).Fields; len(f) != 1 || f[0].Path != c.path {
				t.Errorf("names %v, want %s", f, c.path)
			}
			if strings.Contains(err.Error(), "evil") || strings.Contains(err.Error(), "example") {
				t.Errorf("the error shows the value: %v", err)
			}
		})
	}
}

func TestOddValuesArriveAsOneHeader(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ in, subject, name string }{
		"ten thousand letters":         {strings.Repeat("x", 10_000), strings.Repeat("x", 199) + "…", strings.Repeat("x", 99) + "…"},
		"two hundred letters":          {strings.Repeat("x", 200), strings.Repeat("x", 200), strings.Repeat("x", 99) + "…"},
		"ten thousand emoji":           {strings.Repeat("🏠", 10_000), strings.Repeat("🏠", 199) + "…", strings.Repeat("🏠", 99) + "…"},
		"ten thousand spaces":          {"a" + strings.Repeat(" ", 10_000) + "b", "a b", "a b"},
		"looks like an encoded word":   {"=?utf-8?q?=0D=0ABcc:_x?=", "= ?utf-8?q?=0D=0ABcc:_x?=", "= ?utf-8?q?=0D=0ABcc:_x?="},
		"turned direction":             {"invoice\u202Efdp.exe", "invoicefdp.exe", "invoicefdp.exe"},
		"right to left":                {"שלום עולם", "שלום עולם", "שלום עולם"},
		"quotes, commas and brackets":  {`a "b", <c@evil.example>; (d) \e`, `a "b", <c@evil.example>; (d) \e`, `a "b", <c@evil.example>; (d) /e`},
		"looks like a header":          {"Bcc: evil@evil.example", "Bcc: evil@evil.example", "Bcc: evil@evil.example"},
		"template braces and percents": {"{{.Secret}} %s %d %!x", "{{.Secret}} %s %d %!x", "{{.Secret}} %s %d %!x"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			sink, addr := start(t, mailsink.Options{Dir: dir})
			m := message()
			m.Subject, m.To.Name, m.From.Name = c.in, c.in, c.in
			if err := sender(t, "smtp://"+addr, nil).Send(t.Context(), m); err != nil {
				t.Fatal(err)
			}
			got := sink.Messages()[0]
			if got.Subject != c.subject {
				t.Errorf("subject %q, want %q", got.Subject, c.subject)
			}
			checkWire(t, sent(t, dir), got, m)
			if a := headerAddress(t, sent(t, dir), "From"); a.Name != c.name || a.Address != m.From.Address {
				t.Errorf("From %v, want the name %q", a, c.name)
			}
		})
	}
}

// headerAddress reads an address header with the standard library from what went over the wire.
func headerAddress(t tester, raw, name string) *mail.Address {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatalf("read: %v", err)
	}
	list, err := m.Header.AddressList(name)
	if err != nil || len(list) != 1 {
		t.Fatalf("%s: %v %v", name, list, err)
	}
	return list[0]
}

// checkWire makes sure that nothing but the intended headers, recipients and line lengths left the house.
func checkWire(t tester, raw string, got mailsink.Message, m email.Message) {
	t.Helper()
	for line := range strings.SplitSeq(raw, "\r\n") {
		if len(line) > 998 || strings.ContainsAny(line, "\r\n") { // RFC 5322 §2.1.1
			t.Fatalf("line of %d octets: %.100q", len(line), line)
		}
	}
	head, _, _ := strings.Cut(raw, "\r\n\r\n")
	for line := range strings.SplitSeq(head, "\r\n") {
		if strings.TrimSpace(line) == "" {
			t.Fatalf("line of spaces among the headers: %q", head)
		}
	}
	var names []string
	for n := range got.Headers {
		names = append(names, n)
	}
	slices.Sort(names)
	want := []string{"Auto-Submitted", "Content-Type", "Date", "From", "List-Unsubscribe", "MIME-Version", "Message-ID", "Reply-To", "Subject", "To"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Fatalf("headers (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{m.To.Address}, got.Envelope.Rcpt); diff != "" {
		t.Fatalf("recipients (-want +got):\n%s", diff)
	}
	if a := headerAddress(t, raw, "To"); a.Address != m.To.Address {
		t.Fatalf("To is %v", a)
	}
}

// Whatever the texts hold, a message is refused or arrives with nothing added.
func TestAnyMessageIsRefusedOrArrivesUnchanged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	sink, addr := start(t, mailsink.Options{Dir: dir, Limit: 1})
	s := sender(t, "smtp://"+addr, nil)
	arrived := 0
	rapid.Check(t, func(rt *rapid.T) {
		m := message()
		text := rapid.Custom(nasty)
		m.Subject, m.From.Name, m.To.Name = text.Draw(rt, "subject"), text.Draw(rt, "from"), text.Draw(rt, "to")
		m.Text, m.HTML = text.Draw(rt, "text")+"x", text.Draw(rt, "html")
		m.Invitation.Summary = text.Draw(rt, "summary")
		if rapid.IntRange(0, 3).Draw(rt, "clean headers") > 0 {
			m.Subject, m.From.Name, m.To.Name = printable(m.Subject)+"x", printable(m.From.Name), printable(m.To.Name)
		}
		before := ""
		if kept := sink.Messages(); len(kept) > 0 {
			before = kept[0].ID
		}
		err := s.Send(t.Context(), m)
		kept := sink.Messages()
		if err != nil {
			if !fault.Is(err, fault.Invalid) {
				rt.Fatalf("%v", err)
			}
			if len(kept) > 0 && kept[0].ID != before {
				rt.Fatalf("refused (%v) and sent", err)
			}
			return
		}
		arrived++
		checkWire(rt, sent(t, dir), kept[0], m)
		if strings.ContainsFunc(kept[0].Text+kept[0].HTML, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }) {
			rt.Fatalf("control characters arrived: %q %q", kept[0].Text, kept[0].HTML)
		}
		if words(kept[0].Text) != words(m.Text) {
			rt.Fatalf("text %q arrived as %q", m.Text, kept[0].Text)
		}
		if words(kept[0].HTML) != words(m.HTML) {
			rt.Fatalf("HTML %q arrived as %q", m.HTML, kept[0].HTML)
		}
	})
	if arrived == 0 {
		t.Error("none arrived, so nothing was tested")
	}
	t.Logf("%d arrived", arrived)
}

// printable drops what headers refuse and keeps the rest of the trouble.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
}

func TestAddressesOfEveryScript(t *testing.T) {
	t.Parallel()
	sink, addr := start(t, mailsink.Options{})
	s := sender(t, "smtp://"+addr, nil)
	for in, want := range map[string]string{
		"pat@example.com":                        "pat@example.com",
		"o'brien+roof=a/b@mail.example.com":      "o'brien+roof=a/b@mail.example.com",
		"a@localhost":                            "a@localhost",
		"a@under_score.example":                  "a@under_score.example",
		"pat@dächer.example":                     "pat@xn--dcher-gra.example",
		"pat@例え.テスト":                             "pat@xn--r8jz45g.xn--zckzah",
		"jürgen@example.com":                     "jürgen@example.com",
		"山田@dächer.example":                      "山田@xn--dcher-gra.example",
		strings.Repeat("a", 64) + "@example.com": strings.Repeat("a", 64) + "@example.com",
	} {
		m := message()
		m.To.Address = in
		if err := s.Send(t.Context(), m); err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if got := sink.Messages()[0]; got.Envelope.Rcpt[0] != want || got.To[0] != want {
			t.Errorf("%s went to %q, To %q; want %q", in, got.Envelope.Rcpt, got.To, want)
		}
	}
}
