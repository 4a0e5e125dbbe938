package environments

import (
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/cloudlogin"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// Rules are the rules of a component with an environment. Check returns what is wrong with its inputs.
func Rules(check func(kit.Checking, property.Map) problem.List) kit.Rules {
	return kit.Rules{
		Check: func(current kit.Checking, in property.Map) problem.List {
			return slices.Concat(check(current, in), checkApprovals(current, in), checkGuard(in))
		},
		MustKnown:   append(cloudlogin.MustKnown(""), openApproval, updateApproval),
		MustKnownIf: LockMustKnown,
		MayBeAbsent: append([]string{"openGateId", "updateGateId", "unexpectedOpeners"}, cloudlogin.IdentityOutputNames...),
		UserPath:    userPath,
		Lifting: wire.Lifting{
			Blocks:      cloudlogin.Blocks(""),
			Definitions: []string{"values", "environmentVariables", "pulumiConfig"},
		},
	}
}

// Check checks the inputs that components with an environment share, as far as they are known.
func Check(current kit.Checking, in property.Map) problem.List {
	organization, problems := kit.OrganizationOf(current.Session, in)
	lock, err := GivenLock(in).Parse()
	problems.AddUnder("lock", problem.Of(err))
	if organization != "" {
		problems = append(problems, checkTrust(current, in, organization, lock)...)
	}
	if tags := kit.ValueOf[map[string]string](in, "tags"); tags != nil {
		problems = append(problems, types.CheckEnvironmentTags("tags", *tags)...)
	}
	problems = append(problems, cloudlogin.Check("", in)...)
	problems.AddElsewhere(checkDefinition(in))
	return problems
}

// checkTrust checks the subjects of the environment's logins: that they can be computed, and that the clouds take them.
func checkTrust(current kit.Checking, in property.Map, organization string, lock oidc.Lock) problem.List {
	environment := oidc.EnvironmentRef{Project: kit.TextOf(in, "project"), Name: kit.TextOf(in, "name")}
	subjects, err := oidc.ESCSubjects(organization, environment, lock)
	if err != nil {
		return rename(problem.Of(err), "environment", "name")
	}
	planned := cloudlogin.PlannedTrust{Names: "name", Many: "lock", Length: "lock", Subjects: subjects, Issuer: current.IssuerOr(nil)}
	if kit.AllKnown(in, "organization", "project", "name", "lock") {
		planned.Openings = func() ([]oidc.Opening, []oidc.Opening, bool) {
			own, others, err := oidc.ESCOpenings(oidc.AWS, organization, environment, lock)
			return own, others, err == nil
		}
	}
	audiences := types.AudiencesOf(organization, environment.Project)
	return cloudlogin.CheckTrusts("", in, func(one cloudlogin.Cloud) string { return one.Audience(audiences) }, planned)
}

// rename moves problems at one path to the path that users of the component know.
func rename(problems problem.List, from, to string) problem.List {
	for i := range problems {
		if problems[i].Path == from {
			problems[i].Path = to
		}
	}
	return problems
}
