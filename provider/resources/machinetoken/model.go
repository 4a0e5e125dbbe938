package machinetoken

import (
	"context"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/tokenlife"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

const (
	// maxTokenName is what the service takes, in characters.
	maxTokenName = 40
	// maxTokenPrefix leaves room for a generation.
	maxTokenPrefix = 34
	// clockSkew keeps the service from taking a token's life for longer than what is allowed, where its clock is behind.
	clockSkew = time.Minute
)

func id(state State) string { return kit.JoinID(state.Organization, state.Name) }

func check(ctx context.Context, op kit.Op, v Args) problem.List {
	problems := types.CheckName("name", v.Name)
	if n := utf8.RuneCountInString(v.Name); n > maxTokenPrefix {
		problems.Add("name", "has %d characters; at most %d leave room for the number of the generation", n, maxTokenPrefix)
	}
	problems = append(problems, types.CheckOptIns("MachineToken", ptr.Value(v.Allow))...)
	problems = append(problems, checkOwner(v)...)
	problems = append(problems, tokenlife.Check(v.ExpiresIn, v.RotateBefore, v.GracePeriod)...)
	if len(problems) == 0 && !op.Unknown(kit.OrganizationProperty, "name", "team", "roleId", "expiresIn", "description") {
		return checkAlone(ctx, op, v)
	}
	return problems
}

// checkAlone refuses a second resource of the program whose tokens nothing tells from those of the first: each would take the other's for
// tokens of an interrupted run.
func checkAlone(ctx context.Context, op kit.Op, v Args) problem.List {
	var problems problem.List
	organization, err := op.Session.OrganizationOr(v.Organization)
	if err != nil {
		return problems // the check of the organization says so
	}
	life := duration(&v.ExpiresIn).String()
	alike := []string{"token", organization, ptr.Value(v.Team), ptr.Value(v.RoleID), v.Name, life, ptr.Value(v.Description)}
	if other := op.Session.Program.DeclareAlone(wire.URN(ctx), alike...); other != "" {
		problems.Add("name", "%s of this program makes tokens of the same name, description and life for the same team or role, and which token is "+
			"whose could not be told: give one of the two another name or description", other)
	}
	return problems
}

// checkOwner checks whose token it is. A problem is told at the path whose unknown value would solve it.
func checkOwner(v Args) problem.List {
	var problems problem.List
	switch {
	case v.Team != nil && v.RoleID != nil:
		problems.Add("roleId", "give one of team and roleId: a team's token has the team's role")
	case v.Team != nil:
		return types.CheckName("team", *v.Team)
	case v.RoleID != nil:
		return types.CheckRoleID("roleId", v.RoleID)
	case !slices.Contains(ptr.Value(v.Allow), types.OptIn("tokenWithoutRole")):
		problems.Add("roleId", "give a team or a roleId: without either, the token has what members have by default, on everything. Insist "+
			"with allow: [tokenWithoutRole]")
	}
	return problems
}

// wanted is the state that the inputs ask for, without what the service chooses.
func wanted(want Args) State {
	return State{Organization: ptr.Value(want.Organization), Args: want}
}

// generationName is the name of a token. After very many generations the number takes room from the prefix.
func generationName(prefix string, generation int) string {
	suffix := "-" + strconv.Itoa(generation)
	runes := []rune(prefix)
	return string(runes[:min(len(runes), maxTokenName-len(suffix))]) + suffix
}
