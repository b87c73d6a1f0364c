package catalog

import (
	"fmt"
	"slices"
	"strings"

	"heavyset.tech/platform/internal/locale"
)

// Bounds of the reasons for cancelling in one language.
const (
	MaxReasons      = 12
	MaxReasonLength = 80 // characters
)

// usualReasons are ours, in English; locale has them in the other languages.
func usualReasons() []string {
	return []string{"I need another time", "It is not needed any more", "I have found somebody else", "It costs too much", "I am ill"}
}

// usualReasonsTold are usualReasons as somebody else tells them, in the same order.
func usualReasonsTold() []string {
	return []string{"The customer needs another time", "The customer does not need it any more", "The customer has found somebody else", "It costs the customer too much", "The customer is ill"}
}

// ReasonsIn gives the reasons for cancelling that people choose from in a language: the organization's own, or ours.
func (c Catalog) ReasonsIn(l locale.Lang) []string {
	if own := c.CancelReasons[l]; len(own) > 0 {
		return own
	}
	var out []string
	for _, r := range usualReasons() {
		out = append(out, l.T(r))
	}
	return out
}

// ToldReason is a reason of a customer: as it is stored, in the customer's words, and as the office reads it.
type ToldReason struct{ Reason, Words string }

// ToldReasons gives ReasonsIn for the office, which chooses for a customer: ours in the third person, the organization's own
// as a quotation.
func (c Catalog) ToldReasons(l locale.Lang) []ToldReason {
	own, usual := len(c.CancelReasons[l]) > 0, usualReasonsTold()
	var out []ToldReason
	for i, r := range c.ReasonsIn(l) {
		words := told(r)
		if !own {
			words = usual[i]
		}
		out = append(out, ToldReason{r, words})
	}
	return out
}

// Told gives a stored reason as the office reads it, whatever language it was chosen in: in the customer's own words where the
// customer chose it, as ToldReasons where the office did. What is on no list stays as it is.
func (c Catalog) Told(reason string, byCustomer bool) string {
	for _, l := range locale.All() {
		for i, r := range usualReasons() {
			if more, ok := continues(reason, l.T(r)); ok && byCustomer {
				return r + more
			} else if ok {
				return usualReasonsTold()[i] + more
			}
		}
		for _, r := range c.CancelReasons[l] {
			if more, ok := continues(reason, r); ok && !byCustomer {
				return told(r) + more
			}
		}
	}
	return reason
}

// continues gives what follows a chosen reason in one that Reason has put together; false when it does not begin with it.
func continues(reason, chosen string) (more string, ok bool) {
	more, ok = strings.CutPrefix(reason, chosen)
	return more, ok && (more == "" || strings.HasPrefix(more, ": "))
}

// told quotes a reason of an organization's own list.
func told(reason string) string { return "The customer says: “" + reason + "”" }

// Reason puts together why somebody cancels: a reason from the list, and what they say in their own words. One that is on
// no list is left out.
func (c Catalog) Reason(chosen, words string) string {
	words = strings.TrimSpace(words)
	if !slices.ContainsFunc(locale.All(), func(l locale.Lang) bool { return slices.Contains(c.ReasonsIn(l), chosen) }) {
		return words
	}
	if words == "" {
		return chosen
	}
	return chosen + ": " + words
}

// ParseReasons reads a list of reasons, one a line; doubles are left out.
func ParseReasons(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		if r := strings.Join(strings.Fields(line), " "); r != "" && !slices.Contains(out, r) {
			out = append(out, r)
		}
	}
	return out
}

// reasons checks the lists.
func (k *check) reasons(lists map[locale.Lang][]string) {
	for l, list := range lists {
		path := "cancel_reasons." + string(l)
		if !slices.Contains(locale.All(), l) {
			k.add("cancel_reasons", "must be by language: en, es, fr, de")
			continue
		}
		k.count(path, len(list), MaxReasons)
		for i, r := range list {
			if strings.TrimSpace(r) == "" || len([]rune(r)) > MaxReasonLength || hasControl(r) {
				k.add(fmt.Sprintf("%s[%d]", path, i), fmt.Sprintf("must be 1 to %d characters without control characters", MaxReasonLength))
			}
		}
	}
}

// reasonChanges says what changed of the lists, a line for each language.
func reasonChanges(before, after Catalog) []string {
	var out []string
	for _, l := range locale.All() {
		if a, b := before.CancelReasons[l], after.CancelReasons[l]; !slices.Equal(a, b) {
			out = append(out, "Reasons for cancelling ("+string(l)+"): "+some(a)+" → "+some(b))
		}
	}
	return out
}
