package zohosim

import "net/http"

// settingsRoutes lists the paths below /settings. Changes cost a credit, as reading does.
func settingsRoutes() []route {
	get := func(kind string, run func(*call) answer) *endpoint {
		return &endpoint{needs: always("ZohoCRM.settings." + kind + ".READ"), run: run}
	}
	change := func(scope, list string, most int, run func(*call) answer) *endpoint {
		return &endpoint{
			needs: always("ZohoCRM.settings." + scope), prepare: settingsBody(list, most), write: true, wrap: list, run: run,
		}
	}
	act := func(scope string, run func(*call) answer) *endpoint { // without a body
		return &endpoint{needs: always("ZohoCRM.settings." + scope), write: true, run: run}
	}
	const globals = "settings/global_picklists"
	return []route{
		{"settings/modules", map[string]*endpoint{
			http.MethodGet:  get("modules", (*call).listModules),
			http.MethodPost: change("modules.CREATE", "modules", modulesAtOnce, (*call).createModules),
			http.MethodPut:  change("modules.UPDATE", "modules", maxItems, (*call).updateModules),
		}},
		{"settings/modules/{name}", map[string]*endpoint{
			http.MethodGet: get("modules", (*call).oneModule),
			http.MethodPut: change("modules.UPDATE", "modules", 1, (*call).updateOneModule),
		}},
		{"settings/fields", map[string]*endpoint{
			http.MethodGet:   get("fields", (*call).listFields),
			http.MethodPost:  change("fields.CREATE", "fields", fieldsAtOnce, (*call).createFields),
			http.MethodPatch: change("fields.UPDATE", "fields", fieldsAtOnce, (*call).updateFields),
		}},
		{"settings/fields/{name}", map[string]*endpoint{
			http.MethodGet:    get("fields", (*call).oneField),
			http.MethodPatch:  change("fields.UPDATE", "fields", 1, (*call).updateOneField),
			http.MethodDelete: act("fields.DELETE", (*call).deleteField),
		}},
		{"settings/fields/{name}/pick_list_values", map[string]*endpoint{http.MethodGet: get("fields", (*call).fieldPicks)}},
		{"settings/layouts", map[string]*endpoint{
			http.MethodGet:   get("layouts", (*call).listLayouts),
			http.MethodPatch: change("layouts.UPDATE", "layouts", layoutsAtOnce, (*call).updateLayouts),
		}},
		{"settings/layouts/{name}", map[string]*endpoint{
			http.MethodGet:    get("layouts", (*call).oneLayout),
			http.MethodPatch:  change("layouts.UPDATE", "layouts", 1, (*call).updateOneLayout),
			http.MethodDelete: act("layouts.DELETE", (*call).deleteLayout),
		}},
		{"settings/layouts/{name}/actions/activate", map[string]*endpoint{
			http.MethodPost:   act("layouts.UPDATE", (*call).activateLayout),
			http.MethodDelete: act("layouts.UPDATE", (*call).deactivateLayout),
		}},
		{globals, map[string]*endpoint{
			http.MethodGet:    get("global_picklist", (*call).listGlobals),
			http.MethodPost:   change("global_picklist.CREATE", "global_picklists", globalsAtOnce, (*call).createGlobals),
			http.MethodPatch:  change("global_picklist.UPDATE", "global_picklists", globalsAtOnce, (*call).updateGlobals),
			http.MethodDelete: act("global_picklist.DELETE", (*call).deleteGlobals),
		}},
		{globals + "/{name}", map[string]*endpoint{
			http.MethodGet:    get("global_picklist", (*call).oneGlobal),
			http.MethodPatch:  change("global_picklist.UPDATE", "global_picklists", 1, (*call).updateOneGlobal),
			http.MethodDelete: act("global_picklist.DELETE", (*call).deleteOneGlobal),
		}},
		{globals + "/{name}/actions/replace_picklist_values", map[string]*endpoint{
			http.MethodPost: change("global_picklist.UPDATE", "replace_picklist_values", 1, (*call).replacePicks),
		}},
		{globals + "/{name}/actions/replaced_values", map[string]*endpoint{
			http.MethodGet: get("global_picklist", (*call).replacedValues),
		}},
		{globals + "/{name}/actions/associations", map[string]*endpoint{
			http.MethodGet: get("global_picklist", (*call).globalAssociations),
		}},
		{globals + "/{name}/actions/pick_list_values_associations", map[string]*endpoint{
			http.MethodGet: get("global_picklist", (*call).globalPickAssociations),
		}},
		{"settings/custom_views", map[string]*endpoint{
			http.MethodGet:    get("custom_views", (*call).listViews),
			http.MethodPost:   change("custom_views.CREATE", "custom_views", viewsAtOnce, (*call).createViews),
			http.MethodDelete: act("custom_views.DELETE", (*call).deleteViews),
		}},
		{"settings/custom_views/actions/change_sort", map[string]*endpoint{
			http.MethodPut: change("custom_views.UPDATE", "custom_views", viewsAtOnce, (*call).sortViews),
		}},
		{"settings/custom_views/{name}", map[string]*endpoint{
			http.MethodGet: get("custom_views", (*call).oneView),
			http.MethodPut: change("custom_views.UPDATE", "custom_views", 1, (*call).updateOneView),
		}},
		{"settings/custom_views/{name}/actions/change_sort", map[string]*endpoint{
			http.MethodPut: change("custom_views.UPDATE", "custom_views", 1, (*call).sortOneView),
		}},
		{"settings/related_lists", map[string]*endpoint{http.MethodGet: get("related_lists", (*call).listRelatedLists)}},
		{"settings/related_lists/{name}", map[string]*endpoint{http.MethodGet: get("related_lists", (*call).listRelatedLists)}},
		{"settings/roles", map[string]*endpoint{http.MethodGet: get("roles", (*call).listRoles)}},
		{"settings/roles/{name}", map[string]*endpoint{http.MethodGet: get("roles", (*call).listRoles)}},
		{"settings/profiles", map[string]*endpoint{http.MethodGet: get("profiles", (*call).listProfiles)}},
		{"settings/profiles/{name}", map[string]*endpoint{http.MethodGet: get("profiles", (*call).listProfiles)}},
	}
}
