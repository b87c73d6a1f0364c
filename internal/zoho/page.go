package zoho

import (
	"context"
	"iter"
	"maps"
	"net/url"
	"strconv"
)

// perPage is the most that Zoho gives at once, and byNumber how far `page` reaches before page_token takes over
// (https://www.zoho.com/crm/developer/docs/api/v8/get-records.html).
const (
	perPage  = 200
	byNumber = 2000
)

// cursor is a place in a list: a page's number, or the token that replaces it.
type cursor struct {
	page  int
	token string
}

// walk reads all pages of a list: by number first, by token beyond 2,000 rows where the list has tokens. What it yields
// is each row of key, then at most one error, which ends it. A list that changes while it is read can give a row twice.
func (c *Client) walk(ctx context.Context, r request, key string) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		for at, more := (cursor{page: 1}), true; more; {
			got, err := c.do(ctx, at.apply(r))
			var found []Record
			if err == nil {
				found, err = got.rows(key)
			}
			for _, row := range found {
				if !yield(row, nil) {
					return
				}
			}
			if err == nil {
				at, more, err = at.next(r, got, len(found))
			}
			if err != nil {
				yield(nil, err)
				return
			}
		}
	}
}

// apply gives the request of this page. Zoho refuses a token beside changed parameters or a page number.
func (at cursor) apply(r request) request {
	q := url.Values{"per_page": {strconv.Itoa(perPage)}}
	maps.Copy(q, r.query)
	if at.token != "" {
		q.Set("page_token", at.token)
	} else {
		q.Set("page", strconv.Itoa(at.page))
	}
	r.query = q
	return r
}

// next gives the place after this page. An answer that promises more but gives no way to it is an error: neither a loop
// nor a silent end.
func (at cursor) next(r request, got reply, found int) (after cursor, more bool, err error) {
	if !got.info().Bool("more_records") {
		return at, false, nil
	}
	if found == 0 {
		return at, false, got.unreadable()
	}
	if at.token == "" && (r.endless || at.page*perPage < byNumber) {
		return cursor{page: at.page + 1}, true, nil
	}
	token := got.info().Text("next_page_token")
	if token == "" || token == at.token || r.counted {
		return at, false, &Error{Status: got.status, Kind: PageLimit, Message: "there are more records than can be reached"}
	}
	return cursor{token: token}, true, nil
}
