package oidc

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// objects reads one object or a list of them, each with its path. An object that holds a list under wrapper is that list.
func objects[T any](document []byte, wrapper string) (read []T, paths []string, err error) {
	prefix := ""
	var wrapped map[string]json.RawMessage
	if wrapper != "" && json.Unmarshal(document, &wrapped) == nil && wrapped[wrapper] != nil {
		document, prefix = wrapped[wrapper], wrapper
	}
	if isKind(document, '[') {
		err = json.Unmarshal(document, &read)
		for i := range read {
			paths = append(paths, fmt.Sprintf("%s[%d].", prefix, i))
		}
		return read, paths, err
	}
	if !isKind(document, '{') {
		return nil, nil, fmt.Errorf("expected an object or a list of objects, found %s", kindOf(document))
	}
	read = make([]T, 1)
	return read, []string{""}, json.Unmarshal(document, &read[0])
}

// pulumi checks the policies of an OIDC issuer that is registered with Pulumi Cloud. In the values of claims, and in the name of
// a team, `*` is any text, `?` at most one character and `.` exactly one.
func (l *linter) pulumi(document []byte) {
	const refused = "Pulumi Cloud refuses to save such policies, and an issuer keeps those that it had"
	raw, paths, err := rawObjects(document, "policies")
	if err != nil {
		l.invalid("", err, refused)
		return
	}
	l.location = policyLocation{}
	l.besides(document, "policies", len(raw) > 0)
	for i, one := range raw {
		l.location = policyLocation{index: i}
		policy, all, err := readPolicy(one)
		if err != nil {
			l.invalid(strings.TrimSuffix(paths[i], "."), err, refused)
			continue
		}
		l.policyMembers(paths[i], all)
		if policy.Decision != Deny {
			rules := cmp.Or(all["rules"].key, "rules")
			l.issuerPolicy(i, paths[i]+rules, paths[i]+cmp.Or(all["teamname"].key, "teamName"), policy)
		}
	}
}

// readPolicy reads a policy with its members in any spelling.
func readPolicy(raw json.RawMessage) (policy IssuerPolicy, all map[string]member, err error) {
	all, err = spelled(raw)
	if err != nil {
		return policy, nil, err
	}
	values := map[string]json.RawMessage{}
	for name, one := range all {
		values[name] = one.value
	}
	text, err := json.Marshal(values)
	if err != nil {
		return policy, nil, err
	}
	return policy, all, json.Unmarshal(text, &policy) // which takes members in any case
}

func readPolicies(document string) (policies []IssuerPolicy, err error) {
	raw, _, err := rawObjects([]byte(document), "policies")
	for _, one := range raw {
		policy, _, err := readPolicy(one)
		if err != nil {
			return nil, err
		}
		policies = append(policies, policy)
	}
	return policies, err
}

// policyMembers are those of a policy as Pulumi Cloud's API has it.
var policyMembers = []string{
	"decision", "tokentype", "teamname", "userlogin", "runnerid", "roleid", "authorizedpermissions", "rules", "id", "name", "description",
}

func (l *linter) policyMembers(path string, all map[string]member) {
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if !slices.Contains(policyMembers, name) {
			l.unknownMembers(path, []string{all[name].key}, true)
		}
	}
}

func (l *linter) issuerPolicy(index int, path, teamPath string, policy IssuerPolicy) {
	const fix = "Pin the claim to its exact value in your CI system; `CiTrust` writes such policies."
	// The document does not say of which issuer its policies are, unless one pins it.
	system, since := WorkloadSystemOf(policy.Rules["iss"]), len(l.findings)
	if !system.mentions(policy.Rules) {
		rule, what := unidentifiedRule(policy.Rules)
		l.add(rule, High, path, what+": workloads that nobody named, other people's included, get a token of Pulumi Cloud.", fix)
	}
	if policy.Rules["aud"] == "" {
		l.add(RuleMissingAudience, Medium, path, "No audience is pinned: a token that a workload made for another service can be "+
			"replayed at Pulumi Cloud.", "Pin `aud` to `urn:pulumi:org:<organization>`.")
	}
	for _, claim := range slices.Sorted(maps.Keys(policy.Rules)) {
		l.location = policyLocation{index: index, claim: claim}
		l.claimPattern(path+"."+claim, claim, policy.Rules, system, fix)
	}
	if system.mentions(policy.Rules) {
		values := map[string][]string{}
		for claim, pattern := range policy.Rules {
			values[claim] = []string{pattern}
		}
		l.pullRequests(since, path, system, values)
	}
	if HasClaimWildcard(policy.TeamName) {
		l.location = nil // which of the teams is meant, nobody can know
		l.add(RuleWildcardCharacter, Medium, teamPath, fmt.Sprintf("%q holds a wildcard character: the caller chooses among all "+
			"teams that match.", policy.TeamName), "Name one team without `*`, `?` and `.`.")
	}
}

// unidentifiedRule returns the finding for policies that name no workload.
func unidentifiedRule(rules map[string]string) (rule, what string) {
	pinned := slices.DeleteFunc(slices.Sorted(maps.Keys(rules)), func(claim string) bool { return claim == "aud" || claim == "iss" })
	switch {
	case len(pinned) > 0:
		return RuleMissingSubject, fmt.Sprintf("What is pinned (%s) names no workload: many share it, or it is not known to name one", list(pinned))
	case rules["aud"] != "":
		return RuleAudienceOnly, "Only the audience is pinned, and whoever asks for a token chooses it"
	}
	return RuleMissingSubject, "Neither subject nor repository or project is pinned"
}

func (l *linter) claimPattern(path, claim string, rules map[string]string, system WorkloadSystem, fix string) {
	value := rules[claim]
	exact := maps.Clone(rules)
	maps.DeleteFunc(exact, func(claim, value string) bool { return strings.ContainsAny(value, "*?") })
	if organization, found := strings.CutPrefix(value, exchangePrefix); found && claim == "aud" {
		l.sawOrganization(path, organization)
		// An exchange compares the audience by itself, so that a dot in the organization's name lets in nobody else.
		if !strings.ContainsAny(value, "*?") {
			return
		}
	}
	switch {
	case claim == "iss": // the registration of the issuer decides, whatever stands here
	case strings.ContainsAny(value, "*?") && system.isIdentifier(claim) && system.Identifying(exact) != nil: // which decides
	case strings.ContainsAny(value, "*?") && system.isIdentifier(claim):
		l.add(RuleWildcardSubject, High, path, fmt.Sprintf("%q is a pattern: every repository, project, branch or workload that matches "+
			"gets a token of Pulumi Cloud.", value), fix)
	case claim == subjectClaim && !HasClaimWildcard(system.openPart(claim, rules)): // the repository is named by its id
	case HasClaimWildcard(value):
		l.add(RuleWildcardCharacter, Medium, path, fmt.Sprintf("Pulumi Cloud takes `*`, `?` and `.` in %q as wildcards (`.` is any one "+
			"character): a claim that differs there matches as well.", value),
			"Pin a claim without these characters, such as the repository's id (`repository_id`).")
	}
}
