package zohosim

func seedEvents() standardModule {
	return standardModule{
		api: "Events", singular: "Meeting", plural: "Meetings", display: "Event_Title", info: "Meeting Information",
		fields: []standardField{
			{api: "Event_Title", label: "Title", length: 255, must: true},
			{api: "Venue", label: "Location", length: 255},
			{api: "Meeting_Venue__s", label: "Meeting Venue", kind: "picklist", picks: "-None-,In-office,Online,Client location"},
			{api: "All_day", label: "All day", kind: "boolean"},
			{api: "Start_DateTime", label: "From", kind: "datetime", must: true},
			{api: "End_DateTime", label: "To", kind: "datetime", must: true},
			{api: "Who_Id", label: "Contact Name", kind: "lookup", to: "Contacts"},
			{api: "What_Id", label: "Related To", kind: "lookup", to: "se_module"},
			{api: "Participants", label: "Participants", kind: "bigint", length: 120},
			{api: "Recurring_Activity", label: "Repeat", kind: "RRULE"},
			{api: "Remind_At", label: "Reminder", kind: "event_reminder"},
			{api: "Remind_Participants", label: "Participants Reminder", kind: "event_reminder", hidden: true},
			{api: "Description", label: "Description", kind: "textarea", length: 32000, section: "Description Information"},
			{api: "Check_In_Time", label: "Check-In Time", kind: "datetime", fixed: true, hidden: true},
			{api: "Check_In_By", label: "Checked In By", kind: "userlookup", fixed: true, hidden: true},
			{api: "Check_In_Comment", label: "Check-In Comment", kind: "textarea", fixed: true, hidden: true},
			{api: "Check_In_Address", label: "Check-In Address", kind: "textarea", fixed: true, hidden: true},
			{api: "Check_In_Status", label: "Check-In Status", kind: "text", fixed: true, hidden: true},
		},
	}
}

func seedTasks() standardModule {
	return standardModule{
		api: "Tasks", singular: "Task", plural: "Tasks", display: "Subject", info: "Task Information",
		fields: []standardField{
			{api: "Subject", label: "Subject", length: 255, must: true},
			{api: "Due_Date", label: "Due Date", kind: "date"},
			{api: "Who_Id", label: "Contact Name", kind: "lookup", to: "Contacts"},
			{api: "What_Id", label: "Related To", kind: "lookup", to: "se_module"},
			{api: "Status", label: "Status", kind: "picklist", picks: "Not Started,Deferred,In Progress,Completed,Waiting for input"},
			{api: "Priority", label: "Priority", kind: "picklist", picks: "High,Highest,Low,Lowest,Normal"},
			{api: "Closed_Time", label: "Closed Time", kind: "datetime", fixed: true, hidden: true},
			{api: "Send_Notification_Email", label: "Send Notification Email", kind: "boolean", hidden: true},
			{api: "Remind_At", label: "Reminder", kind: "ALARM"},
			{api: "Recurring_Activity", label: "Repeat", kind: "RRULE"},
			{api: "Description", label: "Description", kind: "textarea", length: 32000, section: "Description Information"},
		},
	}
}

func seedCalls() standardModule {
	return standardModule{
		api: "Calls", singular: "Call", plural: "Calls", display: "Subject", info: "Call Information",
		fields: []standardField{
			{api: "Subject", label: "Subject", length: 255, must: true},
			{api: "Who_Id", label: "Call To", kind: "lookup", to: "Contacts"},
			{api: "What_Id", label: "Related To", kind: "lookup", to: "se_module"},
			{api: "Call_Type", label: "Call Type", kind: "picklist", picks: "Inbound,Outbound,Missed", must: true},
			{api: "Outgoing_Call_Status", label: "Outgoing Call Status", kind: "picklist", picks: "Completed,Scheduled,Cancelled,Overdue"},
			{api: "Call_Start_Time", label: "Call Start Time", kind: "datetime", must: true},
			{api: "Call_Duration", label: "Call Duration", length: 120},
			{api: "Call_Duration_in_seconds", label: "Call Duration (in seconds)", kind: "integer", length: 16, fixed: true},
			{api: "Call_Purpose", label: "Call Purpose", kind: "picklist", picks: "-None-,Prospecting,Administrative,Negotiation,Demo,Project,Support"},
			{api: "Call_Agenda", label: "Call Agenda", length: 255},
			{api: "Call_Result", label: "Call Result", kind: "picklist", picks: "-None-,Interested,Not interested,No response/Busy,Requested more info,Requested call back,Invalid number"},
			{api: "Description", label: "Description", kind: "textarea", length: 32000, section: "Description Information"},
		},
	}
}

func seedNotes() standardModule {
	return standardModule{
		api: "Notes", singular: "Note", plural: "Notes", display: "Note_Title", info: "Note Information",
		fields: []standardField{
			{api: "Note_Title", label: "Note Title", length: 120},
			{api: "Note_Content", label: "Note Content", kind: "textarea", length: 32000},
			{api: "Parent_Id", label: "Parent ID", kind: "multi_module_lookup", to: "Leads,Contacts,Accounts,Deals,Events,Tasks,Calls"},
		},
	}
}

// seedAppointments, seedServices and seedRescheduleHistory are the modules of Zoho's Services feature, a store apart from Events.
// Source: Zoho CRM v8, "Appointments" and "Services".
func seedAppointments() standardModule {
	return standardModule{
		api: "Appointments__s", singular: "Appointment", plural: "Appointments", display: "Appointment_Name", info: "Appointment Information",
		fields: []standardField{
			{api: "Appointment_Name", label: "Appointment Name", length: 225, must: true},
			{api: "Service_Name", label: "Service Name", kind: "lookup", to: "Services__s", must: true},
			{api: "Appointment_For", label: "Appointment For", kind: "multi_module_lookup", to: "Leads,Contacts,Accounts,Deals", must: true},
			{api: "Appointment_Start_Time", label: "Appointment Start Time", kind: "datetime", must: true},
			{api: "Appointment_End_Time", label: "Appointment End Time", kind: "datetime", fixed: true},
			{api: "Duration", label: "Duration", kind: "integer", fixed: true},
			{api: "Location", label: "Location", kind: "picklist", picks: "Business Address,Client Address", must: true},
			{api: "Address", label: "Address", length: 255},
			{api: "Status", label: "Status", kind: "picklist", picks: "Scheduled,Completed,Cancelled,Overdue"},
			{api: "Price", label: "Price", kind: "currency", length: 16},
			{api: "Remind_At", label: "Reminder", kind: "event_reminder"},
			{api: "Additional_Information", label: "Additional Information", kind: "textarea", length: 32000},
			{api: "Cancellation_Reason", label: "Cancellation Reason", kind: "picklist", picks: rescheduleBy, hidden: true},
			{api: "Cancellation_Note", label: "Cancellation Note", kind: "textarea", length: 2000, hidden: true},
			{api: "Cancelled_Time", label: "Cancelled Time", kind: "datetime", fixed: true, hidden: true},
			{api: "Cancelled_By", label: "Cancelled By", kind: "userlookup", fixed: true, hidden: true},
			{api: "Reschedule_Reason", label: "Reschedule Reason", kind: "picklist", picks: rescheduleBy, hidden: true},
			{api: "Reschedule_Note", label: "Reschedule Note", kind: "textarea", length: 2000, hidden: true},
			{api: "Reschedule_Count", label: "Reschedule Count", kind: "integer", fixed: true, hidden: true},
			{api: "Rescheduled_From", label: "Rescheduled From", kind: "datetime", fixed: true, hidden: true},
			{api: "Rescheduled_To", label: "Rescheduled To", kind: "datetime", fixed: true, hidden: true},
			{api: "Rescheduled_Time", label: "Rescheduled Time", kind: "datetime", fixed: true, hidden: true},
			{api: "Rescheduled_By", label: "Rescheduled By", kind: "userlookup", fixed: true, hidden: true},
		},
	}
}

func seedServices() standardModule {
	return standardModule{
		api: "Services__s", singular: "Service", plural: "Services", display: "Service_Name", info: "Service Information",
		fields: []standardField{
			{api: "Service_Name", label: "Service Name", length: 225, must: true},
			{api: "Duration", label: "Duration", kind: "integer", must: true},
			{api: "Members", label: "Members", kind: "multiuserlookup"},
			{api: "Location", label: "Location", kind: "picklist", picks: "Business Address,Client Address,Business and Client Address"},
			{api: "Availability_Type", label: "Availability Type", kind: "picklist", picks: "Every day of the week,Specific Day(s),Specific Date(s),Specific Date Range"},
			{api: "Available_Days", label: "Available Days", kind: "multiselectpicklist", picks: "Monday,Tuesday,Wednesday,Thursday,Friday,Saturday,Sunday"},
			{api: "Available_Timings", label: "Available Timings", kind: "subform"},
			{api: "Available_Dates", label: "Available Dates", kind: "subform"},
			{api: "Available_From", label: "Available From", kind: "date"},
			{api: "Available_Till", label: "Available Till", kind: "date"},
			{api: "Unavailable_From", label: "Unavailable From", kind: "datetime"},
			{api: "Unavailable_Till", label: "Unavailable Till", kind: "datetime"},
			{api: "Price", label: "Price", kind: "currency", length: 16},
			{api: "Tax", label: "Tax", kind: "multiselectpicklist"},
			{api: "Status", label: "Status", kind: "picklist", picks: "Available,Scheduled,Temporarily Unavailable,Not in Use"},
			{api: "Description", label: "Description", kind: "textarea", length: 32000},
		},
	}
}

func seedRescheduleHistory() standardModule {
	return standardModule{
		api: "Appointments_Rescheduled_History__s", singular: "Appointment Rescheduled History",
		plural: "Appointments Rescheduled History", display: "Name", info: "Rescheduled History Information",
		fields: []standardField{
			{api: "Name", label: "Name", kind: "autonumber"},
			{api: "Appointment_Name", label: "Appointment Name", kind: "lookup", to: "Appointments__s"},
			{api: "Rescheduled_From", label: "Rescheduled From", kind: "datetime"},
			{api: "Rescheduled_To", label: "Rescheduled To", kind: "datetime"},
			{api: "Rescheduled_Time", label: "Rescheduled Time", kind: "datetime"},
			{api: "Rescheduled_By", label: "Rescheduled By", kind: "userlookup"},
			{api: "Reschedule_Reason", label: "Reschedule Reason", kind: "picklist", picks: rescheduleBy},
			{api: "Reschedule_Note", label: "Reschedule Note", kind: "textarea", length: 2000},
		},
	}
}
