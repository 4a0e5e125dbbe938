package oidc

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// PermissionDocument is a policy of an identity that was read, ready to [Decide].
type PermissionDocument struct{ awsDocument[permission] }

type permission struct {
	parsedStatement
	resources    []string
	notResources bool
}

// AWSRequest is one call of an AWS service. Context holds the condition keys of the request, such as `kms:ViaService`, without
// regard to case.
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
	document, err := parseAWSDocument[permission](doc)
	if err != nil {
		return PermissionDocument{}, fmt.Errorf("the policy is not valid: %w", err)
	}
	return PermissionDocument{document}, nil
}

func (p *permission) setOwn(element member) (err error) {
	switch element.key {
	case "Resource", "NotResource":
		p.notResources = element.key == "NotResource"
		p.resources, err = texts(element.value)
	case "Principal", "NotPrincipal":
		err = fmt.Errorf("the policy of an identity has no principal: the identity is it")
	default:
		err = fmt.Errorf("unknown element")
	}
	return afterColon(err)
}

func (*permission) complete(present map[string]bool) error {
	if present["Resource"] == present["NotResource"] {
		return fmt.Errorf(": there must be one of Resource and NotResource")
	}
	return nil
}

// Decide reports whether the policies of an identity together allow a request. Any statement that denies wins; without one that
// allows, the request is denied. What it cannot evaluate (policy variables, operators about anything but texts) never allows, and
// denies in a statement that denies.
func Decide(policies []PermissionDocument, request AWSRequest) (allowed bool, reason string) {
	for _, policy := range policies {
		for _, p := range policy.statements {
			v := policy.applies(p, request)
			switch {
			case p.deny && v != no:
				return false, fmt.Sprintf("%s on %s is denied by %s", request.Action, request.Resource, p.label)
			case !p.deny && v == yes:
				allowed, reason = true, fmt.Sprintf("%s on %s is allowed by %s", request.Action, request.Resource, p.label)
			}
		}
	}
	if !allowed {
		reason = fmt.Sprintf("no identity-based policy allows %s on %s", request.Action, request.Resource)
	}
	return allowed, reason
}

func (d PermissionDocument) applies(p permission, request AWSRequest) truth {
	action := slices.ContainsFunc(p.actions, func(pattern string) bool {
		return like(strings.ToLower(pattern), strings.ToLower(request.Action))
	})
	applies := min(truthOf(action != p.notActions), d.covers(p, request.Resource))
	for _, c := range p.conditions {
		holds := maybe
		if c.operator.match != nil || c.operator.isNull {
			holds = c.decide(d.variables, request.context(c.key))
		}
		applies = min(applies, holds)
	}
	return applies
}

// covers compares the resource with the statement's, where a policy variable may stand for anything.
func (d PermissionDocument) covers(p permission, resource string) truth {
	listed := no
	for _, pattern := range p.resources {
		one := truthOf(like(pattern, resource))
		if d.variables && strings.Contains(pattern, "${") {
			one = maybe
		}
		listed = max(listed, one)
	}
	if p.notResources {
		return listed.not()
	}
	return listed
}

func (r AWSRequest) context(key string) []string {
	for name, values := range r.Context {
		if strings.EqualFold(name, key) {
			return values
		}
	}
	return nil
}
