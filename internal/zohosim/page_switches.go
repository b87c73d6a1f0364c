package zohosim

import (
	"encoding/json"
	"net/http"
	"strings"
)

// switchesPageView is the page with all switches in one form.
type switchesPageView struct {
	frame
	Switches []switchView
	Changed  int
	Problem  string
}

// switchView is a switch with the value that it has, or that was just sent for it.
type switchView struct {
	Switch
	Value   string
	Changed bool // away from the default
	Options []option
}

func (l *listener) switchesPage(r *http.Request) answer {
	return l.showSwitches(r, http.StatusOK, "")
}

func (l *listener) showSwitches(r *http.Request, status int, problem string) answer {
	v := switchesPageView{frame: l.frame(r, "Switches"), Switches: l.sim.switches.Load().views(), Problem: problem}
	for i := range v.Switches {
		s := &v.Switches[i]
		if s.Changed {
			v.Changed++
		}
		if given := r.PostForm.Get(s.Name); given != "" {
			s.Value = given
		}
		for _, value := range s.Values {
			s.Options = append(s.Options, option{value, value, value == s.Value})
		}
	}
	return l.page(status, "switches.html", v)
}

// flipSwitches sets the switches as the form says, or all to their defaults.
func (l *listener) flipSwitches(r *http.Request) answer {
	if err := r.ParseForm(); err != nil {
		return htmlPage(http.StatusBadRequest, "Error", "The form could not be read.")
	}
	patch := map[string]json.RawMessage{}
	for _, s := range Switches() {
		given := strings.TrimSpace(r.PostForm.Get(s.Name))
		if r.PostForm.Get("tool") == "defaults" {
			given = s.Default
		}
		if given != "" {
			patch[s.Name] = s.asJSON(given)
		}
	}
	b, err := json.Marshal(patch)
	if err == nil {
		_, err = l.sim.flip(b)
	}
	switch {
	case err != nil:
		return l.showSwitches(r, http.StatusUnprocessableEntity, err.Error())
	case r.PostForm.Get("tool") == "defaults":
		return seeOther("/_sim/page/switches?done=defaults")
	}
	return seeOther("/_sim/page/switches?done=flipped")
}

// asJSON gives a value as PATCH /_sim/switches wants it; what makes no sense is text and refused there.
func (s Switch) asJSON(value string) json.RawMessage {
	if s.kind != "string" && json.Valid([]byte(value)) {
		return json.RawMessage(value)
	}
	b, _ := json.Marshal(value) // text can always be written
	return b
}

// views lists the switches in the order of their table with those that differ from their default marked.
func (sw *switches) views() []switchView {
	now := sw.plain()
	var out []switchView
	for _, s := range Switches() {
		out = append(out, switchView{Switch: s, Value: now[s.Name], Changed: now[s.Name] != s.Default})
	}
	return out
}
