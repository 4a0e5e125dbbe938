package wire

import (
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// minimumRepeated is the length of a secret that is looked for within other texts; a shorter one counts where it is the whole text.
const minimumRepeated = 6

// withRepeatedHidden makes every property secret that repeats a secret: what a resource computes from an input that is secret, or
// reads back, is as secret as that.
func withRepeatedHidden(m property.Map, all []property.Map) property.Map {
	secrets := wholeSecrets(all)
	for name, value := range m.AllStable {
		if !value.Secret() && repeatsAny(value, secrets) {
			m = m.Set(name, withoutSecrets(value).WithSecret(true))
		}
	}
	return m
}

// wholeSecrets are the texts that are marked as secret, as a whole: the words of a definition are not secret outside of it.
func wholeSecrets(all []property.Map) []string {
	var secrets []string
	for _, m := range all {
		walk("", property.New(m), func(_ string, v property.Value) {
			if v.Secret() {
				secrets = append(secrets, textsOf(v)...)
			}
		})
	}
	return slices.DeleteFunc(secrets, func(s string) bool { return s == "" })
}

// repeatsAny reports whether a text outside of secret values repeats one of the secrets.
func repeatsAny(v property.Value, secrets []string) bool {
	switch {
	case v.Secret():
		return false
	case v.IsMap():
		for key, child := range v.AsMap().All {
			if repeatsAny(property.New(key), secrets) || repeatsAny(child, secrets) {
				return true
			}
		}
	case v.IsArray():
		return slices.ContainsFunc(v.AsArray().AsSlice(), func(child property.Value) bool { return repeatsAny(child, secrets) })
	case v.IsString():
		text := v.AsString()
		return slices.ContainsFunc(secrets, func(s string) bool { return repeats(text, s) })
	}
	return false
}

func repeats(text, secret string) bool {
	return text == secret || len(secret) >= minimumRepeated && (strings.Contains(text, secret) || cutWithin(text, secret))
}

// ellipsis stands where a message of the service was cut.
const ellipsis = "..."

// cutWithin reports whether a text has the beginning of a secret right before an ellipsis.
func cutWithin(text, secret string) bool {
	for at := range len(text) {
		if !strings.HasPrefix(text[at:], ellipsis) {
			continue
		}
		for from := max(0, at-len(secret)); from <= at-minimumPart; from++ {
			if strings.HasPrefix(secret, text[from:at]) {
				return true
			}
		}
	}
	return false
}
