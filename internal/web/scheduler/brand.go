package scheduler

import (
	"context"
	"net/http"
	"strings"
	"time"

	"heavyset.tech/platform/internal/availability"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/locale"
	"heavyset.tech/platform/internal/notify"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/web/page"
)

// Logos keeps the files of logos. The checksum of another logo than the present one is fault.NotFound.
type Logos interface {
	LogoFile(ctx context.Context, o org.ID, sum string) ([]byte, error)
}

// Where a logo stands at the head of a page, in CSS pixels: half of what is kept, so that it is sharp on fine screens.
const (
	logoWidth  = 160
	logoHeight = 48
)

// logo is an organization's logo as a page shows it; the zero value where there is none.
type logo struct {
	URL           string
	Width, Height int
	band          string // colour of the head
}

// logoOf gives the logo with the colour that it stands on. Without one of the organization's own that is white on dark
// pages too: what most logos are made for.
func logoOf(o org.Organization) logo {
	l, v := o.Look.Logo, logo{band: o.Look.Band}
	if l.Sum == "" || l.Width <= 0 || l.Height <= 0 {
		return v
	}
	share := min(1, float64(logoWidth)/float64(l.Width), float64(logoHeight)/float64(l.Height))
	v.URL, v.Width, v.Height = "/book/"+o.Slug+"/logo/"+l.Sum+".png", int(float64(l.Width)*share+.5), int(float64(l.Height)*share+.5)
	if v.band == "" {
		v.band = "#ffffff"
	}
	return v
}

// logo serves the file. Its address carries its checksum, so it may be kept for ever.
func (p *Pages) logo(w http.ResponseWriter, r *http.Request) error {
	of, err := p.offering(r.Context(), r)
	if err != nil {
		return err
	}
	file, err := p.logos.LogoFile(r.Context(), of.Organization.ID, strings.TrimSuffix(r.PathValue("file"), ".png"))
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "image/png")
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("X-Content-Type-Options", "nosniff")
	_, err = w.Write(file)
	return err
}

// Preview shows a page as an organization would look: its first page, or with sheet "confirmed" the page of a visit that
// nobody has booked. It may stand in a frame of ours, and its links lead nowhere.
func (p *Pages) Preview(w http.ResponseWriter, r *http.Request, o org.Organization, l locale.Lang, sheet string) error {
	of, cat, err := p.bookings.Scheduler(r.Context(), o.Slug)
	if err != nil {
		return err
	}
	of.Organization = o
	page.Open(w, page.Opening{Ancestors: []string{"'self'"}})
	s := p.site(of, choice{Lang: l}, "Book a visit")
	s.NoIndex, s.Home = true, "#main"
	if sheet == "confirmed" {
		return p.sets[l].Render(w, http.StatusOK, "manage", confirmedOf(s, l, o, cat, p.now()))
	}
	v := serviceView{site: s, Own: o.Look.Texts[l], Enquiry: "#main"}
	for _, sv := range cat.Offered() {
		v.Services = append(v.Services, serviceChoice{sv.Name, sv.Description, length(l, sv.DurationMinutes), "#main"})
	}
	return p.sets[l].Render(w, http.StatusOK, "service", v)
}

// confirmedOf is the page of an invented visit of the first service, in three days at nine.
func confirmedOf(s site, l locale.Lang, o org.Organization, cat catalog.Catalog, now time.Time) manageView {
	sv := catalog.Service{Name: "Visit", DurationMinutes: 60}
	if list := cat.Offered(); len(list) > 0 {
		sv = list[0]
	}
	d := availability.DateOf(now, o.Location()).AddDays(3)
	start := time.Date(d.Year, d.Month, d.Day, 9, 0, 0, 0, o.Location())
	v := manageView{
		site: s, Chosen: chosenOf(l, sv, start, start.Add(time.Duration(sv.DurationMinutes)*time.Minute), o.Location()), Status: booking.Confirmed, Fresh: true, Open: true,
		Note: o.Look.Texts[l].Note, Reschedule: "#main", Cancel: "#main", ICS: "#main", Google: "#main", Book: "#main",
	}
	v.tell(l, lead.Contact{Email: "pat@sample.example"}, notify.Reach{Mail: true})
	return v
}
