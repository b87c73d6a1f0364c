package zohosim

import "net/http"

// getSetting, changeSetting and actOnSetting, which has no body, are what methods do below /settings. Changes cost a credit, as
// reading does.
func getSetting(kind string, run func(*call) answer) *endpoint {
	return &endpoint{needs: always("ZohoCRM.settings." + kind + ".READ"), run: run}
}

func changeSetting(scope, list string, most int, run func(*call) answer) *endpoint {
	return &endpoint{needs: always("ZohoCRM.settings." + scope), prepare: settingsBody(list, most), write: true, wrap: list, run: run}
}

func actOnSetting(scope string, run func(*call) answer) *endpoint {
	return &endpoint{needs: always("ZohoCRM.settings." + scope), write: true, run: run}
}

// schemaRoutes are modules, their fields and their layouts.
func schemaRoutes() []route {
	return []route{
		{"settings/modules", map[string]*endpoint{
			http.MethodGet:  getSetting("modules", (*call).listModules),
			http.MethodPost: changeSetting("modules.CREATE", "modules", modulesAtOnce, (*call).createModules),
			http.MethodPut:  changeSetting("modules.UPDATE", "modules", maxItems, (*call).updateModules),
		}},
		{"settings/modules/{name}", map[string]*endpoint{
			http.MethodGet: getSetting("modules", (*call).oneModule),
			http.MethodPut: changeSetting("modules.UPDATE", "modules", 1, (*call).updateOneModule),
		}},
		{"settings/fields", map[string]*endpoint{
			http.MethodGet:   getSetting("fields", (*call).listFields),
			http.MethodPost:  changeSetting("fields.CREATE", "fields", fieldsAtOnce, (*call).createFields),
			http.MethodPatch: changeSetting("fields.UPDATE", "fields", fieldsAtOnce, (*call).updateFields),
		}},
		{"settings/fields/{name}", map[string]*endpoint{
			http.MethodGet:    getSetting("fields", (*call).oneField),
			http.MethodPatch:  changeSetting("fields.UPDATE", "fields", 1, (*call).updateOneField),
			http.MethodDelete: actOnSetting("fields.DELETE", (*call).deleteField),
		}},
		{"settings/fields/{name}/pick_list_values", map[string]*endpoint{http.MethodGet: getSetting("fields", (*call).fieldPicks)}},
		{"settings/layouts", map[string]*endpoint{
			http.MethodGet:   getSetting("layouts", (*call).listLayouts),
			http.MethodPatch: changeSetting("layouts.UPDATE", "layouts", layoutsAtOnce, (*call).updateLayouts),
		}},
		{"settings/layouts/{name}", map[string]*endpoint{
			http.MethodGet:    getSetting("layouts", (*call).oneLayout),
			http.MethodPatch:  changeSetting("layouts.UPDATE", "layouts", 1, (*call).updateOneLayout),
			http.MethodDelete: actOnSetting("layouts.DELETE", (*call).deleteLayout),
		}},
		{"settings/layouts/{name}/actions/activate", map[string]*endpoint{
			http.MethodPost:   actOnSetting("layouts.UPDATE", (*call).activateLayout),
			http.MethodDelete: actOnSetting("layouts.UPDATE", (*call).deactivateLayout),
		}},
	}
}

// pickListRoutes are the global pick lists.
func pickListRoutes() []route {
	const globals = "settings/global_picklists"
	return []route{
		{globals, map[string]*endpoint{
			http.MethodGet:    getSetting("global_picklist", (*call).listGlobals),
			http.MethodPost:   changeSetting("global_picklist.CREATE", "global_picklists", globalsAtOnce, (*call).createGlobals),
			http.MethodPatch:  changeSetting("global_picklist.UPDATE", "global_picklists", globalsAtOnce, (*call).updateGlobals),
			http.MethodDelete: actOnSetting("global_picklist.DELETE", (*call).deleteGlobals),
		}},
		{globals + "/{name}", map[string]*endpoint{
			http.MethodGet:    getSetting("global_picklist", (*call).oneGlobal),
			http.MethodPatch:  changeSetting("global_picklist.UPDATE", "global_picklists", 1, (*call).updateOneGlobal),
			http.MethodDelete: actOnSetting("global_picklist.DELETE", (*call).deleteOneGlobal),
		}},
		{globals + "/{name}/actions/replace_picklist_values", map[string]*endpoint{
			http.MethodPost: changeSetting("global_picklist.UPDATE", "replace_picklist_values", 1, (*call).replacePicks),
		}},
		{globals + "/{name}/actions/replaced_values", map[string]*endpoint{
			http.MethodGet: getSetting("global_picklist", (*call).replacedValues),
		}},
		{globals + "/{name}/actions/associations", map[string]*endpoint{
			http.MethodGet: getSetting("global_picklist", (*call).globalAssociations),
		}},
		{globals + "/{name}/actions/pick_list_values_associations", map[string]*endpoint{
			http.MethodGet: getSetting("global_picklist", (*call).globalPickAssociations),
		}},
	}
}

// viewRoutes are custom views, related lists, roles and profiles.
func viewRoutes() []route {
	return []route{
		{"settings/custom_views", map[string]*endpoint{
			http.MethodGet:    getSetting("custom_views", (*call).listViews),
			http.MethodPost:   changeSetting("custom_views.CREATE", "custom_views", viewsAtOnce, (*call).createViews),
			http.MethodDelete: actOnSetting("custom_views.DELETE", (*call).deleteViews),
		}},
		{"settings/custom_views/actions/change_sort", map[string]*endpoint{
			http.MethodPut: changeSetting("custom_views.UPDATE", "custom_views", viewsAtOnce, (*call).sortViews),
		}},
		{"settings/custom_views/{name}", map[string]*endpoint{
			http.MethodGet: getSetting("custom_views", (*call).oneView),
			http.MethodPut: changeSetting("custom_views.UPDATE", "custom_views", 1, (*call).updateOneView),
		}},
		{"settings/custom_views/{name}/actions/change_sort", map[string]*endpoint{
			http.MethodPut: changeSetting("custom_views.UPDATE", "custom_views", 1, (*call).sortOneView),
		}},
		{"settings/related_lists", map[string]*endpoint{http.MethodGet: getSetting("related_lists", (*call).listRelatedLists)}},
		{"settings/related_lists/{name}", map[string]*endpoint{http.MethodGet: getSetting("related_lists", (*call).listRelatedLists)}},
		{"settings/roles", map[string]*endpoint{http.MethodGet: getSetting("roles", (*call).listRoles)}},
		{"settings/roles/{name}", map[string]*endpoint{http.MethodGet: getSetting("roles", (*call).listRoles)}},
		{"settings/profiles", map[string]*endpoint{http.MethodGet: getSetting("profiles", (*call).listProfiles)}},
		{"settings/profiles/{name}", map[string]*endpoint{http.MethodGet: getSetting("profiles", (*call).listProfiles)}},
	}
}
