package functions

import (
	"context"
	_ "embed"

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

const issuerHelp = "The issuer of the tokens. Default: that of the provider's Pulumi Cloud, `https://api.pulumi.com/oidc` " +
	"unless `apiUrl` says otherwise."

//go:embed docs/gcpworkloadidentity.md
var gcpWorkloadIdentityDoc string

// GCPWorkloadIdentity writes the provider of a workload identity pool.
type GCPWorkloadIdentity struct{ Sessions session.Source }

// Annotate describes the function.
func (f *GCPWorkloadIdentity) Annotate(a infer.Annotator) {
	a.SetToken("index", "gcpWorkloadIdentity")
	a.Describe(f, gcpWorkloadIdentityDoc)
}

// GCPWorkloadIdentityInput is who is trusted, in which pool.
type GCPWorkloadIdentityInput struct {
	Subjects []string `pulumi:"subjects"`
	Audience string   `pulumi:"audience"`
	Issuer   *string  `pulumi:"issuer,optional"`
	Pool     *string  `pulumi:"pool,optional"`
}

// Annotate describes the inputs.
func (in *GCPWorkloadIdentityInput) Annotate(a infer.Annotator) {
	a.Describe(&in.Subjects, "The exact subjects to admit, from `escSubjects` or `deploymentSubjects`.")
	a.Describe(&in.Audience, "The audience to require, from the same function.")
	a.Describe(&in.Issuer, issuerHelp)
	a.Describe(&in.Pool, "The resource name of the workload identity pool, "+
		"`projects/<project number>/locations/global/workloadIdentityPools/<pool id>`. Without it the principals have no member.")
}

// GCPWorkloadIdentityOutput is what a provider of a pool takes, and who it admits.
type GCPWorkloadIdentityOutput struct {
	Issuer             string                  `pulumi:"issuer"`
	AllowedAudiences   []string                `pulumi:"allowedAudiences"`
	AttributeMapping   map[string]string       `pulumi:"attributeMapping"`
	AttributeCondition string                  `pulumi:"attributeCondition"`
	Principals         []types.GooglePrincipal `pulumi:"principals"`
	Document           string                  `pulumi:"document"`
}

// Annotate describes the outputs.
func (out *GCPWorkloadIdentityOutput) Annotate(a infer.Annotator) {
	a.Describe(&out.Issuer, "The provider's issuer, `oidc.issuerUri`.")
	a.Describe(&out.AllowedAudiences, "The provider's `oidc.allowedAudiences`.")
	a.Describe(&out.AttributeMapping, "The provider's attribute mapping, in CEL.")
	a.Describe(&out.AttributeCondition, "The provider's attribute condition, in CEL: it admits the given subjects and no other.")
	a.Describe(&out.Principals, "One principal for each distinct subject, in the order given.")
	a.Describe(&out.Document, "The provider as JSON text, as Google's API takes it.")
}

// Invoke writes the provider.
func (f *GCPWorkloadIdentity) Invoke(
	ctx context.Context, req infer.FunctionRequest[GCPWorkloadIdentityInput],
) (infer.FunctionResponse[GCPWorkloadIdentityOutput], error) {
	var out infer.FunctionResponse[GCPWorkloadIdentityOutput]
	current, err := f.Sessions(ctx)
	if err != nil {
		return out, err
	}
	identity, err := oidc.GoogleWorkloadIdentityFor(oidc.GoogleTrust{
		Subjects: req.Input.Subjects, Audience: req.Input.Audience, Issuer: current.IssuerOr(req.Input.Issuer), Pool: ptr.Value(req.Input.Pool),
	})
	if err != nil {
		return out, err
	}
	document, err := oidc.Document(identity)
	if err != nil {
		return out, err
	}
	out.Output = GCPWorkloadIdentityOutput{
		Issuer:             identity.OIDC.IssuerURI,
		AllowedAudiences:   identity.OIDC.AllowedAudiences,
		AttributeMapping:   identity.AttributeMapping,
		AttributeCondition: identity.AttributeCondition,
		Principals:         types.GooglePrincipalsOf(identity.Principals),
		Document:           document,
	}
	return out, nil
}
