package zoho

import (
	"context"
	"net/http"
	"strings"
	"time"
)

// reply is the object of an answer; body is nil when there are no rows (204, 304).
type reply struct {
	status int
	body   Record
}

// read decides what an answer is. Older endpoints answer 200 or 202 with a bare error.
func read(r request, got answer, now time.Time) (reply, error) {
	switch {
	case got.status == http.StatusNoContent, got.status == http.StatusNotModified:
		return reply{status: got.status}, nil
	case got.status >= 200 && got.status < 300, r.write && got.status == http.StatusBadRequest:
	default:
		return reply{}, errorOf(got, now)
	}
	if got.filed {
		return reply{status: got.status}, nil
	}
	if got.over {
		return reply{}, &Error{Status: got.status, Kind: TooLarge, Message: "the answer is longer than can be taken"}
	}
	out := reply{status: got.status}
	if r.api == calendarAPI && strings.Trim(string(got.body), "\" \r\n") == noData {
		out.body = Record{noData: true}
		return out, nil
	}
	if err := decode(got.body, &out.body); err != nil || out.body == nil {
		return reply{}, out.unreadable()
	}
	if v, ok := envelopeOf(out.body); ok && !v.succeeded() {
		return reply{}, errorFrom(got.status, v)
	}
	if found := calendarErrors(out.body["error"]); len(found) > 0 {
		return reply{}, errorFrom(got.status, found[0])
	}
	return out, nil
}

func (r reply) unreadable() *Error {
	return &Error{Status: r.status, Kind: Unreadable, Message: "the answer is not JSON of the expected shape"}
}

// info gives the paging block.
func (r reply) info() Record { return r.body.object("info") }

// rows gives the objects of an array; none of an answer without rows. A lone error in place of a row is that error.
func (r reply) rows(key string) ([]Record, error) {
	if r.body == nil {
		return nil, nil
	}
	items, ok := r.body[key].([]any)
	if !ok {
		return nil, r.unreadable()
	}
	out := make([]Record, 0, len(items))
	for _, item := range items {
		m, ok := item.(map[string]any)
		if !ok {
			return nil, r.unreadable()
		}
		if v, ok := envelopeOf(m); ok && v.status == "error" && m["id"] == nil {
			return nil, errorFrom(r.status, v)
		}
		out = append(out, m)
	}
	return out, nil
}

// list reads a list that comes in one piece; nil when there is nothing.
func list[T any](ctx context.Context, c *Client, r request, key string, read func(Record) T) ([]T, error) {
	got, err := c.do(ctx, r)
	if err != nil {
		return nil, err
	}
	found, err := got.rows(key)
	if err != nil {
		return nil, err
	}
	var out []T
	for _, row := range found {
		out = append(out, read(row))
	}
	return out, nil
}

// one reads a list that must have a first row. Fails with NotFound.
func (c *Client) one(ctx context.Context, r request, key string) (Record, error) {
	got, err := c.do(ctx, r)
	if err != nil {
		return nil, err
	}
	found, err := got.rows(key)
	if err == nil && len(found) == 0 {
		err = &Error{Status: got.status, Kind: NotFound, Message: "nothing found"}
	}
	if err != nil {
		return nil, err
	}
	return found[0], nil
}
