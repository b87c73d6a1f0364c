package zohosim_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// consentForm is what a browser would send from the consent page: its hidden inputs and more.
func consentForm(t *testing.T, page string, more ...string) url.Values {
	t.Helper()
	v := url.Values{}
	for _, m := range regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`).FindAllStringSubmatch(page, -1) {
		v.Set(m[1], strings.NewReplacer("&amp;", "&", "&#43;", "+", "&#34;", `"`, "&lt;", "<", "&gt;", ">").Replace(m[2]))
	}
	for i := 0; i < len(more); i += 2 {
		v.Set(more[i], more[i+1])
	}
	return v
}

func authURL(change ...string) string {
	v := url.Values{
		"client_id": {client}, "redirect_uri": {callback}, "response_type": {"code"}, "scope": {"ZohoCRM.modules.leads.ALL,ZohoCRM.org.READ"},
		"access_type": {"offline"}, "prompt": {"consent"}, "state": {"s+1&x"},
	}
	for i := 0; i < len(change); i += 2 {
		if change[i+1] == "" {
			v.Del(change[i])
			continue
		}
		v.Set(change[i], change[i+1])
	}
	return "/oauth/v2/auth?" + v.Encode()
}

// accept goes through the consent page and gives the callback's parameters.
func (k *kit) accept(address string, more ...string) (url.Values, reply) {
	k.t.Helper()
	page := k.request("GET", address, nil, nil).want(200)
	form := consentForm(k.t.(*testing.T), page.raw, append([]string{"allow", "yes", "decision", "accept", "user", rae}, more...)...)
	r := k.request("POST", strings.Split(address, "/oauth/")[0]+"/oauth/v2/auth", strings.NewReader(form.Encode()), http.Header{
		"Content-Type": {"application/x-www-form-urlencoded"},
	})
	u, err := url.Parse(r.header.Get("Location"))
	if err != nil {
		k.t.Fatal(err)
	}
	return u.Query(), r
}

func TestConsentPageShowsWhoAsksForWhat(t *testing.T) {
	t.Parallel()
	k := newKit(t, setup{})
	page := k.request("GET", authURL(), nil, nil).want(200).raw
	for _, text := range []string{
		"I allow HeavySet Tech to access the above data from my Zoho account", "Leads: see, create, change and delete",
		"Details of the organization: see", "Rae Ridgeline", "rae@ridgeline.example", "Ann Archer", "Otto Other", "Other Company",
		">Accept</button>", ">Reject</button>",
	} {
		if !strings.Contains(page, text) {
			t.Errorf("the page lacks %q", text)
		}
	}
	if strings.Contains(page, "Data centre of this account") {
		t.Error("asks for a data centre where there is only one")
	}
}

func TestAcceptLeadsBackWithCodeLocationAccountsServerAndState(t *testing.T) {
	t.Parallel()
	k := newKit(t, setup{})
	q, r := k.accept(k.url + authURL())
	if r.status != 302 || !strings.HasPrefix(r.header.Get("Location"), callback+"?code=1000.") {
		t.Fatalf("%d %s", r.status, r.header.Get("Location"))
	}
	if q.Get("location") != "us" || q.Get("accounts-server") != k.url || q.Get("state") != "s+1&x" {
		t.Fatalf("callback %v", q)
	}
	if strings.HasSuffix(r.header.Get("Location"), "&") {
		t.Fatal("trailing & without the switch")
	}
	tokens := k.exchange(k.url, q.Get("code")).want(200,
		"api_domain", k.url, "token_type", "Bearer", "expires_in", "3600", "scope", "ZohoCRM.modules.leads.ALL ZohoCRM.org.READ")
	for _, name := range []string{"access_token", "refresh_token"} {
		if !regexp.MustCompile(tokenFormat).MatchString(tokens.text(name)) {
			t.Errorf("%s looks like %q", name, tokens.text(name))
		}
	}
}

func TestCallbackTrailingAmpersandSwitch(t *testing.T) {
	t.Parallel()
	k := newKit(t, setup{})
	k.switchTo("callback_trailing_ampersand", true)
	if _, r := k.accept(k.url + authURL()); !strings.HasSuffix(r.header.Get("Location"), "x&") {
		t.Fatalf("callback %s", r.header.Get("Location"))
	}
}

func TestAcceptWithoutTheTickStaysOnThePage(t *testing.T) {
	t.Parallel()
	k := newKit(t, setup{})
	_, r := k.accept(k.url+authURL(), "allow", "")
	if r.status != 422 || !strings.Contains(r.raw, "Tick the box") || !strings.Contains(r.raw, `name="state" value="s&#43;1&amp;x"`) {
		t.Fatalf("%d %s", r.status, r.raw)
	}
}

func TestRejectLeadsBackWithAccessDenied(t *testing.T) {
	t.Parallel()
	k := newKit(t, setup{})
	q, r := k.accept(k.url+authURL(), "decision", "reject", "allow", "")
	if r.status != 302 || q.Get("error") != "access_denied" || q.Get("state") != "s+1&x" || q.Has("code") {
		t.Fatalf("%d %v", r.status, q)
	}
}

func TestWrongClientRedirectOrScopeIsAPageWithoutCallback(t *testing.T) {
	t.Parallel()
	k := newKit(t, setup{})
	for name, change := range map[string][]string{
		"unknown client":       {"client_id", "1000.NOBODY"},
		"unregistered address": {"redirect_uri", "https://evil.example/callback"},
		"address with user":    {"redirect_uri", "http://x@127.0.0.1/cb"},
		"no address":           {"redirect_uri", ""},
		"unknown scope":        {"scope", "ZohoCRM.modules.leads.ALL,ZohoCRM.nonsense.READ"},
		"dead activities":      {"scope", "ZohoCRM.modules.activities.ALL"},
		"unknown operation":    {"scope", "ZohoCRM.modules.leads.EAT"},
		"no scope":             {"scope", ""},
		"wrong response type":  {"response_type", "token"},
		"wrong access type":    {"access_type", "forever"},
	} {
		r := k.request("GET", authURL(change...), nil, nil)
		if r.status != 400 || r.header.Get("Location") != "" || !strings.HasPrefix(r.header.Get("Content-Type"), "text/html") {
			t.Errorf("%s: %d %s", name, r.status, r.raw)
		}
	}
}

func TestConsentFromAnotherSiteIsRefused(t *testing.T) {
	t.Parallel()
	k := newKit(t, setup{})
	page := k.request("GET", authURL(), nil, nil)
	form := consentForm(t, page.raw, "allow", "yes", "decision", "accept", "user", rae)
	r := k.request("POST", "/oauth/v2/auth", strings.NewReader(form.Encode()), http.Header{
		"Content-Type": {"application/x-www-form-urlencoded"}, "Sec-Fetch-Site": {"cross-site"},
	})
	if r.status != 403 {
		t.Fatalf("status %d", r.status)
	}
}

func TestScopesMayBePartedByBlanksAndWrittenWithOtherCapitals(t *testing.T) {
	t.Parallel()
	k := newKit(t, setup{})
	q, _ := k.accept(k.url + authURL("scope", "ZohoCRM.Modules.Leads.ALL ZohoCRM.org.READ"))
	k.access = k.exchange(k.url, q.Get("code")).want(200).text("access_token")
	k.get("/crm/v8/Leads?fields=id").empty(204)
	k.switchTo("scope_case", "exact")
	k.request("GET", authURL("scope", "ZohoCRM.Modules.Leads.ALL"), nil, nil).want(400)
}

func TestHostileNamesAndStatesAreEscapedOnTheConsentPage(t *testing.T) {
	t.Parallel()
	k := newKit(t, setup{})
	k.control("POST", "/_sim/apps", map[string]any{
		"client_id": "1000.X", "client_secret": "s", "redirect_uris": []string{callback}, "name": "<script>alert(1)</script>",
	}).want(200)
	page := k.request("GET", authURL("client_id", "1000.X", "state", `"><script>`), nil, nil).want(200).raw
	if strings.Contains(page, "<script>") {
		t.Fatal("a script got into the page")
	}
}

func TestRefreshTokenOnlyOfflineAndOnFirstOrForcedConsent(t *testing.T) {
	t.Parallel()
	k := newKit(t, setup{})
	refresh := func(address string) string {
		q, _ := k.accept(k.url + address)
		return k.exchange(k.url, q.Get("code")).want(200).text("refresh_token")
	}
	if refresh(authURL("access_type", "online", "prompt", "")) != "" {
		t.Error("online access brought a refresh token")
	}
	if refresh(authURL("scope", "ZohoCRM.org.READ,ZohoCRM.users.READ", "prompt", "")) == "" {
		t.Error("the first offline consent brought none")
	}
	if refresh(authURL()) == "" {
		t.Error("prompt=consent brought none")
	}
	// Without prompt=consent Zoho asks nobody again, and gives none.
	r := k.request("GET", authURL("prompt", ""), nil, http.Header{"Cookie": {"zohosim_user=" + rae}})
	back, err := url.Parse(r.header.Get("Location"))
	if err != nil || r.status != 302 {
		t.Fatalf("status %d, %v", r.status, err)
	}
	if got := k.exchange(k.url, back.Query().Get("code")).want(200); got.text("refresh_token") != "" || got.text("access_token") == "" {
		t.Errorf("second consent: %s", got.raw)
	}
	// Another user was never asked.
	k.request("GET", authURL("prompt", ""), nil, http.Header{"Cookie": {"zohosim_user=" + ann}}).want(200)
}

func TestChosenUserIsWhoTheTokensBelongTo(t *testing.T) {
	t.Parallel()
	k := newKit(t, setup{})
	for user, want := range map[string][2]string{
		ann: {"ann@ridgeline.example", "Ridgeline Roofing"}, "otto@other.example": {"otto@other.example", "Other Company"},
	} {
		q, r := k.accept(k.url+authURL("scope", everything), "user", user)
		if !strings.Contains(r.header.Get("Set-Cookie"), "HttpOnly") {
			t.Errorf("cookie %q", r.header.Get("Set-Cookie"))
		}
		k.access = k.exchange(k.url, q.Get("code")).want(200).text("access_token")
		k.get("/crm/v8/users?type=CurrentUser").want(200, "users.0.email", want[0], "info.count", "1")
		k.get("/crm/v8/org").want(200, "org.0.company_name", want[1])
		k.get("/oauth/user/info").want(200, "Email", want[0])
	}
}

func TestUserOfAnotherDataCentreIsSentBackWithItsServer(t *testing.T) {
	t.Parallel()
	k := newKit(t, setup{others: []string{"eu"}})
	q, _ := k.accept(k.url+authURL("scope", everything), "location", "eu")
	eu := k.servers["eu"].URL
	if q.Get("location") != "eu" || q.Get("accounts-server") != eu {
		t.Fatalf("callback %v", q)
	}
	k.exchange(k.url, q.Get("code")).want(200, "error", "invalid_code")
	tokens := k.exchange(eu, q.Get("code")).want(200, "api_domain", eu)
	k.access = tokens.text("access_token")
	k.get("/crm/v8/org").want(401, "code", "INVALID_TOKEN")
	k.get(eu+"/crm/v8/org").want(200, "org.0.company_name", "Ridgeline Roofing")
	k.renew(tokens.text("refresh_token")).want(200, "error", "invalid_code")
	k.request("GET", k.url+"/oauth/serverinfo", nil, nil).want(200, "locations.eu", eu, "locations.us", k.url)
}

func TestTokenEndpointErrorsAre200WithAWord(t *testing.T) {
	t.Parallel()
	k := newKit(t, setup{others: []string{"eu"}})
	k.control("POST", "/_sim/apps", map[string]any{
		"client_id": "1000.TWO", "client_secret": "for us", "secrets": map[string]string{"eu": "for eu"},
		"redirect_uris": []string{callback}, "locations": []string{"us", "eu"},
	}).want(200)
	k.control("POST", "/_sim/apps", map[string]any{
		"client_id": "1000.EUONLY", "client_secret": "s", "redirect_uris": []string{callback}, "locations": []string{"eu"},
	}).want(200)
	base := []string{"grant_type", "authorization_code", "client_id", client, "client_secret", secret, "redirect_uri", callback}
	with := func(changes ...string) []string {
		v := map[string]string{}
		for i := 0; i < len(base); i += 2 {
			v[base[i]] = base[i+1]
		}
		for i := 0; i < len(changes); i += 2 {
			v[changes[i]] = changes[i+1]
		}
		var out []string
		for key, value := range v {
			out = append(out, key, value)
		}
		return out
	}
	code := func() string { return k.grantCode(k.url, everything, "") }
	for name, c := range map[string]struct {
		params []string
		word   string
	}{
		"unknown code":                  {with("code", "1000.no"), "invalid_code"},
		"no code":                       {with(), "invalid_code"},
		"unknown client":                {with("client_id", "1000.NOBODY", "code", code()), "invalid_client"},
		"client not enabled here":       {with("client_id", "1000.EUONLY", "client_secret", "s"), "invalid_client"},
		"wrong secret":                  {with("client_secret", "no", "code", code()), "invalid_client_secret"},
		"no secret":                     {with("client_secret", "", "code", code()), "invalid_client"},
		"secret of another data centre": {with("client_id", "1000.TWO", "client_secret", "for eu"), "invalid_client"},
		"other redirect address":        {with("redirect_uri", callback+"x", "code", code()), "invalid_redirect_uri"},
		"unknown grant type":            {with("grant_type", "password"), "unsupported_grant_type"},
		"code of another client":        {with("client_id", "1000.TWO", "client_secret", "for us", "code", code()), "invalid_code"},
		"unknown refresh token":         {with("grant_type", "refresh_token", "refresh_token", "1000.no"), "invalid_code"},
	} {
		r := k.form("/oauth/v2/token", c.params...)
		if r.status != 200 || r.at("error") != c.word || strings.Contains(r.raw, "access_token") {
			t.Errorf("%s: %d %s, want %s", name, r.status, r.raw, c.word)
		}
	}
	k.form(k.servers["eu"].URL+"/oauth/v2/token", with("client_id", "1000.TWO", "client_secret", "for eu")...).
		want(200, "error", "invalid_code")
}

func TestTokenParametersComeByQueryFormOrMultipartButNotJSON(t *testing.T) {
	t.Parallel()
	k := newKit(t, setup{})
	params := url.Values{
		"grant_type": {"authorization_code"}, "client_id": {client}, "client_secret": {secret}, "redirect_uri": {callback},
	}
	params.Set("code", k.grantCode(k.url, everything, ""))
	if k.request("POST", "/oauth/v2/token?"+params.Encode(), nil, nil).want(200).text("access_token") == "" {
		t.Error("query: no token")
	}
	params.Set("code", k.grantCode(k.url, everything, ""))
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name := range params {
		if err := w.WriteField(name, params.Get(name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if k.request("POST", "/oauth/v2/token", &body, http.Header{"Content-Type": {w.FormDataContentType()}}).want(200).text("access_token") == "" {
		t.Error("multipart: no token")
	}
	asJSON := fmt.Sprintf(`{"grant_type":"authorization_code","client_id":%q,"client_secret":%q,"code":%q}`, client, secret, k.grantCode(k.url, everything, ""))
	k.request("POST", "/oauth/v2/token", strings.NewReader(asJSON), http.Header{"Content-Type": {"application/json"}}).
		want(200, "error", "invalid_client")
	r := k.request("GET", "/oauth/v2/token?"+params.Encode(), nil, nil)
	if r.status != 400 || !strings.HasPrefix(r.header.Get("Content-Type"), "text/html") {
		t.Errorf("GET: %d %s", r.status, r.raw)
	}
}

func TestCodeIsShortLivedAndSingleUse(t *testing.T) {
	t.Parallel()
	k := newKit(t, setup{})
	code := k.grantCode(k.url, everything, "")
	k.exchange(k.url, code).want(200, "error", nil)
	k.exchange(k.url, code).want(200, "error", "invalid_code")

	for lifetime, after := range map[int]time.Duration{120: 119 * time.Second, 60: 59 * time.Second} {
		k.switchTo("code_lifetime_seconds", lifetime)
		young, old := k.grantCode(k.url, everything, ""), k.grantCode(k.url, everything, "")
		k.pass(after)
		k.exchange(k.url, young).want(200, "error", nil)
		k.pass(time.Second)
		k.exchange(k.url, old).want(200, "error", "invalid_code")
	}
}

func TestWrongRedirectDoesNotUseUpTheCode(t *testing.T) {
	t.Parallel()
	k := newKit(t, setup{})
	code := k.grantCode(k.url, everything, "")
	k.form("/oauth/v2/token", "grant_type", "authorization_code", "client_id", client, "client_secret", secret, "code", code).
		want(200, "error", "invalid_redirect_uri")
	k.exchange(k.url, code).want(200, "error", nil)
}

func TestGrantWithoutRedirectIsASelfClientsCode(t *testing.T) {
	t.Parallel()
	k := newKit(t, setup{})
	r := k.control("POST", "/_sim/grant", map[string]any{"client_id": client, "scope": everything}).want(200,
		"location", "us", "accounts_server", k.url)
	k.form("/oauth/v2/token", "grant_type", "authorization_code", "client_id", client, "client_secret", secret, "code", r.text("code")).
		want(200, "error", nil)
}

func TestAccessTokenLivesAnHour(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	k.pass(time.Hour - time.Second)
	k.get("/crm/v8/org").want(200)
	k.pass(time.Second)
	k.get("/crm/v8/org").want(401, "code", "INVALID_TOKEN")
	r := k.renew(k.refresh).want(200, "expires_in", "3600", "api_domain", k.url, "refresh_token", nil)
	k.access = r.text("access_token")
	k.get("/crm/v8/org").want(200)
	k.renew(k.refresh).want(200, "error", nil) // not rotated
}

func TestTenRefreshesInTenMinutesThenAccessDenied(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	for range 10 {
		k.renew(k.refresh).want(200, "error", nil)
	}
	k.renew(k.refresh).want(200, "error", "Access Denied", "status", "failure", "access_token", nil)
	k.switchTo("throttle_status", 400, "throttle_error", "access_denied")
	k.renew(k.refresh).want(400, "error", "access_denied")
	k.pass(10*time.Minute - time.Second)
	k.renew(k.refresh).want(400)
	k.pass(time.Second)
	k.renew(k.refresh).want(200, "error", nil)
}

func TestLiveAccessTokensAreCappedAndTheOldestDiesSilently(t *testing.T) {
	t.Parallel()
	for ceiling, refreshes := range map[int]int{10: 10, 15: 15, 30: 30} {
		k := fresh(t)
		k.switchTo("live_access_tokens", ceiling)
		first := k.access
		for i := range refreshes - 1 {
			if i%10 == 9 {
				k.pass(10 * time.Minute)
			}
			k.renew(k.refresh).want(200, "error", nil)
		}
		k.get("/crm/v8/org").want(200)
		k.pass(10 * time.Minute)
		k.renew(k.refresh).want(200, "error", nil)
		k.access = first
		if k.get("/crm/v8/org").status != 401 {
			t.Errorf("ceiling %d: the oldest of %d lives", ceiling, refreshes+1)
		}
	}
}

func TestTwentyFirstRefreshTokenPushesTheOldestOut(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	oldAccess, oldRefresh := k.access, k.refresh
	other := k.exchange(k.url, k.grantCode(k.url, everything, ann)).want(200)
	for range 19 {
		k.exchange(k.url, k.grantCode(k.url, everything, "")).want(200)
	}
	k.get("/crm/v8/org").want(200)
	k.connect(everything)
	k.renew(oldRefresh).want(200, "error", "invalid_code")
	k.get("/crm/v8/org").want(200)
	k.access = oldAccess
	k.get("/crm/v8/org").want(401, "code", "INVALID_TOKEN")
	k.renew(other.text("refresh_token")).want(200, "error", nil) // another user's stay
}

func TestEleventhCodeInTenMinutesIsDenied(t *testing.T) {
	t.Parallel()
	k := newKit(t, setup{})
	for range 10 {
		q, _ := k.accept(k.url + authURL())
		k.exchange(k.url, q.Get("code")).want(200, "error", nil)
	}
	q, _ := k.accept(k.url + authURL())
	k.exchange(k.url, q.Get("code")).want(200, "error", "access_denied")
	k.exchange(k.url, k.grantCode(k.url, everything, "")).want(200, "error", nil) // the control interface has no limit
	k.pass(10 * time.Minute)
	q, _ = k.accept(k.url + authURL())
	k.exchange(k.url, q.Get("code")).want(200, "error", nil)
}

func TestRefreshTokenRateSwitch(t *testing.T) {
	t.Parallel()
	for rate, limit := range map[string]int{"none": 15, "10_per_10_minutes": 10, "5_per_minute": 5} {
		k := newKit(t, setup{})
		k.switchTo("refresh_token_rate", rate)
		got := 0
		for range 15 {
			if k.exchange(k.url, k.grantCode(k.url, everything, "")).at("error") == nil {
				got++
			}
		}
		if got != limit {
			t.Errorf("%s: %d refresh tokens, want %d", rate, got, limit)
		}
	}
}

func TestTokenAnswerShapes(t *testing.T) {
	t.Parallel()
	k := newKit(t, setup{})
	k.switchTo("token_scope_in_answer", false, "token_expiry_shape", "legacy")
	k.exchange(k.url, k.grantCode(k.url, everything, "")).want(200, "scope", nil, "expires_in", "3600000", "expires_in_sec", "3600")
}

func TestRevoke(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	second := k.renew(k.refresh).text("access_token")
	k.form("/oauth/v2/token/revoke", "token", second).want(200, "status", "success")
	k.get("/crm/v8/org").want(200)
	k.switchTo("revoke_body", "empty")
	k.request("POST", "/oauth/v2/token/revoke?token="+k.refresh, nil, nil).empty(200)
	k.get("/crm/v8/org").want(401, "code", "INVALID_TOKEN")
	k.renew(k.refresh).want(200, "error", "invalid_code")
	r := k.form("/oauth/v2/token/revoke", "token", k.refresh)
	if r.status != 400 || !strings.HasPrefix(r.header.Get("Content-Type"), "text/html") {
		t.Fatalf("bad token: %d %s", r.status, r.raw)
	}
}

func TestUserInfoNeedsItsScope(t *testing.T) {
	t.Parallel()
	k := newKit(t, setup{})
	k.connect("ZohoCRM.org.READ")
	k.get("/oauth/user/info").want(401, "cause", "INVALID_OAUTHSCOPE")
	k.access = "1000.no"
	k.get("/oauth/user/info").want(401, "cause", "INVALID_OAUTHTOKEN")
}
