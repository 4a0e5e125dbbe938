package functions

import (
	"context"
	_ "embed"

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

//go:embed docs/deploymentsubjects.md
var deploymentSubjectsDoc string

// DeploymentSubjects predicts the OIDC subjects of a stack's deployments.
type DeploymentSubjects struct{ Sessions session.Source }

// Annotate describes the function.
func (f *DeploymentSubjects) Annotate(a infer.Annotator) {
	a.SetToken("index", "deploymentSubjects")
	a.Describe(f, deploymentSubjectsDoc)
}

// DeploymentSubjectsInput is what the subjects depend on.
type DeploymentSubjectsInput struct {
	Organization *string           `pulumi:"organization,optional"`
	Project      string            `pulumi:"project"`
	Stack        string            `pulumi:"stack"`
	Operations   []types.Operation `pulumi:"operations,optional"`
}

// Annotate describes the inputs.
func (in *DeploymentSubjectsInput) Annotate(a infer.Annotator) {
	a.Describe(&in.Organization, organizationHelp)
	a.Describe(&in.Project, "The stack's project.")
	a.Describe(&in.Stack, "The stack's name.")
	a.Describe(&in.Operations, "The operations to trust. Default: preview, update, refresh and destroy.")
}

// DeploymentSubjectsOutput is what a trust document needs.
type DeploymentSubjectsOutput struct {
	Subjects []string `pulumi:"subjects"`
	Audience string   `pulumi:"audience"`
}

// Annotate describes the outputs.
func (out *DeploymentSubjectsOutput) Annotate(a infer.Annotator) {
	a.Describe(&out.Subjects, "The exact subjects, in the order preview, update, refresh, destroy, and the drift operations if asked for.")
	a.Describe(&out.Audience, "The audience of deployments: the plain organization.")
}

// Invoke computes the subjects.
func (f *DeploymentSubjects) Invoke(
	ctx context.Context, req infer.FunctionRequest[DeploymentSubjectsInput],
) (infer.FunctionResponse[DeploymentSubjectsOutput], error) {
	var out infer.FunctionResponse[DeploymentSubjectsOutput]
	_, organization, err := sessionFor(ctx, f.Sessions, req.Input.Organization)
	if err != nil {
		return out, err
	}
	subjects, err := oidc.DeploymentSubjects(
		organization, req.Input.Project, req.Input.Stack, types.OperationsOf(req.Input.Operations))
	if err != nil {
		return out, err
	}
	out.Output = DeploymentSubjectsOutput{Subjects: subjects, Audience: oidc.DeploymentAudience(organization)}
	return out, nil
}
