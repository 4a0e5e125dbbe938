package page

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
	"unicode"
)

// numbers are numbers as the script reads them: base64 of variable-length integers, since most of them are small.
type numbers []byte

func (n *numbers) add(all ...int) {
	for _, one := range all {
		*n = binary.AppendUvarint(*n, uint64(one)) //nolint:gosec // indexes and counts
	}
}

// list adds how many there are, and then each.
func (n *numbers) list(all []int) {
	n.add(len(all))
	n.add(all...)
}

// MarshalJSON writes a string.
func (n numbers) MarshalJSON() ([]byte, error) {
	return []byte(`"` + base64.StdEncoding.EncodeToString(n) + `"`), nil
}

// table gives each text, or each encoded list of numbers, an index, and the same one every time.
type table struct {
	all   []string
	index map[string]int
}

func (t *table) of(text string) int {
	if known, found := t.index[text]; found {
		return known
	}
	if t.index == nil {
		t.index = map[string]int{}
	}
	t.index[text] = len(t.all)
	t.all = append(t.all, text)
	return len(t.all) - 1
}

// joined are the entries of a table of encoded lists.
func (t *table) joined() numbers { return numbers(strings.Join(t.all, "")) }

// visible is a text of the service as the page shows it: what a reader would not see, or what changes the order in which they see the rest,
// is written as its code. A name cannot look like another one by it.
func visible(text string) string { return shown(text, "") }

// visibleLines is visible for texts of several lines.
func visibleLines(text string) string { return shown(text, "\n\t") }

func shown(text, keep string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	hidden := func(c rune) bool {
		return unicode.In(c, unicode.C, unicode.Zl, unicode.Zp) || unicode.IsSpace(c) && c != ' ' || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, c)
	}
	if strings.IndexFunc(text, hidden) < 0 {
		return text
	}
	var out strings.Builder
	for _, c := range text {
		if hidden(c) && !strings.ContainsRune(keep, c) {
			fmt.Fprintf(&out, `\u{%04X}`, c)
		} else {
			out.WriteRune(c)
		}
	}
	return out.String()
}
