package zoho

import (
	"context"
	"iter"
	"net/url"
	"strings"
)

// Search is what the search API looks for: exactly one of Criteria, Email, Phone and Word. Its index lags behind
// writes, it finds parts and similar signs, and it gives at most 2,000 results: compare locally, and use COQL to read
// what was just written. https://www.zoho.com/crm/developer/docs/api/v8/search-records.html
type Search struct {
	Criteria  Condition // at most ten tests
	Email     string    // in every e-mail field
	Phone     string    // at least three signs of digits, blanks and -().+
	Word      string    // at least two signs
	Fields    []string  // none: all
	Converted string    // of leads: "true", "false" (default) or "both"
}

// query writes the parameters; needed: something must be looked for.
func (s Search) query(needed bool) (url.Values, error) {
	q := url.Values{}
	if n := s.Criteria.size(); n > 10 {
		return nil, refuse("a search takes at most 10 conditions, not %d", n)
	} else if n > 0 {
		text, err := s.Criteria.write("", criterion)
		if err != nil {
			return nil, err
		}
		q.Set("criteria", text)
	}
	for name, v := range map[string]string{"email": s.Email, "phone": s.Phone, "word": s.Word} {
		if v != "" {
			q.Set(name, v)
		}
	}
	if len(q) > 1 || needed && len(q) == 0 {
		return nil, refuse("a search looks for exactly one of criteria, email, phone and word")
	}
	if s.Phone != "" && (len(s.Phone) < 3 || strings.Trim(s.Phone, "0123456789 -().+") != "") {
		return nil, refuse("a phone search takes at least three of digits, blanks and -().+")
	}
	if s.Word != "" && len([]rune(s.Word)) < 2 {
		return nil, refuse("a word search takes at least two signs")
	}
	if s.Converted != "" {
		q.Set("converted", s.Converted)
	}
	if len(s.Fields) > 0 {
		if err := checkFields(s.Fields); err != nil {
			return nil, err
		}
		q.Set("fields", strings.Join(s.Fields, ","))
	}
	return q, nil
}

// Search finds records by the search index. https://www.zoho.com/crm/developer/docs/api/v8/search-records.html
func (c *Client) Search(ctx context.Context, module string, s Search) iter.Seq2[Record, error] {
	if err := checkName("module", module); err != nil {
		return fail(err)
	}
	q, err := s.query(true)
	if err != nil {
		return fail(err)
	}
	r := get("/"+module+"/search", q)
	r.counted = true
	return c.walk(ctx, r, "data")
}
