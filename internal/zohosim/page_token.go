package zohosim

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"net/url"
	"time"
)

const pageTokenLifetime = 24 * time.Hour

// pageToken tells where a page ended, signed so that it needs no memory: the place, how many records were served so far, the
// expiry, the user and a digest of the parameters.
func (c *call) pageToken(last entry, served int, expiry time.Time) string {
	var b []byte
	for _, n := range []int64{last.key, last.id, int64(served), expiry.Unix(), c.user.id} {
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	b = append(b, c.digest()...)
	return hex.EncodeToString(append(b, c.sign(b)...))
}

func (c *call) sign(b []byte) []byte {
	mac := hmac.New(sha256.New, c.sim.pageKey)
	mac.Write(b)
	return mac.Sum(nil)[:16]
}

// digest stands for everything that must stay the same from page to page.
func (c *call) digest() []byte {
	q := url.Values{}
	for k, v := range c.query {
		if k != "page_token" && k != "page" {
			q[k] = v
		}
	}
	sum := sha256.Sum256([]byte(c.r.URL.Path + "?" + q.Encode() + "#" + c.r.Header.Get("If-Modified-Since")))
	return sum[:16]
}

const pageTokenBytes = 5*8 + 16 + 16

// readPageToken takes up a list where a token says. Source: Zoho CRM v8, "Get Records".
func (c *call) readPageToken(q *listing, token string) *answer {
	if c.query.Has("page") {
		return ambiguous("page", "page_token")
	}
	b, err := hex.DecodeString(token)
	if err != nil || len(b) != pageTokenBytes || !hmac.Equal(c.sign(b[:pageTokenBytes-16]), b[pageTokenBytes-16:]) {
		return badPageToken()
	}
	n := make([]int64, 5)
	for i := range n {
		n[i] = int64(binary.BigEndian.Uint64(b[8*i:]))
	}
	if n[4] != c.user.id || !hmac.Equal(b[40:56], c.digest()) {
		return badPageToken()
	}
	if n[3] < c.now.Unix() {
		a := refuse("EXPIRED_VALUE", "Page token expired", details{"api_name": "page_token", "json_path": "$.page_token"})
		return &a
	}
	q.after = &entry{key: n[0], id: n[1]}
	q.served = int(n[2])
	q.page = q.served/q.perPage + 1
	if q.served+q.perPage > allRecords {
		a := refuse("PAGINATION_LIMIT_EXCEEDED", "You can only get upto 100000 records using page_token param", details{
			"param_name": "page_token",
		})
		return &a
	}
	return nil
}

func badPageToken() *answer {
	a := refuse("TOKEN_BOUND_DATA_MISMATCH",
		"The page_token given seems to be invalid or input param is added or altered or deleted", details{
			"param_name": "page_token",
		})
	return &a
}
