package zoho_test

import (
	"errors"
	"strings"
	"testing"

	"heavyset.tech/platform/internal/zoho"
)

func TestConvertLead(t *testing.T) {
	t.Parallel()
	const lead, contact = "5725767000000524157", "5725767000000524007"
	good := `{"code":"SUCCESS","details":{"Contacts":{"name":"Jo Doe","id":"` + contact + `"},"Deals":null,"Accounts":{"name":"Doe Ltd","id":"5725767000000524009"}},"message":"The record has been converted successfully","status":"success"}`
	for name, c := range map[string]struct {
		status int
		item   string
		kind   zoho.Kind
	}{
		"converted":           {200, good, ""},
		"converted before":    {400, `{"code":"ID_ALREADY_CONVERTED","details":{"resource_path_index":1},"message":"id already converted","status":"error"}`, zoho.AlreadyConverted},
		"at 202":              {202, `{"code":"ID_ALREADY_CONVERTED","details":{"resource_path_index":1},"message":"id already converted","status":"error"}`, zoho.AlreadyConverted},
		"no such lead":        {400, `{"code":"INVALID_DATA","details":{"resource_path_index":1},"message":"invalid data","status":"error"}`, zoho.NotFound},
		"no such contact":     {400, `{"code":"INVALID_DATA","details":{"api_name":"id","json_path":"$.data[0].Contacts.id"},"message":"invalid data","status":"error"}`, zoho.InvalidData},
		"a field is missing":  {400, `{"code":"MANDATORY_NOT_FOUND","details":{"api_name":"Account_Name"},"message":"required field not found","status":"error"}`, zoho.MandatoryNotFound},
		"no contact is named": {200, `{"code":"SUCCESS","details":{"Contacts":null},"message":"x","status":"success"}`, zoho.Unreadable},
	} {
		client, l := newClient(t, says(c.status, body(c.item)))
		got, err := client.ConvertLead(t.Context(), lead, zoho.Conversion{Contact: contact})
		if c.kind == "" && (err != nil || got.Contact != contact || got.Account != "5725767000000524009") {
			t.Errorf("%s: %+v %v", name, got, err)
		}
		if c.kind != "" && !errors.Is(err, c.kind) {
			t.Errorf("%s: %v, want %s", name, err, c.kind)
		}
		if s := l.seen[0]; s.Method != "POST" || s.Path != "/crm/v8/Leads/"+lead+"/actions/convert" || !strings.Contains(s.Body, `"Contacts":{"id":"`+contact+`"}`) || !strings.Contains(s.Body, `"overwrite":false`) {
			t.Errorf("%s: sent %s %s %s", name, s.Method, s.Path, s.Body)
		}
		if l.calls[0].Credits != 5 || l.calls[0].Path != "/crm/v8/Leads/{id}/actions/convert" {
			t.Errorf("%s: reported %+v", name, l.calls[0])
		}
	}
	client, l := newClient(t, says(200, body(good)))
	if _, err := client.ConvertLead(t.Context(), lead, zoho.Conversion{}); err != nil || strings.Contains(l.seen[0].Body, "Contacts") {
		t.Errorf("without a contact: %v %s", err, l.seen[0].Body)
	}
	for _, bad := range []string{"", "../Contacts", "5725 1"} {
		if _, err := client.ConvertLead(t.Context(), bad, zoho.Conversion{}); !errors.Is(err, zoho.InvalidArgument) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
