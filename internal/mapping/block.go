package mapping

import "strings"

// Markers around the block that is ours in a text of the CRM. They carry no language and survive rich-text editors.
const (
	BlockStart = "--- HeavySet ---"
	BlockEnd   = "--- /HeavySet ---"
)

// reference begins the line of a block that names the record it speaks of.
const reference = "Reference: "

// maxDescription is the length of Zoho's long text fields, our bound where the row gives none.
const maxDescription = 32_000

// appendBlock puts a block at the end of a text, or in the place of the block with the same reference. What is outside
// that block is never touched, other blocks of ours neither; when the whole grows too long our block is cut, not theirs.
func appendBlock(old, block string, limit int) string {
	if limit <= 0 {
		limit = maxDescription
	}
	block = referenceLast(defuse(block)) // a fixed text may hold what looks like a marker
	before, after := old, ""
	if from, to, found := findBlock(old, blockReference(block)); found {
		before, after = old[:from], old[to:]
	}
	head := strings.TrimRight(before, "\n")
	if head != "" {
		head += "\n\n"
	}
	head += BlockStart + "\n"
	tail := "\n" + BlockEnd + after
	room := limit - len([]rune(head)) - len([]rune(tail))
	if room <= 0 {
		return old
	}
	return head + clipBlock(block, room) + tail
}

// referenceLast moves the reference of a block to its end: a template may have put text behind it.
func referenceLast(block string) string {
	end := endOfReference(block)
	if end == 0 || end == len(block) {
		return block
	}
	from := strings.LastIndex(block[:end], reference)
	return strings.TrimRight(block[:from]+strings.TrimLeft(block[end:], "\n"), "\n") + "\n" + block[from:end]
}

// clipBlock shortens a block but keeps its last line, the reference by which we know it again.
func clipBlock(block string, room int) string {
	if len([]rune(block)) <= room {
		return block
	}
	body, last := "", block
	if i := strings.LastIndex(block, "\n"); i >= 0 {
		body, last = block[:i], block[i+1:]
	}
	left := room - len([]rune(last)) - 1
	if left <= 0 {
		return clip(last, room)
	}
	return clip(body, left) + "\n" + last
}

// findBlock gives the range of the block with a reference, markers included. Where somebody has taken a marker away, what
// they wrote is not taken for ours: a block begins at the last start before its end, and ends with its reference and the end
// right after it.
func findBlock(text, ref string) (from, to int, found bool) {
	for at := 0; ; {
		i := strings.Index(text[at:], BlockStart)
		if i < 0 {
			return 0, 0, false
		}
		from = at + i
		at = len(text)
		if next := strings.Index(text[from+len(BlockStart):], BlockStart); next >= 0 {
			at = from + len(BlockStart) + next
		}
		end := strings.Index(text[from:at], BlockEnd)
		if to = from + endOfReference(text[from:at]); end >= 0 {
			to = from + endOfReference(text[from:from+end])
		}
		rest := strings.TrimLeft(text[to:at], "\n\r ")
		switch {
		case to > from && strings.HasPrefix(rest, BlockEnd):
			to = at - len(rest) + len(BlockEnd)
		case to == from && end >= 0: // a fixed text has no reference
			to = from + end + len(BlockEnd)
		}
		if to > from && blockReference(text[from:to]) == ref {
			return from, to, true
		}
	}
}

// endOfReference gives where the last reference line of a text ends; 0 when it has none.
func endOfReference(text string) int {
	end, at := 0, 0
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, reference) {
			end = at + len(strings.TrimRight(line, "\n"))
		}
		at += len(line)
	}
	return end
}

// Marked gives a block between its markers, as a text of at most limit characters of its own.
func Marked(block string, limit int) string { return appendBlock("", block, limit) }

// HasReference reports whether a block of ours in a text names this record.
func HasReference(text, ref string) bool {
	_, _, found := findBlock(text, ref)
	return found
}

// Line is one labelled line of a block.
type Line struct{ Label, Text string }

// Block writes the block of a record: its lines that say something, then the reference. Visitors' text can forge neither
// a marker (defused) nor a reference (only the last such line counts, and that is ours).
func Block(lines []Line, ref string) string {
	var b strings.Builder
	for _, l := range lines {
		text := strings.TrimSpace(strings.ReplaceAll(l.Text, "\r\n", "\n"))
		if text == "" {
			continue
		}
		b.WriteString(defuse(l.Label) + ": " + strings.ReplaceAll(defuse(text), "\n", "\n  ") + "\n")
	}
	b.WriteString(reference + ref)
	return b.String()
}

// defuse keeps a visitor's text from looking like our markers.
func defuse(s string) string { return strings.ReplaceAll(s, "--- ", "- - ") }

// blockReference gives the reference of a block: that of its last such line.
func blockReference(block string) string {
	ref := ""
	for line := range strings.Lines(block) {
		if rest, ok := strings.CutPrefix(line, reference); ok {
			ref = strings.TrimSpace(rest)
		}
	}
	return ref
}
