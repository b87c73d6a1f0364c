package zohooas

// queries are searches, COQL, bulk reads and composites.
func queries() []deviation {
	return []deviation{
		{"zohosim", "module_search.json", "", answering, []string{"/code"}, []string{"enum NOT_SUPPORTED"}, "crm-v8 §3: a code of searches"},
		{
			"zohosim", "coql.json", "", answering,
			[]string{"/details/clause"},
			[]string{"required"},
			"crm-v8 §0, §4: details say what is wrong and where; the file has those of its samples",
		},
		{
			"zohosim", "coql.json", "", answering,
			[]string{"/message"},
			[]string{"enum operator not supported"},
			"crm-v8 §6: SYNTAX_ERROR names the operator; the words are nowhere",
		},
		{"zohosim", "coql.json", "", answering, []string{"/fields"}, []string{"undeclared"}, "crm-v8 §6: include_meta"},
		{
			"zoho", "bulk_read.json", "POST /crm/bulk/v8/read", asking,
			prefixed("/query/criteria/", "group/[]/group/[]/value", "group/[]/value", "value"),
			[]string{"type"},
			"crm-v8 §10: a criterion's value is text; the file calls it an object",
		},
		{
			"zoho", "bulk_read.json", "POST /crm/bulk/v8/read", asking,
			prefixed("/query/",
				"criteria/field/id", "criteria/group/[]/field/id", "criteria/group/[]/group/[]/field/id", "criteria/group/[]/group/[]/type",
				"criteria/group/[]/type", "criteria/type", "criteria", "cvid", "fields", "file_type", "module/id", "page",
			),
			[]string{"required"},
			"crm-v8 §10: module and what narrows it are enough; the files' required flags are not to be trusted",
		},
		{
			"zohosim", "bulk_read.json", "", answering,
			[]string{"/data/[]/query/criteria/group/[]/group_operator"},
			[]string{"enum AND"},
			"crm-v8 is silent; criteria are repeated as they were asked for",
		},
		{
			"zohosim", "bulk_read.json", "", answering,
			[]string{"/code", "/data/[]/code"},
			[]string{"enum AMBIGUITY_DURING_PROCESSING", "enum TOKEN_BOUND_DATA_MISMATCH", "enum INVALID_CALLBACK_URL"},
			"crm-v8 §0, §2: codes of page tokens and of keys that exclude each other; a refusal may come wrapped in data",
		},
		{
			"zohosim", "bulk_read.json", "", answering,
			prefixed("/data/[]/query/criteria/", "group/[]/group/[]/value", "group/[]/value", "value"),
			[]string{"type"},
			"crm-v8 §10: a criterion's value is text; the file calls it an object",
		},
		{
			"zohosim", "bulk_read.json", "", answering,
			[]string{"/data/[]/result"},
			[]string{"required"},
			"crm-v8 §10: a job that has not completed has no result",
		},
		{"zohosim", "bulk_read.json", "", answering, []string{"/data/[]/file_type"}, []string{"enum ics"}, "crm-v8 §10: events also come as ics"},
		{"zohosim", "bulk_read.json", "", answering, []string{"/data/[]/state"}, []string{"enum QUEUED"}, "crm-v8 §10: the pages have QUEUED too"},
		{
			"zohosim", "bulk_read.json", "", answering,
			prefixed("/data/[]/query/",
				"criteria/field/id", "criteria/group/[]/field/id", "criteria/group/[]/group/[]/field/id",
				"criteria/group/[]/group/[]/type", "criteria/group/[]/type", "criteria/type", "criteria", "fields", "file_type", "page",
			),
			[]string{"required"},
			"crm-v8 §10: the query is repeated as it was asked for; the files' required flags are not to be trusted",
		},
		{
			"zohosim", "bulk_read.json", "", answering,
			[]string{"/data/[]/result/next_page_token"},
			[]string{"null"},
			"crm-v8 §2, §10: null where there is no further page",
		},
		{
			"zohosim", "composite_requests.json", "", answering,
			[]string{"/__composite_requests/[]/code", "/__composite_requests/[]/status"},
			[]string{"enum SUCCESS", "enum success"},
			"crm-v8 §0: a mixed answer has both kinds of items, the file's refusals have one",
		},
	}
}

// conversions are those of leads.
func conversions() []deviation {
	return []deviation{
		{
			"zohosim", "conversion_option.json", "", answering,
			prefixed("/__conversion_options/preference_field_matched_value/",
				"Accounts/[]/field/field_label", "Accounts/[]/field/unique", "Contacts/[]/field/field_label",
				"Contacts/[]/field/unique",
			),
			[]string{"undeclared"},
			"crm-v8 §8 is silent on the fields of a preview; nothing reads it",
		},
		{
			"zohosim", "conversion_option.json", "", answering,
			prefixed("/__conversion_options/",
				"Accounts", "Deals", "module_preference", "modules_with_multiple_layouts", "preference_field_matched_value/Accounts",
				"preference_field_matched_value/Deals",
			),
			[]string{"null"},
			"crm-v8 §8 is silent on what is not there; the file describes modules with all their members",
		},
		{
			"zohosim", "convert_lead.json", "", answering,
			[]string{"/data/[]/code"},
			[]string{"enum DUPLICATE_DATA", "enum MULTIPLE_OR_MULTI_ERRORS"},
			"crm-v8 §4, §8: codes of conversions and of several errors",
		},
		{
			"zohosim", "convert_lead.json", "", answering,
			[]string{"/data/[]/details/api_name", "/data/[]/details/json_path"},
			[]string{"required"},
			"crm-v8 §4: DUPLICATE_DATA names the record that is there, MULTIPLE_OR_MULTI_ERRORS each error; the details of each refusal are its own",
		},
		{
			"zohosim", "convert_lead.json", "", answering,
			prefixed("/data/[]/details/", "duplicate_record", "errors", "id", "more_records"),
			[]string{"undeclared"},
			"crm-v8 §4: DUPLICATE_DATA names the record that is there, MULTIPLE_OR_MULTI_ERRORS each error; the details of each refusal are its own",
		},
		{
			"zohosim", "convert_lead.json", "", answering,
			[]string{"/data/[]/message"},
			[]string{"enum Multiple errors in the request", "enum duplicate data", "enum the field api name given seems to be invalid"},
			"crm-v8 §4: in these words",
		},
		{
			"zohosim", "convert_lead.json", "", answering,
			[]string{"/data/[]/details/Accounts", "/data/[]/details/Deals"},
			[]string{"null"},
			"crm-v8 §8: null for what a conversion does not make",
		},
	}
}

// workingTime are business hours, shifts, holidays and absences.
func workingTime() []deviation {
	const words = "crm-v8 §4: INVALID_DATA is “invalid data”, or says what of it; the file has the words of MANDATORY_NOT_FOUND"
	const edition = "crm-v8 §9: which editions have working time is unknown; switch working_time"
	const null = "crm-v8 is silent; null for what is absent, the files call little nullable"
	return []deviation{
		{
			"zohosim", "business_hours.json", "", answering,
			[]string{"/business_hours/details/expected_data_type", "/business_hours/details/regex", "/details/regex"},
			[]string{"required"},
			details,
		},
		{
			"zohosim", "business_hours.json", "", answering,
			[]string{"/business_hours/details/minimum_length", "/business_hours/details/supported_values"},
			[]string{"undeclared"},
			details,
		},
		{
			"zohosim", "business_hours.json", "", answering,
			[]string{"/business_hours/message", "/message"},
			[]string{"enum invalid data", "enum the id given seems to be invalid"},
			words,
		},
		{"zohosim", "shift_hours.json", "", answering, []string{"/shift_hours/[]/details/id"}, []string{"undeclared"}, details},
		{
			"zohosim", "shift_hours.json", "", answering,
			[]string{"/shift_hours/[]/code", "/shift_hours/[]/status"},
			[]string{"enum SUCCESS", "enum success"},
			mixed,
		},
		{
			"zohosim", "shift_hours.json", "", answering,
			prefixed("/shift_hours/[]/", "break_hours/[]/daily_timing/[]", "daily_timing/[]", "timezone"),
			[]string{"type"},
			"crm-v8 §9: times and zones are text, as in business hours; the file calls them objects, with a pattern of text",
		},
		{"zohosim", "shift_hours.json", "", answering, []string{"/code"}, []string{"enum NOT_SUPPORTED"}, edition},
		{"zohosim", "holidays.json", "", answering, []string{"/holidays/[]/shift_hour"}, []string{"null"}, null},
		{"zohosim", "holidays.json", "", answering, []string{"/holidays/[]/details/resource_path_index"}, []string{"required"}, details},
		{"zohosim", "holidays.json", "", answering, []string{"/details/minimum_length", "/holidays/[]/details/id"}, []string{"undeclared"}, details},
		{
			"zohosim", "holidays.json", "", answering,
			prefixed("/holidays/[]/", "code", "message", "status"),
			[]string{"enum SUCCESS", "enum Holidays created successfully", "enum success"},
			mixed,
		},
		{
			"zohosim", "holidays.json", "", answering,
			[]string{"/info"},
			[]string{"required"},
			"crm-v8 §9: paging is of lists; the files' required flags are not to be trusted",
		},
		{
			"zohosim", "holidays.json", "", answering,
			[]string{"/code", "/message"},
			[]string{"enum NOT_SUPPORTED", "enum The feature is not available in this edition"},
			edition,
		},
		{
			"zohosim", "users_unavailability.json", "", answering,
			prefixed("/users_unavailability/[]/", "service", "title", "tp_calendar_id", "tp_event_id"),
			[]string{"null"},
			null,
		},
		{"zohosim", "users_unavailability.json", "", answering, []string{"/users_unavailability/[]/message"}, []string{"enum invalid data"}, words},
		{
			"zohosim", "users_unavailability.json", "", answering,
			[]string{"/code", "/message"},
			[]string{"enum NOT_SUPPORTED", "enum The feature is not available in this edition"},
			edition,
		},
	}
}

// appointmentSettings are services and preferences of appointments.
func appointmentSettings() []deviation {
	return []deviation{
		{
			"zohosim", "appointment_preference.json", "", answering,
			prefixed("/appointment_preferences/",
				"deal_record_configuration/field_mappings", "deal_record_configuration/layout/api_name", "deal_record_configuration",
			),
			[]string{"required"},
			"crm-v8 is silent; preferences of deals are kept as they were written; the files' required flags are not to be trusted",
		},
		{
			"zohosim", "appointment_preference.json", "", answering,
			[]string{"/code"},
			[]string{"enum INVALID_REQUEST", "enum NOT_SUPPORTED"},
			"crm-v8 §13: an organization may lack the feature; the code for that is nowhere",
		},
		{
			"zohosim", "appointment_preference.json", "", answering,
			[]string{"/appointment_preferences/details/supported_values/[]"},
			[]string{"enum ask_appointment_provider_to_complete", "enum mark_as_complete"},
			"the file made a rule of the values in one sample",
		},
		{
			"zohosim", "appointment_preference.json", "PUT /crm/v8/settings/appointment_preferences", answering,
			[]string{"/code", "/details", "/message", "/status"},
			[]string{"undeclared"},
			"crm-v8 §0: some refusals of a whole request come bare, and some wrapped",
		},
		{"zohosim", "service_preference.json", "", answering, []string{"/service_preferences/details/expected_data_type"}, []string{"undeclared"}, details},
		{
			"zohosim", "services.json", "", answering,
			[]string{"/data/[]/message"},
			[]string{
				"enum Duration value should not be greater than 24hrs or less than 5mins",
				"enum More than 100 users cannot be associated", "enum To value must be Greater than From value",
				"enum the id given seems to be invalid",
			},
			"crm-v8 is silent on the words; nothing may depend on them",
		},
		{"zohosim", "services.json", "", answering, []string{"/data/[]/details/expected_data_type"}, []string{"required"}, details},
		{"zohosim", "services.json", "", answering, prefixed("/data/[]/details/", "dependee", "limit", "supported_values"), []string{"undeclared"}, details},
		{
			"zohosim", "services.json", "", answering,
			[]string{"/data/[]/code"},
			[]string{"enum DEPENDENT_MISMATCH", "enum LIMIT_EXCEEDED"},
			"crm-v8 §4: codes of records; the file has few of them",
		},
	}
}

// appointments are what appointments refuse and how their moves are listed.
func appointments() []deviation {
	return []deviation{
		{
			"zohosim", "record.json", "", answering,
			[]string{"/data/[]/message"},
			[]string{
				"enum Sorry, you cannot perform this operation as the record is locked.",
				"enum Appointment Owner is not a part of Service Members",
				"enum Appointment cannot be marked as completed before the appointment ends",
				"enum Appointment cannot be marked as overdue before the appointment ends",
				"enum Appointment cannot be scheduled for past dates", "enum Rescheduled_From cannot be empty",
				"enum To Update the fields of Cancellation Information Section, value of Status should be Cancelled",
				"enum the given module name is not exist in multimodulelookup",
				"enum A cancelled or completed appointment cannot be changed",
				"enum Reschedule the appointment atleast once to Update the fields of Reschedule Information Section",
				"enum Reschedule_From and Appointment_Start_Time cannot be same",
			},
			"crm-v8 §13 has the code and not the words; nothing may depend on them",
		},
		{
			"zohosim", "record.json", "", answering,
			[]string{"/data/[]/code"},
			[]string{"enum DEPENDENT_FIELD_UNCHANGED"},
			"crm-v8 §13: an appointment moved to the same start",
		},
		{
			"zohosim", "record.json", "", answering,
			[]string{"/data/[]/message"},
			[]string{"enum Appointment time does not falls under business hours", "enum Service is not available on the given time"},
			"crm-v8 §13: in these words",
		},
		{
			"zohosim", "record.json", "", answering,
			[]string{"/data/[]/details/action", "/data/[]/details/range"},
			[]string{"undeclared"},
			"crm-v8 §4: RECORD_LOCKED has the action, INVALID_DATA a range",
		},
		{
			"zohosim", "reschedule_history.json", "", answering,
			prefixed("/data/[]/",
				"$approval", "$approval_state", "$approved", "$canvas_id", "$currency_symbol", "$editable", "$in_merge",
				"$orchestration", "$process_flow", "$review", "$review_process", "$sharing_permission", "$state", "$zia_visions",
				"Appointment_Name", "Created_By", "Created_Time", "Modified_By", "Modified_Time", "Name", "Reschedule_Note",
				"Reschedule_Reason", "Rescheduled_By", "Rescheduled_From", "Rescheduled_Time", "Rescheduled_To",
			),
			[]string{"required"},
			"crm-v8 §2: a list has the fields that it was asked for",
		},
		{
			"zohosim", "reschedule_history.json", "", answering,
			prefixed("/info/", "call", "email", "sort_by", "sort_order"),
			[]string{"undeclared"},
			"crm-v8 §2: the info that every list has",
		},
	}
}
