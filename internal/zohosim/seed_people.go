package zohosim

const (
	salutations  = "-None-,Mr.,Mrs.,Ms.,Dr.,Prof."
	leadSources  = "-None-,Advertisement,Cold Call,Employee Referral,External Referral,Online Store,Partner,Public Relations,Sales Email Alias,Seminar Partner,Internal Seminar,Trade Show,Web Download,Web Research,Chat,X (Twitter),Facebook"
	industries   = "-None-,ASP (Application Service Provider),Data/Telecom OEM,ERP (Enterprise Resource Planning),Government/Military,Large Enterprise,ManagementISV,MSP (Management Service Provider),Network Equipment Enterprise,Non-management ISV,Optical Networking,Service Provider,Small/Medium Enterprise,Storage Equipment,Storage Service Provider,Systems Integrator,Wireless Industry,Communications,Consulting,Education,Financial Services,Manufacturing,Real Estate,Technology"
	ratings      = "-None-,Acquired,Active,Market Failed,Project Cancelled,Shut Down"
	leadStatuses = "-None-,Attempted to Contact,Contact in Future,Contacted,Junk Lead,Lost Lead,Not Contacted,Pre-Qualified,Not Qualified"
	unsubscribed = "Consent form,Manual,Unsubscribe link,Zoho campaigns"
	accountTypes = "-None-,Analyst,Competitor,Customer,Distributor,Integrator,Investor,Other,Partner,Press,Prospect,Reseller,Supplier,Vendor"
	ownerships   = "-None-,Other,Private,Public,Subsidiary,Partnership,Government,Privately Held,Public Company"
	dealStages   = "Qualification,Needs Analysis,Value Proposition,Identify Decision Makers,Proposal/Price Quote,Negotiation/Review,Closed Won,Closed Lost,Closed Lost to Competition"
	rescheduleBy = "-None-,By Customer,By Team"
)

func seedLeads() standardModule {
	return standardModule{
		api: "Leads", singular: "Lead", plural: "Leads", display: "Full_Name", info: "Lead Information",
		fields: []standardField{
			{api: "Company", label: "Company", length: 200, required: true, converts: "Accounts.Account_Name"},
			{api: "First_Name", label: "First Name", length: 40, converts: "Contacts.First_Name"},
			{api: "Last_Name", label: "Last Name", length: 80, must: true, converts: "Contacts.Last_Name"},
			{api: "Full_Name", label: "Full Name", length: 120, fixed: true, hidden: true},
			{api: "Salutation", label: "Salutation", kind: "picklist", picks: salutations, converts: "Contacts.Salutation"},
			{api: "Designation", label: "Title", length: 100, converts: "Contacts.Title"},
			{api: "Email", label: "Email", kind: "email", length: 100, converts: "Contacts.Email"},
			{api: "Phone", label: "Phone", kind: "phone", length: 30, converts: "Contacts.Phone,Accounts.Phone"},
			{api: "Fax", label: "Fax", length: 30, converts: "Contacts.Fax,Accounts.Fax"},
			{api: "Mobile", label: "Mobile", kind: "phone", length: 30, converts: "Contacts.Mobile"},
			{api: "Website", label: "Website", kind: "website", length: 255, converts: "Accounts.Website"},
			{api: "Lead_Source", label: "Lead Source", kind: "picklist", picks: leadSources, converts: "Contacts.Lead_Source,Deals.Lead_Source"},
			{api: "Lead_Status", label: "Lead Status", kind: "picklist", picks: leadStatuses},
			{api: "Industry", label: "Industry", kind: "picklist", picks: industries, converts: "Accounts.Industry"},
			{api: "No_of_Employees", label: "No. of Employees", kind: "integer", length: 16, converts: "Accounts.Employees"},
			{api: "Annual_Revenue", label: "Annual Revenue", kind: "currency", length: 16, converts: "Accounts.Annual_Revenue"},
			{api: "Rating", label: "Rating", kind: "picklist", picks: ratings, converts: "Accounts.Rating"},
			{api: "Email_Opt_Out", label: "Email Opt Out", kind: "boolean", converts: "Contacts.Email_Opt_Out"},
			{api: "Skype_ID", label: "Skype ID", length: 50, converts: "Contacts.Skype_ID"},
			{api: "Secondary_Email", label: "Secondary Email", kind: "email", length: 100, converts: "Contacts.Secondary_Email"},
			{api: "Twitter", label: "Twitter", length: 50, converts: "Contacts.Twitter"},
			{api: "Street", label: "Street", length: 250, section: "Address Information", converts: "Contacts.Mailing_Street,Accounts.Billing_Street"},
			{api: "City", label: "City", length: 100, converts: "Contacts.Mailing_City,Accounts.Billing_City"},
			{api: "State", label: "State", length: 100, converts: "Contacts.Mailing_State,Accounts.Billing_State"},
			{api: "Zip_Code", label: "Zip Code", length: 30, converts: "Contacts.Mailing_Zip,Accounts.Billing_Code"},
			{api: "Country", label: "Country", length: 100, converts: "Contacts.Mailing_Country,Accounts.Billing_Country"},
			{api: "Description", label: "Description", kind: "textarea", length: 32000, section: "Description Information", converts: "Contacts.Description"},
			{api: "Record_Image", label: "Lead Image", kind: "profileimage", fixed: true, hidden: true},
			{api: "Converted__s", label: "Is Converted", kind: "boolean", fixed: true, hidden: true},
			{api: "Converted_Date_Time", label: "Converted Time", kind: "datetime", fixed: true, hidden: true},
			{api: "Converted_Account", label: "Converted Account", kind: "lookup", to: "Accounts", fixed: true, hidden: true},
			{api: "Converted_Contact", label: "Converted Contact", kind: "lookup", to: "Contacts", fixed: true, hidden: true},
			{api: "Converted_Deal", label: "Converted Deal", kind: "lookup", to: "Deals", fixed: true, hidden: true},
			{api: "Lead_Conversion_Time", label: "Lead Conversion Time", kind: "integer", fixed: true, hidden: true},
			{api: "Unsubscribed_Mode", label: "Unsubscribed Mode", kind: "picklist", picks: unsubscribed, fixed: true, hidden: true},
			{api: "Unsubscribed_Time", label: "Unsubscribed Time", kind: "datetime", fixed: true, hidden: true},
		},
	}
}

func seedContacts() standardModule {
	return standardModule{
		api: "Contacts", singular: "Contact", plural: "Contacts", display: "Full_Name", info: "Contact Information",
		fields: []standardField{
			{api: "First_Name", label: "First Name", length: 40},
			{api: "Last_Name", label: "Last Name", length: 80, must: true},
			{api: "Full_Name", label: "Full Name", length: 120, fixed: true, hidden: true},
			{api: "Salutation", label: "Salutation", kind: "picklist", picks: salutations},
			{api: "Account_Name", label: "Account Name", kind: "lookup", to: "Accounts"},
			{api: "Lead_Source", label: "Lead Source", kind: "picklist", picks: leadSources},
			{api: "Title", label: "Title", length: 100},
			{api: "Department", label: "Department", length: 50},
			{api: "Email", label: "Email", kind: "email", length: 100},
			{api: "Secondary_Email", label: "Secondary Email", kind: "email", length: 100},
			{api: "Phone", label: "Phone", kind: "phone", length: 50},
			{api: "Home_Phone", label: "Home Phone", kind: "phone", length: 30},
			{api: "Other_Phone", label: "Other Phone", kind: "phone", length: 30},
			{api: "Mobile", label: "Mobile", kind: "phone", length: 30},
			{api: "Fax", label: "Fax", length: 30},
			{api: "Date_of_Birth", label: "Date of Birth", kind: "date"},
			{api: "Assistant", label: "Assistant", length: 50},
			{api: "Asst_Phone", label: "Asst Phone", kind: "phone", length: 30},
			{api: "Reporting_To", label: "Reporting To", kind: "lookup", to: "Contacts"},
			{api: "Email_Opt_Out", label: "Email Opt Out", kind: "boolean"},
			{api: "Skype_ID", label: "Skype ID", length: 50},
			{api: "Twitter", label: "Twitter", length: 50},
			{api: "Mailing_Street", label: "Mailing Street", length: 250, section: "Address Information"},
			{api: "Mailing_City", label: "Mailing City", length: 100},
			{api: "Mailing_State", label: "Mailing State", length: 100},
			{api: "Mailing_Zip", label: "Mailing Zip", length: 30},
			{api: "Mailing_Country", label: "Mailing Country", length: 100},
			{api: "Other_Street", label: "Other Street", length: 250},
			{api: "Other_City", label: "Other City", length: 100},
			{api: "Other_State", label: "Other State", length: 100},
			{api: "Other_Zip", label: "Other Zip", length: 30},
			{api: "Other_Country", label: "Other Country", length: 100},
			{api: "Description", label: "Description", kind: "textarea", length: 32000, section: "Description Information"},
			{api: "Record_Image", label: "Contact Image", kind: "profileimage", fixed: true, hidden: true},
			{api: "Unsubscribed_Mode", label: "Unsubscribed Mode", kind: "picklist", picks: unsubscribed, fixed: true, hidden: true},
			{api: "Unsubscribed_Time", label: "Unsubscribed Time", kind: "datetime", fixed: true, hidden: true},
		},
	}
}

func seedAccounts() standardModule {
	return standardModule{
		api: "Accounts", singular: "Account", plural: "Accounts", display: "Account_Name", info: "Account Information",
		fields: []standardField{
			{api: "Account_Name", label: "Account Name", length: 200, must: true},
			{api: "Account_Site", label: "Account Site", length: 80},
			{api: "Account_Number", label: "Account Number", kind: "bigint", length: 16},
			{api: "Account_Type", label: "Account Type", kind: "picklist", picks: accountTypes},
			{api: "Parent_Account", label: "Parent Account", kind: "lookup", to: "Accounts"},
			{api: "Industry", label: "Industry", kind: "picklist", picks: industries},
			{api: "Annual_Revenue", label: "Annual Revenue", kind: "currency", length: 16},
			{api: "Rating", label: "Rating", kind: "picklist", picks: ratings},
			{api: "Phone", label: "Phone", kind: "phone", length: 30},
			{api: "Fax", label: "Fax", length: 30},
			{api: "Website", label: "Website", kind: "website", length: 255},
			{api: "Ticker_Symbol", label: "Ticker Symbol", length: 30},
			{api: "Ownership", label: "Ownership", kind: "picklist", picks: ownerships},
			{api: "Employees", label: "Employees", kind: "integer", length: 9},
			{api: "SIC_Code", label: "SIC Code", kind: "integer", length: 9},
			{api: "Billing_Street", label: "Billing Street", length: 250, section: "Address Information"},
			{api: "Billing_City", label: "Billing City", length: 100},
			{api: "Billing_State", label: "Billing State", length: 100},
			{api: "Billing_Code", label: "Billing Code", length: 30},
			{api: "Billing_Country", label: "Billing Country", length: 100},
			{api: "Shipping_Street", label: "Shipping Street", length: 250},
			{api: "Shipping_City", label: "Shipping City", length: 100},
			{api: "Shipping_State", label: "Shipping State", length: 100},
			{api: "Shipping_Code", label: "Shipping Code", length: 30},
			{api: "Shipping_Country", label: "Shipping Country", length: 100},
			{api: "Description", label: "Description", kind: "textarea", length: 32000, section: "Description Information"},
			{api: "Record_Image", label: "Account Image", kind: "profileimage", fixed: true, hidden: true},
		},
	}
}

func seedDeals() standardModule {
	return standardModule{
		api: "Deals", singular: "Deal", plural: "Deals", display: "Deal_Name", info: "Deal Information",
		fields: []standardField{
			{api: "Deal_Name", label: "Deal Name", length: 120, must: true},
			{api: "Account_Name", label: "Account Name", kind: "lookup", to: "Accounts"},
			{api: "Contact_Name", label: "Contact Name", kind: "lookup", to: "Contacts"},
			{api: "Amount", label: "Amount", kind: "currency", length: 16},
			{api: "Closing_Date", label: "Closing Date", kind: "date", required: true},
			{api: "Pipeline", label: "Pipeline", kind: "picklist", picks: "Standard (Standard)"},
			{api: "Stage", label: "Stage", kind: "picklist", picks: dealStages, must: true},
			{api: "Type", label: "Type", kind: "picklist", picks: "-None-,Existing Business,New Business"},
			{api: "Lead_Source", label: "Lead Source", kind: "picklist", picks: leadSources},
			{api: "Probability", label: "Probability (%)", kind: "integer", length: 3},
			{api: "Expected_Revenue", label: "Expected Revenue", kind: "currency", length: 16, fixed: true},
			{api: "Next_Step", label: "Next Step", length: 100},
			{api: "Description", label: "Description", kind: "textarea", length: 32000, section: "Description Information"},
		},
	}
}
