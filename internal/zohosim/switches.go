package zohosim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// switches choose the reading where Zoho's pages are silent or contradict each other, and how a tenant is set up. Text
// switches have the values of their tag, numbers its range. docs/SIMULATOR.md says what each decides.
type switches struct {
	// Accounts
	CodeLifetimeSeconds       int    `json:"code_lifetime_seconds" range:"1..3600"`
	CallbackTrailingAmpersand bool   `json:"callback_trailing_ampersand"`
	TokenScopeInAnswer        bool   `json:"token_scope_in_answer"`
	TokenExpiryShape          string `json:"token_expiry_shape" values:"seconds|legacy"`
	ThrottleStatus            int    `json:"throttle_status" values:"200|400"`
	ThrottleError             string `json:"throttle_error" values:"Access Denied|access_denied"`
	LiveAccessTokens          int    `json:"live_access_tokens" values:"10|15|30"`
	RefreshTokenRate          string `json:"refresh_token_rate" values:"none|10_per_10_minutes|5_per_minute"`
	RevokeBody                string `json:"revoke_body" values:"json|empty"`
	ScopeCase                 string `json:"scope_case" values:"any|exact"`
	// Errors
	ScopeMismatchMessage string `json:"scope_mismatch_message" values:"invalid oauth scope|Unauthorized"`
	WriteErrorWrapping   string `json:"write_error_wrapping" values:"bare|data"`
	ErrorJSONPath        bool   `json:"error_json_path"`
	AllFailedStatus      int    `json:"all_failed_status" values:"400|202"`
	RateLimitBody        string `json:"rate_limit_body" values:"TOO_MANY_REQUESTS|TOO_MANY_REQUESTS with details|RATE_LIMIT_EXCEEDED"`
	// Records
	UnknownIDStatus       int    `json:"unknown_id_status" values:"204|400"`
	UnknownListField      string `json:"unknown_list_field" values:"ignore|reject"`
	UnknownField          string `json:"unknown_field" values:"reject|ignore"`
	ReadOnlyField         string `json:"read_only_field" values:"ignore|reject"`
	NumbersAsText         string `json:"numbers_as_text" values:"reject|accept"`
	DatetimeZ             string `json:"datetime_z" values:"accept|reject"`
	WhatIDWithoutSeModule string `json:"what_id_without_se_module" values:"reject|guess|drop"`
	RepeatingMeetings     string `json:"repeating_meetings" values:"one_record|separate_records"`
	EventEndBeforeStart   string `json:"event_end_before_start" values:"reject|accept"`
	CancelRefusal         string `json:"cancel_refusal" values:"NOT_ALLOWED|INVALID_DATA"`
	ExternalFieldsMax     int    `json:"external_fields_max" range:"0..1000"`
	CountAs               string `json:"count_as" values:"number|text"`
	UpsertMatch           string `json:"upsert_match" values:"recent|first"`
	// Converting leads
	ConvertScopes       string `json:"convert_scopes" values:"all|leads"`
	ConvertDuplicates   string `json:"convert_duplicates" values:"unique|same_name"`
	ConvertPipeline     string `json:"convert_pipeline" values:"required|optional"`
	ConvertEvents       string `json:"convert_events" values:"contact|contact_and_deal|keep"`
	ConvertedLeadWrites string `json:"converted_lead_writes" values:"reject|accept"`
	// Working time
	WorkingTime     string `json:"working_time" values:"all|business_hours|none"`
	ShiftHoursScope string `json:"shift_hours_scope" values:"business_hours|shift_hours"`
	// Appointments
	ServicesFeature         string `json:"services_feature" values:"on|off"`
	AppointmentBatchMax     int    `json:"appointment_batch_max" values:"100|4"`
	AppointmentCreateStatus int    `json:"appointment_create_status" values:"201|200"`
	AppointmentOverlap      string `json:"appointment_overlap" values:"reject|accept"`
	ClosedAppointment       string `json:"closed_appointment" values:"reject|accept"`
	AppointmentPermissions  string `json:"appointment_permissions" values:"all|no_reschedule|no_cancel|no_complete"`
	// Bulk read
	BulkPolls       int    `json:"bulk_polls" range:"1..100"`
	BulkSeconds     int    `json:"bulk_seconds" range:"1..86400"`
	BulkQueued      bool   `json:"bulk_queued"`
	BulkOutcome     string `json:"bulk_outcome" values:"completed|failure"`
	BulkPageRows    int    `json:"bulk_page_rows" range:"1..200000"`
	BulkIDHeader    string `json:"bulk_id_header" values:"Id|id"`
	BulkCallbackURL string `json:"bulk_callback_url" values:"any|https"`
	// Composite requests
	CompositeParallelKey string `json:"composite_parallel_key" values:"parallel_execution|concurrent_execution"`
	CompositeReferences  string `json:"composite_references" values:"resolve|literal"`
	CompositeCredits     string `json:"composite_credits" values:"one|one_or_two|sub_requests"`
	CompositeLimits      string `json:"composite_limits" values:"enforce|ignore"`
	// Search and COQL
	IndexLagSeconds     float64 `json:"index_lag_seconds" range:"0..3600"`
	SearchEquals        string  `json:"search_equals" values:"contains|exact"`
	SearchPhone         string  `json:"search_phone" values:"digits|verbatim"`
	SearchConditionsMax int     `json:"search_conditions_max" values:"10|15"`
	BulkSearch          string  `json:"bulk_search" values:"absent|present"`
	SearchCredits       int     `json:"search_credits" values:"1|3"`
	CoqlLimitMax        int     `json:"coql_limit_max" values:"2000|200"`
	CoqlOffsetWindow    int     `json:"coql_offset_window" values:"100000|10000"`
	CoqlInMax           int     `json:"coql_in_max" values:"50|100"`
	CoqlRelationsMax    int     `json:"coql_relations_max" values:"2|5"`
	CoqlLookupName      bool    `json:"coql_lookup_name"`
	CoqlTextCase        string  `json:"coql_text_case" values:"any|exact"`
	CoqlConvertedLeads  string  `json:"coql_converted_leads" values:"when_asked|always"`
	CoqlAggregateCase   string  `json:"coql_aggregate_case" values:"any|exact"`
	// Watch channels
	WatchOwner          string `json:"watch_owner" values:"user|organization"`
	WatchRepost         string `json:"watch_repost" values:"replace|reject"`
	WatchChannelsMax    int    `json:"watch_channels_max" range:"0..10000"`
	WatchTokenMax       int    `json:"watch_token_max" values:"50|256"`
	WatchBadExpiry      string `json:"watch_bad_expiry" values:"reject|hour"`
	WatchPatchEvents    string `json:"watch_patch_events" values:"replace|add"`
	WatchPatchExpiry    string `json:"watch_patch_expiry" values:"hour|keep"`
	WatchPatchToken     string `json:"watch_patch_token" values:"drop|keep"`
	WatchErrorWrapping  string `json:"watch_error_wrapping" values:"watch|bare"`
	WatchConditionField string `json:"watch_condition_field" values:"field|bare|either"`
	WatchConditionOn    string `json:"watch_condition_on" values:"edit|create_and_edit"`
	NotifyURLPolicy     string `json:"notify_url_policy" values:"any|https|public"`
	// Notifications
	NotificationLoss           float64 `json:"notification_loss" range:"0..1"`
	NotificationDuplicate      float64 `json:"notification_duplicate" range:"0..1"`
	NotificationDelayMS        int     `json:"notification_delay_ms" range:"0..600000"`
	NotificationBatchMS        int     `json:"notification_batch_ms" range:"0..600000"`
	NotificationBatchMax       int     `json:"notification_batch_max" range:"1..1000"`
	NotificationReorder        bool    `json:"notification_reorder"`
	NotificationRetries        int     `json:"notification_retries" range:"0..10"`
	NotificationTLS            string  `json:"notification_tls" values:"verify|any"`
	NotificationAffectedFields string  `json:"notification_affected_fields" values:"changed|empty"`
	NotificationValueKeys      string  `json:"notification_value_keys" values:"api_name|column_name"`
	// Calendar
	CalendarAllDayEnd            string `json:"calendar_all_day_end" values:"inclusive|exclusive"`
	CalendarTransparent          int    `json:"calendar_transparent" values:"1|0"`
	CalendarScopeError           string `json:"calendar_scope_error" values:"OAUTH_SCOPE_MISMATCH|INVALID_OAUTHSCOPE|INVALID_OAUTHTOKEN"`
	CalendarStaleEtag            string `json:"calendar_stale_etag" values:"400 INVALID_ETAG|409 CONFLICT|412 PRECONDITION_FAILED"`
	CalendarMissingKey           string `json:"calendar_missing_key" values:"LESS_THAN_MIN_OCCURANCE|PATTERN_NOT_MATCHED"`
	CalendarExtraKey             string `json:"calendar_extra_key" values:"EXTRA_KEY_FOUND|PATTERN_NOT_MATCHED"`
	CalendarNotFound             string `json:"calendar_not_found" values:"404 NOT_FOUND|400 PATTERN_NOT_MATCHED"`
	CalendarDeleteForm           string `json:"calendar_delete_form" values:"eventdata|header|either"`
	CalendarFormBody             string `json:"calendar_form_body" values:"accept|ignore"`
	CalendarPatch                string `json:"calendar_patch" values:"merge|refuse"`
	CalendarOffsetAndZone        string `json:"calendar_offset_and_zone" values:"offset|zone"`
	CalendarLastmodified         string `json:"calendar_lastmodified" values:"ignore|filter"`
	CalendarRangeEnd             string `json:"calendar_range_end" values:"exclusive|inclusive"`
	CalendarInstanceTimes        string `json:"calendar_instance_times" values:"offset|zulu|local"`
	CalendarInstanceTransparency bool   `json:"calendar_instance_transparency"`
	CalendarListAttendees        string `json:"calendar_list_attendees" values:"all|own"`
	CalendarYearlyEnd            string `json:"calendar_yearly_end" values:"late|right"`
	CalendarCRMEvents            string `json:"calendar_crm_events" values:"own|all"`
	CalendarCRMCancelled         string `json:"calendar_crm_cancelled" values:"marked|gone"`
	CalendarCallsPerMinute       int    `json:"calendar_calls_per_minute" range:"0..1000000"`
	CalendarRateLimitBody        string `json:"calendar_rate_limit_body" values:"json|html|empty"`
	CalendarRetryAfter           bool   `json:"calendar_retry_after"`
	FreebusyZone                 string `json:"freebusy_zone" values:"user|utc"`
	FreebusyTimebasedZone        string `json:"freebusy_timebased_zone" values:"user|utc"`
	FreebusyAllDay               string `json:"freebusy_all_day" values:"yyyyMMdd|yyyyMMddZ|instants"`
	FreebusyNothing              string `json:"freebusy_nothing" values:"member|text|list"`
	FreebusyMisses               string `json:"freebusy_misses" values:"nothing|all_day|repeating"`
	// Limits
	Edition          string `json:"edition" values:"free|standard|professional|enterprise|ultimate"`
	CreditCeiling    int    `json:"credit_ceiling" range:"0..1000000000"`
	ConcurrencyLimit int    `json:"concurrency_limit" range:"0..10000"`
}

// defaultSwitches is the likelier or stricter reading of each.
func defaultSwitches() *switches {
	return &switches{
		CodeLifetimeSeconds: 120, TokenScopeInAnswer: true, TokenExpiryShape: "seconds", ThrottleStatus: 200,
		ThrottleError: "Access Denied", LiveAccessTokens: 10, RefreshTokenRate: "none", RevokeBody: "json", ScopeCase: "any",
		ScopeMismatchMessage: "invalid oauth scope", WriteErrorWrapping: "bare", ErrorJSONPath: true, AllFailedStatus: 400,
		RateLimitBody: "TOO_MANY_REQUESTS", UnknownIDStatus: 204, UnknownListField: "ignore", UnknownField: "reject",
		ReadOnlyField: "ignore", NumbersAsText: "reject", DatetimeZ: "accept", WhatIDWithoutSeModule: "reject",
		RepeatingMeetings: "one_record", EventEndBeforeStart: "reject", CancelRefusal: "NOT_ALLOWED", CountAs: "number", UpsertMatch: "recent", SearchEquals: "contains", SearchPhone: "digits",
		SearchConditionsMax: 10, SearchCredits: 1, BulkSearch: "absent", CoqlLimitMax: 2000, CoqlOffsetWindow: 100_000, CoqlInMax: 50,
		CoqlRelationsMax: 2, CoqlTextCase: "any", CoqlAggregateCase: "any", CoqlConvertedLeads: "when_asked",
		ConvertScopes: "all", ConvertDuplicates: "unique", ConvertPipeline: "required", ConvertEvents: "contact",
		ConvertedLeadWrites: "reject", WorkingTime: "all", ShiftHoursScope: "business_hours",
		ServicesFeature: "on", AppointmentBatchMax: 100, AppointmentCreateStatus: 201, AppointmentOverlap: "reject",
		ClosedAppointment: "reject", AppointmentPermissions: "all",
		CompositeParallelKey: "parallel_execution", CompositeReferences: "resolve", CompositeCredits: "one", CompositeLimits: "enforce",
		BulkPolls: 2, BulkSeconds: 10, BulkOutcome: "completed", BulkPageRows: 200_000, BulkIDHeader: "Id", BulkCallbackURL: "any",
		WatchOwner: "user", WatchRepost: "replace", WatchTokenMax: 50,
		WatchBadExpiry: "reject", WatchPatchEvents: "replace", WatchPatchExpiry: "hour", WatchPatchToken: "drop",
		WatchErrorWrapping: "watch", WatchConditionField: "field", WatchConditionOn: "edit", NotifyURLPolicy: "any",
		NotificationBatchMax: 100, NotificationTLS: "verify", NotificationAffectedFields: "changed",
		NotificationValueKeys: "api_name", Edition: "enterprise",
		CalendarAllDayEnd: "inclusive", CalendarTransparent: 1, CalendarScopeError: "OAUTH_SCOPE_MISMATCH",
		CalendarStaleEtag: "400 INVALID_ETAG", CalendarMissingKey: "LESS_THAN_MIN_OCCURANCE",
		CalendarExtraKey: "EXTRA_KEY_FOUND", CalendarNotFound: "404 NOT_FOUND", CalendarDeleteForm: "eventdata",
		CalendarFormBody: "accept", CalendarPatch: "merge", CalendarOffsetAndZone: "offset", CalendarLastmodified: "ignore",
		CalendarRangeEnd: "exclusive", CalendarInstanceTimes: "offset", CalendarInstanceTransparency: true,
		CalendarListAttendees: "all", CalendarYearlyEnd: "late", CalendarCRMEvents: "own", CalendarCRMCancelled: "marked",
		CalendarRateLimitBody: "json", FreebusyZone: "user", FreebusyTimebasedZone: "user", FreebusyAllDay: "yyyyMMdd",
		FreebusyNothing: "member", FreebusyMisses: "nothing",
	}
}

// Switch is what may be chosen at one of the simulator's switches.
type Switch struct {
	Name    string
	Default string
	Values  []string // what it may be; none where it is a number of a range
	Low     string   // of the range
	High    string

	kind string // bool, int, float64, string
}

// Switches lists all switches in the order of their table. docs/SIMULATOR.md says what each decides.
func Switches() []Switch {
	v := reflect.ValueOf(*defaultSwitches())
	out := make([]Switch, 0, v.NumField())
	for i := range v.NumField() {
		f := v.Type().Field(i)
		s := Switch{Name: f.Tag.Get("json"), Default: fmt.Sprint(v.Field(i).Interface()), kind: f.Type.Kind().String()}
		s.Low, s.High, _ = strings.Cut(f.Tag.Get("range"), "..")
		switch allowed := f.Tag.Get("values"); {
		case allowed != "":
			s.Values = strings.Split(allowed, "|")
		case s.kind == "bool":
			s.Values = []string{"true", "false"}
		}
		out = append(out, s)
	}
	return out
}

// plain gives the switches as texts by name.
func (sw *switches) plain() map[string]string {
	v := reflect.ValueOf(*sw)
	out := map[string]string{}
	for i := range v.NumField() {
		out[v.Type().Field(i).Tag.Get("json")] = fmt.Sprint(v.Field(i).Interface())
	}
	return out
}

// patched gives the switches with those named in a JSON object changed. It refuses names it doesn't know and values that a
// switch doesn't have.
func (sw *switches) patched(patch []byte) (*switches, error) {
	next := *sw
	d := json.NewDecoder(bytes.NewReader(patch))
	d.DisallowUnknownFields()
	if err := d.Decode(&next); err != nil {
		return nil, fmt.Errorf("switches: %w", err)
	}
	v := reflect.ValueOf(next)
	for i := range v.NumField() {
		if err := checkSwitch(v.Type().Field(i), v.Field(i).Interface()); err != nil {
			return nil, err
		}
	}
	return &next, nil
}

func checkSwitch(f reflect.StructField, value any) error {
	name := f.Tag.Get("json")
	written := fmt.Sprint(value)
	if allowed := f.Tag.Get("values"); allowed != "" && !slices.Contains(strings.Split(allowed, "|"), written) {
		return fmt.Errorf("switches: %s is %q, not one of %s", name, written, allowed)
	}
	if low, high, ok := strings.Cut(f.Tag.Get("range"), ".."); ok {
		n, _ := strconv.ParseFloat(written, 64)
		from, _ := strconv.ParseFloat(low, 64)
		to, _ := strconv.ParseFloat(high, 64)
		if n < from || n > to {
			return fmt.Errorf("switches: %s is %s, not within %s to %s", name, written, low, high)
		}
	}
	return nil
}
