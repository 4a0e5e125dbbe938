// Package relyingparty writes what services other than the three clouds need to trust the OIDC tokens of Pulumi Cloud: [VaultRole]
// for HashiCorp Vault, [Snowflake] for Snowflake. It is pure. Subjects come from [oidc.ESCSubjects], [oidc.ESCSubjectV2] or
// [oidc.DeploymentSubjects].
//
// Some services take one claim of a token for the name of the user whom its bearer is. [userClaimRisk] says where the bearer chooses
// that claim.
//
// [oidc.ESCSubjects]: https://pkg.go.dev/github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc#ESCSubjects
// [oidc.ESCSubjectV2]: https://pkg.go.dev/github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc#ESCSubjectV2
// [oidc.DeploymentSubjects]: https://pkg.go.dev/github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc#DeploymentSubjects
package relyingparty

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

// subjectClaim is the claim that says whom a token is for.
const subjectClaim = "sub"

// people are claims that name who opens the environment, as Pulumi Cloud knows them.
var people = []string{"trigger_user", oidc.ClaimActor, oidc.ClaimActorID}

// environments are claims that name one environment, as Pulumi Cloud knows it.
var environments = []string{"current_env", oidc.ClaimCurrentEnvironment, oidc.ClaimCurrentEnvironmentID}

// roots are claims that name the environment that was opened, which may be any that imports the login.
var roots = []string{"root_env", oidc.ClaimRootEnvironment, oidc.ClaimRootEnvironmentID}

// shared are claims that all tokens of an organization, or of an audience, have in common.
var shared = []string{"iss", "aud", "org", oidc.ClaimOrganization, oidc.ClaimOrganizationID}

// otherVersion refuses subjects of both versions of tokens together: each version has an issuer of its own, and one is trusted here.
func otherVersion(path string, subjects []string) problem.List {
	var wrong problem.List
	second := func(subject string) bool {
		_, err := oidc.ParseESCSubjectV2(strings.ToLower(subject))
		return err == nil
	}
	for i, subject := range subjects {
		if second(subject) != second(subjects[0]) {
			wrong.AddReason(fmt.Sprintf(path, i), fmt.Sprintf("subject %q is of tokens of another issuer than %q: fn::open::oidc has one of its own. "+
				"Trust them apart", subject, subjects[0]))
		}
	}
	return wrong
}

// userClaimRisk says what goes wrong where a service takes a claim for the name of a user, or is "". Only claims that Pulumi Cloud
// itself writes are known to be out of an environment's hands; any other may be one of the login's inputs.
func userClaimRisk(claim string) string {
	switch {
	case claim == subjectClaim, slices.Contains(people, claim), slices.Contains(environments, claim), slices.Contains(roots, claim):
		return ""
	case slices.Contains(shared, claim):
		return fmt.Sprintf("the claim %s is the same in many tokens: all of them are one user", claim)
	}
	return fmt.Sprintf("the claim %s is not known to be written by Pulumi Cloud alone. Where it is an input of the login, as snowflake_user is, "+
		"the environment chooses the user: whoever may write any environment of the organization can log in as every user that is mapped. "+
		"Use sub", claim)
}
