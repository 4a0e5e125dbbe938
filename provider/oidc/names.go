package oidc

import (
	"fmt"
	"strings"
	"unicode"
)

// anonymousRoot is what the service writes in place of a name for YAML that was never saved, such as the `environment:`
// block of a stack. It is the same in every organization's every stack, so nothing may be locked to it.
const anonymousRoot = "<yaml>"

// badName returns why a name cannot stand in a subject, or "". Organizations, projects, environments and stacks share
// the service's alphabet: letters, digits, `-`, `_` and `.`. Anything else would end a part early (`:`, `/`), turn an
// exact subject into a pattern (`*`, `?`, `$`) or never match at all.
func badName(what, name string) string {
	if reason := suspicious(what, name); reason != "" {
		return reason
	}
	for _, r := range name {
		if !nameRune(r) {
			return fmt.Sprintf("%s %q holds %q; names consist of letters, digits, '-', '_' and '.'", what, name, r)
		}
	}
	return ""
}

// badLogin is badName for logins, whose alphabet depends on the identity provider (an address is possible).
func badLogin(login string) string {
	if reason := suspicious("user login", login); reason != "" {
		return reason
	}
	for _, r := range login {
		if !nameRune(r) && !strings.ContainsRune("@+=", r) {
			return fmt.Sprintf("user login %q holds %q, which no login has", login, r)
		}
	}
	return ""
}

func nameRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_.", r)
}

// suspicious returns a reason of its own for each frequent mistake.
func suspicious(what, name string) string {
	switch {
	case name == "":
		return what + " is empty"
	case name == "." || name == "..":
		return fmt.Sprintf("%s %q is a place in a path, not a name", what, name)
	case name == anonymousRoot:
		return fmt.Sprintf("%s %q is what the service writes for YAML that was never saved; it is the same for everybody, so it locks nothing", what, name)
	case strings.ContainsAny(name, "*?"):
		return fmt.Sprintf("%s %q holds a wildcard character; a subject is one exact text, so name each one", what, name)
	case strings.Contains(name, "/"):
		return fmt.Sprintf("%s %q holds a slash", what, name)
	case strings.Contains(name, ":"):
		return fmt.Sprintf("%s %q holds a colon, which separates the parts of a subject", what, name)
	case strings.IndexFunc(name, unicode.IsSpace) >= 0:
		return fmt.Sprintf("%s %q holds white space", what, name)
	}
	return ""
}
