package gcp

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/googlecel"
)

var (
	serviceAccountEmail = regexp.MustCompile(`^[a-z][a-z0-9-]{4,28}[a-z0-9]@[a-z][a-z0-9-]{4,28}[a-z0-9]\.iam\.gserviceaccount\.com$`)
	memberForm          = regexp.MustCompile(`^(principal|principalSet|serviceAccount|user|group|domain):`)
)

// principal is a federated identity: a token after the attribute mapping.
type principal struct {
	pool       string // resource name
	subject    string
	attributes googlecel.Attributes
}

func newPrincipal(provider string, mapped googlecel.Attributes) principal {
	pool, _, _ := strings.Cut(provider, "/providers/")
	subject, _ := mapped[googlecel.Subject].(string)
	return principal{pool: pool, subject: subject, attributes: mapped}
}

// member is the identity alone, in the form of IAM bindings.
func (p principal) member() string {
	return "principal://iam.googleapis.com/" + p.pool + "/subject/" + p.subject
}

// members are all forms that name the identity, alone or among others; see
// https://cloud.google.com/iam/docs/principal-identifiers.
func (p principal) members() []string {
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

// Binding is one role of an IAM policy, and its members.
type Binding struct {
	Role    string   `json:"role"`
	Members []string `json:"members"`
}

// admits reports whether a principal may act as the service account.
func (a *ServiceAccount) admits(principal principal) bool {
	return a.Bindings.grants(impersonators, principal.members()...)
}

func (a *ServiceAccount) check() error {
	if !serviceAccountEmail.MatchString(a.Email) {
		return fmt.Errorf("email: %q is not that of a service account, which looks like payments-prod@acme-prod.iam.gserviceaccount.com", a.Email)
	}
	return a.Bindings.check()
}
