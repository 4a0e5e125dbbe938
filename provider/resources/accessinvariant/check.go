package accessinvariant

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
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

// scope is what is known of a scope that is watched.
type scope struct {
	session.Asked
	kind access.EntityKind
}

// scope finds the kind of entity that the scope is about. About one that this version does not know, the service is asked.
func (v Args) scope(ctx context.Context, s *session.Session) scope {
	first := scope{}
	for _, kind := range v.kinds() {
		found := scope{Asked: s.AskScope(ctx, ptr.Value(v.Organization), kind, v.Scope), kind: kind}
		if found.Is && found.Doubt == "" {
			return found
		}
		if first.kind == "" || found.Is && !first.Is {
			first = found
		}
	}
	return first
}

// kinds are the kinds of entities that the scope may be about, the likeliest first: what is watched, or what it is named after.
func (v Args) kinds() []access.EntityKind {
	likely := access.Environment
	switch {
	case strings.HasPrefix(v.Scope, "stack"):
		likely = access.Stack
	case strings.HasPrefix(v.Scope, "insights"):
		likely = access.Account
	}
	for _, one := range v.selections() {
		if one.names != nil {
			likely = one.kind
		}
	}
	return append([]access.EntityKind{likely}, slices.DeleteFunc(access.Kinds(), func(kind access.EntityKind) bool {
		return kind == likely || kind == access.Organization
	})...)
}

func check(ctx context.Context, op kit.Op, v Args) problem.List {
	op.Session.Planned.Declare(string(wire.URN(ctx)))
	var problems problem.List
	watched := scope{}
	if !op.Unknown("scope") {
		watched = v.scope(ctx, op.Session)
	}
	if !watched.Is && !op.Unknown("scope") {
		problems.Add("scope", "%q is not a valid scope on environments, stacks or accounts; the nearest are %s", v.Scope, strings.Join(watched.Nearest, ", "))
	}
	given := 0
	for _, one := range v.selections() {
		if one.names == nil && !op.Unknown(one.input) {
			continue
		}
		given++
		if watched.Is && one.kind != watched.kind {
			problems.Add(one.input, "%s is a scope on %ss, so it cannot be watched on %s", v.Scope, watched.kind, one.input)
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
