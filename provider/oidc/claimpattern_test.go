package oidc

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestMatchClaim(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		pattern, value string
		want           bool
	}{
		{"", "", true},
		{"", "a", false},
		{"main", "main", true},
		{"main", "Main", false},
		{"main", "main2", false},
		{"*", "", true},
		{"*", "anything/at all", true},
		{"repo:acme/*", "repo:acme/", true},
		{"repo:acme/*", "repo:acme2/app", false},
		{"?", "", true},
		{"?", "é", true},
		{"?", "ab", false},
		{".", "", false},
		{".", "é", true},
		{"github.com", "githubXcom", true},
		{"github.com", "githubcom", false},
		{"a?b", "ab", true},
		{"a??b", "axxxb", false},
		{"a*b*c", "abbc", true},
		{"a*b*c", "acb", false},
		{"**.", "", false},
		{strings.Repeat("*a", 200), strings.Repeat("a", 400), true},
		{strings.Repeat("*a", 200) + "b", strings.Repeat("a", 400), false},
	} {
		if got := MatchClaim(test.pattern, test.value); got != test.want {
			t.Errorf("%q on %q: got %v", test.pattern, test.value, got)
		}
	}
}

// The matcher agrees with regular expressions, an implementation that is not ours.
func TestMatchClaimProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringOfN(rapid.SampledFrom([]rune("ab*?.é+")), 0, 8, -1).Draw(t, "pattern")
		value := rapid.StringOfN(rapid.SampledFrom([]rune("ab.é+\n")), 0, 8, -1).Draw(t, "value")
		expression := strings.NewReplacer(`\*`, `.*`, `\?`, `.?`, `\.`, `.`).Replace(regexp.QuoteMeta(pattern))
		want := regexp.MustCompile(`(?s)^` + expression + `$`).MatchString(value)
		if got := MatchClaim(pattern, value); got != want {
			t.Fatalf("%q on %q: got %v, want %v", pattern, value, got, want)
		}
		if !HasClaimWildcard(pattern) && MatchClaim(pattern, value) != (pattern == value) {
			t.Fatalf("%q has no wildcard and matches %q", pattern, value)
		}
	})
}

// Two patterns meet where one of all the short values matches both: values as long as both patterns together are enough.
func TestClaimPatternsMeetProperty(t *testing.T) {
	t.Parallel()
	values := []string{""}
	for i := 0; len(values[i]) < 6; i++ {
		values = append(values, values[i]+"a", values[i]+"b")
	}
	pattern := rapid.StringOfN(rapid.RuneFrom([]rune("ab*?.")), 0, 3, -1)
	rapid.Check(t, func(t *rapid.T) {
		a, b := pattern.Draw(t, "a"), pattern.Draw(t, "b")
		want := slices.ContainsFunc(values, func(value string) bool { return MatchClaim(a, value) && MatchClaim(b, value) })
		if got := claimPatternsMeet(a, b); got != want {
			t.Fatalf("%q and %q: %v", a, b, got)
		}
	})
}

func TestParseClaimName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]string{
		"sub":                                  {"sub"},
		"a.b.c":                                {"a", "b", "c"},
		`"kubernetes.io".serviceaccount.name`:  {"kubernetes.io", "serviceaccount", "name"},
		`claims."https://pulumi.com/org"`:      {"claims", "https://pulumi.com/org"},
		`"a"`:                                  {"a"},
		"":                                     nil,
		".":                                    nil,
		"a.":                                   nil,
		".a":                                   nil,
		"a..b":                                 nil,
		`"a`:                                   nil,
		`"a"b`:                                 nil,
		`a"b"`:                                 nil,
		`"".b`:                                 nil,
		`"kubernetes.io"serviceaccount.name.x`: nil,
	} {
		got, err := ParseClaimName(name)
		if !slices.Equal(got, want) || (err == nil) != (want != nil) {
			t.Errorf("%q: got %q, %v", name, got, err)
		}
	}
}

func FuzzParseClaimName(f *testing.F) {
	for _, seed := range []string{"sub", `"kubernetes.io".pod.name`, `a."b`, "..", `""`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		path, err := ParseClaimName(name)
		if err != nil {
			return
		}
		again, err := ParseClaimName(ClaimName(path...))
		if err != nil || !slices.Equal(path, again) {
			t.Fatalf("%q is %q, and written again %q, %v", name, path, again, err)
		}
	})
}

func FuzzMatchClaim(f *testing.F) {
	f.Add("repo:acme/*", "repo:acme/app")
	f.Add("?.*", "")
	f.Fuzz(func(t *testing.T, pattern, value string) {
		if len(pattern)*len(value) > 1<<20 {
			t.Skip("the time is in the product of the lengths")
		}
		if got := MatchClaim(pattern, value); got && !HasClaimWildcard(pattern) && strings.ToValidUTF8(pattern, "?") == pattern && strings.ToValidUTF8(value, "?") == value && pattern != value {
			t.Fatalf("%q matches %q", pattern, value)
		}
		if !MatchClaim("*", value) || !MatchClaim(pattern+"*", strings.Map(dropWildcards, pattern)) && !strings.Contains(pattern, ".") {
			t.Fatalf("%q does not match what it is made of", pattern)
		}
	})
}

func dropWildcards(r rune) rune {
	if strings.ContainsRune(claimWildcards, r) {
		return -1
	}
	return r
}
