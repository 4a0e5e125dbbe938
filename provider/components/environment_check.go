package components

import (
	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// environmentRules are the rules of a component with an environment, whose inputs check checks.
func environmentRules(check func(*session.Session, property.Map) problem.List) Rules {
	return Rules{
		Check: func(current *session.Session, in property.Map) problem.List {
			return append(check(current, in), checkApprovals(current, in)...)
		},
		MustKnown:   append(loginsMustKnown(""), openApproval, updateApproval),
		MustKnownIf: lockMustKnown,
		MayBeAbsent: append([]string{"openGateId", "updateGateId"}, identityOutputs...),
		UserPath:    userPath,
		Lifting: wire.Lifting{
			Blocks:      loginBlocks(""),
			Definitions: []string{"values", "environmentVariables", "pulumiConfig"},
		},
	}
}

// checkEnvironment checks the inputs that components with an environment share, as far as they are known.
func checkEnvironment(current *session.Session, in property.Map) problem.List {
	organization, problems := organizationOf(current, in)
	lock, err := givenLock(in).Parse()
	problems.AddUnder("lock", problem.Of(err))
	if organization != "" {
		problems = append(problems, checkEnvironmentTrust(current, in, organization, lock)...)
	}
	if tags := valueOf[map[string]string](in, "tags"); tags != nil {
		problems = append(problems, types.CheckEnvironmentTags("tags", *tags)...)
	}
	problems = append(problems, checkLogins("", in)...)
	return withoutRepeats(problems, checkDefinition(in))
}

// checkEnvironmentTrust checks the subjects of the environment's logins, and what the clouds have against them.
func checkEnvironmentTrust(current *session.Session, in property.Map, organization string, lock oidc.Lock) problem.List {
	environment := oidc.EnvironmentRef{Project: textOf(in, "project"), Name: textOf(in, "name")}
	subjects, err := oidc.ESCSubjects(organization, environment, lock)
	if err != nil {
		return rename(problem.Of(err), "environment", "name")
	}
	planned := plannedTrust{names: "name", many: "lock", length: "lock", subjects: subjects, issuer: current.IssuerOr(nil)}
	if allKnown(in, "organization", "project", "name", "lock") {
		planned.openings = func() ([]oidc.Opening, []oidc.Opening, bool) {
			own, others, err := oidc.ESCOpenings(oidc.AWS, organization, environment, lock)
			return own, others, err == nil
		}
	}
	audiences := types.AudiencesOf(organization, environment.Project)
	return checkTrusts("", in, func(one cloud) string { return one.audience(audiences) }, planned)
}

// rename gives problems at one path the name that the component's users know.
func rename(problems problem.List, from, to string) problem.List {
	for i := range problems {
		if problems[i].Path == from {
			problems[i].Path = to
		}
	}
	return problems
}
