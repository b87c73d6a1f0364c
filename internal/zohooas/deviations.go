package zohooas

import "slices"

// deviations is the one table of what is accepted. “crm-v8” is our reference of Zoho's pages, which outrank the files.
func deviations() []deviation {
	return slices.Concat(statuses(), refusalWords(), refusalDetails(), records(), metadata(), people(), channels(), requests(), ordered(), batches(),
		modulesAndFields(), layouts(), pickLists(), views(), queries(), conversions(), workingTime(), appointmentSettings(), appointments())
}

// Why, of what several files lack.
const (
	ofSet   = "crm-v8 §1 has global sets but not how a field names its own; nothing reads it"
	codes   = "crm-v8 §0, §4: codes of the whole API"
	details = "crm-v8 §0, §4: details say what is wrong and where; the file has those of its samples"
	mixed   = "crm-v8 §0: a mixed answer has both kinds of items, the file's refusals have one"
)

// statuses are those that the files leave out.
func statuses() []deviation {
	where := []string{"status"}
	return []deviation{
		{
			"demo", "", "", answering, where,
			[]string{"undeclared 403"},
			"crm-v8 §0: NO_PERMISSION is 403",
		},
		{
			"zohosim", "", "", answering, where,
			[]string{"undeclared 401", "undeclared 429", "undeclared 500", "undeclared 502", "undeclared 503"},
			"crm-v8 §0, §14: any call can get these; the files leave out what is common to all",
		},
		{
			"zohosim", "", "", answering, where,
			[]string{"undeclared 204"},
			"crm-v8 §0: no rows are 204 without a body",
		},
		{
			"zohosim", "", "", answering, where,
			[]string{"undeclared 400"},
			"crm-v8 §0, §4: refusals are 400; these files fold them into 200 or leave them out",
		},
		{
			"zohosim", "record.json", "", answering, where,
			[]string{"undeclared 201", "undeclared 202", "undeclared 207", "undeclared 304", "undeclared 412"},
			"crm-v8 §0, §4: 201 for inserts, 207 for mixed, 202 or 400 for all failed, 304 unchanged, 412 modified; the file knows 200 alone",
		},
	}
}

// refusalWords are codes and words of error envelopes.
func refusalWords() []deviation {
	return []deviation{
		{
			"zohosim", "", "", answering,
			[]string{"/code"},
			[]string{"enum TOO_MANY_REQUESTS", "enum RATE_LIMIT_EXCEEDED", "enum SERVICE_UNAVAILABLE", "enum INVALID_HOST"},
			"crm-v8 §0, §14: codes that any call can get",
		},
		{
			"zohosim", "", "", answering,
			[]string{"/code", "/data/[]/code"},
			[]string{"enum UNABLE_TO_PARSE_DATA_TYPE"},
			"crm-v8 §0: a body that cannot be read, bare or wrapped",
		},
		{
			"zohosim", "", "", answering,
			[]string{"/message", "/data/[]/message"},
			[]string{
				"enum invalid oauth scope to access this URL", "enum Unauthorized", "enum Internal Server Error", "enum required param is missing",
				"enum the module name given seems to be invalid",
			},
			"crm-v8 §0: in these words",
		},
		{
			"zohosim", "record.json", "", answering,
			[]string{"/code", "/data/[]/code"},
			[]string{
				"enum AMBIGUITY_DURING_PROCESSING", "enum DISCRETE_PAGINATION_LIMIT_EXCEEDED", "enum EXPIRED_VALUE", "enum PAGINATION_LIMIT_EXCEEDED",
				"enum TOKEN_BOUND_DATA_MISMATCH", "enum ALREADY_MODIFIED", "enum DEPENDENT_MISMATCH", "enum MULTIPLE_OR_MULTI_ERRORS",
			},
			"crm-v8 §2, §4: the newer tree has these codes",
		},
		{
			"zohosim", "record.json", "", answering,
			[]string{"/message", "/data/[]/message"},
			[]string{
				"enum Page token expired", "enum The page_token given seems to be invalid or input param is added or altered or deleted",
				"enum You can only get the first 2000 records without using page_token param",
				"enum You can only get upto 100000 records using page_token param", "enum invalid record id", "enum Multiple errors in the request",
				"enum the field api name given seems to be invalid",
			},
			"crm-v8 §2, §4: in these words",
		},
		{
			"zohosim", "", "", answering,
			[]string{"/message", "/data/[]/message"},
			[]string{
				"enum Service unavailable", "enum Too many requests", "enum either the request body or parameters is in wrong format", "enum limit exceeded",
				"enum the custom view given seems to be invalid", "enum the end is before the start", "enum the external field given seems to be invalid",
				"enum the field cannot be used to check for duplicates", "enum the field is read only", "enum the record does not fit the contact",
				"enum the record has been modified meanwhile", "enum the request is ambiguous",
				"enum the value does not match the pattern of the field", "enum the value given seems to be invalid",
				"enum upsert is not supported for this module",
			},
			"neither crm-v8 nor the files give the words for these refusals; nothing may depend on them",
		},
	}
}

// refusalDetails are what stands in their details, and the refusals of single operations.
func refusalDetails() []deviation {
	return []deviation{
		{
			"zohosim", "record.json", "", answering,
			append(prefixed("/details/", "ambiguity_due_to", "range"), prefixed("/data/[]/details/", "dependee", "errors", "more_records")...),
			[]string{"undeclared"},
			"crm-v8 §0, §2, §4: these stand in details",
		},
		{
			"zohosim", "record.json", "", answering,
			[]string{"/details/supported_values", "/data/[]/details/supported_values"},
			[]string{"undeclared"},
			"crm-v8 §2, §4: the values of a parameter or a pick list",
		},
		{
			"zohosim", "record.json", "", answering,
			append(prefixed("/details/", "header", "value", "minimum_length"), "/data/[]/details/minimum_length"),
			[]string{"undeclared"},
			"crm-v8 is silent on what these refusals carry; nothing may depend on it",
		},
		{
			"zohosim", "record.json", "", answering,
			[]string{"/data/[]/details/duplicate_record/Owner/zuid"},
			[]string{"undeclared"},
			"crm-v8 §4: the owner of a duplicate has a zuid",
		},
		{
			"zohosim", "record.json", "", answering,
			[]string{"/details/maximum_length", "/data/[]/details/maximum_length"},
			[]string{"type"},
			"crm-v8 §4: a number",
		},
		{
			"zohosim", "record.json", "GET /crm/v8/{module_api_name}/deleted", answering,
			[]string{"/data/[]/code", "/data/[]/details", "/data/[]/message", "/data/[]/status"},
			[]string{"undeclared"},
			"crm-v8 §5: errors come wrapped in data",
		},
		{
			"zohosim", "cancel_meetings.json", "", answering,
			[]string{"/data/[]/code", "/data/[]/details/reason"},
			[]string{"enum NOT_ALLOWED", "undeclared"},
			"crm-v8 §13: NOT_ALLOWED with a reason; the file has INVALID_DATA alone",
		},
		{
			"zohosim", "coql.json", "", answering,
			[]string{"/code"},
			[]string{"enum INVALID_DATA", "enum INVALID_MODULE", "enum MANDATORY_NOT_FOUND"},
			"crm-v8 §6: codes of COQL",
		},
		{
			"zohosim", "module_search.json", "", answering,
			[]string{"/code", "/details/limit", "/message"},
			[]string{"enum INVALID_DATA", "enum 2000", "enum no of criterium that can be given exceed the limit 10"},
			"crm-v8 §3: parameters are refused as everywhere, the limit is a number, and ten conditions are the most",
		},
		{
			"zohosim", "", "", answering,
			[]string{"/details/resource_path_index", "/details/param_name", "/details/supported_values"},
			[]string{"undeclared"},
			"crm-v8 §0: details of INVALID_MODULE, of a missing and of a wrong parameter; each file has its own idea",
		},
		{
			"zohosim", "", "", answering,
			[]string{"/details/api_name", "/details/json_path", "/details/param"},
			[]string{"required"},
			"crm-v8 §0: the details of INVALID_MODULE and of a missing parameter are resource_path_index and param_name",
		},
		{
			"zohosim", "layouts.json", "GET /crm/v8/settings/layouts/{id}", answering,
			[]string{"/code"},
			[]string{"enum INVALID_DATA"},
			"crm-v8 §0: a wrong id is INVALID_DATA; the file names errors of writing only",
		},
	}
}

// records are the answers about records.
func records() []deviation {
	return []deviation{
		{
			"zohosim", "", "", answering,
			[]string{"/info/next_page_token", "/info/page_token_expiry", "/info/previous_page_token"},
			[]string{"null"},
			"crm-v8 §2: null where there is no further page",
		},
		{
			"zohosim", "record.json", "", answering,
			[]string{"/data/[]/created_by", "/data/[]/deleted_by", "/data/[]/display_name"},
			[]string{"null"},
			"crm-v8 §5: permanently deleted rows carry nulls",
		},
		{
			"zohosim", "record.json", "POST /crm/v8/{module_api_name}/upsert", answering,
			[]string{"/data/[]/duplicate_field"},
			[]string{"null"},
			"crm-v8 §4: null for an insert",
		},
		{
			"zohosim", "record.json", "", answering,
			prefixed("/data/[]/Tag/[]/", "created_by", "created_time", "modified_by", "modified_time"),
			[]string{"required"},
			"crm-v8 §12: a tag in a record is its name and id; the file means the settings of tags",
		},
		{
			"zohosim", "coql.json", "", answering,
			[]string{"/data/[]/Created_By/name"},
			[]string{"required"},
			"crm-v8 §6: a lookup in COQL is its id",
		},
	}
}

// metadata are modules, fields, layouts and related lists. The files' required flags are wrong by their own README, and
// hardly any member is marked as nullable.
func metadata() []deviation {
	const unlisted = "crm-v8 §1 does not list it among the keys that matter, and the files' required flags are not to be trusted"
	const null = "crm-v8 is silent; Zoho's sample of fields in Deluge's help has null for what is absent, the files call little nullable"
	absent := []string{
		"_update_existing_records", "additional_column", "allowed_modules", "association_details", "autonumber", "common.picklist", "created_time",
		"email_parser", "file_upolad_optionlist", "modified_time", "multiuserlookup/api_name", "multiuserlookup/connected_module",
		"multiuserlookup/connectedfield_apiname", "multiuserlookup/connectedlookup_apiname", "multiuserlookup/display_label", "multiuserlookup/id",
		"multiuserlookup/linking_module", "multiuserlookup/lookup_apiname", "multiuserlookup/record_access", "number_separator", "rollup_summary",
		"sharing_properties", "static_field", "sub_module", "textarea",
	}
	nothing := []string{
		"associated_module", "convert_mapping", "crypt", "external", "hipaa_compliance", "history_tracking", "private", "quick_sequence_number",
		"refer_from_field", "tooltip",
	}
	return []deviation{
		{"zohosim", "fields.json", "", answering, prefixed("/fields/[]/", absent...), []string{"required"}, unlisted},
		{"zohosim", "fields.json", "", answering, prefixed("/fields/[]/", append(nothing, "default_value")...), []string{"null"}, null},
		{"zohosim", "layouts.json", "", answering, prefixed("/layouts/[]/sections/[]/fields/[]/", append(absent, "_delete", "static_values")...), []string{"required"}, unlisted},
		{"zohosim", "layouts.json", "", answering, prefixed("/layouts/[]/sections/[]/fields/[]/", nothing...), []string{"null"}, null},
		{
			"zohosim", "layouts.json", "", answering,
			prefixed("/layouts/[]/", "profiles/[]/_default_view", "profiles/[]/default", "sections/[]/_delete", "subform_properties"),
			[]string{"required"},
			unlisted,
		},
		{"zohosim", "layouts.json", "", answering, prefixed("/layouts/[]/", "convert_mapping", "created_by", "created_for", "modified_by", "sections/[]/properties"), []string{"null"}, null},
		{"zohosim", "layouts.json", "", answering, []string{"/layouts/[]/sections/[]/tab_traversal"}, []string{"type"}, "crm-v8 is silent; a number in the simulator, text in the file; nothing reads it"},
		{
			"zohosim", "modules.json", "", answering, prefixed("/modules/[]/", "$field_states", "$on_demand_properties", "$properties", "business_card_fields",
				"chart_view", "common.search_supported", "custom_view", "default_mapping_fields", "fields", "filter_status", "kanban_view", "layout_associations",
				"layouts", "lookup_field_properties", "per_page", "related_list_properties", "related_lists", "search_layout_fields", "zia_view"), []string{"required"}, unlisted,
		},
		{"zohosim", "modules.json", "", answering, []string{"/modules/[]/display_field"}, []string{"required"}, "a module without records has no field to show"},
		{"zohosim", "modules.json", "", answering, []string{"/modules/[]/modified_by"}, []string{"null"}, null},
		{
			"zohosim", "modules.json", "", answering,
			[]string{"/modules/[]/access_type", "/modules/[]/global_search_supported", "/modules/[]/activity_badge"},
			[]string{"undeclared", "enum Not_Supported"},
			"crm-v8 is silent and Zoho's page was not at hand; nothing reads it",
		},
		{"zohosim", "related_lists.json", "", answering, prefixed("/related_lists/[]/", "connectedmodule", "linkingmodule", "sort_by"), []string{"null"}, null},
		{"zohosim", "related_lists.json", "", answering, []string{"/related_lists/[]/visible"}, []string{"required"}, unlisted},
		{"zohosim", "pick_list_values.json", "", answering, []string{"/pick_list_values/[]/layout_associations"}, []string{"required"}, unlisted},
	}
}

// people are users, roles, profiles and the organization.
func people() []deviation {
	const unlisted = "crm-v8 §9 does not list it, and the files' required flags are not to be trusted"
	const null = "crm-v8 is silent; Zoho's sample of fields in Deluge's help has null for what is absent, the files call little nullable"
	return []deviation{
		{
			"zohosim", "users.json", "", answering, prefixed("/users/[]/", "date_format", "number_separator", "email"),
			[]string{"enum MM/dd/yyyy", "enum Comma", "pattern"},
			"the file made rules of the values of one sample",
		},
		{"zohosim", "users.json", "", answering, []string{"/users/[]/time_zone"}, []string{"type"}, "crm-v8 §9: text such as Asia/Kolkata, not an object"},
		{"zohosim", "users.json", "", answering, []string{"/users/[]/type__s"}, []string{"undeclared"}, "crm-v8 is silent and Zoho's page was not at hand; nothing reads it"},
		{"zohosim", "users.json", "", answering, []string{"/users/[]/Reporting_To"}, []string{"null"}, null},
		{"zohosim", "users.json", "GET /crm/v8/users/{user}", answering, []string{"/info"}, []string{"required"}, unlisted},
		{"zohosim", "roles.json", "", answering, prefixed("/roles/[]/", "forecast_manager", "reporting_to"), []string{"null"}, null},
		{"zohosim", "profiles.json", "", answering, []string{"/profiles/[]/description"}, []string{"null"}, null},
		{
			"zohosim", "profiles.json", "", answering,
			prefixed("/profiles/[]/", "created_by", "created_time", "modified_by", "modified_time", "permissions_details", "sections"),
			[]string{"required"},
			unlisted,
		},
		{"zohosim", "org.json", "", answering, prefixed("/org/[]/", "ezgid", "license_details/paid_expiry", "license_details/trial_action", "phone", "website", "zia_zgid"), []string{"null"}, null},
		{"zohosim", "org.json", "", answering, prefixed("/org/[]/", "call_icon", "checkin_preferences", "hierarchy_preferences"), []string{"required"}, unlisted},
		{"zohosim", "org.json", "", answering, []string{"/org/[]/type"}, []string{"enum production"}, "crm-v8 §9: in lower case"},
	}
}

// channels are the notifications. The file's only answer of several refusals is a 202, and none has both kinds of items.
func channels() []deviation {
	const file = "notifications.json"
	selection := func(members ...string) []string {
		return prefixed("/watch/[]/notification_condition/[]/field_selection/", members...)
	}
	return []deviation{
		{"zohosim", file, "", answering, []string{"status"}, []string{"undeclared 207"}, "crm-v8 §11: mixed is 207"},
		{
			"zohosim", file, "", answering,
			[]string{"/watch/[]/code", "/watch/[]/status"},
			[]string{"enum SUCCESS", "enum success"},
			"crm-v8 §11: a mixed answer has both kinds of items",
		},
		{
			"zohooas", file, "DELETE /crm/v8/actions/watch", answering,
			[]string{"/watch/[]/code", "/watch/[]/message", "/watch/[]/status"},
			[]string{"enum NOT_SUBSCRIBED", "enum Not subscribed for actions-watch of the given channel", "enum error"},
			"crm-v8 §11: a mixed answer has both kinds of items",
		},
		{
			"zohosim", file, "", answering,
			[]string{"/watch", "/code", "/details", "/message", "/status"},
			[]string{"undeclared", "required"},
			"crm-v8 §11: all refused is 400 with the items in watch; the file has 400 bare and 202 wrapped",
		},
		{
			"zohosim", file, "", answering,
			[]string{"/code", "/watch/[]/code"},
			[]string{
				"enum INVALID_MODULE", "enum INVALID_DATA", "enum AMBIGUITY_DURING_PROCESSING", "enum DEPENDENT_FIELD_MISSING", "enum DUPLICATE_DATA",
				"enum EXPECTED_FIELD_MISSING", "enum LIMIT_EXCEEDED",
			},
			"crm-v8 §0, §4: codes of the whole API; §11 names none of channels but NOT_SUBSCRIBED",
		},
		{
			"zohosim", file, "", answering,
			append(prefixed("/details/", "range", "api_name", "json_path", "minimum_length"), prefixed("/watch/[]/details/", "maximum_length", "minimum_length")...),
			[]string{"undeclared"},
			"crm-v8 §0, §4: details say what is wrong and where",
		},
		{"zohosim", file, "", answering, []string{"/details/maximum_length"}, []string{"type"}, "crm-v8 §4: a number"},
		{
			"zohosim", file, "", answering,
			[]string{"/details/param_name", "/watch/[]/details/api_name"},
			[]string{"required"},
			"crm-v8 §0: details differ by what is wrong",
		},
		{
			"zohosim", file, "", answering, prefixed("/watch/[]/details/events/[]/", "notification_condition", "channel_expiry"),
			[]string{"required"},
			"crm-v8 §11: an event without conditions shows none, and a removed one has no expiry",
		},
		{"zohosim", file, "", answering, []string{"/watch/[]/channel_id"}, []string{"type"}, "crm-v8 §11: text in answers, not an object"},
		{"zoho", file, "", asking, []string{"/watch/[]/channel_id"}, []string{"type"}, "crm-v8 §11: a number or its text, not an object"},
		{"zoho", file, "", asking, []string{"/watch/[]/notify_url"}, []string{"pattern"}, "the file made a rule of the address in one sample"},
		{"zohosim", file, "", answering, []string{"/watch/[]/notify_url"}, []string{"pattern"}, "the file made a rule of the address in one sample"},
		{"zohosim", file, "", answering, []string{"/watch/[]/notification_condition"}, []string{"null"}, "crm-v8 is silent; null where a channel has none"},
		{
			"zohosim", file, "", answering,
			selection("comparator", "field", "value", "group", "group_operator", "group/[]/comparator", "group/[]/field", "group/[]/value",
				"group/[]/group/[]/comparator", "group/[]/group/[]/value"),
			[]string{"required"},
			"crm-v8 §11: a selection has a field or a group; the file means criteria of every kind",
		},
		{"zohosim", file, "", answering, selection("group/[]/group", "group/[]/group/[]/group"), []string{"null"}, "crm-v8 is silent; the simulator shows null for the group of a field"},
	}
}

// requests are what our client asks.
func requests() []deviation {
	return []deviation{
		{
			"zoho", "record.json", "POST /crm/v8/{module_api_name}", asking,
			[]string{"/apply_feature_execution", "/skip_feature_execution"},
			[]string{"undeclared"},
			"crm-v8 §4: both; the file is older",
		},
		{
			"zoho", "users.json", "GET /crm/v8/users", asking,
			[]string{"query type"},
			[]string{"enum AllUsers"},
			"crm-v8 §9: AllUsers is a type; the file lists six of them",
		},
		{
			"zohooas", "record.json", "POST /crm/v8/{module_api_name}", asking,
			prefixed("/data/[]/Tag/[]/", "color_code", "created_by", "created_time", "id", "modified_by", "modified_time"),
			[]string{"required"},
			"crm-v8 §12: a tag is given by its name",
		},
	}
}

// ordered are answers that tests order from the simulator as faults: no claim about Zoho.
func ordered() []deviation {
	return []deviation{
		{"zohosim", "org.json", "GET /crm/v8/org", answering, []string{"/code"}, []string{"enum SLOW_DOWN", "enum TEXT"}, "a test orders this code"},
		{"zohosim", "", "", answering, []string{"type"}, []string{"undeclared text/html;charset=UTF-8"}, "Zoho's edge answers in HTML when it is down (crm-v8 §0)"},
	}
}

// prefixed puts a place before each name.
func prefixed(place string, names ...string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = place + n
	}
	return out
}
