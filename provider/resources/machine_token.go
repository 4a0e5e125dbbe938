package resources

import (
	"context"
	"errors"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// MachineToken owns an access token of the organization or of a team, and the one that it has just taken the place of.
type MachineToken struct{ Sessions session.Source }

var (
	_ infer.CustomCheck[MachineTokenArgs]                             = (*MachineToken)(nil)
	_ infer.CustomDiff[MachineTokenArgs, MachineTokenState]           = (*MachineToken)(nil)
	_ infer.CustomCreate[MachineTokenArgs, MachineTokenState]         = (*MachineToken)(nil)
	_ infer.CustomRead[MachineTokenArgs, MachineTokenState]           = (*MachineToken)(nil)
	_ infer.CustomUpdate[MachineTokenArgs, MachineTokenState]         = (*MachineToken)(nil)
	_ infer.CustomDelete[MachineTokenState]                           = (*MachineToken)(nil)
	_ infer.ExplicitDependencies[MachineTokenArgs, MachineTokenState] = (*MachineToken)(nil)
)

// Annotate describes the resource.
func (r *MachineToken) Annotate(a infer.Annotator) {
	a.Describe(r, machineTokenDocs)
}

// Outputs are those that the framework does not know enough about, by resource.
func Outputs() map[tokens.Type]wire.Outputs {
	return map[tokens.Type]wire.Outputs{"leastprivilege:index:MachineToken": {
		Secret: []string{"value"},
		Chosen: []string{"value", "tokenId", "tokenName", "expiresAt", "createdAt", "generation"},
	}, "leastprivilege:index:LoginTransition": {
		Chosen: []string{"trustedSubjects", "permittedAwsReads", "maxAwsSessionSeconds"},
	}}
}

// MachineTokenArgs are the inputs of a MachineToken.
type MachineTokenArgs struct {
	Organization *string        `pulumi:"organization,optional"`
	Name         string         `pulumi:"name"`
	Team         *string        `pulumi:"team,optional"`
	RoleID       *string        `pulumi:"roleId,optional"`
	ExpiresIn    string         `pulumi:"expiresIn"`
	RotateBefore *string        `pulumi:"rotateBefore,optional"`
	GracePeriod  *string        `pulumi:"gracePeriod,optional"`
	Description  *string        `pulumi:"description,optional"`
	Allow        *[]types.OptIn `pulumi:"allow,optional"`
}

// Annotate describes the inputs.
func (v *MachineTokenArgs) Annotate(a infer.Annotator) {
	a.Describe(&v.Organization, organizationHelp)
	a.Describe(&v.Name, "What the token's names begin with, at most 34 characters. Pulumi Cloud never frees the name of a token, not "+
		"even of one that was deleted, so each generation has a suffix: `ci-1`, `ci-2`. Changing it makes another token, and deletes this one "+
		"in the same update: `gracePeriod` is for rotations.")
	a.Describe(&v.Team, "The team whose token this is: it has the team's access, and what members have by default. Changing it makes "+
		"another token, and deletes this one in the same update.")
	a.Describe(&v.RoleID, "The id of the role that the token has: the output `roleId` of a `Role`. It is then a token of the organization. "+
		"Exactly one of this and `team` is given. Changing it makes another token, and deletes this one in the same update.")
	a.Describe(&v.ExpiresIn, "How long each token lives, such as `30d` or `12h`: at most two years, and what the organization's policy "+
		"allows. A token's lifetime cannot be changed, so another value rotates.")
	a.Describe(&v.RotateBefore, "Rotate when less than this remains of the token's life, such as `7d`. Default: a new token is made when "+
		"the old one has expired.")
	a.Describe(&v.GracePeriod, "How long the previous token is kept after a rotation, at least. Default: until the next update. Another `name`, "+
		"`team` or `roleId` is no rotation.")
	a.Describe(&v.Description, "What the token is for. Another text rotates.")
	a.Describe(&v.Allow, "Risks that are taken deliberately: `tokenWithoutRole`, for a token with neither a team nor a role, which has "+
		"what members have by default.")
}

// MachineTokenState is what a MachineToken outputs.
type MachineTokenState struct {
	Organization string         `pulumi:"organization"`
	Name         string         `pulumi:"name"`
	Team         *string        `pulumi:"team,optional"`
	RoleID       *string        `pulumi:"roleId,optional"`
	ExpiresIn    string         `pulumi:"expiresIn"`
	RotateBefore *string        `pulumi:"rotateBefore,optional"`
	GracePeriod  *string        `pulumi:"gracePeriod,optional"`
	Description  *string        `pulumi:"description,optional"`
	Allow        *[]types.OptIn `pulumi:"allow,optional"`

	Value      string `pulumi:"value" provider:"secret"`
	TokenID    string `pulumi:"tokenId"`
	TokenName  string `pulumi:"tokenName"`
	ExpiresAt  string `pulumi:"expiresAt"`
	CreatedAt  string `pulumi:"createdAt"`
	Generation int    `pulumi:"generation"`

	PreviousTokenID   *string `pulumi:"previousTokenId,optional"`
	PreviousTokenName *string `pulumi:"previousTokenName,optional"`
}

// Annotate describes the outputs.
func (v *MachineTokenState) Annotate(a infer.Annotator) {
	a.Describe(&v.Organization, "The organization that the token belongs to.")
	a.Describe(&v.Name, "What the token's names begin with.")
	a.Describe(&v.Team, "The team whose token this is.")
	a.Describe(&v.RoleID, "The id of the role that the token has.")
	a.Describe(&v.ExpiresIn, "How long each token lives.")
	a.Describe(&v.RotateBefore, "How much of the token's life remains when it is rotated.")
	a.Describe(&v.GracePeriod, "How long the previous token is kept after a rotation, at least.")
	a.Describe(&v.Description, "What the token is for.")
	a.Describe(&v.Allow, "Risks that are taken deliberately.")
	a.Describe(&v.Value, "The access token itself.")
	a.Describe(&v.TokenID, "The service's id of the token. Empty when the token was found to be gone: the next update makes another.")
	a.Describe(&v.TokenName, "The token's name, as the console and the audit log show it.")
	a.Describe(&v.ExpiresAt, "When the token expires (RFC 3339).")
	a.Describe(&v.CreatedAt, "When the token was made (RFC 3339).")
	a.Describe(&v.Generation, "The number in the token's name. It grows with every rotation.")
	a.Describe(&v.PreviousTokenID, "The service's id of the token before this one, as long as it is kept.")
	a.Describe(&v.PreviousTokenName, "The name of the token before this one, as long as it is kept.")
}

// Check validates the inputs.
func (r *MachineToken) Check(
	ctx context.Context, req infer.CheckRequest,
) (infer.CheckResponse[MachineTokenArgs], error) {
	resp, err := checkInputs(ctx, r.Sessions, req, []string{"allow"}, checkMachineToken)
	keepList(&resp.Inputs.Allow)
	return resp, err
}

// Diff decides from the state and the clock alone. A rotation, and the deletion of the token before, are changes that no
// input shows.
func (r *MachineToken) Diff(
	ctx context.Context, req infer.DiffRequest[MachineTokenArgs, MachineTokenState],
) (infer.DiffResponse, error) {
	current, err := r.Sessions(ctx)
	if err != nil {
		return infer.DiffResponse{}, err
	}
	unknowns := wire.UnknownInputs(ctx)
	warnReplacedToken(ctx, req.State, req.Inputs, unknowns)
	return diffToken(req.State, req.Inputs, current.Now(), unknowns), nil
}

// warnReplacedToken says that a replacement is no rotation: the value that is in use ends with the update.
func warnReplacedToken(ctx context.Context, state MachineTokenState, want MachineTokenArgs, unknowns []string) {
	for _, of := range []struct{ property, before, after string }{
		{"name", state.Name, want.Name}, {"team", text(state.Team), text(want.Team)}, {"roleId", text(state.RoleID), text(want.RoleID)},
	} {
		if of.before != of.after && !wire.Touches(of.property, unknowns) && state.TokenID != "" {
			wire.Log(ctx).Warningf("token %q: another %s makes another token, and this one stops working in the same update, whatever "+
				"gracePeriod says: it is for rotations. To change over without a gap, make a second MachineToken, give its value to what uses "+
				"this one, and then remove this one", state.TokenName, of.property)
			return
		}
	}
}

// Create makes the first token.
func (r *MachineToken) Create(
	ctx context.Context, req infer.CreateRequest[MachineTokenArgs],
) (infer.CreateResponse[MachineTokenState], error) {
	state := wantedToken(req.Inputs)
	out := infer.CreateResponse[MachineTokenState]{ID: tokenID(state), Output: state}
	current, err := r.Sessions(ctx)
	if err != nil {
		return infer.CreateResponse[MachineTokenState]{}, err
	}
	w := tokenWriter{session: current, organization: state.Organization, team: text(state.Team)}
	if req.DryRun {
		w.warnPolicy(ctx, state)
		w.noteTakenTokens(ctx, state)
		return out, nil
	}
	out.Output, err = w.issue(ctx, state)
	return out, err
}

// Read finds the tokens by their ids in the list. It never has their values.
func (r *MachineToken) Read(
	ctx context.Context, req infer.ReadRequest[MachineTokenArgs, MachineTokenState],
) (infer.ReadResponse[MachineTokenArgs, MachineTokenState], error) {
	gone := infer.ReadResponse[MachineTokenArgs, MachineTokenState]{}
	if req.State.Name == "" {
		return gone, errors.New("a machine token cannot be imported: Pulumi Cloud shows the value of a token once, when it is " +
			"made. Let the program make another one, and delete the old one when nothing uses it any more")
	}
	current, err := r.Sessions(ctx)
	if err != nil {
		return gone, err
	}
	w := tokenWriter{session: current, organization: req.State.Organization, team: text(req.State.Team)}
	state, err := w.refresh(ctx, req.State)
	if err != nil {
		return gone, requireSight(ctx, current, req.State.Organization, err)
	}
	if state.TokenID == "" && state.PreviousTokenID == nil {
		return gone, nil
	}
	return infer.ReadResponse[MachineTokenArgs, MachineTokenState]{ID: req.ID, Inputs: req.Inputs, State: state}, nil
}

// Update does what is due: it deletes the token before, and makes a new one.
func (r *MachineToken) Update(
	ctx context.Context, req infer.UpdateRequest[MachineTokenArgs, MachineTokenState],
) (infer.UpdateResponse[MachineTokenState], error) {
	current, err := r.Sessions(ctx)
	if err != nil {
		return infer.UpdateResponse[MachineTokenState]{}, err
	}
	due := dueOf(req.State, req.Inputs, current.Now())
	w := tokenWriter{session: current, organization: req.State.Organization, team: text(req.State.Team)}
	if req.DryRun {
		w.announce(ctx, req.State, req.Inputs, due)
		return infer.UpdateResponse[MachineTokenState]{Output: plannedToken(req.State, req.Inputs, due)}, nil
	}
	reached, err := w.update(ctx, req.State, req.Inputs, due)
	return infer.UpdateResponse[MachineTokenState]{Output: reached}, err
}

// Delete deletes both tokens, and confirms it.
func (r *MachineToken) Delete(
	ctx context.Context, req infer.DeleteRequest[MachineTokenState],
) (infer.DeleteResponse, error) {
	current, err := r.Sessions(ctx)
	if err != nil {
		return infer.DeleteResponse{}, err
	}
	w := tokenWriter{session: current, organization: req.State.Organization, team: text(req.State.Team)}
	return infer.DeleteResponse{}, w.deleteAll(ctx, req.State)
}

// WireDependencies keeps the token known in previews of updates that leave it alone: without this, everything that takes
// its value would seem to change with a grace period.
func (r *MachineToken) WireDependencies(f infer.FieldSelector, _ *MachineTokenArgs, state *MachineTokenState) {
	f.OutputField(&state.Value).AlwaysSecret()
	if state.Value == "" {
		return
	}
	f.OutputField(&state.Value).AlwaysKnown()
	f.OutputField(&state.TokenID).AlwaysKnown()
	f.OutputField(&state.TokenName).AlwaysKnown()
	f.OutputField(&state.ExpiresAt).AlwaysKnown()
	f.OutputField(&state.CreatedAt).AlwaysKnown()
	f.OutputField(&state.Generation).AlwaysKnown()
}
