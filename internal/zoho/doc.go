// Package zoho speaks to Zoho Accounts and the Zoho CRM REST API v8 in Zoho's own words.
//
// It stands at the bottom of both trips: zohocrm translates between it and our words, nobody else calls it. It guards
// four invariants. A client secret, code or token goes only to an address of the DataCenters allow-list, in a header or
// a form body, never in a URL, and no redirect is followed. Every failure tells whether the request may have been
// carried out (see Outcome). A write is judged by Zoho's answer for each record, never by the HTTP status. No error,
// Call or printed value shows a token, a client secret or a record's content.
//
// Where Zoho's pages contradict each other both readings are accepted; the field notes stand beside the code.
// The package keeps no state, stores no token, does not log and never waits before a second attempt. A write is repeated
// only when its token was refused: anything else is for the caller to decide.
package zoho
