package accessinvariant

import (
	"context"
	"fmt"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// selection is one of the inputs that select entities by name.
type selection struct {
	input string
	kind  access.EntityKind
	names *[]string
}

func (v Args) selections() []selection {
	return []selection{
		{"environments", access.Environment, v.Environments}, {"stacks", access.Stack, v.Stacks}, {"accounts", access.Account, v.Accounts},
	}
}

// kindOf is the kind of entity that a scope is about, false for a scope that is on no list.
func kindOf(catalogue access.Catalogue, scope string) (access.EntityKind, bool) {
	for _, kind := range access.Kinds() {
		if catalogue.Has(kind, scope) {
			return kind, true
		}
	}
	return "", false
}

func check(ctx context.Context, op kit.Op, v Args) problem.List {
	op.Session.Planned.Declare(string(wire.URN(ctx)))
	var problems problem.List
	kind, known := kindOf(op.Session.Catalogue, v.Scope)
	if !known && !op.Unknown("scope") {
		problems.Add("scope", "%q is not a valid scope on environments, stacks or accounts; the nearest are %s", v.Scope, nearest(op.Session.Catalogue, v.Scope))
	}
	given := 0
	for _, one := range v.selections() {
		if one.names == nil && !op.Unknown(one.input) {
			continue
		}
		given++
		if known && one.kind != kind {
			problems.Add(one.input, "%s is a scope on %ss, so it cannot be watched on %s", v.Scope, kind, one.input)
		}
		problems = append(problems, checkNames(op, one)...)
	}
	if v.Tags != nil || op.Unknown("tags") {
		given++
		if v.Tags != nil && len(*v.Tags) == 0 && !op.Unknown("tags") {
			problems.Add("tags", "is empty, which would watch every entity: name a tag")
		}
	}
	if given != 1 {
		problems.Add("", "set exactly one of environments, stacks, accounts and tags; %d are set", given)
	}
	problems.AddUnder("allowed", v.Allowed.Check())
	if v.OnViolation != nil {
		problems = append(problems, types.CheckOneOf("onViolation", v.OnViolation)...)
	}
	return problems
}

func checkNames(op kit.Op, s selection) problem.List {
	var problems problem.List
	if len(ptr.Value(s.names)) == 0 && !op.Unknown(s.input) {
		problems.Add(s.input, "is empty: name what is watched")
	}
	for i, name := range ptr.Value(s.names) {
		path := fmt.Sprintf("%s[%d]", s.input, i)
		if s.kind == access.Account {
			if name == "" {
				problems.Add(path, "the name is empty")
			}
			continue
		}
		problems.AddReason(path, types.EntityName(name))
	}
	return problems
}

func nearest(catalogue access.Catalogue, scope string) string {
	kind := access.Environment
	switch {
	case strings.HasPrefix(scope, "stack"):
		kind = access.Stack
	case strings.HasPrefix(scope, "insights"):
		kind = access.Account
	}
	return strings.Join(catalogue.Nearest(kind, scope), ", ")
}
