package zohooas

// batches are statuses and operations that more than one file lacks.
func batches() []deviation {
	return []deviation{
		{"zohosim", "", "", answering, []string{"status"}, []string{"undeclared 202"}, "crm-v8 §0, §4: 202 where all failed, by a switch"},
		{"zohosim", "", "", answering, []string{"status"}, []string{"undeclared 404"}, "crm-v8 §0: INVALID_URL_PATTERN is 404"},
		{"zohosim", "", "", answering, []string{"status"}, []string{"undeclared 207"}, "crm-v8 §0: mixed is 207"},
		{
			"zohosim", "", "DELETE /crm/v8/settings/custom_views", answering,
			[]string{"operation"},
			[]string{"undeclared"},
			"the file knows only how views are read and sorted; crm-v8 is silent on views",
		},
		{
			"zohosim", "", "POST /crm/v8/Leads/bulk/search", answering,
			[]string{"operation"},
			[]string{"undeclared"},
			"crm-v8 §3: only the newer tree has it; a switch, off by default",
		},
		{
			"zohosim", "", "POST /crm/v8/settings/custom_views", answering,
			[]string{"operation"},
			[]string{"undeclared"},
			"the file knows only how views are read and sorted; crm-v8 is silent on views",
		},
		{
			"zohosim", "", "PUT /crm/v8/settings/custom_views/{id}", answering,
			[]string{"operation"},
			[]string{"undeclared"},
			"the file knows only how views are read and sorted; crm-v8 is silent on views",
		},
	}
}

// modulesAndFields are what administrators change of modules and their fields.
func modulesAndFields() []deviation {
	return []deviation{
		{
			"zohosim", "modules.json", "", answering,
			[]string{"/code", "/modules/[]/code"},
			[]string{
				"enum INVALID_DATA", "enum MANDATORY_NOT_FOUND", "enum DEPENDENT_FIELD_MISSING", "enum DUPLICATE_DATA",
				"enum RESERVED_KEYWORD_NOT_ALLOWED", "enum INVALID_MODULE", "enum MINIMUM_DATA_NOT_FOUND", "enum NOT_ALLOWED",
			},
			codes,
		},
		{"zohosim", "modules.json", "", answering, []string{"/details/resource_path_index"}, []string{"required"}, details},
		{
			"zohosim", "modules.json", "", answering,
			[]string{
				"/details/api_name", "/details/expected_data_type", "/details/json_path", "/details/maximum_length",
				"/details/minimum_length", "/modules/[]/details/supported_values",
			},
			[]string{"undeclared"},
			details,
		},
		{
			"zohosim", "fields.json", "", answering,
			[]string{"/code", "/fields/[]/code"},
			[]string{"enum NOT_ALLOWED", "enum DUPLICATE_DATA", "enum NOT_SUPPORTED"},
			codes,
		},
		{"zohosim", "fields.json", "", answering, []string{"/fields/[]/details/id"}, []string{"required"}, details},
		{
			"zohosim", "fields.json", "", answering,
			prefixed("/fields/[]/details/", "api_name", "json_path", "range", "regex", "supported_values"),
			[]string{"undeclared"},
			details,
		},
		{"zohosim", "fields.json", "", answering, []string{"/fields/[]/status"}, []string{"enum error"}, mixed},
		{
			"zohosim", "fields.json", "", answering,
			[]string{"/fields"},
			[]string{"required"},
			"crm-v8 §0: some refusals of a whole request come bare, and some wrapped",
		},
		{
			"zohosim", "fields.json", "", answering,
			[]string{"/code", "/details", "/message", "/status"},
			[]string{"undeclared"},
			"crm-v8 §0: some refusals of a whole request come bare, and some wrapped",
		},
		{
			"zohosim", "fields.json", "", answering,
			[]string{"/fields/[]/global_picklist"},
			[]string{"undeclared"},
			ofSet,
		},
	}
}

// layouts are those of modules.
func layouts() []deviation {
	return []deviation{
		{
			"zohosim", "layouts.json", "", answering,
			[]string{"/layouts/[]/sections/[]/fields/[]/global_picklist"},
			[]string{"undeclared"},
			ofSet,
		},
		{
			"zohosim", "layouts.json", "", answering,
			[]string{"/message", "/layouts/[]/message"},
			[]string{
				"enum One of the expected parameter is missing", "enum Transfer To Layout Id is Invalid",
				"enum Cannot transfer to the deactivated layout", "enum No layout found with given id",
				"enum At least one profile needed", "enum System keyword not allowed in layout label",
				"enum section id or api_name is missing", "enum section with system mandatory fields cannot be deleted",
				"enum should contain either id or display_label", "enum should contain either id or field_label",
				"enum system defined field cannot be deleted", "enum system mandatory field cannot be removed",
				"enum the id given seems to be invalid", "enum required field not found",
			},
			"crm-v8 is silent; the file has the words of blueprints (“record not in process”), not of layouts; nothing may depend on them",
		},
		{
			"zohosim", "layouts.json", "", answering,
			[]string{"/layouts/[]/code"},
			[]string{"enum DEPENDENT_FIELD_MISSING", "enum EXPECTED_FIELD_MISSING", "enum MINIMUM_DATA_NOT_FOUND", "enum MANDATORY_NOT_FOUND"},
			codes,
		},
		{
			"zohosim", "layouts.json", "", answering,
			[]string{
				"/details/expected_data_type", "/details/info_message", "/details/message", "/details/parent_api_name",
				"/details/supported_values", "/layouts/[]/details/api_name", "/layouts/[]/details/expected_data_type",
				"/layouts/[]/details/info_message", "/layouts/[]/details/json_path", "/layouts/[]/details/message",
				"/layouts/[]/details/parent_api_name", "/layouts/[]/details/supported_values",
			},
			[]string{"required"},
			details,
		},
		{
			"zohosim", "layouts.json", "", answering,
			[]string{"/layouts/[]/details/dependee", "/layouts/[]/details/expected_fields"},
			[]string{"undeclared"},
			details,
		},
		{
			"zohosim", "layouts.json", "", answering,
			[]string{"/code"},
			[]string{"enum INVALID_MODULE"},
			"crm-v8 §1: INVALID_MODULE on the page, InvalidModule in the file",
		},
	}
}

// pickLists are the global ones.
func pickLists() []deviation {
	return []deviation{
		{
			"zohosim", "global_picklists.json", "", answering,
			[]string{"/global_picklists/[]/used_in_modules"},
			[]string{"undeclared"},
			"Zoho's page on global pick lists has it, where include asks",
		},
		{
			"zohosim", "global_picklists.json", "", answering,
			[]string{"/global_picklists/[]/pick_list_values"},
			[]string{"required"},
			"Zoho's page on global pick lists: values come in lists where include asks; the files' required flags are not to be trusted",
		},
		{
			"zohosim", "global_picklists.json", "", answering,
			[]string{"/global_picklists/[]/associated_fields_count"},
			[]string{"undeclared"},
			"crm-v8 is silent and Zoho's page was not at hand; nothing reads it",
		},
		{
			"zohosim", "global_picklists.json", "", answering,
			[]string{"/global_picklists/[]/code", "/code"},
			[]string{"enum NOT_ALLOWED", "enum INVALID_DATA", "enum REQUIRED_PARAM_MISSING", "enum DUPLICATE_DATA", "enum LIMIT_EXCEEDED"},
			codes,
		},
		{"zohosim", "global_picklists.json", "", answering, []string{"/details/expected_data_type"}, []string{"required"}, details},
		{"zohosim", "global_picklists.json", "", answering, []string{"/global_picklists/[]/details/maximum_length"}, []string{"undeclared"}, details},
		{"zohosim", "global_picklists.json", "", answering, []string{"/global_picklists/[]/status"}, []string{"enum error"}, mixed},
		{
			"zohosim", "global_picklists.json", "", answering,
			[]string{"/global_picklists/[]/pick_list_values/[]/colour_code", "/global_picklists/[]/pick_list_values/[]/reference_value"},
			[]string{"undeclared"},
			"crm-v8 §1: a value of a pick list has these",
		},
	}
}

// views are custom views, and relations between records.
func views() []deviation {
	return []deviation{
		{
			"zohosim", "custom_views.json", "", answering,
			prefixed("/custom_views/[]/criteria/", "field/id", "group", "group_operator"),
			[]string{"required"},
			"a criterion has a field or a group, never both; the files' required flags are not to be trusted",
		},
		{
			"zohosim", "custom_views.json", "", answering,
			[]string{"/custom_views/[]/criteria/value"},
			[]string{"type"},
			"a criterion's value is text, number or list; the file calls it an object",
		},
		{
			"zohosim", "custom_views.json", "", answering,
			prefixed("/info/", "count", "default", "more_records", "page", "per_page"),
			[]string{"required"},
			"a single view has no pages; the files' required flags are not to be trusted",
		},
		{
			"zohosim", "custom_views.json", "", answering,
			prefixed("/custom_views/[]/", "criteria", "favorite", "fields", "module", "offline", "shared_to", "sort_by", "sort_order"),
			[]string{"required"},
			"crm-v8 is silent; a list of views is a summary here, one view is whole; the files' required flags are not to be trusted",
		},
		{
			"zohosim", "custom_views.json", "", answering,
			prefixed("/custom_views/[]/", "created_by", "criteria", "modified_by", "sort_by"),
			[]string{"null"},
			"crm-v8 is silent; null for what is absent, the files call little nullable",
		},
		{
			"zohosim", "custom_views.json", "", answering,
			[]string{"/custom_views/[]/details/supported_values"},
			[]string{"undeclared"},
			"crm-v8 §0, §4: details say what is wrong and where",
		},
		{
			"zohosim", "custom_views.json", "", answering,
			[]string{"/custom_views/[]/module/name"},
			[]string{"required"},
			"crm-v8 §0: modules go by API names; the file takes them for users, who have a name",
		},
		{
			"zohosim", "custom_views.json", "", answering,
			[]string{"/custom_views/[]/module/api_name"},
			[]string{"undeclared"},
			"crm-v8 §0: modules go by API names; the file takes them for users, who have a name",
		},
		{"zohosim", "related_lists.json", "", answering, []string{"/code"}, []string{"enum INVALID_DATA"}, codes},
		{
			"zohosim", "related_records.json", "", answering,
			[]string{"/data/[]/code"},
			[]string{"enum PATTERN_NOT_MATCHED", "enum MANDATORY_NOT_FOUND"},
			codes,
		},
		{"zohosim", "related_records.json", "", answering, []string{"/data/[]/details/api_name"}, []string{"undeclared"}, details},
		{
			"zohosim", "related_records.json", "", answering,
			[]string{"/data/[]/message", "/message"},
			[]string{"enum record deleted", "enum Limit Exceeded, You cannot give more than 100 record ids", "enum required field not found"},
			"crm-v8 §4: words of records and of batches; the file has those of relations only",
		},
	}
}
