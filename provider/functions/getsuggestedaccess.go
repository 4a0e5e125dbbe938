package functions

import (
	"context"
	_ "embed"
	"errors"
	"time"

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/review"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/survey"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

//go:embed docs/getsuggestedaccess.md
var getSuggestedAccessDoc string

// GetSuggestedAccess suggests the access that a principal needs.
type GetSuggestedAccess struct{ Sessions session.Source }

// Annotate describes the function.
func (f *GetSuggestedAccess) Annotate(a infer.Annotator) {
	a.SetToken("index", "getSuggestedAccess")
	a.Describe(f, getSuggestedAccessDoc)
}

// GetSuggestedAccessInput says for whom.
type GetSuggestedAccessInput struct {
	Organization *string         `pulumi:"organization,optional"`
	Team         *string         `pulumi:"team,optional"`
	Token        *string         `pulumi:"token,optional"`
	Deployment   *types.StackRef `pulumi:"deployment,optional"`
	Since        *string         `pulumi:"since,optional"`
	Until        *string         `pulumi:"until,optional"`
}

// Annotate describes the inputs.
func (in *GetSuggestedAccessInput) Annotate(a infer.Annotator) {
	const one = " Exactly one of `team`, `token` and `deployment` is given."
	a.Describe(&in.Organization, organizationHelp)
	a.Describe(&in.Team, "The name of a team: what its members used of what the team grants, and what its tokens used."+one)
	a.Describe(&in.Token, "The name of an organization token."+one)
	a.Describe(&in.Deployment, "The stack of deployments. The audit log does not name them, so that everything they hold is kept."+one)
	a.Describe(&in.Since, sinceHelp)
	a.Describe(&in.Until, "The end of that time, in the same forms. Default: now.")
}

// GetSuggestedAccessOutput is the suggestion.
type GetSuggestedAccessOutput struct {
	Access     types.Access               `pulumi:"access"`
	Unused     []types.UnusedAccess       `pulumi:"unused"`
	Confidence types.SuggestionConfidence `pulumi:"confidence"`
	Blind      []types.BlindSpot          `pulumi:"blind"`
}

// Annotate describes the outputs.
func (out *GetSuggestedAccessOutput) Annotate(a infer.Annotator) {
	a.Describe(&out.Access, "The smallest access that would have allowed everything that was used, to be written as the `access` of a `Role`, a `ScopedTeam` or a "+
		"`MachineToken`'s role. It has no scope that the principal does not hold.")
	a.Describe(&out.Unused, "What the principal holds and did not use, as far as the log shows use.")
	a.Describe(&out.Confidence, "What the suggestion is founded on.")
	a.Describe(&out.Blind, "What could not be read, and what the answer may lack because of it.")
}

// Invoke reads the organization and its audit log, and works the suggestion out.
func (f *GetSuggestedAccess) Invoke(
	ctx context.Context, req infer.FunctionRequest[GetSuggestedAccessInput],
) (infer.FunctionResponse[GetSuggestedAccessOutput], error) {
	var out infer.FunctionResponse[GetSuggestedAccessOutput]
	asked, err := surveyFor(ctx, f.Sessions, req.Input.Organization)
	if err != nil {
		return out, err
	}
	defer asked.done()
	s, current := asked.survey, asked.session
	of, err := req.Input.principal()
	if err != nil {
		return out, err
	}
	now := current.Now()
	since, until, err := window(req.Input.Since, req.Input.Until, now)
	if err != nil {
		return out, err
	}
	organization, log, blind, err := s.Reviewed(ctx, since, until, survey.Options{Catalogue: current.Catalogue, Progress: wire.Log(ctx).InfoStatusf})
	if err != nil {
		return out, err
	}
	found, known := review.Suggest(review.Input{Organization: organization, Usage: log, Now: now}, of)
	if !known {
		err := &survey.UnknownPrincipalError{Organization: organization.Login, Kind: of.Kind, Name: of.Name}
		if more := notYet(ctx, err); more != nil {
			blind = append(blind, more...)
		} else {
			return out, err
		}
	}
	out.Output = GetSuggestedAccessOutput{
		Access: types.AccessFrom(found.Access), Unused: types.UnusedAccessOf(found.Unused), Blind: types.BlindSpotsOf(blind),
		Confidence: types.SuggestionConfidence{
			Window: types.TimeWindow{Since: since.UTC().Format(time.RFC3339), Until: until.UTC().Format(time.RFC3339)},
			Events: found.Events, Gaps: append([]string{}, found.Gaps...),
		},
	}
	return out, nil
}

// principal is the one that is given.
func (in GetSuggestedAccessInput) principal() (graph.PrincipalID, error) {
	var all []graph.PrincipalID
	if in.Team != nil {
		all = append(all, graph.PrincipalID{Kind: graph.TeamKind, Name: *in.Team})
	}
	if in.Token != nil {
		all = append(all, graph.PrincipalID{Kind: graph.TokenKind, Name: *in.Token})
	}
	if in.Deployment != nil {
		all = append(all, graph.PrincipalID{Kind: graph.DeploymentKind, Name: in.Deployment.Project + "/" + in.Deployment.Stack})
	}
	if len(all) != 1 {
		return graph.PrincipalID{}, errors.New("give exactly one of team, token and deployment")
	}
	return all[0], nil
}
