package types

import (
	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
)

// GooglePrincipal is one subject that a workload identity pool admits.
type GooglePrincipal struct {
	Subject       string  `pulumi:"subject"`
	GoogleSubject string  `pulumi:"googleSubject"`
	Member        *string `pulumi:"member,optional"`
}

// Annotate describes the principal.
func (p *GooglePrincipal) Annotate(a infer.Annotator) {
	a.Describe(p, "One subject that a workload identity pool admits, to be named in bindings of IAM roles.")
	a.Describe(&p.Subject, "The subject as the token has it.")
	a.Describe(&p.GoogleSubject, "The subject as Google has it, after the attribute mapping: `google.subject`, at most 127 bytes.")
	a.Describe(&p.Member, "The member for IAM bindings, `principal://iam.googleapis.com/...`. Absent when no pool is given.")
}

// GooglePrincipalsOf translates principals.
func GooglePrincipalsOf(in []oidc.GooglePrincipal) []GooglePrincipal {
	out := make([]GooglePrincipal, len(in))
	for i, principal := range in {
		out[i] = GooglePrincipal{Subject: principal.Subject, GoogleSubject: principal.GoogleSubject}
		if principal.Member != "" {
			out[i].Member = &principal.Member
		}
	}
	return out
}
