package report

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// visible is a text with everything written out that is not visible: control characters, which a terminal would obey, and characters that
// change the order of a line or are not seen at all. Lines are kept.
func visible(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '\n' || r == '\t':
			b.WriteRune(r)
		case r == unicode.ReplacementChar || !unicode.IsGraphic(r):
			b.WriteString(escaped(r))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func escaped(r rune) string { return strings.Trim(strconv.QuoteRuneToASCII(r), "'") }

// line is a visible text in one line.
func line(text string) string {
	return strings.NewReplacer("\n", `\n`, "\t", `\t`).Replace(visible(text))
}

// asciiControls writes the characters of a JSON document that are not visible as escapes. They are in strings alone.
func asciiControls(document string) string {
	var b strings.Builder
	for _, r := range document {
		switch {
		case r == '\n' || r == ' ' || unicode.IsGraphic(r) && r != unicode.ReplacementChar:
			b.WriteRune(r)
		case r > 0xffff:
			high, low := (r-0x10000)>>10+0xd800, (r-0x10000)&0x3ff+0xdc00
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// special are the characters that mean something in Markdown.
var special = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", `*`, `\*`, `_`, `\_`, `[`, `\[`, `]`, `\]`, `|`, `\|`, `~`, `\~`, `$`, `\$`,
	// These would mention people, refer to issues, or link: a comment between keeps them as they are.
	`@`, `@<!---->`, `#`, `#<!---->`, `://`, `:<!---->//`, `www.`, `www<!---->.`,
	`&`, `&amp;`, `<`, `&lt;`, `>`, `&gt;`,
)

// markdown is a text in one line as Markdown shows it: it formats, links and mentions nothing.
func markdown(text string) string {
	return special.Replace(line(text))
}

// fence is a block of code that nothing in the text can end.
func fence(text string) string {
	longest, run := 2, 0
	for _, r := range text {
		if run++; r != '`' {
			run = 0
		}
		longest = max(longest, run)
	}
	ticks := strings.Repeat("`", longest+1)
	return ticks + "\n" + strings.TrimRight(visible(text), "\n") + "\n" + ticks
}
