package zoho

import (
	"fmt"
	"log/slog"
	"slices"
	"time"
)

// Bounds of what is read of a notification: its sender is anybody.
const (
	maxNotification = 1 << 20
	maxNotified     = 10000
)

// Notification is what Zoho posts to a channel's address. It carries no signature, no order and no time of the change:
// it is a hint that these records are worth reading, from whoever knows address and token.
type Notification struct {
	ChannelID string
	Token     string // to be compared with the channel's, in constant time
	Module    string
	Operation string              // insert, update or delete
	IDs       []string            // each once
	Fields    map[string][]string // by record id, what changed; may be missing
	Sent      time.Time           // by Zoho's clock; zero where it does not say
}

// Format and its siblings keep the token out of every print.
func (n Notification) Format(f fmt.State, _ rune) {
	show(f, fmt.Sprintf("zoho.Notification of %s: %s of %d records", tame(n.ChannelID, 30), tame(n.Operation, 20), len(n.IDs)))
}
func (n Notification) LogValue() slog.Value         { return slog.StringValue(fmt.Sprint(n)) }
func (n Notification) MarshalText() ([]byte, error) { return []byte(fmt.Sprint(n)), nil }

// ParseNotification reads a notification's body; ids may be numbers or texts. It takes at most 1 MiB and 10,000 records and
// refuses what names no channel, module, operation or record. Errors are *Error of Unreadable or TooLarge and repeat
// nothing of the body. https://www.zoho.com/crm/developer/docs/api/v8/notifications/overview.html
func ParseNotification(body []byte) (Notification, error) {
	if len(body) > maxNotification {
		return Notification{}, &Error{Kind: TooLarge, Message: "the notification is longer than 1 MiB"}
	}
	unfit := &Error{Kind: Unreadable, Message: "this is no notification of Zoho's"}
	var r Record
	if err := decode(body, &r); err != nil {
		return Notification{}, unfit
	}
	n := Notification{ChannelID: r.Text("channel_id"), Token: r.Text("token"), Module: r.Text("module"), Operation: r.Text("operation")}
	if checkChannel(n.ChannelID) != nil || !apiName.MatchString(n.Module) {
		return Notification{}, unfit
	}
	if !slices.Contains([]string{"insert", "update", "delete"}, n.Operation) {
		return Notification{}, unfit
	}
	if ms, ok := r.Int("server_time"); ok && ms > 0 {
		n.Sent = time.UnixMilli(ms).UTC()
	}
	ids, _ := r["ids"].([]any)
	if len(ids) > maxNotified {
		return Notification{}, &Error{Kind: TooLarge, Message: "the notification is of more than 10,000 records"}
	}
	seen := make(map[string]bool, len(ids))
	for _, v := range ids {
		id := textOf(v)
		if !isID(id) {
			return Notification{}, unfit
		}
		if !seen[id] {
			seen[id] = true
			n.IDs = append(n.IDs, id)
		}
	}
	if len(n.IDs) == 0 {
		return Notification{}, unfit
	}
	n.Fields = affected(r, seen)
	return n, nil
}

// affected reads [{"id":["Field"]}], of the notified records only.
func affected(r Record, of map[string]bool) map[string][]string {
	var out map[string][]string
	for _, o := range r.Objects("affected_fields") {
		for id := range o {
			if fields := o.Texts(id); of[id] && len(fields) > 0 {
				if out == nil {
					out = map[string][]string{}
				}
				out[id] = append(out[id], fields...)
			}
		}
	}
	return out
}
