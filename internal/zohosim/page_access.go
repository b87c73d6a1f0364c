package zohosim

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"time"
)

// tokensPageView shows who is connected.
type tokensPageView struct {
	frame
	Tokens       []tokenView
	Live, Minted int
}

// tokenView is a refresh token with its living access tokens, or an access token made without one.
type tokenView struct {
	Mark                          string // stands for the token in forms
	User, Client, Location, Since string
	Access                        []accessView
}

type accessView struct{ Mark, Since, Until string }

// tokenMark names a token on pages without telling it.
func tokenMark(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:8])
}

func (l *listener) tokensPage(r *http.Request) answer {
	v := tokensPageView{frame: l.frame(r, "Tokens")}
	a, now := l.sim.accounts, l.sim.clock().UnixMilli()
	a.mu.Lock()
	defer a.mu.Unlock()
	v.Live, v.Minted = a.live(now), a.minted
	for _, t := range a.refresh {
		tv := a.tokenView(t)
		for _, access := range a.madeWith(t.Token) {
			tv.addAccess(access, now)
		}
		v.Tokens = append(v.Tokens, tv)
	}
	for _, t := range a.madeWith("") {
		if t.Expires > now {
			tv := a.tokenView(t)
			tv.Mark = ""
			tv.addAccess(t, now)
			v.Tokens = append(v.Tokens, tv)
		}
	}
	return l.page(http.StatusOK, "tokens.html", v)
}

func (a *accounts) tokenView(t *token) tokenView {
	name := "?"
	if u := a.people[t.User]; u != nil {
		name = u.email
	}
	return tokenView{
		Mark: tokenMark(t.Token), User: name, Client: t.ClientID, Location: t.Location, Since: time.UnixMilli(t.At).UTC().Format(pageTime),
	}
}

func (v *tokenView) addAccess(t *token, now int64) {
	if t.Expires > now {
		at := func(ms int64) string { return time.UnixMilli(ms).UTC().Format(pageTime) }
		v.Access = append(v.Access, accessView{tokenMark(t.Token), at(t.At), at(t.Expires)})
	}
}

// endTokens does what the buttons of the page say: expired for access tokens, revoked for refresh tokens with theirs, of one
// refresh token, one access token, or all.
func (l *listener) endTokens(r *http.Request) answer {
	done, mark := r.FormValue("tool"), r.FormValue("token")
	action := map[string]string{"expired": "expire_access", "revoked": "revoke_refresh"}[done]
	if action == "" {
		return noSuchTool()
	}
	if mark == "" {
		_, err := l.sim.breakTokens(action, "")
		return l.toolDone(err, "/_sim/page/tokens?done="+done)
	}
	return l.toolDone(l.sim.breakMarked(action, mark), "/_sim/page/tokens?done="+done)
}

// breakMarked ends the token with a mark: a refresh token as the action says, an access token alone.
func (s *Sim) breakMarked(action, mark string) error {
	a := s.accounts
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, t := range a.tokens {
		if tokenMark(t.Token) != mark {
			continue
		}
		gone := []string{t.Token}
		if t.Expires == 0 {
			if gone = a.withAccess(t.Token); action == "expire_access" {
				gone = gone[1:]
			}
		}
		return s.changeAccounts(accountsChange{Gone: gone})
	}
	return noSuch("token")
}
