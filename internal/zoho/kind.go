package zoho

import "net/http"

// Kind sorts Zoho's error codes by what they mean to the caller. It is an error itself, so that
// errors.Is(err, zoho.DuplicateData) works, also on one of several.
type Kind string

// Error gives the kind's word.
func (k Kind) Error() string { return "zoho: " + string(k) }

// Kinds of a whole request (https://www.zoho.com/crm/developer/docs/api/v8/status-codes.html).
const (
	InvalidToken          Kind = "invalid_token"          // expired, revoked, evicted, or of another data centre
	AuthenticationFailure Kind = "authentication_failure" // no or malformed header, or a 401 without a known code
	ScopeMismatch         Kind = "scope_mismatch"         // a new consent is needed; a new token does not help
	NoPermission          Kind = "no_permission"          // the user's profile
	AuthorizationFailed   Kind = "authorization_failed"
	InvalidModule         Kind = "invalid_module" // not there, hidden or not open to the API
	InvalidURL            Kind = "invalid_url"
	InvalidHost           Kind = "invalid_host"
	InvalidMethod         Kind = "invalid_method"
	ParamMissing          Kind = "param_missing"
	Ambiguous             Kind = "ambiguous"
	LimitExceeded         Kind = "limit_exceeded"
	TooManyRequests       Kind = "too_many_requests" // HTTP 429, see Error.Limited
	Internal              Kind = "internal"
	Unavailable           Kind = "unavailable"
	NotFound              Kind = "not_found"
	PageLimit             Kind = "page_limit"        // beyond 2,000 records by page, or 100,000 by page token
	PageTokenInvalid      Kind = "page_token"        // the parameters have changed since
	Expired               Kind = "expired"           // EXPIRED_VALUE: the page token is older than a day
	Redirected            Kind = "redirected"        // an answer that would lead elsewhere; not followed
	Unreadable            Kind = "unreadable"        // no JSON, or none that fits the call
	TooLarge              Kind = "too_large"         // an answer above 32 MiB, a file above 1 GiB
	InvalidArgument       Kind = "invalid_argument"  // refused by this package; nothing was sent
	NotSubscribed         Kind = "not_subscribed"    // no such channel, or it has expired
	AlreadyConverted      Kind = "already_converted" // the lead
	NotShared             Kind = "not_shared"        // somebody does not share free and busy times, or is not known
	Other                 Kind = "other"             // a code that is on no page
)

// Kinds of a record (https://www.zoho.com/crm/developer/docs/api/v8/insert-records.html), of a search
// (https://www.zoho.com/crm/developer/docs/api/v8/search-records.html) and of a COQL query
// (https://www.zoho.com/crm/developer/docs/api/v8/COQL-Overview.html). Some occur for a whole request too.
const (
	InvalidData           Kind = "invalid_data"
	PatternNotMatched     Kind = "pattern_not_matched"
	UnableToParse         Kind = "unable_to_parse"
	MandatoryNotFound     Kind = "mandatory_not_found"
	DuplicateData         Kind = "duplicate_data" // see Error.Duplicate; in COQL: a column named twice
	Multiple              Kind = "multiple"       // see Error.All
	DependentMissing      Kind = "dependent_missing"
	DependentMismatch     Kind = "dependent_mismatch"
	DependentUnchanged    Kind = "dependent_unchanged"
	DependentServiceError Kind = "dependent_service_error"
	RecordLocked          Kind = "record_locked"
	NotApproved           Kind = "not_approved"
	NotReviewed           Kind = "not_reviewed"
	NotAllowed            Kind = "not_allowed"
	AlreadyModified       Kind = "already_modified"
	InvalidQuery          Kind = "invalid_query"
	SyntaxError           Kind = "syntax_error"
	LimitReached          Kind = "limit_reached" // more than 2,000 results of a search
	NotSupported          Kind = "not_supported"
	CriteriaLimit         Kind = "criteria_limit"
	DuplicateAlias        Kind = "duplicate_alias"
	InvalidAlias          Kind = "invalid_alias"
)

// kindOf reads the code; where it is unknown or missing the status says what it can. A 429 is one whatever its code,
// since Zoho's pages give it three.
func kindOf(status int, code string) Kind {
	if status == http.StatusTooManyRequests {
		return TooManyRequests
	}
	if k := kindOfCode(code); k != "" {
		return k
	}
	switch status {
	case http.StatusUnauthorized:
		return AuthenticationFailure
	case http.StatusForbidden:
		return NoPermission
	case http.StatusNotFound:
		return InvalidURL
	case http.StatusMethodNotAllowed:
		return InvalidMethod
	case http.StatusPreconditionFailed, http.StatusConflict:
		return AlreadyModified
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return Unavailable
	}
	if status >= 500 {
		return Internal
	}
	return Other
}

func kindOfCode(code string) Kind {
	switch code {
	case "INVALID_TOKEN", "INVALID_OAUTHTOKEN":
		return InvalidToken
	case "AUTHENTICATION_FAILURE":
		return AuthenticationFailure
	case "OAUTH_SCOPE_MISMATCH":
		return ScopeMismatch
	case "NO_PERMISSION":
		return NoPermission
	case "AUTHORIZATION_FAILED":
		return AuthorizationFailed
	case "INVALID_MODULE", "InvalidModule":
		return InvalidModule
	case "INVALID_URL_PATTERN":
		return InvalidURL
	case "INVALID_HOST":
		return InvalidHost
	case "INVALID_REQUEST_METHOD":
		return InvalidMethod
	case "REQUIRED_PARAM_MISSING", "EXPECTED_PARAM_MISSING":
		return ParamMissing
	case "AMBIGUITY_DURING_PROCESSING":
		return Ambiguous
	case "LIMIT_EXCEEDED":
		return LimitExceeded
	case "INTERNAL_ERROR":
		return Internal
	case "SERVICE_UNAVAILABLE":
		return Unavailable
	case "DISCRETE_PAGINATION_LIMIT_EXCEEDED", "PAGINATION_LIMIT_EXCEEDED":
		return PageLimit
	case "TOKEN_BOUND_DATA_MISMATCH":
		return PageTokenInvalid
	case "EXPIRED_VALUE":
		return Expired
	case "TOO_MANY_REQUESTS", "RATE_LIMIT_EXCEEDED":
		return TooManyRequests
	case "NOT_SUBSCRIBED":
		return NotSubscribed
	case "ID_ALREADY_CONVERTED":
		return AlreadyConverted
	}
	for _, kindOf := range []func(string) Kind{kindOfRecordCode, kindOfBulkCode, kindOfCalendarCode} {
		if k := kindOf(code); k != "" {
			return k
		}
	}
	return ""
}

// kindOfBulkCode knows the codes of bulk read (https://www.zoho.com/crm/developer/docs/api/v8/bulk-read/create-job.html).
func kindOfBulkCode(code string) Kind {
	switch code {
	case "MODULE_NOT_AVAILABLE", "MODULE_NOT_SUPPORTED":
		return InvalidModule
	case "PAGE_RANGE_EXCEEDED":
		return PageLimit
	case "RESOURCE_NOT_FOUND":
		return NotFound
	case "FIELD_NOT_AVAILABLE", "FIELD_NOT_SUPPORTED", "INVALID_CRITERIA", "FIELD_IN_CRITERIA_NOT_AVAILABLE", "FIELD_IN_CRITERIA_NOT_SUPPORTED",
		"FIELD_AND_COMPARATOR_IN_CRITERIA_NOT_COMPATIBLE", "FIELD_AND_VALUE_IN_CRITERIA_NOT_COMPATIBLE", "FIELD_COMPARATOR_IN_CRITERIA_NOT_SUPPORTED":
		return InvalidQuery
	}
	return ""
}

// kindOfCalendarCode knows the codes of Zoho Calendar that the CRM has not. Which one a stale etag, an unknown event or a
// missing scope has is on no page: all that have been seen or are likely count.
func kindOfCalendarCode(code string) Kind {
	switch code {
	case "INVALID_TICKET":
		return AuthenticationFailure
	case "INVALID_OAUTHSCOPE":
		return ScopeMismatch
	case "EXTRA_KEY_FOUND":
		return InvalidData
	case "LESS_THAN_MIN_OCCURANCE":
		return ParamMissing
	case "INVALID_ETAG", "CONFLICT", "PRECONDITION_FAILED":
		return AlreadyModified
	case "NOT_FOUND":
		return NotFound
	}
	return ""
}

func kindOfRecordCode(code string) Kind {
	switch code {
	case "INVALID_DATA":
		return InvalidData
	case "PATTERN_NOT_MATCHED":
		return PatternNotMatched
	case "UNABLE_TO_PARSE_DATA_TYPE":
		return UnableToParse
	case "MANDATORY_NOT_FOUND":
		return MandatoryNotFound
	case "DUPLICATE_DATA":
		return DuplicateData
	case "MULTIPLE_OR_MULTI_ERRORS":
		return Multiple
	case "DEPENDENT_FIELD_MISSING":
		return DependentMissing
	case "DEPENDENT_MISMATCH":
		return DependentMismatch
	case "DEPENDENT_FIELD_UNCHANGED":
		return DependentUnchanged
	case "DEPENDENT_SERVICE_ERROR":
		return DependentServiceError
	case "RECORD_LOCKED":
		return RecordLocked
	case "NOT_APPROVED":
		return NotApproved
	case "NOT_REVIEWED":
		return NotReviewed
	case "NOT_ALLOWED":
		return NotAllowed
	case "ALREADY_MODIFIED":
		return AlreadyModified
	case "INVALID_QUERY":
		return InvalidQuery
	case "SYNTAX_ERROR":
		return SyntaxError
	case "LIMIT_REACHED":
		return LimitReached
	case "NOT_SUPPORTED":
		return NotSupported
	case "CRITERIA_LIMIT_EXCEEDED":
		return CriteriaLimit
	case "DUPLICATE_ALIAS":
		return DuplicateAlias
	case "INVALID_ALIAS":
		return InvalidAlias
	}
	return ""
}
