package resources

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/stores"
)

// fits refuses what the clouds would: each bounds how much one identity admits.
func (v LoginTransitionState) fits(issuer string) error {
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

// fitsRole holds what an AWS role is given and what is kept for it, together with the policy that reads secrets, against
// AWS's limits.
func (v LoginTransitionState) fitsRole(reads string) error {
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

func (v LoginTransitionState) managedPolicies() int {
	return len(v.Permissions[awsManagedPolicies]) + len(v.KeptPermissions[awsManagedPolicies])
}

// saysQuota tells that AWS's default quota does not allow what the role has while policies are kept. What the quota is cannot
// be seen here.
func (v LoginTransitionState) saysQuota() string {
	managed := v.managedPolicies()
	if len(v.KeptPermissions[awsManagedPolicies]) == 0 || managed <= stores.DefaultManagedPolicies {
		return ""
	}
	return fmt.Sprintf(". Until then its AWS role has %d managed policies; AWS allows a role %d by default: raise the account's quota \"Managed "+
		"policies per role\", or make the change in two smaller ones", managed, stores.DefaultManagedPolicies)
}
