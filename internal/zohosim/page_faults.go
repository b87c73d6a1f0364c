package zohosim

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// faultsPageView lists the faults in force and has the form for a further one.
type faultsPageView struct {
	frame
	Faults                 []faultView
	Form                   url.Values // what was just sent, when it makes no fault
	Problem                string
	Methods, Whens, Things []option
}

type faultView struct {
	fault
	Number int
	Sends  string // body
	Chance string
	Left   string
}

func (l *listener) faultsPage(r *http.Request) answer {
	return l.showFaults(r, http.StatusOK, nil)
}

func (l *listener) showFaults(r *http.Request, status int, problem error) answer {
	form := r.PostForm
	if problem == nil {
		form = url.Values{"times": {"1"}, "path_prefix": {"/crm/v8/"}, "action": {"status"}, "status": {"500"}}
	}
	v := faultsPageView{frame: l.frame(r, "Faults"), Form: form, Faults: l.sim.faults.views()}
	if problem != nil {
		v.Problem = problem.Error()
	}
	choose := func(name string, values ...string) (out []option) {
		for _, value := range values {
			out = append(out, option{value, value, value == form.Get(name)})
		}
		return out
	}
	v.Methods = choose("method", "", "GET", "POST", "PUT", "PATCH", "DELETE")
	v.Methods[0].Label = "any"
	v.Whens, v.Things = choose("when", "before", "after"), choose("action", "status", "delay", "cut", "html")
	return l.page(status, "faults.html", v)
}

// views numbers the faults, so that a button can tell which one it is for.
func (fl *faultList) views() []faultView {
	fl.mu.Lock()
	defer fl.mu.Unlock()
	var out []faultView
	for _, f := range fl.list {
		if f.number == 0 {
			fl.shown++
			f.number = fl.shown
		}
		v := faultView{fault: *f, Number: f.number, Sends: f.text(), Chance: "always", Left: "until removed"}
		if f.Probability != nil {
			v.Chance = strconv.FormatFloat(*f.Probability*100, 'f', -1, 64) + " %"
		}
		if f.Times != nil {
			v.Left = strconv.Itoa(*f.Times)
		}
		out = append(out, v)
	}
	return out
}

// changeFaults adds the form's fault, removes one, or removes all.
func (l *listener) changeFaults(r *http.Request) answer {
	if err := r.ParseForm(); err != nil {
		return htmlPage(http.StatusBadRequest, "Error", "The form could not be read.")
	}
	done := r.PostForm.Get("tool")
	var err error
	switch done {
	case "added":
		f, bad := typedFault(r.PostForm)
		if bad != nil {
			return l.showFaults(r, http.StatusUnprocessableEntity, bad)
		}
		err = l.sim.setFaults(func(list []*fault) []*fault { return append(list, f) })
	case "removed":
		number, _ := strconv.Atoi(r.PostForm.Get("number"))
		err = l.sim.setFaults(func(list []*fault) []*fault {
			return slices.DeleteFunc(slices.Clone(list), func(f *fault) bool { return number != 0 && f.number == number })
		})
	case "cleared":
		err = l.sim.setFaults(func([]*fault) []*fault { return nil })
	default:
		return noSuchTool()
	}
	return l.toolDone(err, "/_sim/page/faults?done="+done)
}

// typedFault makes a fault of a form; what is left empty is as if it had not been said.
func typedFault(form url.Values) (*fault, error) {
	given := func(name string) string { return strings.TrimSpace(form.Get(name)) }
	f := &fault{Method: given("method"), PathPrefix: given("path_prefix"), When: given("when"), Action: given("action")}
	var problems []error
	number := func(name string) int {
		if given(name) == "" {
			return 0
		}
		n, err := strconv.Atoi(given(name))
		if err != nil {
			problems = append(problems, errors.New(name+" must be a number"))
		}
		return n
	}
	f.Status, f.DelayMS = number("status"), number("delay_ms")
	if given("times") != "" {
		times := number("times")
		f.Times = &times
	}
	if p := given("probability"); p != "" {
		share, err := strconv.ParseFloat(p, 64)
		if err != nil {
			problems = append(problems, errors.New("probability must be a number"))
		}
		f.Probability = &share
	}
	if body := given("body"); body != "" {
		if f.Body = json.RawMessage(body); !json.Valid(f.Body) {
			f.Body, _ = json.Marshal(body) // text can always be written
		}
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return f, f.check()
}
