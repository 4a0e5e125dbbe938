// Package functions holds the provider's functions, one file each. They translate inputs and outputs; packages oidc, graph and audit
// compute the answers.
package functions

import (
	"context"
	_ "embed"

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

const organizationHelp = "The organization. Default: that of the provider configuration, or `PULUMI_ORGANIZATION`."

//go:embed docs/escsubjects.md
var escSubjectsDoc string

// ESCSubjects predicts the OIDC subjects of an ESC environment's logins.
type ESCSubjects struct{ Sessions session.Source }

// Annotate describes the function.
func (f *ESCSubjects) Annotate(a infer.Annotator) {
	a.SetToken("index", "escSubjects")
	a.Describe(f, escSubjectsDoc)
}

// ESCSubjectsInput is what the subjects depend on.
type ESCSubjectsInput struct {
	Organization *string     `pulumi:"organization,optional"`
	Project      string      `pulumi:"project"`
	Environment  string      `pulumi:"environment"`
	Lock         *types.Lock `pulumi:"lock,optional"`
}

// Annotate describes the inputs.
func (in *ESCSubjectsInput) Annotate(a infer.Annotator) {
	a.Describe(&in.Organization, organizationHelp)
	a.Describe(&in.Project, "The environment's project.")
	a.Describe(&in.Environment, "The environment's name.")
	a.Describe(&in.Lock, "Who else may use the credentials. Default: nobody but the environment itself.")
}

// ESCSubjectsOutput is what a trust document and a login need.
type ESCSubjectsOutput struct {
	Subjects          []string        `pulumi:"subjects"`
	SubjectAttributes []string        `pulumi:"subjectAttributes"`
	Audiences         types.Audiences `pulumi:"audiences"`
}

// Annotate describes the outputs.
func (out *ESCSubjectsOutput) Annotate(a infer.Annotator) {
	a.Describe(&out.Subjects, "The exact subjects, one for each combination of root environment and user.")
	a.Describe(&out.SubjectAttributes, "What to put in the login's `subjectAttributes`, in this order.")
	a.Describe(&out.Audiences, "The audience of the login, by cloud.")
}

// Invoke computes the subjects.
func (f *ESCSubjects) Invoke(
	ctx context.Context, req infer.FunctionRequest[ESCSubjectsInput],
) (infer.FunctionResponse[ESCSubjectsOutput], error) {
	var out infer.FunctionResponse[ESCSubjectsOutput]
	_, organization, err := sessionFor(ctx, f.Sessions, req.Input.Organization)
	if err != nil {
		return out, err
	}
	var lock oidc.Lock
	if req.Input.Lock != nil {
		if lock, err = req.Input.Lock.Parse(); err != nil {
			return out, problem.Of(err).Under("lock")
		}
	}
	environment := oidc.EnvironmentRef{Project: req.Input.Project, Name: req.Input.Environment}
	subjects, err := oidc.ESCSubjects(organization, environment, lock)
	if err != nil {
		return out, err
	}
	out.Output = ESCSubjectsOutput{
		Subjects:          subjects,
		SubjectAttributes: oidc.SubjectAttributes(lock),
		Audiences:         types.AudiencesOf(organization, req.Input.Project),
	}
	return out, nil
}
