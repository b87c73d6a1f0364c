package admin

import (
	"fmt"
	"net/http"
	"strings"

	"heavyset.tech/platform/internal/catalog"
)

// schedulerView is the Web Scheduler: where visitors book, and what.
type schedulerView struct {
	frame
	Public   string
	Embed    string
	Services []serviceRow
}

type serviceRow struct{ Name, Words, Duration, Reps, Link string }

// scheduler shows the public address with the services that it offers.
func (c *Console) scheduler(w http.ResponseWriter, r *http.Request, v *visit) error {
	cat, err := c.Bookings.Catalog(r.Context(), v.org.ID)
	if err != nil {
		return err
	}
	f, err := c.frame(r, v, "Web Scheduler")
	if err != nil {
		return err
	}
	f.Purpose = "Where visitors book, and what they can choose there."
	view := schedulerView{frame: f, Public: c.BaseURL + "/book/" + v.org.Slug, Embed: v.path("scheduler", "embed")}
	for _, s := range cat.Services {
		if !s.Archived {
			view.Services = append(view.Services, serviceRow{s.Name, s.Description, fmt.Sprintf("%d minutes", s.DurationMinutes), repNames(cat, s), view.Public + "?service=" + s.ID})
		}
	}
	return c.set.Render(w, http.StatusOK, "scheduler", view)
}

// repNames lists who carries a service out.
func repNames(cat catalog.Catalog, s catalog.Service) string {
	var names []string
	for _, id := range s.Reps {
		if rep, ok := cat.Rep(id); ok && !rep.Archived {
			names = append(names, rep.Name)
		}
	}
	return strings.Join(names, ", ")
}
