package authtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// Issuer is an OpenID Connect issuer with one client, "client" with the secret "client-secret". It holds the client to the
// code flow with PKCE: wrong verifier, secret or address, or a code twice, is refused.
type Issuer struct {
	URL string
	Now func() time.Time
	// Lie changes what the next tokens say; nil: the truth.
	Lie func(claims map[string]any)
	// Unsigned makes tokens of alg none; Forged signs them with a key that is not published.
	Unsigned, Forged bool

	mu          sync.Mutex
	key, forger *ecdsa.PrivateKey
	asked       map[string]url.Values // by code
}

// NewIssuer starts one; close ends it.
func NewIssuer(now func() time.Time) (i *Issuer, closed func(), err error) {
	i = &Issuer{Now: now, asked: map[string]url.Values{}}
	var err1, err2 error
	i.key, err1 = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	i.forger, err2 = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err := errors.Join(err1, err2); err != nil {
		return nil, nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		say(w, map[string]any{
			"issuer": i.URL, "authorization_endpoint": i.URL + "/authorize", "token_endpoint": i.URL + "/token", "jwks_uri": i.URL + "/keys",
			"id_token_signing_alg_values_supported": []string{"ES256", "none"},
		})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		say(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: i.key.Public(), KeyID: "1", Algorithm: "ES256", Use: "sig"}}})
	})
	mux.HandleFunc("POST /token", i.token)
	s := httptest.NewServer(mux)
	i.URL = s.URL
	return i, s.Close, nil
}

func say(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

// Consent is the person's visit of the issuer's page: it gives state and code that lead back.
func (i *Issuer) Consent(page string) (state, code string, err error) {
	u, err := url.Parse(page)
	if err != nil {
		return "", "", err
	}
	q := u.Query()
	if q.Get("response_type") != "code" || q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43 || q.Get("nonce") == "" || q.Get("client_id") != "client" {
		return "", "", errors.New("the issuer refuses " + page)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	raw := make([]byte, 16)
	_, _ = rand.Read(raw)
	code = base64.RawURLEncoding.EncodeToString(raw)
	i.asked[code] = q
	return q.Get("state"), code, nil
}

func (i *Issuer) token(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	user, password, _ := r.BasicAuth()
	q, ok := i.asked[r.PostFormValue("code")]
	delete(i.asked, r.PostFormValue("code"))
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if !ok || user != "client" || password != "client-secret" || r.PostFormValue("redirect_uri") != q.Get("redirect_uri") ||
		base64.RawURLEncoding.EncodeToString(sum[:]) != q.Get("code_challenge") {
		w.WriteHeader(http.StatusBadRequest)
		say(w, map[string]string{"error": "invalid_grant"})
		return
	}
	now := i.Now()
	claims := map[string]any{
		"iss": i.URL, "sub": "subject-1", "aud": "client", "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(), "auth_time": now.Unix(), "nonce": q.Get("nonce"),
		"email": "jo@x.example", "email_verified": true,
	}
	if i.Lie != nil {
		i.Lie(claims)
	}
	id, err := i.sign(claims)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	say(w, map[string]any{"access_token": "access", "token_type": "Bearer", "expires_in": 300, "id_token": id})
}

func (i *Issuer) sign(claims map[string]any) (string, error) {
	if i.Unsigned {
		b, err := json.Marshal(claims)
		enc := base64.RawURLEncoding.EncodeToString
		return enc([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + enc(b) + ".", err
	}
	key := i.key
	if i.Forged {
		key = i.forger
	}
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: "1"}}, nil)
	if err != nil {
		return "", err
	}
	return jwt.Signed(s).Claims(claims).Serialize()
}
