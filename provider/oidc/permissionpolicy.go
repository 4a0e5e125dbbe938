package oidc

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// PermissionDocument is a policy of an identity that was read, ready to [Decide].
type PermissionDocument struct {
	variables  bool
	statements []permission
}

type permission struct {
	label        string
	deny         bool
	actions      []string
	notActions   bool
	resources    []string
	notResources bool
	conditions   []condition
}

// AWSRequest is one call of an AWS service, as the policies of whoever makes it see it. Context holds the condition keys
// of the request, such as `kms:ViaService`, without regard to case.
type AWSRequest struct {
	Action   string
	Resource string
	Context  map[string][]string
}

// ParseAWSPermissionPolicy reads a policy that is attached to an identity, by the same grammar as
// [ParseAWSTrustPolicy]: each statement has a resource and no principal.
func ParseAWSPermissionPolicy(doc []byte) (PermissionDocument, error) {
	if !json.Valid(doc) {
		var ignored any
		return PermissionDocument{}, fmt.Errorf("the policy is not JSON: %w", json.Unmarshal(doc, &ignored))
	}
	elements, err := members(doc)
	if err != nil {
		return PermissionDocument{}, fmt.Errorf("the policy is not valid: %w", err)
	}
	var parsed PermissionDocument
	for _, element := range elements {
		switch element.key {
		case "Version":
			parsed.variables, err = parseVersion(element.value)
		case "Id":
			_, err = texts(element.value)
		case "Statement":
			parsed.statements, err = parsePermissions(element.value)
		default:
			err = fmt.Errorf("%s: unknown element; a policy has Version, Id and Statement", element.key)
		}
		if err != nil {
			return PermissionDocument{}, fmt.Errorf("the policy is not valid: %w", err)
		}
	}
	if len(parsed.statements) == 0 {
		return PermissionDocument{}, fmt.Errorf("the policy is not valid: there is no Statement")
	}
	return parsed, nil
}

func parsePermissions(raw json.RawMessage) ([]permission, error) {
	list := []json.RawMessage{raw}
	if isKind(raw, '[') {
		if err := json.Unmarshal(raw, &list); err != nil {
			return nil, err
		}
	}
	parsed := make([]permission, len(list))
	for i, one := range list {
		elements, err := members(one)
		if err != nil {
			return nil, fmt.Errorf("in Statement[%d]: %w", i, err)
		}
		present := map[string]bool{}
		for _, element := range elements {
			present[element.key] = true
			if err := parsed[i].set(element); err != nil {
				return nil, fmt.Errorf("Statement[%d].%s%w", i, element.key, err)
			}
		}
		if err := wholePermission(present); err != nil {
			return nil, fmt.Errorf("Statement[%d]%w", i, err)
		}
		parsed[i].label = label(i, len(list), parsed[i].label)
	}
	return parsed, nil
}

func (p *permission) set(element member) (err error) {
	switch element.key {
	case "Sid":
		p.label, err = oneText(element.value)
	case "Effect":
		p.deny, err = parseEffect(element.value)
	case "Action", "NotAction":
		p.notActions = element.key == "NotAction"
		p.actions, err = texts(element.value)
	case "Resource", "NotResource":
		p.notResources = element.key == "NotResource"
		p.resources, err = texts(element.value)
	case "Condition":
		p.conditions, err = parseConditions(element.value)
		return err
	case "Principal", "NotPrincipal":
		err = fmt.Errorf("the policy of an identity has no principal: the identity is it")
	default:
		err = fmt.Errorf("unknown element")
	}
	if err != nil {
		return fmt.Errorf(": %w", err)
	}
	return nil
}

func wholePermission(present map[string]bool) error {
	switch {
	case !present["Effect"]:
		return fmt.Errorf(": there is no Effect")
	case present["Action"] == present["NotAction"]:
		return fmt.Errorf(": there must be one of Action and NotAction")
	case present["Resource"] == present["NotResource"]:
		return fmt.Errorf(": there must be one of Resource and NotResource")
	}
	return nil
}

// Decide says whether the policies of an identity, all taken together, let it make a request. Any statement that denies
// wins; without one that allows, the answer is no. What it cannot decide (policy variables, operators about anything but
// texts) never grants, and denies where it would deny.
func Decide(policies []PermissionDocument, request AWSRequest) (allowed bool, reason string) {
	for _, policy := range policies {
		for _, p := range policy.statements {
			v := policy.judge(p, request)
			switch {
			case p.deny && (v.applies || v.unclear):
				return false, fmt.Sprintf("%s on %s is denied by %s", request.Action, request.Resource, p.label)
			case !p.deny && v.applies:
				allowed, reason = true, fmt.Sprintf("%s on %s is allowed by %s", request.Action, request.Resource, p.label)
			}
		}
	}
	if !allowed {
		reason = fmt.Sprintf("no identity-based policy allows %s on %s", request.Action, request.Resource)
	}
	return allowed, reason
}

func (d PermissionDocument) judge(p permission, request AWSRequest) verdict {
	covers := func(patterns []string, value string, fold bool) bool {
		return slices.ContainsFunc(patterns, func(pattern string) bool {
			if fold {
				pattern, value = strings.ToLower(pattern), strings.ToLower(value)
			}
			return like(pattern, value)
		})
	}
	if covers(p.actions, request.Action, true) == p.notActions || covers(p.resources, request.Resource, false) == p.notResources {
		return verdict{}
	}
	unclear := d.variables && slices.ContainsFunc(p.resources, func(r string) bool { return strings.Contains(r, "${") })
	for _, c := range p.conditions {
		switch {
		case c.operator.match == nil && !c.operator.isNull,
			d.variables && slices.ContainsFunc(c.values, func(v string) bool { return strings.Contains(v, "${") }):
			unclear = true
		case !c.operator.holds(c.values, request.context(c.key)):
			return verdict{}
		}
	}
	return verdict{applies: !unclear, unclear: unclear}
}

func (r AWSRequest) context(key string) []string {
	for name, values := range r.Context {
		if strings.EqualFold(name, key) {
			return values
		}
	}
	return nil
}
