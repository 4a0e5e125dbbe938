package oidc

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// entries are the objects of a document that is a list, with a function to replace them. A document of one object can be replaced
// by one only.
func entries(t *tree, wrapper string) (all []map[string]any, replace func([]map[string]any) bool) {
	put := func(value any) { t.root = value }
	inner := t.root
	if root, ok := t.root.(map[string]any); ok && wrapper != "" {
		if name := writtenAs(root, wrapper); root[name] != nil {
			inner, put = root[name], func(value any) { root[name] = value }
		}
	}
	switch inner := inner.(type) {
	case map[string]any:
		return []map[string]any{inner}, func(replaced []map[string]any) bool {
			if len(replaced) == 1 {
				put(replaced[0])
			}
			return len(replaced) == 1
		}
	case []any:
		for _, one := range inner {
			object, ok := one.(map[string]any)
			if !ok {
				object = map[string]any{} // a null, which is read as an empty object
			}
			all = append(all, object)
		}
		return all, func(replaced []map[string]any) bool {
			list := make([]any, len(replaced))
			for i, one := range replaced {
				list[i] = one
			}
			put(list)
			return len(list) > 0
		}
	}
	return nil, func([]map[string]any) bool { return false }
}

// perSubject puts a copy of an entry for each subject in its place.
func perSubject(
	t *tree, wrapper string, index int, subjects []string, set func(copied map[string]any, subject string, n int),
) bool {
	all, replace := entries(t, wrapper)
	if index >= len(all) || len(subjects) == 0 {
		return false
	}
	copies := make([]map[string]any, len(subjects))
	for i, subject := range subjects {
		copies[i] = cloneTree(all[index])
		set(copies[i], subject, i)
	}
	return replace(slices.Concat(all[:index], copies, all[index+1:]))
}

func cloneTree(object map[string]any) map[string]any {
	clone := maps.Clone(object)
	for key, value := range clone {
		if inner, ok := value.(map[string]any); ok {
			clone[key] = cloneTree(inner)
		}
	}
	return clone
}

// azureLocation is one federated credential.
type azureLocation struct{ index int }

func azureProps(credential map[string]any) map[string]any {
	if nested, ok := credential[writtenAs(credential, "properties")].(map[string]any); ok {
		return nested
	}
	return credential
}

// writtenAs is the name of a member as an object spells it, or as the cloud's API does.
func writtenAs(object map[string]any, names ...string) string {
	for _, name := range names {
		for key := range object {
			if plainName(key) == plainName(name) {
				return key
			}
		}
	}
	return names[0]
}

func (s azureLocation) fix(rule string, t *tree, want Intent) bool {
	all, _ := entries(t, "value")
	if s.index >= len(all) {
		return false
	}
	properties := azureProps(all[s.index])
	switch {
	case isSubjectRule(rule):
		return perSubject(t, "value", s.index, want.Subjects, func(credential map[string]any, subject string, n int) {
			pinAzureSubject(azureProps(credential), subject)
			if name := textAt(credential, "name"); name != "" && n > 0 {
				credential["name"] = fmt.Sprintf("%s-%d", name, n+1)
			}
		})
	case isAudienceRule(rule):
		key := writtenAs(properties, "audiences", "audience")
		audiences := want.audiences(Azure, textsOf(properties[key]), []string{azureSubject(properties)})
		properties[key] = listOf(audiences)
		return len(audiences) > 0
	}
	return false
}

// pinAzureSubject puts a subject in place of what a credential asks of the subject. What its expression asks of other claims
// stays.
func pinAzureSubject(properties map[string]any, subject string) {
	key := writtenAs(properties, "claimsMatchingExpression")
	kept := azureExpression{comparisons: []azureComparison{{claim: subjectClaim, value: subject}}}
	for _, c := range azureMatchingOf(properties).parse().comparisons {
		if c.claim != subjectClaim {
			kept.comparisons = append(kept.comparisons, c)
		}
	}
	if len(kept.comparisons) == 1 {
		properties[writtenAs(properties, "subject")] = subject
		delete(properties, key)
		return
	}
	if object, ok := properties[key].(map[string]any); ok {
		object[writtenAs(object, "value")] = kept.text()
		return
	}
	properties[key] = kept.text()
}

func azureMatchingOf(properties map[string]any) AzureMatching {
	switch value := properties[writtenAs(properties, "claimsMatchingExpression")].(type) {
	case string:
		return AzureMatching{Value: value}
	case map[string]any:
		return AzureMatching{Value: textAt(value, writtenAs(value, "value"))}
	}
	return AzureMatching{}
}

// azureSubject is what a credential asks of the subject, in text.
func azureSubject(properties map[string]any) string {
	if subject := textAt(properties, writtenAs(properties, "subject")); subject != "" {
		return subject
	}
	for _, c := range azureMatchingOf(properties).parse().comparisons {
		if c.claim == subjectClaim {
			return c.value
		}
	}
	return ""
}

type azureOrganizations struct{}

func (azureOrganizations) fix(_ string, t *tree, want Intent) bool {
	all, replace := entries(t, "value")
	var subjects []string
	for _, credential := range all {
		properties := azureProps(credential)
		subjects = append(subjects, azureSubject(properties))
	}
	keep := want.keep(subjects)
	if keep == "" {
		return false
	}
	var kept []map[string]any
	for i, credential := range all {
		if len(ofOrganization(keep, subjects[i:i+1], subjectOrganization)) == 0 {
			continue
		}
		properties := azureProps(credential)
		key := writtenAs(properties, "audiences", "audience")
		properties[key] = listOf(ofOrganization(keep, textsOf(properties[key]), audienceOrganization))
		kept = append(kept, credential)
	}
	return replace(kept)
}

// policyLocation is one policy of an issuer, or one claim of it.
type policyLocation struct {
	index int
	claim string
}

func rulesOf(policy map[string]any) map[string]any {
	name := writtenAs(policy, "rules")
	rules, ok := policy[name].(map[string]any)
	if !ok {
		rules = map[string]any{}
		policy[name] = rules
	}
	return rules
}

func (s policyLocation) fix(rule string, t *tree, want Intent) bool {
	all, _ := entries(t, "policies")
	if s.index >= len(all) {
		return false
	}
	rules := rulesOf(all[s.index])
	if rule == RuleMissingAudience {
		audience := want.exchangeAudience()
		rules["aud"] = audience
		return audience != ""
	}
	if !isSubjectRule(rule) || s.claim == "aud" {
		return false
	}
	return perSubject(t, "policies", s.index, want.Subjects, func(policy map[string]any, subject string, _ int) {
		rulesOf(policy)["sub"] = subject
	})
}

// exchangeAudience is the audience of the intended organization.
func (want Intent) exchangeAudience() string {
	switch {
	case want.Audience != "":
		return want.Audience
	case want.Organization != "":
		return ExchangeAudience(want.Organization)
	}
	return ""
}

type policyOrganizations struct{}

func (policyOrganizations) fix(_ string, t *tree, want Intent) bool {
	keep := strings.ToLower(want.Organization)
	if keep == "" {
		keep = strings.ToLower(strings.TrimPrefix(want.Audience, exchangePrefix))
	}
	if keep == "" {
		return false
	}
	all, replace := entries(t, "policies")
	return replace(slices.DeleteFunc(slices.Clone(all), func(policy map[string]any) bool {
		organization, found := strings.CutPrefix(textAt(rulesOf(policy), "aud"), exchangePrefix)
		return found && !strings.EqualFold(organization, keep) && textAt(policy, writtenAs(policy, "decision")) != string(Deny)
	}))
}
