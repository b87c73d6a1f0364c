package quarantine

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"regexp"
	"strconv"
	"strings"
	"time"

	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
)

// From Doubtful points a request is kept for a person, from Clear it is refused.
const (
	Doubtful = 50
	Clear    = 100
)

// What a sign weighs: two weak ones make a request doubtful, and so does a weak one with a slight one.
const (
	slight = 20
	weak   = 30
	strong = 60
)

const (
	// tooFast is less than anybody takes who types; browsers that fill a form by themselves come near.
	tooFast = 2 * time.Second
	// formLife is how long a form that was opened, and a proof of work for it, count in full.
	formLife = 24 * time.Hour
	// sameText is from how many characters on a text is nobody's by chance.
	sameText = 20
	// manyLinks is how many links nobody puts into a note about a roof.
	manyLinks = 3
)

// Signs are what a request showed beside its content.
type Signs struct {
	Trusted bool   // it came with an API key: nothing is looked at
	Address string // whom the connection, or a trusted proxy, names
	Form    bool   // it came from one of our forms
	Trap    string // the field that people do not see
	Opened  string // what Opened gave to the form; "" without
	Proof   string // that the browser has worked for it; "" without
}

// WorkBits is how hard a form's proof of work is: so many zero bits at the beginning of a SHA-256 take 4,096 attempts on
// average, some 30 ms of one core here, so some 120 ms of a phone a quarter as fast, while the form is being filled in.
const WorkBits = 12

// proven reports whether a browser has worked for a form that was opened: work.js, which makes the proof, says how. What a
// form is given when it is opened names its organization and time and is sealed, so no work can be done before or for another.
func proven(opened, proof string) bool {
	if proof == "" || len(proof) > 10 || strings.Trim(proof, "0123456789") != "" {
		return false
	}
	sum := sha256.Sum256([]byte(worked(opened) + ":" + proof))
	return bits.LeadingZeros32(binary.BigEndian.Uint32(sum[:])) >= WorkBits
}

// worked is what of a form a browser works for.
func worked(opened string) string { return opened[max(0, len(opened)-40):] }

// Opened gives the time at which an organization's form was opened, such that only we can have written it.
func (s *Service) Opened(o org.ID) string {
	return s.keys.Seal(secret.NewString(strconv.FormatInt(s.now().UnixMilli(), 10)), "quarantine", "opened", string(o))
}

// opened reads such a time.
func (s *Service) opened(o org.ID, sealed string) (time.Time, bool) {
	v, err := s.keys.Open(sealed, "quarantine", "opened", string(o))
	if err != nil {
		return time.Time{}, false
	}
	ms, err := strconv.ParseInt(v.Reveal(), 10, 64)
	return time.UnixMilli(ms), err == nil
}

var link = regexp.MustCompile(`(?i)https?://|\bwww\.|<a\s|\[url`)

// verdict adds up.
type verdict struct {
	score   int
	reasons []string
}

func (v *verdict) add(points int, why string) {
	if points > 0 {
		v.score += points
		v.reasons = append(v.reasons, why)
	}
}

// judge looks for signs. It counts the request among those of its paces.
func (s *Service) judge(p paces, o org.ID, r Request, g Signs) (int, []string) {
	var v verdict
	c := r.Contact()
	named := link.MatchString(c.FirstName + " " + c.LastName + " " + c.City + " " + c.State)
	links := len(link.FindAllStringIndex(r.Text(), -1))
	if named {
		v.add(weak, "There is a link in the name.")
	}
	if links >= manyLinks {
		v.add(weak, "The text has many links.")
	}
	if text := strings.Join(strings.Fields(strings.ToLower(r.Text())), " "); len(text) >= sameText && (g.Form || links > 0) {
		v.add(p.texts.points(id.Hash(string(o)+text)), "The same text has come many times.")
	}
	if g.Form {
		s.judgeForm(p, &v, o, r, g)
	}
	return v.score, v.reasons
}

// judgeForm looks at what only a form shows, and at how often. Programs may call as often as the API allows.
func (s *Service) judgeForm(p paces, v *verdict, o org.ID, r Request, g Signs) {
	if g.Trap != "" {
		v.add(strong, "A field was filled in that people do not see.")
	}
	switch at, ok := s.opened(o, g.Opened); {
	case g.Opened == "":
		v.add(weak, "The form was sent without having been opened.")
	case !ok:
		v.add(strong, "The form says a time that is not ours.")
	case s.now().Sub(at) > formLife: // left open for a day, or kept to be sent again and again: never enough by itself
		v.add(slight, "The form was opened more than a day ago.")
	case s.now().Sub(at) < tooFast:
		v.add(weak, "The form was filled in faster than people type.") // and than work is done: that is no second sign
	case proven(g.Opened, g.Proof):
	case g.Proof != "":
		v.add(weak, "The browser's proof of work is wrong.")
	default: // without JavaScript, on an old phone: never enough by itself
		v.add(slight, "The browser has done no proof of work.")
	}
	v.add(p.addresses.points(g.Address), "Many requests came from this address.")
	c, most := r.Contact(), 0
	for _, who := range []string{strings.ToLower(c.Email), c.Phone} {
		if who != "" {
			most = max(most, p.people.points(id.Hash(string(o)+who)))
		}
	}
	v.add(most, "Many requests came with this e-mail address or phone number.")
}

// points counts one more of somebody.
func (p pace) points(who string) int {
	some, _ := p.some.Take(who)
	many, _ := p.many.Take(who)
	switch {
	case !many:
		return strong
	case !some:
		return weak
	}
	return 0
}
