package zohosim

import (
	"archive/zip"
	"encoding/csv"
	"io"
	"strings"
	"time"
)

// bulkFile writes the result of a job while it is sent: nothing but a few rows of it is ever in memory.
type bulkFile struct {
	sim      *Sim
	view     view
	module   *module
	job      *bulkJob
	rows     []*record // of the job
	fields   []*field
	idHeader string
}

// write streams the ZIP file. A client that leaves ends it.
func (f *bulkFile) write(w io.Writer) error {
	z := zip.NewWriter(w)
	part, err := z.Create(formatID(f.job.ID) + "." + f.job.File)
	if err != nil {
		return err
	}
	if f.job.File == "ics" {
		err = f.writeEvents(part)
	} else {
		err = f.writeRows(part)
	}
	if err != nil {
		return err
	}
	return z.Close()
}

// writeRows writes a line per record: its id, then the values of the columns, lookups as ids.
func (f *bulkFile) writeRows(w io.Writer) error {
	out := csv.NewWriter(w)
	line := []string{f.idHeader}
	for _, field := range f.fields {
		line = append(line, field.api)
	}
	if err := out.Write(line); err != nil {
		return err
	}
	for _, r := range f.rows {
		line = append(line[:0], formatID(r.id))
		for _, field := range f.fields {
			line = append(line, f.text(r, field))
		}
		if err := out.Write(line); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// text gives a value as the file has it.
func (f *bulkFile) text(r *record, field *field) string {
	c, ok := valueOf(f.module, r, field)
	switch {
	case !ok && field.kind == kindBool:
		return "false"
	case !ok:
		return ""
	case field.dataType == "multiselectpicklist":
		return strings.Join(words(c), ";")
	case c.kind == kindText || c.kind == kindJSON:
		return c.str
	case c.kind == kindInt || c.kind == kindRef:
		return formatID(c.num)
	}
	return strings.Trim(string(f.view.appendCell(nil, field, c)), `"`)
}

// writeEvents writes meetings as a calendar (RFC 5545).
func (f *bulkFile) writeEvents(w io.Writer) error {
	lines := func(list ...string) error {
		for _, l := range list {
			if _, err := io.WriteString(w, folded75(l)); err != nil {
				return err
			}
		}
		return nil
	}
	if err := lines("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Zoho Corporation//Zoho CRM//EN", "METHOD:PUBLISH"); err != nil {
		return err
	}
	value := func(r *record, api string) cell {
		c, _ := r.get(f.module.key(api))
		return c
	}
	instant := func(at int64) string { return time.Unix(at, 0).UTC().Format("20060102T150405Z") }
	for _, r := range f.rows {
		event := []string{
			"BEGIN:VEVENT", "UID:" + formatID(r.id), "DTSTAMP:" + instant(r.modified), "DTSTART:" + instant(value(r, "Start_DateTime").num),
			"DTEND:" + instant(value(r, "End_DateTime").num), "SUMMARY:" + icsText(value(r, "Event_Title").str),
		}
		for name, api := range map[string]string{"LOCATION": "Venue", "DESCRIPTION": "Description"} {
			if s := value(r, api).str; s != "" {
				event = append(event, name+":"+icsText(s))
			}
		}
		if isTrue(f.module, r, cancelledField) {
			event = append(event, "STATUS:CANCELLED")
		}
		if err := lines(append(event, "END:VEVENT")...); err != nil {
			return err
		}
	}
	return lines("END:VCALENDAR")
}

// icsText escapes text.
func icsText(s string) string {
	return strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\r\n", `\n`, "\n", `\n`, "\r", `\n`).Replace(s)
}

// folded75 breaks a line so that none is longer than 75 bytes, never inside a character.
func folded75(s string) string {
	var b strings.Builder
	room := 75
	for _, r := range s {
		n := len(string(r))
		if n > room {
			b.WriteString("\r\n ")
			room = 74
		}
		b.WriteRune(r)
		room -= n
	}
	return b.String() + "\r\n"
}
