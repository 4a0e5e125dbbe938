package functions

import (
	"context"
	_ "embed"

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/survey"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

//go:embed docs/getblastradius.md
var getBlastRadiusDoc string

// GetBlastRadius says what somebody can reach.
type GetBlastRadius struct{ Sessions session.Source }

// Annotate describes the function.
func (f *GetBlastRadius) Annotate(a infer.Annotator) {
	a.SetToken("index", "getBlastRadius")
	a.Describe(f, getBlastRadiusDoc)
}

// GetBlastRadiusInput is what is asked.
type GetBlastRadiusInput struct {
	Organization *string            `pulumi:"organization,optional"`
	Principal    types.PrincipalRef `pulumi:"principal"`
}

// Annotate describes the inputs.
func (in *GetBlastRadiusInput) Annotate(a infer.Annotator) {
	a.Describe(&in.Organization, organizationHelp)
	a.Describe(&in.Principal, "Who is asked about.")
}

// GetBlastRadiusOutput is what it can reach.
type GetBlastRadiusOutput struct {
	Environments    []types.ReachedEntity   `pulumi:"environments"`
	Stacks          []types.ReachedEntity   `pulumi:"stacks"`
	Accounts        []types.ReachedEntity   `pulumi:"accounts"`
	CloudIdentities []types.ReachedIdentity `pulumi:"cloudIdentities"`
	Secrets         []types.SecretName      `pulumi:"secrets"`
	Tokens          []string                `pulumi:"tokens"`
	Acts            []types.Escalation      `pulumi:"acts"`
	Blind           []types.BlindSpot       `pulumi:"blind"`
}

// Annotate describes the outputs.
func (out *GetBlastRadiusOutput) Annotate(a infer.Annotator) {
	a.Describe(&out.Environments, "The ESC environments on which it holds something, by name.")
	a.Describe(&out.Stacks, "The stacks on which it holds something, by name.")
	a.Describe(&out.Accounts, "The Insights accounts on which it holds something, by name.")
	a.Describe(&out.CloudIdentities, "The identities of clouds that it can log in as: those of the environments that it can open, of what these "+
		"import, and those of the deployments themselves.")
	a.Describe(&out.Secrets, "The names of the secrets in these environments. Their values are not read.")
	a.Describe(&out.Tokens, "The machine tokens that act as the principal: those of a team.")
	a.Describe(&out.Acts, "What it can come to by acts that it may do, such as changing a role or an environment that others open, shortest first; "+
		"see `getEscalations`.")
	a.Describe(&out.Blind, blindHelp)
}

// Invoke reads the whole organization and asks.
func (f *GetBlastRadius) Invoke(
	ctx context.Context, req infer.FunctionRequest[GetBlastRadiusInput],
) (infer.FunctionResponse[GetBlastRadiusOutput], error) {
	var out infer.FunctionResponse[GetBlastRadiusOutput]
	asked, err := surveyFor(ctx, f.Sessions, req.Input.Organization)
	if err != nil {
		return out, err
	}
	defer asked.done()
	s, current := asked.survey, asked.session
	kind, name, claims, err := principalOf(req.Input.Principal)
	if err != nil {
		return out, err
	}
	radius, acts, blind, err := s.BlastRadius(ctx, kind, name, survey.Options{
		Catalogue: current.Catalogue, Claims: claims, Progress: wire.Log(ctx).InfoStatusf,
	})
	if err != nil {
		if blind = notYet(ctx, err); blind == nil {
			return out, err
		}
	}
	out.Output = GetBlastRadiusOutput{
		Environments: types.ReachedEntitiesOf(radius.Environments), Stacks: types.ReachedEntitiesOf(radius.Stacks),
		Accounts: types.ReachedEntitiesOf(radius.Accounts), CloudIdentities: types.ReachedIdentitiesOf(radius.Identities),
		Secrets: types.SecretNamesOf(radius.Secrets), Tokens: append([]string{}, radius.Tokens...),
		Acts: types.EscalationsOf(acts), Blind: types.BlindSpotsOf(blind),
	}
	return out, nil
}
