package codify

import (
	"fmt"
	"strings"
	"unicode"
)

// named are the objects with names that are unique and valid in every language, whatever their things are called.
func named(objects []Object) []Object {
	taken := map[string]bool{}
	out := make([]Object, len(objects))
	for i, o := range objects {
		base := plainName(o.Name)
		o.Name = base
		for n := 2; taken[letters(o)]; n++ {
			o.Name = fmt.Sprintf("%s-%d", base, n)
		}
		taken[letters(o)] = true
		out[i] = o
	}
	return out
}

// plainName keeps letters and digits of ASCII, joined by hyphens, and begins with a letter.
func plainName(text string) string {
	words := strings.FieldsFunc(text, func(r rune) bool {
		return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	name := strings.Join(words, "-")
	if name == "" || !unicode.IsLetter(rune(name[0])) {
		name = strings.TrimSuffix("x-"+name, "-")
	}
	return name
}

// identifier is the name of the variable: the words of the name, written together. One that is a single word gets the type, so that it is no
// word of a language.
func identifier(o Object) string {
	words := strings.Split(o.Name, "-")
	if len(words) == 1 {
		words = append(words, o.Type)
	}
	for i, word := range words {
		if i == 0 {
			words[i] = strings.ToLower(word)
		} else {
			words[i] = strings.ToUpper(word[:1]) + word[1:]
		}
	}
	return strings.Join(words, "")
}

// letters are what tells names apart in every language, wherever it puts capitals and underscores.
func letters(o Object) string { return strings.ToLower(identifier(o)) }
