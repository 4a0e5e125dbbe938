package oidc

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

// distinctExact returns the distinct values in the order given. bad says why a value may not stand in the document.
func distinctExact(
	wrong *problem.List, property, what string, values []string, bad func(what, value string) string,
) []string {
	if len(values) == 0 {
		wrong.AddReason(property, "at least one "+what+" is needed: what pins none would trust every token of the issuer")
	}
	var distinct []string
	for i, value := range values {
		wrong.AddReason(fmt.Sprintf("%s[%d]", property, i), bad(what, value))
		if !slices.Contains(distinct, value) {
			distinct = append(distinct, value)
		}
	}
	return distinct
}

// Inexact returns why a value is not exact, or "". Clouds take `*` and `?` literally where they compare for equality, but readers may
// not, and a later change of the comparison would open the identity.
func Inexact(what, value string) string {
	switch {
	case value == "":
		return what + " is empty"
	case strings.Contains(value, anonymousRoot):
		return fmt.Sprintf("%s %q holds %s, which is the same for every stack and environment: set subjectAttributes on the login instead", what, value, anonymousRoot)
	case strings.ContainsAny(value, "*?"):
		return fmt.Sprintf("%s %q holds a wildcard character; list each exact value", what, value)
	}
	for _, r := range value {
		if r <= ' ' || r > '~' || r == '"' || r == '\\' {
			return fmt.Sprintf("%s %q holds %q, which cannot be part of one", what, value, r)
		}
	}
	return ""
}

// SharedSubject says why a subject of a login, together with further claims that are compared exactly, names no workload, or is "".
func SharedSubject(subject string, claims map[string]string) string {
	if !strings.HasPrefix(subject, attributesPrefix) || PulumiCloud.Identifying(with(claims, map[string]string{subjectClaim: subject})) != nil {
		return ""
	}
	return fmt.Sprintf("subject %q names no environment, so that every environment whose login has the same attributes has it: take one "+
		"from escSubjects, which names rootEnvironment.name and currentEnvironment.name", subject)
}

// namingOne adds [SharedSubject].
func namingOne(bad func(what, value string) string) func(what, value string) string {
	return func(what, value string) string {
		if reason := bad(what, value); reason != "" {
			return reason
		}
		return SharedSubject(value, nil)
	}
}

// atMost adds a limit, in characters, to [Inexact].
func atMost(limit int, cloud string) func(what, value string) string {
	return func(what, value string) string {
		if reason := Inexact(what, value); reason != "" {
			return reason
		}
		if length := utf8.RuneCountInString(value); length > limit {
			return fmt.Sprintf("%s %q has %d characters; %s allows %d. Shorten the names in it", what, value, length, cloud, limit)
		}
		return ""
	}
}

// issuerURL checks and returns the issuer as tokens name it: clouds compare it character by character. Empty means
// [PulumiCloudIssuer].
func issuerURL(wrong *problem.List, issuer string) string {
	if issuer == "" {
		return PulumiCloudIssuer
	}
	_, reason := issuerPath(issuer)
	wrong.AddReason("issuer", reason)
	return strings.TrimRight(issuer, "/")
}

// Document encodes credentials or a provider of this package as compact JSON.
func Document[T []AzureFederatedCredential | GoogleWorkloadIdentity](written T) (string, error) {
	return marshalCompact(written)
}
