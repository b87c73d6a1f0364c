package catalog

import (
	"encoding/csv"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"heavyset.tech/platform/internal/fault"
)

// ParsePostalCodes takes postal codes out of what was pasted: lines, commas, semicolons or tabs between them, quotes around them,
// each once. A head line of a spreadsheet, which has no digit, is left out; where it names the column of the codes, only
// that column is read. Blanks within a code stay, as in M5V 3L9. wrong names the lines that hold something else, in words.
func ParsePostalCodes(text string) (codes []string, wrong string) {
	var bad []string
	column := -1
	lines := strings.Split(strings.TrimRight(strings.ReplaceAll(text, "\r\n", "\n"), "\n "), "\n")
	for i, line := range lines {
		cells := cellsOf(line)
		if i == 0 && len(lines) > 1 && !strings.ContainsAny(line, "0123456789*") {
			if len(cells) > 1 {
				column = slices.IndexFunc(cells, func(c string) bool { return codeColumn.MatchString(c) })
			}
			continue
		}
		if column >= 0 {
			cells = cells[min(column, len(cells)):min(column+1, len(cells))]
		}
		for _, cell := range cells {
			for _, code := range splitCodes(strings.ToUpper(strings.TrimFunc(cell, around))) {
				switch {
				case code == "" || slices.Contains(codes, code):
				case !codeShape.MatchString(code) || !strings.ContainsAny(code, "0123456789*"):
					bad = append(bad, fmt.Sprintf("Line %d: “%s” is no postal code.", i+1, fault.Excerpt(code, 30)))
				default:
					codes = append(codes, code)
				}
			}
		}
	}
	if more := len(bad) - 5; more > 0 {
		bad = append(bad[:5], fmt.Sprintf("%d more like these.", more))
	}
	return codes, strings.Join(bad, " ")
}

var (
	codeColumn = regexp.MustCompile(`(?i)zip|postal|post ?code|plz`)
	codeShape  = regexp.MustCompile(`^[0-9A-Z][0-9A-Z -]{0,18}\*?$|^\*$`)
)

// around is what stands around a code: blanks and quotes.
func around(r rune) bool { return unicode.IsSpace(r) || r == '"' || r == '\'' }

// cellsOf takes a line of a spreadsheet apart: at tabs if it has any, else at semicolons, else at commas, but not within
// quotes.
func cellsOf(line string) []string {
	r := csv.NewReader(strings.NewReader(line))
	r.LazyQuotes, r.TrimLeadingSpace = true, true
	for _, mark := range ",;\t" {
		if strings.ContainsRune(line, mark) {
			r.Comma = mark
		}
	}
	cells, err := r.Read()
	if err != nil {
		return []string{line}
	}
	return cells
}

// splitCodes takes codes of digits alone apart where blanks stand between them.
func splitCodes(part string) []string {
	fields := strings.Fields(part)
	for _, f := range fields {
		if len(f) < 4 || strings.Trim(f, "0123456789-*") != "" {
			return []string{part}
		}
	}
	return fields
}
