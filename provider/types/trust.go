package types

import (
	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
)

// Audiences is the OIDC audience of a login, by cloud.
type Audiences struct {
	AWS   string `pulumi:"aws"`
	Azure string `pulumi:"azure"`
	GCP   string `pulumi:"gcp"`
}

// Annotate describes the audiences.
func (v *Audiences) Annotate(a infer.Annotator) {
	a.Describe(v, "The audience that ESC's logins ask for, by cloud. It is `<cloud>:<organization>`, and the plain "+
		"organization for environments of the legacy project `default`.")
	a.Describe(&v.AWS, "Audience of `aws-login`.")
	a.Describe(&v.Azure, "Audience of `azure-login`.")
	a.Describe(&v.GCP, "Audience of `gcp-login`.")
}

// AudiencesOf returns the audiences of an environment's logins.
func AudiencesOf(organization, project string) Audiences {
	return Audiences{
		AWS:   oidc.ESCAudience(oidc.AWS, organization, project),
		Azure: oidc.ESCAudience(oidc.Azure, organization, project),
		GCP:   oidc.ESCAudience(oidc.GCP, organization, project),
	}
}

// Operation is what a deployment does.
type Operation string

// Values lists the operations of Pulumi Deployments.
func (Operation) Values() []infer.EnumValue[Operation] {
	return []infer.EnumValue[Operation]{
		{Name: "Preview", Value: Operation(oidc.Preview), Description: "`pulumi preview`."},
		{Name: "Update", Value: Operation(oidc.Update), Description: "`pulumi up`."},
		{Name: "Refresh", Value: Operation(oidc.Refresh), Description: "`pulumi refresh`."},
		{Name: "Destroy", Value: Operation(oidc.Destroy), Description: "`pulumi destroy`."},
		{Name: "DetectDrift", Value: Operation(oidc.DetectDrift), Description: "A drift detection run. Never trusted by default."},
		{Name: "RemediateDrift", Value: Operation(oidc.RemediateDrift), Description: "A drift remediation run. Never trusted by default."},
	}
}

// OperationsOf translates operations into those of package oidc.
func OperationsOf(in []Operation) []oidc.Operation {
	out := make([]oidc.Operation, len(in))
	for i, operation := range in {
		out[i] = oidc.Operation(operation)
	}
	return out
}
