package zohosim

import (
	"fmt"
	"slices"
	"time"
)

// org is one Zoho organization with its people and modules. All is guarded by Sim.mu.
type org struct {
	index    int
	base     int64 // ids of the organization begin here
	zgid     string
	name     string
	domain   string
	zone     string
	place    *time.Location
	country  string
	currency string
	profiles []named
	roles    []named
	users    []*user
	modules  []*module
	byAPI    map[string]*module
	work     *workingTime // never nil
	jobs     map[int64]*bulkJob
	channels channels
	lastID   int64
	settings orgSettings
}

// named is a profile or a role.
type named struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// user is a person who may sign in to Zoho. The first user of an organization is its administrator.
type user struct {
	org          *org
	id           int64
	zuid         string
	first, last  string
	email        string
	profile      int // index in org.profiles
	role         int
	admin        bool
	inactive     bool
	zone, locale string
	place        *time.Location // of zone
}

func (u *user) name() string { return u.first + " " + u.last }

// user finds a user of the organization.
func (o *org) user(id int64) *user {
	i := slices.IndexFunc(o.users, func(u *user) bool { return u.id == id })
	if i < 0 {
		return nil
	}
	return o.users[i]
}

// nextID gives the next id of the organization: metadata and records share one ascending row.
func (o *org) nextID() int64 {
	o.lastID++
	return o.lastID
}

// saw makes sure that an id from outside is never handed out again.
func (o *org) saw(id int64) {
	if id > o.lastID && id < o.base+1e12 {
		o.lastID = id
	}
}

// symbol is the currency's sign.
func (o *org) symbol() string {
	if o.currency == "EUR" {
		return "€"
	}
	return "$"
}

func (o *org) id() string { return formatID(o.base + 225_013) }

// Offsets of ids from an organization's base, and what identifies the two organizations.
const (
	ridgelineBase = 5725767000000000000
	otherBase     = 6100042000000000000
	metadataFrom  = 2_000   // ids of what an untouched Zoho has
	usersFrom     = 411_000 // the administrator's id; the others follow
	recordsFrom   = 524_000
)

// seededOrgs makes the two organizations that every simulator starts with, without records: Ridgeline Roofing, whose
// administrator Rae is who signs in unless somebody else is chosen, and another company to try the wrong account with.
func seededOrgs(names *names) ([]*org, error) {
	ridgeline := &org{
		base: ridgelineBase, zgid: "78654321", name: "Ridgeline Roofing", domain: "org78654321",
		zone: "America/Chicago", country: "US", currency: "USD",
	}
	ridgeline.staff([]user{
		{first: "Rae", last: "Ridgeline", email: "rae@ridgeline.example", admin: true},
		{first: "Ann", last: "Archer", email: "ann@ridgeline.example", profile: 1, role: 1},
		{first: "Ben", last: "Brooks", email: "ben@ridgeline.example", profile: 1, role: 1},
		{first: "Cora", last: "Diaz", email: "cora@ridgeline.example", profile: 1, role: 1},
	})
	other := &org{
		index: 1, base: otherBase, zgid: "61000429", name: "Other Company", domain: "org61000429",
		zone: "Europe/Berlin", country: "DE", currency: "EUR",
	}
	other.staff([]user{{first: "Otto", last: "Other", email: "otto@other.example", admin: true}})
	orgs := []*org{ridgeline, other}
	for _, o := range orgs {
		place, err := time.LoadLocation(o.zone)
		if err != nil {
			return nil, fmt.Errorf("zohosim: %w", err)
		}
		o.place = place
		for _, u := range o.users {
			u.place = place
		}
		if err := o.addStandardModules(names); err != nil {
			return nil, err
		}
		o.lastID, o.work = o.base+recordsFrom, &workingTime{}
		o.jobs = map[int64]*bulkJob{}
	}
	return orgs, nil
}

// staff gives the organization its profiles, roles and users.
func (o *org) staff(users []user) {
	o.profiles = []named{{formatID(o.base + 26_011), "Administrator"}, {formatID(o.base + 26_014), "Standard"}}
	o.roles = []named{{formatID(o.base + 26_005), "CEO"}, {formatID(o.base + 26_008), "Sales Rep"}}
	for i, u := range users {
		u.org, u.id, u.zone, u.locale = o, o.base+usersFrom+int64(i), o.zone, "en_US"
		u.zuid = formatID(70_000_000 + int64(o.index)*1_000_000 + 411_000 + int64(i))
		o.users = append(o.users, &u)
	}
}

// addStandardModules builds the modules of an untouched Zoho.
func (o *org) addStandardModules(names *names) error {
	o.byAPI = map[string]*module{}
	next := o.base + metadataFrom
	ids := func() string {
		next++
		return formatID(next)
	}
	var plans []blueprint
	moduleIDs := map[string]string{}
	for _, s := range standardModules() {
		bp, err := blueprintOf(s, ids)
		if err != nil {
			return fmt.Errorf("zohosim: standard module %s: %w", s.api, err)
		}
		plans = append(plans, bp)
		moduleIDs[s.api] = text(bp.Module, "id")
	}
	for _, bp := range plans {
		o.finish(bp, moduleIDs)
		m, err := build(bp, names)
		if err != nil {
			return fmt.Errorf("zohosim: %w", err)
		}
		o.add(m)
	}
	return nil
}

// add puts a module in, in the place of one with the same name.
func (o *org) add(m *module) {
	if old := o.byAPI[m.api]; old != nil {
		o.modules[slices.Index(o.modules, old)] = m
	} else {
		o.modules = append(o.modules, m)
	}
	o.byAPI[m.api] = m
}

// finish fills in what a blueprint says of other things of the organization: profiles, the ids of modules that lookups point
// to, and the layouts in which a field stands.
func (o *org) finish(bp blueprint, moduleIDs map[string]string) {
	profiles := make([]any, len(o.profiles))
	grants := make([]any, len(o.profiles))
	for i, p := range o.profiles {
		profiles[i] = definition{"id": p.ID, "name": p.Name}
		grants[i] = definition{"id": p.ID, "name": p.Name, "permission_type": "read_write"}
	}
	setMissing(bp.Module, "profiles", profiles)
	for _, l := range bp.Layouts {
		setMissing(l, "profiles", profiles)
	}
	for _, f := range bp.Fields {
		if list, _ := f["profiles"].([]any); len(list) == 0 {
			f["profiles"] = grants
		}
		linkModule(object(object(f, "lookup"), "module"), moduleIDs)
		for _, m := range objects(object(f, "multi_module_lookup")["modules"]) {
			linkModule(m, moduleIDs)
		}
		f["layout_associations"] = associations(bp.Layouts, text(f, "api_name"))
	}
}

func setMissing(d definition, key string, value any) {
	if list, given := d[key].([]any); !given || len(list) == 0 {
		d[key] = value
	}
}

func linkModule(m definition, ids map[string]string) {
	if m == nil || text(m, "id") != "" {
		return
	}
	if id := ids[text(m, "api_name")]; id != "" {
		m["id"] = id
	}
}

// associations lists the layouts that have a field.
func associations(layouts []definition, api string) []any {
	out := []any{}
	for _, l := range layouts {
		for _, s := range objects(l["sections"]) {
			for _, f := range objects(s["fields"]) {
				if text(f, "api_name") == api {
					out = append(out, definition{"id": l["id"], "name": l["name"], "api_name": l["api_name"]})
				}
			}
		}
	}
	return out
}
