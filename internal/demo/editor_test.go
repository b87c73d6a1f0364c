package demo_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestMappingEditor chooses a field by the keyboard among 300, and the values of a pick list that Auto-Discover proposes.
func TestMappingEditor(t *testing.T) {
	t.Parallel()
	w, _ := inProcess(t, nil)
	var more strings.Builder
	for i := range 300 {
		fmt.Fprintf(&more, `,{"api_name":"Extra_%d","field_label":"Extra %d","data_type":%q}`, i, i, []string{"text", "date"}[i%2])
	}
	w.control("PUT", "/_sim/modules/Visits", strings.Replace(visits, `],"records"`, more.String()+`],"records"`, 1))
	for _, width := range widths(375) {
		b := chromium(t, width)
		b.signIn(w, "admin@ridgeline.example")
		b.open(w.base + "/admin" + strings.Replace(w.config(), "crm-configs", "crm-settings", 1) + "/mapping")
		b.choose("#m-appointment", "Visits")
		b.click(`button[value="ask"]`, "#discover[open]")
		b.do(chromedp.Click(chromedp.CSS(`[name="names_are_right"]`)))
		b.click(`#discover button[value="discover"]`, ".notice-success")
		b.check("the editor")
		b.seen(fmt.Sprintf("editor-%d", width))
		if got := js[string](b, `[...document.querySelectorAll('[name^="choice.appointment.status."]')].map(s => s.closest("tr").cells[0].textContent + "=" + s.value).join(", ")`); got != "Not confirmed=, Confirmed=Planned, Cancelled=Called off, Completed=, No show=" {
			t.Errorf("proposed values: %s", got)
		}
		field := "#f-appointment-confirmation_code"
		b.do(chromedp.Focus(chromedp.CSS(field)))
		b.keys("extra 12", kb.ArrowDown)
		first := js[string](b, `document.getElementById(document.activeElement.getAttribute("aria-activedescendant")).textContent`)
		if !strings.HasPrefix(first, "Extra 12 Extra_12,") {
			t.Errorf("the first of the list is %q", first)
		}
		if got := b.text(field + "-list"); !strings.Contains(got, "Does not fit") || strings.Index(got, "Extra 121 ") < strings.Index(got, "Does not fit") {
			t.Errorf("the list says %q", got)
		}
		b.keys(kb.Enter)
		if got := js[string](b, "document.activeElement.value"); got != "Extra_12" {
			t.Errorf("chosen by keyboard: %q", got)
		}
		b.click(field, field+"-list [role=option]")
		b.check("the list of fields")
		b.seen(fmt.Sprintf("editor-list-%d", width))
	}
}
