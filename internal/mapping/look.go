package mapping

import (
	"context"
	"fmt"
	"slices"

	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/fault"
)

// Roles lists the roles that a module can have, in the guide's order.
func Roles() []crm.Role {
	return []crm.Role{crm.RoleLead, crm.RoleAppointment, crm.RoleRelatedRecord, crm.RoleContactUs}
}

// Discover looks at the modules as the CRM has them now and proposes a mapping; nothing is stored. It reads each module
// once, whatever its roles: schema and one page of samples. chosen is what people have mapped already. Samples are read
// to be weighed and then forgotten; where they cannot be read, names and types decide. questions are what visitors are asked besides. Fails with fault.Invalid for a
// module that is not there, otherwise as the reader does.
func Discover(ctx context.Context, r crm.SchemaReader, modules map[crm.Role]string, chosen map[crm.Role]map[string]string, questions ...catalog.Question) ([]Proposal, error) {
	if err := checkModules(modules); err != nil {
		return nil, err
	}
	seen := map[string]Scan{}
	var scans []Scan
	for _, role := range Roles() {
		module := modules[role]
		if module == "" {
			continue
		}
		s, done := seen[module]
		if !done {
			var err error
			if s, err = look(ctx, r, modules, role); err != nil {
				return nil, err
			}
			seen[module] = s
		}
		s.Role, s.Chosen = role, chosen[role]
		scans = append(scans, s)
	}
	out := Propose(scans, modules)
	for _, s := range scans {
		out = append(out, ProposeAnswers(s, questions, out)...)
	}
	return out, nil
}

// checkModules: the guide's first three modules are needed.
func checkModules(modules map[crm.Role]string) error {
	var wrong []fault.Field
	for _, role := range Roles() {
		if modules[role] == "" && role != crm.RoleContactUs {
			wrong = append(wrong, fault.Field{Path: "modules." + string(role), Message: "must name a module of the CRM."})
		}
	}
	return fault.OfFields(wrong)
}

// look reads the module that one role names, for all roles that name it.
func look(ctx context.Context, r crm.SchemaReader, modules map[crm.Role]string, first crm.Role) (Scan, error) {
	module := modules[first]
	schema, err := r.Schema(ctx, module)
	if p := crm.AsProblem(err); p != nil && (p.Class == crm.Unfit || p.Class == crm.Rejected) {
		return Scan{}, fault.OfField("modules."+string(first), fmt.Sprintf("names %s, which the CRM does not have or does not show us.", module)).Because(err)
	}
	if err != nil {
		return Scan{}, fmt.Errorf("read the schema of %s: %w", module, err)
	}
	s := Scan{Schema: schema}
	roles := slices.DeleteFunc(Roles(), func(role crm.Role) bool { return modules[role] != module })
	fields := SampleFields(schema, modules, roles...)
	if len(fields) == 0 {
		return s, nil
	}
	s.Samples, err = r.Newest(ctx, module, fields)
	switch p := crm.AsProblem(err); {
	case err == nil:
		return s, nil
	case p != nil && (p.Class == crm.ScopeMissing || p.Class == crm.Forbidden || p.Class == crm.Rejected || p.Class == crm.Unfit):
		s.Samples, s.Unread = nil, p.Words()
		return s, nil
	}
	return Scan{}, fmt.Errorf("read samples of %s: %w", module, err)
}
