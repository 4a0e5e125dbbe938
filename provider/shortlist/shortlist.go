// Package shortlist writes lists that may be long into texts for people: the first few, and how many more there are. Call
// [Of] in a sentence, and [Joined] for another form.
package shortlist

import (
	"fmt"
	"strings"
)

// Of lists up to most items: `a, b and 3 more`.
func Of(items []string, most int) string { return Joined(items, most, ", ", " and ") }

// Joined lists up to most items with a separator between them; what comes before the count of the rest is last.
func Joined(items []string, most int, separator, last string) string {
	shown := items[:min(len(items), most)]
	text := strings.Join(shown, separator)
	if more := len(items) - len(shown); more > 0 {
		text += fmt.Sprintf("%s%d more", last, more)
	}
	return text
}

// Bulleted is a heading with a line each, up to 20, then a count.
func Bulleted(heading string, lines []string) string {
	if len(lines) == 0 {
		return heading
	}
	return heading + "\n  - " + Joined(lines, 20, "\n  - ", "\n  ... and ")
}
