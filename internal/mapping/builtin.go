package mapping

import "heavyset.tech/platform/internal/crm"

// BuiltIn is the mapping for an untouched Zoho CRM. Lengths are those of Zoho's standard fields.
func BuiltIn() Mapping {
	person := func(role crm.Role, street, city, state, zip, country string) []Row {
		return []Row{
			{Role: role, Key: "first_name", Field: "First_Name", Policy: Fill, Limit: 40},
			{Role: role, Key: "last_name", Field: "Last_Name", Policy: Fill, Limit: 80},
			{Role: role, Key: "email", Field: "Email", Policy: Fill, Limit: 100},
			{Role: role, Key: "phone", Field: "Phone", Policy: Fill, Limit: 30},
			{Role: role, Key: "mobile", Field: "Mobile", Policy: Fill, Limit: 30},
			{Role: role, Key: "street", Field: street, Policy: Fill, Limit: 250},
			{Role: role, Key: "city", Field: city, Policy: Fill, Limit: 100},
			{Role: role, Key: "state", Field: state, Policy: Fill, Limit: 100},
			{Role: role, Key: "zip", Field: zip, Policy: Fill, Limit: 30},
			{Role: role, Key: "country", Field: country, Policy: Fill, Limit: 100},
		}
	}
	rows := person(crm.RoleLead, "Street", "City", "State", "Zip_Code", "Country")
	rows = append(rows,
		Row{Role: crm.RoleLead, Key: "lead_status", Field: "Lead_Status", Policy: Create, Type: crm.PicklistField}, // read; without known choices nothing is sent
		Row{Role: crm.RoleLead, Key: "company", Template: "{full_name} (Residential)", Field: "Company", Policy: Create, Limit: 200},
		Row{Role: crm.RoleLead, Key: "project_details", Field: "Description", Policy: Append},
	)
	rows = append(rows, person(crm.RoleRelatedRecord, "Mailing_Street", "Mailing_City", "Mailing_State", "Mailing_Zip", "Mailing_Country")...)
	rows = append(rows,
		Row{Role: crm.RoleAppointment, Key: "title", Field: "Event_Title", Policy: Overwrite, Limit: 255},
		Row{Role: crm.RoleAppointment, Key: "start", Field: "Start_DateTime", Policy: Overwrite},
		Row{Role: crm.RoleAppointment, Key: "end", Field: "End_DateTime", Policy: Overwrite},
		Row{Role: crm.RoleAppointment, Key: "rep", Field: "Owner", Policy: Overwrite},
		Row{Role: crm.RoleAppointment, Key: "related_record", Field: "Who_Id", Policy: Create},
		Row{Role: crm.RoleAppointment, Key: "location", Field: "Venue", Policy: Overwrite, Limit: 255},
		Row{Role: crm.RoleAppointment, Key: "description", Field: "Description", Policy: Append},
	)
	return Mapping{
		Modules: map[crm.Role]string{
			crm.RoleLead: "Leads", crm.RoleAppointment: "Events", crm.RoleRelatedRecord: "Contacts", crm.RoleContactUs: "Leads",
		},
		Rows: rows,
	}
}
