package admin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/webhook"
)

type deliveryView struct {
	frame
	Back     string
	State    pill
	Facts    []fact
	Payload  string // as it goes out, indented; "" before it does
	Attempts []attemptRow
	Again    string // where it is sent again; "" where it can't be
	Refresh  bool   // it may be delivered any moment
}

type attemptRow struct {
	When, Answer, Head string
	Cause              string // the job and the request that led to it, as the log names them
	Taken              bool
}

var errNoMessageSent = fault.New(fault.NotFound, "There is no such message.")

func (c *Console) messageOf(r *http.Request, v *visit) (webhook.Message, error) {
	n, err := strconv.ParseInt(r.PathValue("item"), 10, 64)
	if err != nil {
		return webhook.Message{}, errNoMessageSent
	}
	return c.Hooks.Store.Message(r.Context(), v.org.ID, webhook.EndpointID(r.PathValue("id")), n)
}

// delivery shows one message to a webhook, with each attempt.
func (c *Console) delivery(w http.ResponseWriter, r *http.Request, v *visit) error {
	m, err := c.messageOf(r, v)
	if err != nil {
		return err
	}
	tries, err := c.Hooks.Store.WebhookAttempts(r.Context(), v.org.ID, m.Endpoint, m.Sequence)
	if err != nil {
		return err
	}
	payload, err := c.Hooks.Payload(r.Context(), v.org.ID, m)
	if err != nil {
		return err
	}
	f, err := c.frame(r, v, "Message "+strconv.FormatInt(m.Sequence, 10))
	if err != nil {
		return err
	}
	f.Purpose = hookWords(m.Type) + "."
	cal := calendar{v.org.Location(), c.Now()}
	view := deliveryView{
		frame: f, Back: v.path("webhooks", string(m.Endpoint)), State: messageState(m.State), Refresh: m.State == webhook.Waiting && m.Attempts < 2,
		Facts: []fact{{Label: "Type", Text: string(m.Type)}, {Label: "Sequence", Text: strconv.FormatInt(m.Sequence, 10)}, {Label: "webhook-id", Text: string(m.Event)}, {Label: "Happened", Text: cal.exact(m.At)}},
	}
	if m.State == webhook.Waiting && m.Next.After(c.Now()) {
		view.Facts = append(view.Facts, fact{Label: "Next attempt", Text: cal.exact(m.Next)})
	}
	if m.State != webhook.Gone {
		view.Again = r.URL.Path
	}
	if payload != nil {
		var b bytes.Buffer
		if err := json.Indent(&b, payload, "", "  "); err != nil {
			return err
		}
		view.Payload = b.String()
	}
	for _, t := range tries {
		row := attemptRow{When: cal.exact(t.At), Answer: t.Error, Head: t.Head, Cause: t.Cause, Taken: t.Error == ""}
		if row.Taken {
			row.Answer = fmt.Sprintf("Taken with %d", t.Status)
		}
		row.Answer += fmt.Sprintf(" (%d ms)", t.Took.Milliseconds())
		view.Attempts = append(view.Attempts, row)
	}
	return c.set.Render(w, http.StatusOK, "delivery", view)
}

// redeliver sends a message again.
func (c *Console) redeliver(w http.ResponseWriter, r *http.Request, v *visit) error {
	m, err := c.messageOf(r, v)
	if err != nil {
		return err
	}
	if m, err = c.Hooks.Redeliver(r.Context(), v.org.ID, m.Endpoint, m.Sequence); err != nil {
		return err
	}
	if err := c.did(r, v, audit.Webhooks, "Webhook message sent again", string(m.Endpoint), string(m.Type)+" "+strconv.FormatInt(m.Sequence, 10)); err != nil {
		return err
	}
	c.Sessions.Flash(r.Context(), "info", "It is sent again. How it went shows below.")
	http.Redirect(w, r, r.URL.Path, http.StatusSeeOther)
	return nil
}
