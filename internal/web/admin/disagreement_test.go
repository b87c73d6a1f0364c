package admin_test

import (
	"net/http"
	"strings"
	"testing"

	"heavyset.tech/platform/internal/connection"
)

// TestACustomerOnBothSides: what was changed of a customer here and in Zoho stands among the conflicts, and is settled there alone.
func TestACustomerOnBothSides(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	w.connected()
	a := w.book(at(2, 10, 0), jo, nil)
	w.failedPush(a)
	id := w.disagreement(a.Customer)
	list, page, customer := "/admin/orgs/ridge/conflicts", "/admin/orgs/ridge/conflicts/people/"+id, "/admin/orgs/ridge/customers/"+string(a.Customer)
	member, boss := w.as("member@ridge.example"), w.as("admin@ridge.example")

	got := member.get(list)
	got.sound(t, list)
	got.has(t, "tbody tr", "Jo Doe")
	got.has(t, "tbody tr", "+13125550100")
	got.has(t, "tbody tr", "+17735550123")
	got.has(t, ".side [aria-current=page]", "Conflicts (1)")
	member.get(customer).has(t, ".notice-warning", "See both sides and decide")

	got = member.get(page)
	got.sound(t, page)
	got.has(t, ".side [aria-current=page]", "Conflicts (1)")
	got.has(t, "main", "An administrator of your organization can decide.")
	if got.count("main form") != 0 || member.post(page, "side", "theirs").code != http.StatusForbidden {
		t.Error("a member may decide")
	}
	got = boss.get(page)
	got.sound(t, page)
	got.has(t, "main table", "+17735550123")
	if n := got.count(".decisions form"); n != 2 || got.count(".decisions .button-primary") != 1 {
		t.Errorf("%d ways to settle it", n)
	}
	boss.post(page, "side", "both")
	boss.get(page).has(t, "[role=alert], .notice-error", "Nothing was changed")
	if r := boss.post(page, "side", "theirs"); r.code != http.StatusSeeOther || r.location != page {
		t.Fatal(r.code, r.location)
	}
	got = boss.get(page)
	got.has(t, "main", "Zoho's side was taken over by Rae Ridge")
	if got.count(".decisions") != 0 {
		t.Error("it can be settled again")
	}
	got = boss.get(list)
	got.has(t, "main .empty h2", "Nothing to decide")
	got.has(t, "section tbody tr", "Zoho's side was taken over by Rae Ridge")
	got = boss.get(customer)
	got.has(t, "main", "+17735550123")
	if got.count(".notice-warning") != 0 {
		t.Error("the customer's page still asks")
	}
	boss.post(page, "side", "ours")
	boss.get(page).has(t, ".notice-error", "settled already")
	if all := strings.Join(w.events(w.ridge.ID), "\n"); !strings.Contains(all, "Conflict settled") || strings.Contains(all, "+1773") {
		t.Errorf("the audit has\n%s", all)
	}
}
