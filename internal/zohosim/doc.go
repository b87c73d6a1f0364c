// Package zohosim is a stateful stand-in for Zoho: Zoho Accounts, CRM v8 and Calendar v1 on one listener per data centre, with
// faults on request and a page on which a person edits records as in a CRM.
//
// It stands at the far end of every trip that leaves the platform: consent, token refresh, reading of metadata, writing and
// reading of records. The demo runs it beside the platform, tests run it instead of Zoho, and it shares no code with the
// client that talks to it, so that one misreading of Zoho's pages can't hide in both.
//
// Invariants: what Zoho would refuse is refused, in Zoho's words; where its pages are silent or contradict each other, a
// switch chooses the reading (docs/SIMULATOR.md lists them); a change is in the journal before its answer leaves, so that
// killing the process loses nothing; state, statistics and faults are one for all data centres.
//
// It never bends to please a client, never calls out except where Zoho would, and never runs inside `serve`.
package zohosim
