package logintransition

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/stores"
)

// fits refuses what the clouds would refuse: each limits how much one identity admits.
func (v State) fits(issuer string) error {
	if len(v.Held)+len(v.KeptPermissions) == 0 {
		return nil // which the component has checked
	}
	var problems []error
	if audience := v.Audiences["aws"]; audience != "" {
		_, err := oidc.AWSTrustPolicy(oidc.AWSTrust{
			Subjects: v.TrustedSubjects, Audiences: []string{audience}, AccountID: "000000000000", Issuer: issuer,
			Limit: ptr.Value(v.TrustPolicyLimit),
		})
		problems = append(problems, err)
	}
	if audience := v.Audiences["azure"]; audience != "" {
		_, err := oidc.AzureFederatedCredentials(oidc.AzureTrust{Subjects: v.TrustedSubjects, Audience: audience, Issuer: issuer})
		problems = append(problems, err)
	}
	if audience := v.Audiences["gcp"]; audience != "" {
		_, err := oidc.GoogleWorkloadIdentityFor(oidc.GoogleTrust{Subjects: v.TrustedSubjects, Audience: audience, Issuer: issuer})
		problems = append(problems, err)
	}
	reads := ""
	if len(v.PermittedAWSReads) > 0 {
		policy, err := stores.AWSPolicyOf(v.PermittedAWSReads, "", "")
		reads, problems = policy, append(problems, err)
	}
	problems = append(problems, v.fitsRole(reads))
	for _, one := range problems {
		if one != nil {
			return fmt.Errorf("environment %q: until the new definition is approved, its cloud identities have to admit and permit what the live "+
				"definition needs as well, which is too much together: %w. Make the change in two smaller ones, each approved and applied "+
				"before the next", v.path(), one)
		}
	}
	return nil
}

// fitsRole compares the policies of an AWS role, kept ones and the one that reads secrets included, with AWS's limits.
func (v State) fitsRole(reads string) error {
	if managed := v.managedPolicies(); managed > stores.MaxManagedPolicies {
		return fmt.Errorf("%s: the role would have %d managed policies, and AWS allows %d at most", awsManagedPolicies, managed, stores.MaxManagedPolicies)
	}
	inline := utf8.RuneCountInString(reads)
	for _, policies := range []map[string]string{v.Permissions[awsInlinePolicies], v.KeptPermissions[awsInlinePolicies]} {
		for _, policy := range policies {
			inline += utf8.RuneCountInString(strings.Join(strings.Fields(policy), ""))
		}
	}
	if inline > stores.MaxInlinePolicies {
		return fmt.Errorf("%s: all inline policies of the role together would have %d characters, and AWS allows %d", awsInlinePolicies, inline,
			stores.MaxInlinePolicies)
	}
	return nil
}

func (v State) managedPolicies() int {
	return len(v.Permissions[awsManagedPolicies]) + len(v.KeptPermissions[awsManagedPolicies])
}

// saysQuota tells that the role has more policies than AWS's default quota allows, while some are kept. The account's own quota is not
// known here.
func (v State) saysQuota() string {
	managed := v.managedPolicies()
	if len(v.KeptPermissions[awsManagedPolicies]) == 0 || managed <= stores.DefaultManagedPolicies {
		return ""
	}
	return fmt.Sprintf(". Until then its AWS role has %d managed policies; AWS allows a role %d by default: raise the account's quota \"Managed "+
		"policies per role\", or make the change in two smaller ones", managed, stores.DefaultManagedPolicies)
}
