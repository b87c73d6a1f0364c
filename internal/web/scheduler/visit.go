package scheduler

import (
	"net/http"
	"strings"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/insight"
)

// visitParam carries the number of a visit from page to page, so that the steps of one are counted together. It is random,
// ends after hours and says nothing of the visitor.
const visitParam = "visit"

// CountBy makes the pages tell a recorder what visitors do; without one nothing is counted.
func (p *Pages) CountBy(r *insight.Recorder) { p.visits = r }

// visiting gives the choice with the number of its visit, a new one where it has none. What is no person has none, so that
// a crawler finds no new address on each page.
func (p *Pages) visiting(r *http.Request, c choice) choice {
	c.values.Del(visitParam)
	if p.visits == nil || !person(r) || c.Host != "" && c.Host == p.frames.Own {
		return c
	}
	return c.set(visitParam, string(p.visits.Visit(r.URL.Query().Get(visitParam))))
}

// tell counts what a visit has done now. One address counts no more than a number of people would.
func (p *Pages) tell(r *http.Request, of booking.Offering, c choice, v insight.Visit, q *insight.Question) {
	v.ID = insight.VisitID(c.values.Get(visitParam))
	if p.visits == nil || v.ID == "" || !person(r) {
		return
	}
	if ok, _ := p.seen.Take(r.RemoteAddr); !ok {
		return
	}
	v.Service = c.Service
	p.visits.Tell(of.Organization.ID, v, q)
}

// asked gives the question about times that a page has answered. Where the first free day lies beyond the days that were
// looked at first, these had none.
func (v *timeView) asked(ask booking.Ask) *insight.Question {
	to, most := v.to, booking.MaxDays
	if v.Searched {
		most = span
	}
	if last := v.from.AddDays(most - 1); to.Compare(last) > 0 {
		to = last
	}
	ask.From, ask.To, ask.Timezone = v.from.String(), to.String(), v.Zone
	return &insight.Question{Ask: ask, None: v.Day == "" || v.Searched}
}

// robots are words by which programs name themselves. Links that are fetched to be shown in a chat are not opened yet.
var robots = []string{
	"bot", "crawl", "spider", "slurp", "preview", "fetch", "scan", "monitor", "lighthouse", "python", "curl", "wget", "go-http-client", "java/", "okhttp", "axios", "node", "ruby", "perl", "php",
	"facebookexternalhit", "whatsapp", "skypeuripreview", "archiver", "validator",
}

// person reports whether a request looks like that of somebody in front of a browser, by its own word: it names a browser,
// and opens a page rather than fetching one ahead.
func person(r *http.Request) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		return false
	}
	agent := strings.ReplaceAll(strings.ToLower(r.UserAgent()), "cubot", "") // a make of phones
	if agent == "" {
		return false
	}
	for _, w := range robots {
		if strings.Contains(agent, w) {
			return false
		}
	}
	h := r.Header
	if strings.Contains(h.Get("Sec-Purpose")+h.Get("Purpose")+h.Get("X-Moz"), "prefetch") {
		return false
	}
	mode := h.Get("Sec-Fetch-Mode")
	return mode == "" || mode == "navigate"
}
