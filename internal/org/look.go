package org

import "heavyset.tech/platform/internal/locale"

// Look is how an organization's public pages and mails look, beside its accent. The zero value is ours.
type Look struct {
	Band  string // colour of the pages' head, #rrggbb; "" for that of the page
	Logo  Logo
	Texts map[locale.Lang]Texts // where a language is missing, ours are shown
}

// Logo is a picture that is kept by its checksum; without one it is the zero value.
type Logo struct {
	Sum           string
	Width, Height int // in pixels
}

// Texts are an organization's own words in one language, as plain text; an empty one stands for ours.
type Texts struct {
	Headline string // of the booking page, one line
	Intro    string // below it
	Note     string // for whoever has booked: on the page of the appointment and in the confirmation
}
