package resources

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	p "github.com/pulumi/pulumi-go-provider"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/timetext"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// ruleKinds are the kinds of entities that rules are about, with the property that lists them.
var ruleKinds = []struct {
	kind     access.EntityKind
	noun     string
	property string
}{
	{access.Stack, "stack", "stacks"},
	{access.Environment, "environment", "environments"},
	{access.Account, "account", "accounts"},
}

func checkRole(_ context.Context, op kit.Op, v RoleArgs) problem.List {
	problems := types.CheckName("name", v.Name)
	rules, malformed := v.Access.Rules()
	options := access.CheckOptions{Catalogue: op.Session.Catalogue}
	for _, optIn := range ptr.Value(v.Allow) {
		options.Allow = append(options.Allow, access.Allow(optIn))
	}
	problems.AddUnder("access", malformed)
	problems.AddUnder("access", rules.Check(options))
	return append(problems, types.CheckOptIns("Role", ptr.Value(v.Allow))...)
}

// wantedRole is the state that the inputs ask for, without what the service chooses.
func wantedRole(want RoleArgs) RoleState {
	return RoleState{
		Organization: ptr.Value(want.Organization), RoleArgs: want, Scopes: flatScopes(want.Access.Unbounded()),
		Unrecognized: []string{}, EntityIDs: map[string]string{}, SetIDs: map[string]string{},
	}
}

// plannedRole is the state that an update leads to.
func plannedRole(state RoleState, want RoleArgs) RoleState {
	next := wantedRole(want)
	next.Organization = state.Organization
	next.RoleID, next.PolicyID, next.EntityIDs, next.SetIDs = state.RoleID, state.PolicyID, state.EntityIDs, state.SetIDs
	return next
}

// flatScopes is never nil: a required output that is absent from state makes it unreadable.
func flatScopes(rules access.Access) []string { return append([]string{}, rules.FlatScopes()...) }

// diffRole compares what the rules mean, not their text: two ways of writing a rule are one, and a drift shows.
func diffRole(_ context.Context, op kit.Op, state RoleState, want RoleArgs) (p.DiffResponse, error) {
	d := kit.NewDifferences(op.Unknowns)
	d.Add(kit.OrganizationProperty, ptr.Value(want.Organization) != state.Organization, p.UpdateReplace)
	d.Add("name", want.Name != state.Name, p.Update)
	d.Add("description", ptr.Value(want.Description) != ptr.Value(state.Description), p.Update)
	d.Add("allow", !slices.Equal(ptr.Value(state.Allow), ptr.Value(want.Allow)), p.Update)
	if op.Unknown("access") {
		d.Add("access", true, p.Update)
	} else {
		changed, err := changedAccess(state, want)
		if err != nil {
			return p.DiffResponse{}, err
		}
		for _, property := range changed {
			d.Add("access."+property, true, p.Update)
		}
	}
	d.AddOutput("unrecognized", len(state.Unrecognized) > 0, p.Delete)
	return d.Response(), nil
}

// changedAccess are the properties of the access that do not mean the same as in the state.
func changedAccess(state RoleState, want RoleArgs) ([]string, error) {
	have, need, err := canonicalAccesses(state.Access, want.Access, state.inline())
	if err != nil {
		return nil, err
	}
	var changed []string
	for _, of := range ruleKinds {
		if !reflect.DeepEqual(have.Rules(of.kind), need.Rules(of.kind)) {
			changed = append(changed, of.property)
		}
	}
	if have.Organization != need.Organization {
		changed = append(changed, "organization")
	}
	if !slices.Equal(have.Scopes, need.Scopes) {
		changed = append(changed, "scopes")
	}
	return changed, nil
}

// inline reports whether the role holds its rules itself. Only policies may compose permission sets, so such a role holds
// scopes where another one names a set, and the two ways of writing it are one.
func (v RoleState) inline() bool { return v.RoleID != "" && v.PolicyID == "" }

func canonicalAccess(in types.Access, inline bool) (access.Access, error) {
	rules, problems := in.Rules()
	if inline {
		rules = spelledOut(rules)
	}
	return rules.Canonical(), problems.Under("access").Err()
}

// canonicalAccesses are two accesses in the form in which they can be compared.
func canonicalAccesses(a, b types.Access, inline bool) (first, second access.Access, err error) {
	first, firstErr := canonicalAccess(a, inline)
	second, secondErr := canonicalAccess(b, inline)
	return first, second, errors.Join(firstErr, secondErr)
}

func sameAccess(a, b types.Access, inline bool) (bool, error) {
	first, second, err := canonicalAccesses(a, b, inline)
	return reflect.DeepEqual(first, second), err
}

// spelledOut has scopes in place of built-in permission sets.
func spelledOut(in access.Access) access.Access {
	return mapRules(in, func(kind access.EntityKind, rule access.Rule) access.Rule {
		if rule.Permission != "" {
			rule.Scopes, rule.Permission = access.LevelScopes(kind, rule.Permission), ""
		}
		return rule
	})
}

// named has built-in permission sets in place of scopes that are exactly those of one.
func named(in access.Access) access.Access {
	return mapRules(in, func(kind access.EntityKind, rule access.Rule) access.Rule {
		for _, level := range access.Levels(kind) {
			if len(rule.Scopes) > 0 && slices.Equal(rule.Scopes, access.LevelScopes(kind, level)) {
				rule.Scopes, rule.Permission = nil, level
			}
		}
		return rule
	})
}

func mapRules(in access.Access, change func(access.EntityKind, access.Rule) access.Rule) access.Access {
	each := func(kind access.EntityKind, rules []access.Rule) []access.Rule {
		out := make([]access.Rule, len(rules))
		for i, rule := range rules {
			out[i] = change(kind, rule)
		}
		return out
	}
	out := in
	out.Stacks = each(access.Stack, in.Stacks)
	out.Environments = each(access.Environment, in.Environments)
	out.Accounts = each(access.Account, in.Accounts)
	return out
}

// revoked is what holders of the role have and would not have any more, and given what they would have besides: one line
// each.
func revoked(state RoleState, want RoleArgs) (lost, gained []string, err error) {
	have, need, err := canonicalAccesses(state.Access, want.Access, state.inline())
	return lostAccess(have, need), lostAccess(need, have), err
}

// ruleText says a rule in a line: "stack payments/dev: write".
func ruleText(noun string, rule access.Rule) string {
	return selectorText(noun, rule.Selector) + ": " + grantText(rule.Grant)
}

func selectorText(noun string, s access.Selector) string {
	switch {
	case s.All:
		return "every " + noun
	case s.Identity != "":
		return fmt.Sprintf("the %s with the id %s, which has no name any more", noun, s.Identity)
	case s.Tags != nil:
		var tags []string
		for key, value := range s.Tags {
			tags = append(tags, key+"="+value)
		}
		slices.Sort(tags)
		return noun + "s with " + strings.Join(tags, ", ")
	case s.Project == "":
		return noun + " " + s.Name
	}
	return noun + " " + s.Project + "/" + s.Name
}

func grantText(g access.Grant) string {
	var what string
	switch {
	case g.Permission != "":
		what = string(g.Permission)
	case g.PermissionSet != "":
		what = "the permission set " + g.PermissionSet
	default:
		what = strings.Join(g.Scopes, ", ")
	}
	if g.MaxOpenDuration > 0 {
		what += ", opened for at most " + timetext.FormatDuration(g.MaxOpenDuration)
	}
	return what
}
