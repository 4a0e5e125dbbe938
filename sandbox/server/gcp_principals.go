package server

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/googlecel"
)

var (
	gcpServiceAccountEmail = regexp.MustCompile(`^[a-z][a-z0-9-]{4,28}[a-z0-9]@[a-z][a-z0-9-]{4,28}[a-z0-9]\.iam\.gserviceaccount\.com$`)
	gcpMember              = regexp.MustCompile(`^(principal|principalSet|serviceAccount|user|group|domain):`)
)

// gcpPrincipal is a federated identity: a token after the attribute mapping.
type gcpPrincipal struct {
	pool       string // resource name
	subject    string
	attributes googlecel.Attributes
}

func newGCPPrincipal(provider string, mapped googlecel.Attributes) gcpPrincipal {
	pool, _, _ := strings.Cut(provider, "/providers/")
	subject, _ := mapped[googlecel.Subject].(string)
	return gcpPrincipal{pool: pool, subject: subject, attributes: mapped}
}

// member is the identity alone, in the form of IAM bindings.
func (p gcpPrincipal) member() string {
	return "principal://iam.googleapis.com/" + p.pool + "/subject/" + p.subject
}

// members are all forms that name the identity, alone or among others; see
// https://cloud.google.com/iam/docs/principal-identifiers.
func (p gcpPrincipal) members() []string {
	set := "principalSet://iam.googleapis.com/" + p.pool
	all := []string{p.member(), set + "/*"}
	for name, value := range p.attributes {
		switch value := value.(type) {
		case string:
			all = append(all, set+"/"+name+"/"+value)
		case []string: // google.groups
			for _, group := range value {
				all = append(all, set+"/group/"+group)
			}
		}
	}
	return all
}

// gcpBinding is one role of an IAM policy, and who has it.
type gcpBinding struct {
	Role    string   `json:"role"`
	Members []string `json:"members"`
}

// admits reports whether a principal may act as the service account.
func (a *gcpServiceAccount) admits(principal gcpPrincipal) bool {
	names := principal.members()
	return slices.ContainsFunc(a.Bindings, func(b gcpBinding) bool {
		return slices.Contains(gcpImpersonators, b.Role) &&
			slices.ContainsFunc(b.Members, func(member string) bool { return slices.Contains(names, member) })
	})
}

func (a *gcpServiceAccount) check() error {
	if !gcpServiceAccountEmail.MatchString(a.Email) {
		return fmt.Errorf("email: %q is not that of a service account, which looks like payments-prod@acme-prod.iam.gserviceaccount.com", a.Email)
	}
	for i, binding := range a.Bindings {
		if !strings.HasPrefix(binding.Role, "roles/") && !strings.Contains(binding.Role, "/roles/") {
			return fmt.Errorf("bindings[%d].role: %q is not a role, which looks like roles/iam.workloadIdentityUser", i, binding.Role)
		}
		for j, member := range binding.Members {
			if !gcpMember.MatchString(member) {
				return fmt.Errorf("bindings[%d].members[%d]: %q is not a member, which looks like "+
					"principal://iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/pulumi/subject/NAME", i, j, member)
			}
		}
	}
	return nil
}

// bind adds one member to a role, and unbind takes it away; bindings stay sorted, and empty ones go, so that adding and
// taking away leaves no trace.
func (a *gcpServiceAccount) bind(role, member string) {
	a.unbind(role, member)
	i := slices.IndexFunc(a.Bindings, func(b gcpBinding) bool { return b.Role == role })
	if i < 0 {
		a.Bindings = append(a.Bindings, gcpBinding{Role: role, Members: []string{member}})
	} else {
		a.Bindings[i].Members = append(a.Bindings[i].Members, member)
		slices.Sort(a.Bindings[i].Members)
	}
	slices.SortFunc(a.Bindings, func(x, y gcpBinding) int { return strings.Compare(x.Role, y.Role) })
}

// unbind reports whether the member had the role.
func (a *gcpServiceAccount) unbind(role, member string) bool {
	had := false
	for i := range a.Bindings {
		if b := &a.Bindings[i]; b.Role == role && slices.Contains(b.Members, member) {
			had = true
			b.Members = slices.DeleteFunc(slices.Clone(b.Members), func(m string) bool { return m == member })
		}
	}
	a.Bindings = slices.DeleteFunc(a.Bindings, func(b gcpBinding) bool { return len(b.Members) == 0 })
	return had
}
