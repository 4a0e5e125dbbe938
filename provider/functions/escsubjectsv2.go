package functions

import (
	"context"
	_ "embed"
	"errors"
	"fmt"

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
)

//go:embed docs/escsubjectsv2.md
var escSubjectsV2Doc string

// ESCSubjectsV2 predicts the tokens that fn::open::oidc makes in an ESC environment.
type ESCSubjectsV2 struct{ Sessions session.Source }

// Annotate describes the function.
func (f *ESCSubjectsV2) Annotate(a infer.Annotator) {
	a.SetToken("index", "escSubjectsV2")
	a.Describe(f, escSubjectsV2Doc)
}

// ESCSubjectsV2Input is the environment, by name or by id.
type ESCSubjectsV2Input struct {
	Organization   *string `pulumi:"organization,optional"`
	Project        *string `pulumi:"project,optional"`
	Environment    *string `pulumi:"environment,optional"`
	OrganizationID *string `pulumi:"organizationId,optional"`
	EnvironmentID  *string `pulumi:"environmentId,optional"`
	Issuer         *string `pulumi:"issuer,optional"`
}

// Annotate describes the inputs.
func (in *ESCSubjectsV2Input) Annotate(a infer.Annotator) {
	a.Describe(&in.Organization, organizationHelp)
	a.Describe(&in.Project, "The environment's project. Not needed together with the ids.")
	a.Describe(&in.Environment, "The name of the environment that holds the `fn::open::oidc` block. Not needed together with the ids.")
	a.Describe(&in.OrganizationID, "The organization's id. With it and `environmentId` the function makes no call.")
	a.Describe(&in.EnvironmentID, "The environment's id, as in its metadata. With it and `organizationId` the function makes no call.")
	a.Describe(&in.Issuer, "The issuer of the tokens. Default: that of the Pulumi Cloud which the provider works with, `https://api.pulumi.com/oidc/v2`.")
}

// ESCSubjectsV2Output is what a relying party needs.
type ESCSubjectsV2Output struct {
	Issuer         string            `pulumi:"issuer"`
	Subject        string            `pulumi:"subject"`
	Subjects       []string          `pulumi:"subjects"`
	Claims         map[string]string `pulumi:"claims"`
	OrganizationID string            `pulumi:"organizationId"`
	EnvironmentID  string            `pulumi:"environmentId"`
}

// Annotate describes the outputs.
func (out *ESCSubjectsV2Output) Annotate(a infer.Annotator) {
	a.Describe(&out.Issuer, "The issuer of these tokens, which differs from that of logins and deployments and has keys of its own.")
	a.Describe(&out.Subject, "The exact subject: `pulumi:org:<organization id>:env:<environment id>`. It names the environment that declares the block.")
	a.Describe(&out.Subjects, "The same in a list, for functions that take several.")
	a.Describe(&out.Claims, "Further claims of a token that is made when the environment itself is opened. Where the relying party compares "+
		"claims, they keep out tokens that are made when another environment imports this one.")
	a.Describe(&out.OrganizationID, "The organization's id.")
	a.Describe(&out.EnvironmentID, "The environment's id.")
}

// Invoke computes the subject.
func (f *ESCSubjectsV2) Invoke(
	ctx context.Context, req infer.FunctionRequest[ESCSubjectsV2Input],
) (infer.FunctionResponse[ESCSubjectsV2Output], error) {
	var out infer.FunctionResponse[ESCSubjectsV2Output]
	current, err := f.Sessions(ctx)
	if err != nil {
		return out, err
	}
	id, err := req.Input.id(ctx, current)
	if err != nil {
		return out, err
	}
	subject, err := oidc.ESCSubjectV2(id)
	if err != nil {
		return out, err
	}
	claims, err := oidc.ESCClaimsV2(id)
	if err != nil {
		return out, err
	}
	issuer := current.IssuerOr(req.Input.Issuer)
	if reason := oidc.BadIssuerURL(issuer); reason != "" {
		return out, problem.List{{Path: "issuer", Reason: reason}}
	}
	out.Output = ESCSubjectsV2Output{
		Issuer: oidc.IssuerV2(issuer), Subject: subject, Subjects: []string{subject}, Claims: claims,
		OrganizationID: id.Organization, EnvironmentID: id.Environment,
	}
	return out, nil
}

// id is the environment's, as it is given or as the service's metadata shows it.
func (in ESCSubjectsV2Input) id(ctx context.Context, current *session.Session) (oidc.EnvironmentID, error) {
	given := oidc.EnvironmentID{Organization: ptr.Value(in.OrganizationID), Environment: ptr.Value(in.EnvironmentID)}
	byName := in.Project != nil || in.Environment != nil
	switch {
	case in.OrganizationID != nil && in.EnvironmentID != nil && !byName:
		return given, nil
	case in.OrganizationID != nil || in.EnvironmentID != nil:
		return given, problem.List{{Path: "organizationId", Reason: "give organizationId with environmentId, or project with environment"}}
	case in.Project == nil || in.Environment == nil:
		return given, problem.List{{Path: "environment", Reason: "give project with environment, or organizationId with environmentId"}}
	}
	organization, err := current.OrganizationOr(in.Organization)
	if err != nil {
		return given, err
	}
	return environmentID(ctx, current.Client, organization, *in.Project, *in.Environment)
}

// environmentID reads an environment's ids. Where the service shows the subject itself, that decides.
func environmentID(ctx context.Context, client *cloud.Client, organization, project, name string) (oidc.EnvironmentID, error) {
	metadata, err := client.EnvironmentMetadata(ctx, organization, project, name)
	if errors.Is(err, cloud.ErrNotFound) {
		return oidc.EnvironmentID{}, problem.List{{Path: "environment", Reason: fmt.Sprintf("environment %s/%s does not exist in %s, or the token may not see "+
			"it: %v. Let the function depend on the environment, or give its ids", project, name, organization, err)}}
	}
	if err != nil {
		return oidc.EnvironmentID{}, err
	}
	if metadata.OIDCSubjectV2 != "" {
		return oidc.ParseESCSubjectV2(metadata.OIDCSubjectV2)
	}
	read, err := client.Organization(ctx, organization)
	return oidc.EnvironmentID{Organization: read.ID, Environment: metadata.ID}, err
}
