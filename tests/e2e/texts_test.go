package e2e

import "strings"

// between is what stands between two texts, "" if they are not there.
func between(text, before, after string) string {
	_, rest, _ := strings.Cut(text, before)
	found, _, _ := strings.Cut(rest, after)
	return found
}

// replaced is a program with a part filled in.
func replaced(program, part string) string { return strings.Replace(program, "%s", part, 1) }
