package breakglass

import (
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/approval"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/ownedteam"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/temporary"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/timetext"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// unknownEnvironments are what is unknown of the environment rules: they decide how many gates there are.
func unknownEnvironments(in property.Map) []string {
	return slices.DeleteFunc(wire.Unknowns(in), func(path string) bool { return !strings.HasPrefix(path, "access.environments[") })
}

// check checks the inputs as far as they are known.
func check(current kit.Checking, in property.Map) problem.List {
	problems := ownedteam.CheckNames(in)
	var members []types.TemporaryMember
	if written := kit.ValueOf[[]types.TemporaryMember](in, "members"); written != nil {
		members = *written
		problems = append(problems, temporary.Check("members", members)...)
	}
	limit, err := timetext.ParseDuration(kit.TextOf(in, "maxOpenDuration"))
	switch {
	case err != nil:
		problems.AddReason("maxOpenDuration", err.Error())
	case limit%time.Second != 0:
		problems.AddReason("maxOpenDuration", "must be a whole number of seconds")
	}
	rules := kit.ValueOf[types.Access](in, "access")
	if rules == nil {
		rules = &types.Access{}
	}
	options := kit.CheckOptions(current, in)
	options.ForPeople = true
	parsed, malformed := rules.Rules()
	problems.AddUnder("access", append(malformed, parsed.Check(options)...))
	problems = append(problems, checkGateable(parsed, limit)...)
	return append(problems, checkBreakGlassApprovers(current, in, parsed, members)...)
}

// checkGateable refuses rules that let open what no gate can guard, and scopes that let members take a gate away.
func checkGateable(in access.Access, limit time.Duration) problem.List {
	var problems problem.List
	const unnamed = "only an environment that is named by project and environment can be gated, and this rule lets open others: name " +
		"them, or give no more than read"
	for i, rule := range in.Environments {
		at := "access." + kit.Index("environments", i)
		switch {
		case rule.PermissionSet != "":
			problems.AddReason(at+".permissionSet", "a permission set is granted as it is, and cannot be bounded by maxOpenDuration: use permission or scopes")
		case rule.Opens() && rule.Tags != nil:
			problems.AddReason(at+".tags", unnamed)
		case rule.Opens() && rule.Identity != "":
			problems.AddReason(at+".identity", unnamed)
		case rule.MaxOpenDuration > limit && limit > 0:
			problems.AddReason(at+".maxOpenDuration", "is longer than maxOpenDuration, which bounds every rule: leave it out, or make it shorter")
		}
		if rule.Opens() && rule.Name != "" {
			problems = append(problems, types.CheckEnvironmentName(at+".project", rule.Project)...)
			problems = append(problems, types.CheckEnvironmentName(at+".environment", rule.Name)...)
		}
		for j, scope := range rule.Scopes {
			switch {
			case scope == approval.CloneScope:
				problems.AddReason(at+"."+kit.Index("scopes", j), "would let the members copy the environment, and a copy has no gate")
			case approval.GoesAroundGates(scope):
				problems.AddReason(at+"."+kit.Index("scopes", j), "would let the members take the gate away")
			}
		}
	}
	for i, scope := range in.Scopes {
		if approval.GoesAroundGates(scope) {
			problems.AddReason("access."+kit.Index("scopes", i), "would let the members take every gate away")
		}
	}
	return problems
}

// checkBreakGlassApprovers refuses approvers who are members, as far as people and permissions show that. Who is in a team
// is counted by the gates.
func checkBreakGlassApprovers(
	current kit.Checking, in property.Map, rules access.Access, members []types.TemporaryMember,
) problem.List {
	approvers := kit.ValueOf[types.Approvers](in, "approvers")
	if approvers == nil {
		return nil // the construction says that it is missing
	}
	required := 1
	if given := kit.ValueOf[float64](in, "requiredApprovals"); given != nil {
		required = int(*given)
	}
	active := temporary.Logins(temporary.Active(members, current.Now()))
	problems := approval.Check(current.Catalogue, *approvers, required, active)
	scope := ptr.Value(approvers.Permission)
	if scope != "" && slices.ContainsFunc(rules.Environments, func(r access.Rule) bool { return r.Gives(access.Environment, scope) }) {
		problems.AddReason("approvers.permission", "the access gives "+scope+" to the members, who would approve for each other: name teams or users")
	}
	return problems
}
