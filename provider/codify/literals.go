package codify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// literals keep the texts that are more than letters, digits and the like out of the generators, which do not escape all of them as their
// language asks for. A word stands for each in PCL, and the literal takes its place in the printed program.
type literals struct {
	mark  string
	texts []string
}

// newLiterals marks with a word that is in nothing that is printed.
func newLiterals(objects []Object) *literals {
	var all strings.Builder
	for _, o := range objects {
		fmt.Fprintln(&all, o.Name, identifier(o), noteLines(o), o.Inputs)
	}
	mark := "literal"
	for strings.Contains(strings.ToLower(all.String()), mark) {
		mark += "z"
	}
	return &literals{mark: mark}
}

// word is what stands for a text.
func (l *literals) word(text string) string {
	if !strings.ContainsFunc(text, unusual) {
		return text
	}
	l.texts = append(l.texts, text)
	return fmt.Sprintf("%s%dx", l.mark, len(l.texts)-1)
}

func unusual(r rune) bool {
	return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(" -_./:,@=+*?()[]<>#;&!|'", r)
}

// restored puts the literals of a language into a program.
func (l *literals) restored(program []byte, language string) []byte {
	var pairs []string
	for i, text := range l.texts {
		word, literal := fmt.Sprintf("%s%dx", l.mark, i), quoted(text, language)
		pairs = append(pairs, `"`+word+`"`, literal, word, literal)
	}
	return []byte(strings.NewReplacer(pairs...).Replace(string(program)))
}

// quoted is a text as a literal of a language.
func quoted(text, language string) string {
	lines := strings.SplitAfter(text, "\n")
	several := len(lines) > 2 && !strings.ContainsFunc(text, func(r rune) bool { return r != '\n' && r != '\t' && !unicode.IsPrint(r) })
	switch {
	case language == "go" && several && !strings.Contains(text, "`"):
		return "`" + text + "`"
	case language == "go":
		return strconv.Quote(text)
	case language == "typescript" && several:
		return "`" + strings.NewReplacer(`\`, `\\`, "`", "\\`", "${", "\\${").Replace(text) + "`"
	case language == "python" && several:
		return `"""` + strings.NewReplacer(`\`, `\\`, `""`, `\"\"`).Replace(strings.TrimSuffix(text, `"`)) + tail(text) + `"""`
	case language == "python":
		return pythonQuoted(text)
	}
	return jsonQuoted(text)
}

// tail keeps a quote at the end from ending the literal.
func tail(text string) string {
	if strings.HasSuffix(text, `"`) {
		return `\"`
	}
	return ""
}

// jsonQuoted is a literal of JSON, which is one of JavaScript.
func jsonQuoted(text string) string {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(text); err != nil {
		return strconv.QuoteToASCII(text)
	}
	return strings.TrimSuffix(out.String(), "\n")
}

// pythonQuoted writes what is not printable by its number.
func pythonQuoted(text string) string {
	var out strings.Builder
	out.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '\\' || r == '"':
			out.WriteString(`\` + string(r))
		case r == '\n':
			out.WriteString(`\n`)
		case unicode.IsPrint(r):
			out.WriteRune(r)
		default:
			fmt.Fprintf(&out, `\U%08x`, r)
		}
	}
	out.WriteByte('"')
	return out.String()
}
