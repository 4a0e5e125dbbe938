package oidc

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// issuerView is how a document restricts one issuer's tokens: the issuer's host and path ("" if it is not known), the claims that
// are compared with exact values, the other claims that are compared, and whether the audience is.
type issuerView struct {
	issuer   string
	exact    map[string][]string
	others   []string
	audience bool
}

// knownIssuer is an issuer's host and path, or "" for one with a placeholder.
func knownIssuer(issuer string) string {
	if hasPlaceholder(issuer) {
		return ""
	}
	return strings.TrimPrefix(issuer, "https://")
}

func (v issuerView) system() WorkloadSystem {
	return WorkloadSystemOf(strings.TrimPrefix(v.issuer, "https://"))
}

// identified reports whether the exact values name workloads, whichever of them a token has.
func (v issuerView) identified() bool {
	system := v.system()
	pins := map[string]string{}
	for claim, values := range v.exact {
		if len(values) == 0 {
			return true // no token has all that is asked for
		}
		pins[claim] = values[0]
	}
	if system.Identifying(pins) == nil {
		return false
	}
	for claim, values := range v.exact {
		for _, value := range values {
			one := maps.Clone(pins)
			one[claim] = value
			if system.Identifying(one) == nil {
				return false
			}
		}
	}
	return true
}

// claim is a claim's name as [WorkloadSystem.Identifying] takes it, from one in a document: without quotes, or in another case.
func (s WorkloadSystem) claim(written string) string {
	for _, known := range s.identifiers() {
		if strings.EqualFold(strings.Trim(known, `"`), written) {
			return known
		}
	}
	return written
}

func (s WorkloadSystem) isIdentifier(claim string) bool {
	return slices.Contains(s.identifiers(), claim)
}

// secondVersion reports whether the tokens are those that `fn::open::oidc` makes: they choose their audience, and name
// organization and environment by id.
func (v issuerView) secondVersion() bool {
	return strings.HasSuffix(strings.TrimRight(v.issuer, "/"), "/oidc/v2") ||
		slices.ContainsFunc(v.exact["sub"], func(s string) bool { return strings.HasPrefix(s, secondPrefix) })
}

const secondPrefix = "pulumi:org:"

// pulumi reports whether what is known of the audiences of Pulumi Cloud's logins and deployments applies.
func (v issuerView) pulumi() bool {
	if v.secondVersion() {
		return false
	}
	return v.fromPulumi()
}

func (v issuerView) fromPulumi() bool {
	system := v.system()
	return system == PulumiCloud || (system == OtherWorkloads || system == AnyWorkloads) && ours(v.exact["sub"]) ||
		v.issuer != "" && system == OtherWorkloads && strings.HasSuffix(strings.TrimRight(v.issuer, "/"), "/oidc")
}

func (v issuerView) name() string {
	if v.issuer == "" {
		return "the issuer"
	}
	return v.issuer
}

// everybody describes who is admitted if nothing but the audience is compared, or nothing at all.
func (v issuerView) everybody() string {
	switch system := v.system(); {
	case v.secondVersion():
		return "Environments choose the audience of these tokens: whoever may write an environment in any organization of Pulumi Cloud can " +
			"assume the identity"
	case v.fromPulumi() && v.audience:
		return "It is the same for the whole organization: whoever may open any environment or run any deployment in it can assume the identity"
	case v.fromPulumi():
		return "Any environment and deployment of any organization can assume the identity"
	case system == GitHubActions:
		return "Workflows choose the audience: every repository on GitHub gets in, whoever owns it"
	case system == GitLabCI:
		return "Pipelines choose the audience: every project on GitLab gets in, whoever owns it"
	case system == Kubernetes:
		return "Every service account of the cluster gets in"
	case v.issuer == "cognito-identity.amazonaws.com" && slices.Equal(v.exact["amr"], []string{"authenticated"}):
		return "Every user of the identity pool who has signed in gets in"
	case v.issuer == "cognito-identity.amazonaws.com":
		return "Every user of the identity pool gets in, and guests where it admits them"
	case slices.Contains(builtInProviders, v.issuer):
		return "Everybody who signs in to the application gets in"
	}
	return fmt.Sprintf("Every workload and user of %s gets in", v.name())
}

// fix is how to restrict the subject.
func (v issuerView) fix() string {
	switch system := v.system(); {
	case v.secondVersion():
		return "Pin the exact subject, `pulumi:org:<id>:env:<id>`, which the environment's metadata shows."
	case v.fromPulumi():
		return subjectsFix
	case system == GitHubActions:
		return "Pin the exact subject, such as `repo:OWNER/NAME:ref:refs/heads/main` or `repo:OWNER/NAME:environment:production`, or " +
			"`repository_id` together with `ref` or `environment`."
	case system == GitLabCI:
		return "Pin the exact subject, such as `project_path:GROUP/NAME:ref_type:branch:ref:main`, or `project_id` together with `ref`."
	case system == Kubernetes:
		return "Pin the exact subject, `system:serviceaccount:NAMESPACE:NAME`."
	}
	return "Pin the exact subject of each workload or user that is meant."
}

// missingSubject adds the finding for a document that does not restrict the subject, by what else it restricts.
func (l *linter) missingSubject(path string, v issuerView) {
	others := slices.Compact(slices.Sorted(slices.Values(v.others)))
	const many = " names no workload, or is not exact: every workload and user of %s that shares it gets in."
	switch {
	case v.audience && len(others) > 0:
		l.add(RuleAudienceOnly, High, path, fmt.Sprintf("No subject is pinned. What is asked for besides the audience (%s)"+many, list(others), v.name()), v.fix())
	case v.audience:
		l.add(RuleAudienceOnly, High, path, "Only the audience says who is meant. "+v.everybody()+".", v.fix())
	case len(others) > 0:
		l.add(RuleMissingSubject, High, path, fmt.Sprintf("No subject is pinned. What is asked for (%s)"+many, list(others), v.name()), v.fix())
	default:
		l.add(RuleMissingSubject, High, path, "No subject is pinned: any token of the issuer is accepted, whatever it was made for. "+v.everybody()+".", v.fix())
	}
}

func (l *linter) missingAudience(path string, v issuerView) {
	fix := "Require the exact audience that your tokens are made for."
	if v.fromPulumi() {
		fix = audienceFix
	}
	l.add(RuleMissingAudience, Medium, path, "No audience is pinned: a token that was made for another service can be replayed here.", fix)
}

func (l *linter) wildcardSubject(path string, v issuerView, pattern string) {
	who := fmt.Sprintf("whoever can make a workload of %s that matches can assume the identity", v.name())
	if v.fromPulumi() || strings.HasPrefix(pattern, "pulumi:") {
		who = "whoever can make an environment, stack or user whose subject matches can assume the identity"
	}
	l.add(RuleWildcardSubject, High, path, fmt.Sprintf("%q is a pattern: %s.", pattern, who), v.fix())
}

// exactSubject checks a subject that is compared for equality.
func (l *linter) exactSubject(path string, v issuerView, subject string) {
	switch {
	case strings.ContainsAny(subject, "*?"):
		l.add(RuleWildcardCharacter, Low, path, fmt.Sprintf("%q holds a wildcard character, which is taken literally here: it matches "+
			"no subject now, and all of them once somebody changes the comparison.", subject), v.fix())
	case strings.Contains(subject, anonymousRoot):
	case v.system() != OtherWorkloads && v.system() != AnyWorkloads && v.system().Identifying(map[string]string{"sub": subject}) == nil && !v.identified():
		l.add(RuleMissingSubject, High, path, fmt.Sprintf("%q is an exact subject, but names no workload: many have it.", subject), v.fix())
	}
	l.subject(path, subject)
}
