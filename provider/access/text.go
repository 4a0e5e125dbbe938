package access

import (
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// bounded cuts a text to at most n bytes, on the border of a character, and shows that it did.
func bounded(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n] + "..."
}

// printable keeps what somebody else wrote, such as the value of a tag, from breaking a line or steering a terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
